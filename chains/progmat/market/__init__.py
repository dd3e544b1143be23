"""The market on the ledger: registers, coins in trust, executions, trades; one sub-package a noun."""
