"""Preflight: what can be found out about a settlement before it is tried, by questions that change nothing."""
