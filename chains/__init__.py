"""The two worlds: the Progmat ledger and the EVM chains. They do not know each other."""
