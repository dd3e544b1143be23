"""Flows: how a node carries one ledger transaction from a request to finality, as stored records, not stacks."""
