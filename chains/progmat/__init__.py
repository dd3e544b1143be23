"""The native ledger for the trust-type stablecoin: Corda's transaction model, a notary, Validators, nodes."""
