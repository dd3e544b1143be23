"""Relaying through a hub: a QBFT chain between the two ends that runs a light client of each.

Packets still go from end to end; only the ends' light clients follow the hub. Each endpoint is wrapped: before it gives
an update for the other end, it brings the hub's own client up to date.
"""
