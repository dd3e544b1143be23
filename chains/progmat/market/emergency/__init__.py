"""The register while the ledger is down (有事対応): a signed file, and how it comes back into the ledger."""
