"""Endpoints of real chains: each speaks to one chain through its client package, and to the path as ``ChainEndpoint``."""
