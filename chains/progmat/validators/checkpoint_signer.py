"""Signs the checkpoint of a height: once decided, the same for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from sqlalchemy import Connection, select, update

from chains.progmat.network.parameters_source import ParametersSource, source_of
from chains.progmat.node.storage import NodeDatabase, insert
from chains.progmat.node.storage.standing import Doubt
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.validators import ledger_view
from chains.progmat.validators.errors import (
    CheckpointConflict,
    CheckpointFromTheFuture,
    HeightOutOfRange,
    NotAValidator,
    NotSigningAtHeight,
    SigningLogMismatch,
)
from chains.progmat.validators.ledger_view import LedgerHeight
from chains.progmat.validators.schema import pins
from chains.progmat.validators.signing_gate import SigningGate
from chains.progmat.validators.signing_log import SigningLog
from light_clients.progmat import Checkpoint, ValidatorSet, checkpoint_digest
from primitives.apart import Apart, done
from primitives.secp256k1 import compact
from primitives.types import Address

MAX_HEIGHT = 2**63 - 1
MAX_HANDOVERS = 64
DEFAULT_MAX_DRIFT_S = 60


class CheckpointKey(Protocol):
    """A secp256k1 key that signs digests as Ethereum does."""

    @property
    def address(self) -> Address:
        """What other chains know the Validator by."""
        ...

    @property
    def apart(self) -> Apart | None:
        """As of a ``Signer``."""
        ...

    def sign_digest(self, digest: bytes) -> bytes:
        """65 bytes ``r | s | v`` over 32 bytes, low s. May raise UnavailableError where the key is kept elsewhere."""
        ...


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint with one Validator's EIP-2098 signature over its digest."""

    checkpoint: Checkpoint
    signature: bytes


class CheckpointSigner:
    """Use ``open``.

    Guarantees: two digests for one height are never both signed, whatever is restarted, restored or asked at the same
    time; the attempt closes the gate.
    """

    def __init__(
        self,
        *,
        database: NodeDatabase,
        log: SigningLog,
        key: CheckpointKey,
        parameters: NetworkParameters | ParametersSource,
        gate: SigningGate,
        clock_s: Callable[[], int],
        max_drift_s: int = DEFAULT_MAX_DRIFT_S,
    ) -> None:
        self._epochs = source_of(parameters)
        if not any(key.address in epoch.validators.addresses for epoch in self._epochs.history.epochs):
            raise NotAValidator(key.address)
        self._database = database
        self._log = log
        self._key = key
        self._gate = gate
        self._clock_s = clock_s
        self._max_drift_s = max_drift_s

    @property
    def address(self) -> Address:
        """This Validator's address."""
        return self._key.address

    def signing_set(self, before: LedgerHeight) -> ValidatorSet:
        """Who signs the height after ``before``: the Validators in force at the time of ``before``.

        So the first height at or past the beginning of an epoch is the last one of the set before; it names the new
        set, and a light client that has it goes on with that set's signatures.
        """
        return _set_of(self._epochs.at(before.timestamp_s))

    async def handovers(self, after_height: int) -> tuple[tuple[int, ValidatorSet], ...]:
        """Heights above ``after_height`` that are the last of their Validator set, with the set that follows."""
        found: list[tuple[int, ValidatorSet]] = []
        before = self._epochs.history.first
        for epoch in self._epochs.history.epochs[1:]:
            changed = _set_of(epoch) != _set_of(before)
            before = epoch
            if not changed:
                continue
            starts_s = epoch.effective_from_s
            at = await self._database.read(partial(ledger_view.first_since, time_s=starts_s))
            if at is not None and at.height > after_height and self._epochs.history.at(at.timestamp_s) == epoch:
                found.append((at.height, _set_of(epoch)))
        return tuple(found[:MAX_HANDOVERS])

    async def match_log(self) -> None:
        """Check that log and database were made together; before the first signature. Raises SigningLogMismatch."""
        log_id = self._log.log_id
        pinned = await self._database.submit(lambda connection: _pin_log(connection, log_id))
        if self._database.doubt is not Doubt.NONE:  # restored: whatever log is there may be the wrong one, or new
            await asyncio.to_thread(self._log.doubt)
            await self._database.submit(lambda connection: _pin_another(connection, log_id))
        elif pinned != log_id:
            raise SigningLogMismatch("id of the signing log", pinned, log_id)

    async def sign(self, height: int) -> SignedCheckpoint:
        """The checkpoint at ``height`` with this Validator's signature.

        Raises HeightOutOfRange, HeightNotReached, NotSigningAtHeight, ParametersNotAccepted, CheckpointFromTheFuture,
        SigningStopped, CheckpointConflict.
        """
        if not 1 <= height <= MAX_HEIGHT:
            raise HeightOutOfRange(height)
        self._gate.require_open()
        before, at = await self._database.look_up(lambda connection: self._with_predecessor(connection, height))
        if self._key.address not in self.signing_set(before).validators:
            raise NotSigningAtHeight(height, self._epochs.at(before.timestamp_s).epoch)
        now_s = self._clock_s()
        if at.timestamp_s > now_s + self._max_drift_s:
            raise CheckpointFromTheFuture(at.timestamp_s, now_s, self._max_drift_s)
        checkpoint = Checkpoint(
            ledger_id=self._epochs.history.first.ledger_id,
            height=at.height,
            timestamp_s=at.timestamp_s,
            root=at.root,
            journal_hash=at.journal_hash,
            next_validator_set_hash=self.signing_set(at).hash(),
        )
        digest = checkpoint_digest(checkpoint)
        try:
            await asyncio.to_thread(self._log.record, height, digest)
        except CheckpointConflict as conflict:
            await self._gate.stop_signing(conflict)
            raise
        self._gate.require_open()
        signature = await done(self._key.apart, partial(self._key.sign_digest, digest))
        self._gate.require_open()  # what was made while the gate closed is given to nobody
        return SignedCheckpoint(checkpoint, compact(signature))

    def _with_predecessor(self, connection: Connection, height: int) -> tuple[LedgerHeight, LedgerHeight]:
        at = ledger_view.at_height(connection, height)
        if height == 1:
            return ledger_view.empty(self._epochs.history.first.ledger_id), at
        return ledger_view.at_height(connection, height - 1), at


def _set_of(epoch: NetworkParameters) -> ValidatorSet:
    return ValidatorSet(epoch.validators.threshold, epoch.validators.addresses)


def _pin_another(connection: Connection, log_id: str) -> None:
    connection.execute(update(pins).where(pins.c.name == "signing_log_id").values(value=log_id))


def _pin_log(connection: Connection, log_id: str) -> str:
    """The id of the log that this database was first opened with."""
    connection.execute(insert(pins).values(name="signing_log_id", value=log_id).on_conflict_do_nothing())
    return str(connection.execute(select(pins.c.value).where(pins.c.name == "signing_log_id")).scalar_one())
