"""Files that commands hand on to a node."""

from __future__ import annotations

from pathlib import Path

from chains.progmat.cli.arguments import BadArgument

MAX_BYTES = 1 << 20


def file_content(path: Path) -> bytes:
    """The bytes of a file of at most a MiB; raises ``BadArgument``."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadArgument(f"{path} cannot be read: {error.strerror}") from error
    if len(content) > MAX_BYTES:
        raise BadArgument(f"{path} has more than {MAX_BYTES} bytes: split it")
    return content
