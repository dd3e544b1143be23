"""``crossdvp ledger``: what the operator of a ledger node calls."""
