"""Hashes, trees, signatures and codecs: pure functions that know no chain."""
