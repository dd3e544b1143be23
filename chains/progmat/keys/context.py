"""What a wrapped key is bound to. Whoever unwraps it must say the same, or gets nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from primitives.errors import InvalidArgument

_DOMAIN: Final = b"crossdvp/encryption-context/1"
_MAX_TEXT_BYTES: Final = 512
_MAX_VERSION: Final = 2**32 - 1

DATA_KEY: Final = "data-key"
TALLY: Final = "tally"


@dataclass(frozen=True, slots=True)
class EncryptionContext:
    """Node, purpose, key id and version (a data key's generation). No secret; never empty but for the node's name.

    A store that was made without a node's name has an empty one. Raises ``InvalidArgument``.
    """

    node: str
    purpose: str
    key_id: str
    version: int

    def __post_init__(self) -> None:
        for name in ("node", "purpose", "key_id"):
            size = len(getattr(self, name).encode())
            if size > _MAX_TEXT_BYTES or (size == 0 and name != "node"):
                raise InvalidArgument(f"an encryption context's {name} has 1 to {_MAX_TEXT_BYTES} bytes, not {size}")
        if not 1 <= self.version <= _MAX_VERSION:
            raise InvalidArgument(f"an encryption context's version is 1..{_MAX_VERSION}, not {self.version}")

    def encoded(self) -> bytes:
        """Associated data of AES-GCM: every field with its length, so that no two contexts are alike."""
        texts = [text.encode() for text in (self.node, self.purpose, self.key_id)]
        return (
            _DOMAIN + b"".join(len(text).to_bytes(2, "big") + text for text in texts) + self.version.to_bytes(4, "big")
        )

    def as_pairs(self) -> Mapping[str, str]:
        """The same for a KMS, which logs it in the clear and takes no empty value."""
        return {
            "crossdvp:node": self.node or "-",
            "crossdvp:purpose": self.purpose,
            "crossdvp:key": self.key_id,
            "crossdvp:version": str(self.version),
        }
