"""Coins in trust: the trustee's yen ledger, what it owes and is owed, and that it equals the coin on the ledger."""
