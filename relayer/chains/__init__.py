"""Endpoints of real chains: each speaks to one chain through its client package, as ``ChainEndpoint`` to the path."""
