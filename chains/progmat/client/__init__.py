"""The ledger as other programs see it: one node's API, and the Validators' checkpoints.

Each module is one service of a node; a program imports those it calls, for it starts by as much faster.
"""
