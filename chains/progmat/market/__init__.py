"""The market on the ledger: what trust banks, brokers and venues do with it."""
