"""Proofs made another way than by the chain itself: by enclaves that verified the chain's own proofs."""
