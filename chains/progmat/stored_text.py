"""Somebody else's words, as they are kept in a table."""

from __future__ import annotations


def storable(text: str, most_chars: int) -> str:
    """What is kept of somebody else's words: bounded, and without the one character PostgreSQL refuses."""
    return text.replace("\x00", "")[:most_chars]
