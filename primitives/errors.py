"""The project's three kinds of blame, and the errors of this package.

    CrossDvpError
    ├── CallerError             our caller's mistake: repeating it unchanged cannot help
    │   └── InvalidArgument
    ├── PeerError               somebody else's bytes or behaviour: refuse, report, never retry
    │   └── Refusal             carries what was expected and what was found
    │       ├── DecodeError     bytes that are not the one canonical encoding
    │       │   └── InvalidKey  a public key that must not be used
    │       ├── BadSignature
    │       ├── MerkleError     a partial Merkle tree that does not hold
    │       ├── SmtError        a sparse-Merkle-tree proof that does not hold
    │       └── MptError        a Merkle-Patricia proof that does not hold
    └── UnavailableError        temporary: the only kind that is retried
        └── MissingNode         a tree's store lacks a node it was given before

Other packages hang their own trees under the three. Each leaf has a `reason`, a stable code for machines.
"""

from __future__ import annotations

from typing import ClassVar

Detail = str | int | bytes
"""What an error may show as evidence. Bytes are printed as hexadecimal."""

_SHOWN_BYTES = 64


class CrossDvpError(Exception):
    """Every error this project raises on purpose."""

    reason: ClassVar[str] = "CROSSDVP_ERROR"


class CallerError(CrossDvpError):
    """The caller's mistake: the same call can never succeed."""

    reason: ClassVar[str] = "CALLER_ERROR"


class PeerError(CrossDvpError):
    """A peer sent something that must not be accepted."""

    reason: ClassVar[str] = "PEER_ERROR"


class UnavailableError(CrossDvpError):
    """Nothing is wrong with the request; the answer is not to be had now. The only kind that is retried."""

    reason: ClassVar[str] = "UNAVAILABLE"


class InvalidArgument(CallerError):
    """A function of ours was called with a value outside its domain."""

    reason: ClassVar[str] = "INVALID_ARGUMENT"


class Refusal(PeerError):
    """Something received was checked and refused.

    `subject` says what was checked and, where it helps, what to do; `expected` and `found` are the evidence.
    """

    reason: ClassVar[str] = "REFUSED"

    def __init__(self, subject: str, *, expected: Detail | None = None, found: Detail | None = None) -> None:
        message = subject
        if expected is not None:
            message += f"; expected {shown(expected)}"
        if found is not None:
            message += f"; found {shown(found)}"
        super().__init__(message)
        self.subject = subject
        self.expected = expected
        self.found = found


class DecodeError(Refusal):
    """Bytes that are not the one canonical encoding of what they claim to be."""

    reason: ClassVar[str] = "DECODE_ERROR"


class InvalidKey(DecodeError):
    """A public key off its curve, of small order, not canonical, or a composite key that cannot be fulfilled."""

    reason: ClassVar[str] = "INVALID_KEY"


class BadSignature(Refusal):
    """A signature that is malformed, malleable, or not by this key over this message."""

    reason: ClassVar[str] = "BAD_SIGNATURE"


class MerkleError(Refusal):
    """A partial Merkle tree with another root, or other leaves, than claimed."""

    reason: ClassVar[str] = "MERKLE_PROOF_INVALID"


class SmtError(Refusal):
    """A sparse-Merkle-tree proof that does not lead to the trusted root."""

    reason: ClassVar[str] = "SMT_PROOF_INVALID"


class MptError(Refusal):
    """A Merkle-Patricia proof that does not lead from the trusted root to the key."""

    reason: ClassVar[str] = "MPT_PROOF_INVALID"


class MissingNode(UnavailableError):
    """The node store of a tree does not hold a node that the tree's root commits to."""

    reason: ClassVar[str] = "TREE_NODE_MISSING"

    def __init__(self, node_hash: bytes) -> None:
        super().__init__(f"tree node {node_hash.hex()} is not in the store; rebuild the tree from the journal")
        self.node_hash = node_hash

    def __reduce__(self) -> tuple[type[MissingNode], tuple[bytes]]:
        return type(self), (self.node_hash,)


def shown(detail: Detail) -> str:
    """Evidence as text; long byte strings are cut, with their length said."""
    if not isinstance(detail, bytes):
        return str(detail)
    if len(detail) <= _SHOWN_BYTES:
        return "0x" + detail.hex()
    return f"0x{detail[:_SHOWN_BYTES].hex()}… ({len(detail)} bytes)"
