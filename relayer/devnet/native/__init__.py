"""A trading day on the ledger alone: a network of node processes, and the scenes of the day."""
