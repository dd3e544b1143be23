"""The small files in which a node keeps epochs and map."""

from __future__ import annotations

from pathlib import Path

from chains.progmat.identity import replace_privately
from chains.progmat.network.errors import NetworkFilesFailed


def keep(path: Path, content: bytes) -> None:
    """Write a file, all or nothing, on disk when this returns; raises ``NetworkFilesFailed``."""
    try:
        replace_privately(path, content)
    except OSError as error:
        raise NetworkFilesFailed(str(path), str(error)) from error
