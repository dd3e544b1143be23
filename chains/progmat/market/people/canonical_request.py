"""A request as its author and its approver both read it: one encoding."""

from __future__ import annotations

import json
from collections.abc import Mapping


def canonical(request: Mapping[str, object]) -> bytes:
    """The one encoding of a request that people read and approve: JSON, keys sorted, no spaces."""
    return json.dumps(request, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
