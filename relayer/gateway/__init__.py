"""The gateway: the gRPC face for ST platforms and brokers. It matches instructions and follows them on both ledgers."""
