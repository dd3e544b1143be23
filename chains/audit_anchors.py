"""Anchors of the audit log: height and hash in a file of one JSON object, to be kept where the gateway cannot write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from chains.audit_chain import AuditHead
from primitives.errors import CallerError

MAX_ANCHOR_BYTES: Final = 4096
_FORMAT: Final = "crossdvp-audit-anchor/1"


class AnchorUnusable(CallerError):
    """The file is no anchor of an audit log."""

    reason = "AUDIT_ANCHOR_UNUSABLE"

    def __init__(self, path: Path, problem: str) -> None:
        self.path = str(path)
        super().__init__(f"{path}: expected an anchor as `audit anchor` writes it; {problem}")


def anchor_text(head: AuditHead, at_s: int) -> str:
    """The content of an anchor file; ``at_s`` says when it was taken."""
    fields = {"format": _FORMAT, "height": head.height, "hash": head.hash.hex(), "at_s": at_s}
    return json.dumps(fields) + "\n"


def read_anchor(path: Path) -> AuditHead:
    """An anchor from its file. Raises ``AnchorUnusable``."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_ANCHOR_BYTES)
        found = json.loads(content)
        height, digest = found["height"], bytes.fromhex(found["hash"])
    except OSError as failure:
        raise AnchorUnusable(path, f"it cannot be read: {failure.strerror}") from None
    except (ValueError, KeyError, TypeError) as broken:
        raise AnchorUnusable(path, f"{type(broken).__name__}: {broken}") from None
    if found.get("format") != _FORMAT or type(height) is not int or height < 0 or len(digest) != 32:
        raise AnchorUnusable(path, "its format, height or hash is another's")
    return AuditHead(height, digest)
