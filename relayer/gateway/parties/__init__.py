"""A platform's accounts under names of its own, and the counterparties it settles with."""
