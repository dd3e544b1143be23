"""The ledger as other programs see it: one node's API, and the Validators' checkpoints."""
