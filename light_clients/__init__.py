"""Light clients: each verifies one kind of chain from its own headers or checkpoints."""
