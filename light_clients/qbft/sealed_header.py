"""A header together with what its consensus engine put into extraData, whichever engine it was."""

from __future__ import annotations

from dataclasses import dataclass

from light_clients.qbft.errors import MalformedHeader
from light_clients.qbft.execution_header import ExecutionHeader
from primitives.rlp import split_list, string_payload

VANITY_BYTES = 32
MAX_VALIDATORS = 255
_ZERO_ADDRESS = bytes(20)
_VOTE_VALUES = (b"\xff", b"", b"\0")


@dataclass(frozen=True, slots=True)
class SealedHeader:
    """A header, its own validator set, and the commit seals over ``seal_digest``; nothing is verified yet.

    ``validators`` is empty as read in validator-contract mode, until they are read from the contract. Validators and
    seals stand in the header's order, which need not be the same. ``round`` is None where the engine does not write it.
    The block hash is the one the next block names as its parent: the hash of ``hashed_rlp``, not of the bytes received.
    """

    header: ExecutionHeader
    validators: tuple[bytes, ...]
    round: int | None
    seals: tuple[bytes, ...]
    block_hash: bytes
    hashed_rlp: bytes
    seal_digest: bytes
    proposer: bytes


def read_five_items(extra_data: bytes, engine: str, no_vote: bytes) -> list[bytes]:
    """Vanity, validators, vote, round, seals, still encoded, of QBFT's or IBFT2's extraData; vanity and vote checked.

    ``no_vote`` is how the engine writes that there is none: QBFT an empty list, IBFT2 an empty string.
    """
    items = split_list(extra_data)
    if len(items) != 5:
        raise MalformedHeader(f"{engine} extraData has the wrong number of items", expected=5, found=len(items))
    _check_vanity(items[0])
    _check_vote(items[2], no_vote)
    return items


def read_validators(raw: bytes) -> tuple[bytes, ...]:
    """The validator list of extraData; empty in validator-contract mode."""
    return check_validators(tuple(string_payload(item) for item in _bounded(split_list(raw))))


def check_validators(validators: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """MalformedHeader unless they are distinct addresses, none zero."""
    for validator in validators:
        if len(validator) != 20 or validator == _ZERO_ADDRESS:
            raise MalformedHeader("validator is no address", expected="20 bytes, not zero", found=validator)
    if len(set(validators)) != len(validators):
        raise MalformedHeader("a validator is listed twice", expected=len(validators), found=len(set(validators)))
    return validators


def read_seals(raw: bytes) -> tuple[bytes, ...]:
    """The commit seals of extraData as they stand; whether each is a signature is found when it is verified."""
    return tuple(string_payload(item) for item in _bounded(split_list(raw)))


def _bounded(items: list[bytes]) -> list[bytes]:
    if len(items) > MAX_VALIDATORS:
        raise MalformedHeader("extraData's list is too long", expected=f"at most {MAX_VALIDATORS}", found=len(items))
    return items


def _check_vanity(raw: bytes) -> None:
    """MalformedHeader unless it is 32 bytes of the proposer's choice."""
    if len(string_payload(raw)) != VANITY_BYTES:
        raise MalformedHeader("extraData's vanity has the wrong size", expected=VANITY_BYTES, found=len(raw))


def _check_vote(raw: bytes, no_vote: bytes) -> None:
    """MalformedHeader unless there is no vote, or an address with add (ff) or drop (empty or 00)."""
    if raw == no_vote:
        return
    vote = [string_payload(item) for item in split_list(raw)]
    if len(vote) != 2 or len(vote[0]) != 20 or vote[1] not in _VOTE_VALUES:
        raise MalformedHeader("extraData's vote is malformed", expected="none, or [address, ff or 00]", found=raw)
