"""QBFT's extraData, its two digests, and the commit seals.

Source: Besu's and GoQuorum's QBFT (EIP-650's successor): extraData = RLP[vanity32, [validators], vote, round, [seals]].
The block hash is taken with round := 0 and seals := []; a commit seal signs the header with seals := [] and its
round kept, so that in round > 0 the two digests differ. `keccak(header as served)` is neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import rlp

from primitives.errors import DecodeError
from primitives.keccak import keccak256
from primitives.secp256k1 import address_of, sign_digest

EXTRA_DATA_FIELD: Final = 12
VANITY: Final = b"crossdvp devnet".ljust(32, b"\x00")
# the constant by which headers of the Istanbul family mark themselves: ASCII "ctical byzantine fault tolerance"
QBFT_MIX_HASH: Final = bytes.fromhex("63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365")


@dataclass(frozen=True)
class QbftExtraData:
    """The five items of QBFT's extraData; the vote is always empty here (the set is configured, not voted)."""

    validators: tuple[bytes, ...]
    round_number: int
    seals: tuple[bytes, ...] = ()
    vanity: bytes = VANITY

    def encode(self) -> bytes:
        """Encode as RLP; the round is a minimal integer."""
        encoded: bytes = rlp.encode([self.vanity, list(self.validators), [], self.round_number, list(self.seals)])
        return encoded


def decode_extra_data(data: bytes) -> QbftExtraData:
    """Read extraData that this devnet wrote; raises `DecodeError` for anything else."""
    try:
        vanity, validators, vote, round_bytes, seals = rlp.decode(data)
    except (rlp.exceptions.RLPException, ValueError, TypeError) as error:
        raise DecodeError("extraData is not the five items of QBFT") from error
    if vote != []:
        raise DecodeError("extraData carries a vote, this chain has none")
    return QbftExtraData(tuple(validators), int.from_bytes(round_bytes, "big"), tuple(seals), vanity)


def commit_quorum(validator_count: int) -> int:
    """ceil(2n/3), QBFT's quorum of commit seals."""
    return (2 * validator_count + 2) // 3


def block_hash(header_fields: Sequence[bytes]) -> bytes:
    """Hash a header's raw fields as QBFT does: round := 0, seals := []."""
    extra = decode_extra_data(header_fields[EXTRA_DATA_FIELD])
    return _digest(header_fields, replace(extra, round_number=0, seals=()))


def seal_digest(header_fields: Sequence[bytes]) -> bytes:
    """The 32 bytes that commit seals sign: seals := [], round kept."""
    extra = decode_extra_data(header_fields[EXTRA_DATA_FIELD])
    return _digest(header_fields, replace(extra, seals=()))


def _digest(header_fields: Sequence[bytes], extra: QbftExtraData) -> bytes:
    fields = list(header_fields)
    fields[EXTRA_DATA_FIELD] = extra.encode()
    return keccak256(rlp.encode(fields))


class ValidatorKeys:
    """The validators' secret keys: the whole consensus of a devnet in one hand.

    Validators are kept in ascending order of address, as Besu and GoQuorum list them.
    """

    def __init__(self, secrets: Sequence[bytes]) -> None:
        by_address: dict[bytes, bytes] = {address_of(secret): secret for secret in secrets}
        self._secrets = dict(sorted(by_address.items()))
        self.addresses: tuple[bytes, ...] = tuple(self._secrets)

    def proposer(self, height: int, round_number: int) -> bytes:
        """Round-robin: the next validator each block, and one further each failed round."""
        return self.addresses[(height + round_number) % len(self.addresses)]

    def seal(self, header_fields: Sequence[bytes], proposer: bytes) -> bytes:
        """Return the extraData with a quorum of commit seals, the proposer's first (not in validator order)."""
        extra = decode_extra_data(header_fields[EXTRA_DATA_FIELD])
        digest = seal_digest(header_fields)
        first = self.addresses.index(proposer)
        ordered = self.addresses[first:] + self.addresses[:first]
        signers = ordered[: commit_quorum(len(ordered))]
        seals = tuple(sign_digest(self._secrets[signer], digest) for signer in signers)
        return replace(extra, seals=seals).encode()
