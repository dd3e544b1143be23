"""Names, addresses and accounts under an id: what must be erasable, and never goes on the ledger."""
