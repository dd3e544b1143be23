"""The relayer's pure core: what a chain must offer, a packet's life cycle as a table, and planning."""
