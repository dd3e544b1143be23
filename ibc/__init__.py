"""IBC v2 as pure values and rules: packets, commitments, paths, time-outs, the LightClient protocol, DvP terms."""
