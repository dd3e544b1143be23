"""Custody: a platform's own transactions on the EVM chain, prepared here, signed by it, followed to their end."""
