"""A checkpoint: what k of n Validators sign about the ledger, and the digest they sign.

The digest is EIP-712 typed data. Its domain names the ledger and the purpose, never a verifying contract: a
checkpoint is a fact about the ledger, so that one set of signatures serves every counterparty.
"""

from __future__ import annotations

from dataclasses import dataclass

from light_clients.progmat.errors import MalformedCheckpoint
from primitives.keccak import keccak256
from primitives.types import UINT64_MAX

MAX_LEDGER_ID_BYTES = 64

_DOMAIN_TYPEHASH = keccak256(b"EIP712Domain(string name,string version,bytes32 salt)")
_NAME_HASH = keccak256(b"Progmat Checkpoint")
_VERSION_HASH = keccak256(b"1")
_CHECKPOINT_TYPEHASH = keccak256(
    b"Checkpoint(uint64 height,uint64 timestamp,bytes32 root,bytes32 journalHash,bytes32 nextValidatorSetHash)"
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The ledger at one journal position.

    Height is the journal position (1 and up), the timestamp is UTC seconds on the notary's clock, root is the sparse
    Merkle root over the provable writes, the journal hash covers the entry at this height and all before it. Raises
    MalformedCheckpoint when a field is outside its range.
    """

    ledger_id: str
    height: int
    timestamp_s: int
    root: bytes
    journal_hash: bytes
    next_validator_set_hash: bytes

    def __post_init__(self) -> None:
        check_ledger_id(self.ledger_id)
        if not 1 <= self.height <= UINT64_MAX:
            raise MalformedCheckpoint("checkpoint height is out of range", expected="1..2^64-1", found=self.height)
        if not 1 <= self.timestamp_s <= UINT64_MAX:
            raise MalformedCheckpoint("checkpoint time is out of range", expected="1..2^64-1", found=self.timestamp_s)
        for digest in (self.root, self.journal_hash, self.next_validator_set_hash):
            if len(digest) != 32:
                raise MalformedCheckpoint("checkpoint hash has the wrong size", expected="32 bytes", found=digest)

    @property
    def consensus_state(self) -> bytes:
        """What a light client keeps of it: ``u64 timestamp | root32``."""
        return self.timestamp_s.to_bytes(8, "big") + self.root


def check_ledger_id(ledger_id: str) -> str:
    """The identifier itself; MalformedCheckpoint unless it is 1 to 64 bytes of UTF-8."""
    size = len(ledger_id.encode())
    if not 1 <= size <= MAX_LEDGER_ID_BYTES:
        raise MalformedCheckpoint("ledger id has the wrong size", expected=f"1..{MAX_LEDGER_ID_BYTES}", found=size)
    return ledger_id


def domain_salt(ledger_id: str) -> bytes:
    """The salt of a ledger's EIP-712 domain: keccak256 of its identifier."""
    return keccak256(ledger_id.encode())


def domain_separator(ledger_id: str) -> bytes:
    """EIP-712 domain separator of a ledger: name, version, and as salt the hash of the ledger's identifier."""
    return keccak256(_DOMAIN_TYPEHASH + _NAME_HASH + _VERSION_HASH + domain_salt(ledger_id))


def checkpoint_digest(checkpoint: Checkpoint) -> bytes:
    """The 32 bytes a Validator signs (EIP-712: 0x1901 | domain separator | hash of the struct)."""
    struct_hash = keccak256(
        _CHECKPOINT_TYPEHASH
        + checkpoint.height.to_bytes(32, "big")
        + checkpoint.timestamp_s.to_bytes(32, "big")
        + checkpoint.root
        + checkpoint.journal_hash
        + checkpoint.next_validator_set_hash
    )
    return keccak256(b"\x19\x01" + domain_separator(checkpoint.ledger_id) + struct_hash)
