"""The local devnet: a whole network of separate processes on one machine, started and stopped by one command."""
