"""The market on the ledger: what trustees, brokers and venues do with coins and tokens."""
