"""EVM chains that carry security tokens: contracts, a client, and a QBFT devnet."""
