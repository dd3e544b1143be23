"""Statements in the form the checking chain takes: packed for `EnclaveLightClient.sol`, protobuf for the ledger."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from light_clients.enclave import KeyRegistration, SignedStatement, UpdateStatement
from light_clients.enclave.codec import decode_consensus_state, encode_membership_proof, encode_update
from light_clients.enclave.errors import StatementMismatch
from light_clients.enclave.keys import claimed_key
from light_clients.enclave.solidity_form import encode_solidity_proof, encode_solidity_update
from light_clients.enclave.statements import NANOSECONDS, statement_digest
from primitives.errors import UnavailableError
from primitives.secp256k1 import recover_address
from relayer.enclave.program import Snapshot
from relayer.provers.enclave_quorum import QuorumStatement

ReadConsensusState = Callable[[int], Awaitable[bytes]]
"""The consensus state that the ledger's enclave client keeps of a height."""
ReadTimestamp = Callable[[Snapshot], int]
"""A snapshot's own time, UTC seconds."""


class KeyWithoutAnswer(UnavailableError):
    """An enclave signs with a key that is not registered, and that its operator has not answered for yet."""

    reason = "KEY_WITHOUT_ANSWER"


class StatementForm(Protocol):
    """How one chain takes statements."""

    async def update(self, stated: QuorumStatement) -> bytes:
        """The client message."""
        ...

    def proof(self, snapshot: Snapshot, stated: QuorumStatement) -> bytes:
        """The proof of presence or absence."""
        ...


@dataclass(frozen=True, slots=True)
class SolidityForm:
    """Implements `StatementForm` for `EnclaveLightClient.sol`, where keys are registered by calls of their own."""

    timestamp_s: ReadTimestamp

    async def update(self, stated: QuorumStatement) -> bytes:
        """See StatementForm."""
        return encode_solidity_update(update_of(stated), stated.signatures)

    def proof(self, snapshot: Snapshot, stated: QuorumStatement) -> bytes:
        """See StatementForm."""
        timestamp_ns = self.timestamp_s(snapshot) * NANOSECONDS
        return encode_solidity_proof(timestamp_ns, snapshot.state_id, stated.signatures)


@dataclass(frozen=True, slots=True)
class LedgerForm:
    """Implements `StatementForm` for the ledger's enclave client: an update brings the keys that are not known yet.

    `registrations` are asked each time, as an enclave that starts anew has a new key. A key that has less than
    `renew_before_s` to live is registered again.
    """

    consensus_state: ReadConsensusState
    registrations: Callable[[], Awaitable[Sequence[KeyRegistration]]]
    renew_before_s: int

    async def update(self, stated: QuorumStatement) -> bytes:
        """See StatementForm. Raises KeyWithoutAnswer, and what reads the ledger and the answers."""
        statement = update_of(stated)
        trusted = await self.consensus_state(statement.prev_height)
        due_s = statement.timestamp_ns // NANOSECONDS + self.renew_before_s
        known = {each.enclave_key for each in decode_consensus_state(trusted).keys if each.expires_at_s > due_s}
        offered = await self.registrations()
        wanted = [each for each in offered if claimed_key(each).enclave_key not in known]
        answered = known | {claimed_key(each).enclave_key for each in offered}
        digest = statement_digest(stated.message)
        for signer in (recover_address(digest, signature) for signature in stated.signatures):
            if signer not in answered:
                raise KeyWithoutAnswer(f"enclave key {signer.hex()} is new: its operator has to answer for it")
        return encode_update(SignedStatement(stated.message, stated.signatures), trusted, wanted)

    def proof(self, snapshot: Snapshot, stated: QuorumStatement) -> bytes:  # noqa: ARG002  # the protocol's signature
        """See StatementForm."""
        return encode_membership_proof(stated.signatures)


def update_of(stated: QuorumStatement) -> UpdateStatement:
    """The statement as the update it must be."""
    if not isinstance(stated.statement, UpdateStatement):
        raise StatementMismatch("enclaves answer with another statement", found=type(stated.statement).__name__)
    return stated.statement
