"""What runs inside an enclave, pure: a light client's state and a message in, a statement out.

The state is kept outside and trusted by nobody: a statement names the state it was made from, and the chain that checks
it compares that name with its own record, so that a store rolled back or made up gives statements nobody takes. An
enclave has no clock to trust either: headers are judged at their own time, and a statement carries what the checking
chain must compare with its clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ibc.errors import InvalidHeader, Misbehaviour
from ibc.light_client import ConsensusAt, TimeBounds
from light_clients.enclave.statements import (
    NANOSECONDS,
    PREFIX_IBC,
    PREFIX_STORAGE,
    MisbehaviourStatement,
    StateStatement,
    TrustingContext,
    UpdateStatement,
    state_id,
    value_hash,
)
from primitives.errors import InvalidArgument
from relayer.enclave.kinds import INNER_KINDS, InnerClientState, InnerKind

BUILDS_ON_LATEST = 0
"""A client message that names no height builds on the client's latest."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A light client at one height: all an enclave needs to know, brought by whoever asks."""

    client_type: str
    client_state: bytes
    height: int
    consensus_state: bytes

    @property
    def state_id(self) -> bytes:
        """The name that statements give this state."""
        return state_id(self.client_state, self.consensus_state)

    @property
    def at(self) -> ConsensusAt:
        """As light clients take it."""
        return ConsensusAt(self.height, self.consensus_state)


@dataclass(frozen=True, slots=True)
class Step:
    """An update: what is signed, and the state to bring next time."""

    statement: UpdateStatement
    after: Snapshot


class EnclaveProgram:
    """The light clients inside, by type; every method raises their errors, and DecodeError for states."""

    def __init__(self, kinds: Mapping[str, InnerKind] = INNER_KINDS) -> None:
        self._kinds = kinds

    def update(self, snapshot: Snapshot, client_message: bytes) -> Step:
        """Verify a header that builds on the snapshot; Misbehaviour if it contradicts it."""
        kind, inner = self._opened(snapshot)
        light_client = kind.light_client
        trusted_height = light_client.trusted_height(client_message)
        if trusted_height not in (BUILDS_ON_LATEST, snapshot.height):
            raise InvalidHeader(
                "header builds on another height than the state given", expected=snapshot.height, found=trusted_height
            )
        result = light_client.update_state(snapshot.client_state, client_message)
        if len(result.consensus_states) != 1 or result.consensus_states[0].height <= snapshot.height:
            raise InvalidHeader("header brings nothing above the state given", expected=f"above {snapshot.height}")
        new = result.consensus_states[0]
        header_s = light_client.timestamp_at(new.consensus_state)
        light_client.verify_client_message(snapshot.client_state, snapshot.at, client_message, TimeBounds.at(header_s))
        if light_client.check_for_misbehaviour(snapshot.client_state, snapshot.at, client_message):
            raise Misbehaviour("header contradicts the state given; ask for a statement of misbehaviour")
        after = Snapshot(snapshot.client_type, result.client_state, new.height, new.consensus_state)
        statement = UpdateStatement(
            prev_height=snapshot.height,
            prev_state_id=snapshot.state_id,
            post_height=after.height,
            post_state_id=after.state_id,
            timestamp_ns=header_s * NANOSECONDS,
            context=_context(inner, light_client.timestamp_at(snapshot.consensus_state), header_s),
        )
        return Step(statement, after)

    def membership(self, snapshot: Snapshot, proof: bytes, path: bytes, value: bytes) -> StateStatement:
        """Verify that a value stands under an IBC path."""
        kind, _ = self._opened(snapshot)
        kind.light_client.verify_membership(
            snapshot.client_state, snapshot.at, proof, path, value, self._own_time(kind, snapshot)
        )
        return StateStatement(PREFIX_IBC, path, value_hash(value), snapshot.height, snapshot.state_id)

    def non_membership(self, snapshot: Snapshot, proof: bytes, path: bytes) -> StateStatement:
        """Verify that nothing stands under an IBC path."""
        kind, _ = self._opened(snapshot)
        kind.light_client.verify_non_membership(
            snapshot.client_state, snapshot.at, proof, path, self._own_time(kind, snapshot)
        )
        return StateStatement(PREFIX_IBC, path, None, snapshot.height, snapshot.state_id)

    def storage(
        self,
        snapshot: Snapshot,
        address: bytes,
        slot: bytes,
        account_proof: Sequence[bytes],
        storage_proof: Sequence[bytes],
    ) -> tuple[StateStatement, bytes | None]:
        """Verify a word in a contract's storage, None if it is zero; InvalidArgument for a chain without contracts."""
        kind, _ = self._opened(snapshot)
        if kind.read_storage is None:
            raise InvalidArgument(f"a {snapshot.client_type} light client reads no storage")
        word = kind.read_storage(
            snapshot.client_state,
            snapshot.at,
            address,
            slot,
            account_proof,
            storage_proof,
            self._own_time(kind, snapshot),
        )
        hashed = None if word is None else value_hash(word)
        return StateStatement(PREFIX_STORAGE, address + slot, hashed, snapshot.height, snapshot.state_id), word

    def misbehaviour(self, snapshot: Snapshot, client_message: bytes) -> MisbehaviourStatement:
        """Verify evidence that the other chain contradicts itself; InvalidHeader if it shows nothing.

        Judged at the last second at which the snapshot may be built upon: a header that is late for that is none.
        """
        kind, inner = self._opened(snapshot)
        trusted_s = kind.light_client.timestamp_at(snapshot.consensus_state)
        last = TimeBounds.at(trusted_s + inner.trusting_period_s - 1)
        kind.light_client.verify_client_message(snapshot.client_state, snapshot.at, client_message, last)
        if not kind.light_client.check_for_misbehaviour(snapshot.client_state, snapshot.at, client_message):
            raise InvalidHeader("message shows no misbehaviour", expected="a contradiction")
        context = _context(inner, trusted_s, trusted_s)
        return MisbehaviourStatement(((snapshot.height, snapshot.state_id),), context, client_message)

    def _opened(self, snapshot: Snapshot) -> tuple[InnerKind, InnerClientState]:
        """The kind and the decoded client state, which must be the one of the snapshot's own height."""
        kind = self._kinds.get(snapshot.client_type)
        if kind is None:
            known = ", ".join(self._kinds)
            raise InvalidArgument(f"no light client {snapshot.client_type} runs here; there are {known}")
        inner = kind.decode_client_state(snapshot.client_state)
        if inner.latest_height != snapshot.height:
            raise InvalidHeader(
                "client state is of another height than the snapshot",
                expected=snapshot.height,
                found=inner.latest_height,
            )
        return kind, inner

    @staticmethod
    def _own_time(kind: InnerKind, snapshot: Snapshot) -> TimeBounds:
        """The snapshot's own time: whether it may still be relied upon is judged by the checking chain."""
        return TimeBounds.at(kind.light_client.timestamp_at(snapshot.consensus_state))


def _context(inner: InnerClientState, trusted_s: int, header_s: int) -> TrustingContext:
    return TrustingContext(
        header_timestamp_ns=header_s * NANOSECONDS,
        trusted_timestamp_ns=trusted_s * NANOSECONDS,
        trusting_period_ns=inner.trusting_period_s * NANOSECONDS,
        clock_drift_ns=inner.max_clock_drift_s * NANOSECONDS,
    )
