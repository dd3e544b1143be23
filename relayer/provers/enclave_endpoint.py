"""A chain whose proofs travel through enclaves: the same endpoint, with statements in place of headers and proofs."""

from __future__ import annotations

from collections.abc import Sequence

from chains.evm.client.proofs import QbftProver, StorageEvidence
from ibc.packet import Packet
from relayer.chains.packet_paths import proved_path
from relayer.core.chain import (
    ChainEndpoint,
    ClientUpdate,
    EventPage,
    Head,
    HostedClient,
    Outcome,
    PacketMessage,
    ProofKind,
)
from relayer.provers.enclave_forms import StatementForm
from relayer.provers.enclave_quorum import EnclaveQuorum
from relayer.provers.enclave_states import InnerStates, QbftStates


class EnclaveProvedEndpoint:
    """Implements ``ChainEndpoint`` over another: what it proves is verified in enclaves and stated by them.

    ``form`` is that of the chain which checks the statements, the other end of the path.
    """

    def __init__(self, inner: ChainEndpoint, states: InnerStates, quorum: EnclaveQuorum, form: StatementForm) -> None:
        self._inner = inner
        self._states = states
        self._quorum = quorum
        self._form = form

    @property
    def chain_name(self) -> str:
        """See ChainEndpoint."""
        return self._inner.chain_name

    @property
    def client_id(self) -> str:
        """See ChainEndpoint."""
        return self._inner.client_id

    async def head(self) -> Head:
        """See ChainEndpoint."""
        return await self._inner.head()

    async def events(self, cursor: int, limit: int) -> EventPage:
        """See ChainEndpoint."""
        return await self._inner.events(cursor, limit)

    async def hosted_client(self) -> HostedClient:
        """See ChainEndpoint."""
        return await self._inner.hosted_client()

    async def update_for_counterparty(self, trusted_height: int, at_least: int) -> ClientUpdate:
        """See ChainEndpoint; raises as `EnclaveQuorum.update` too."""
        update = await self._inner.update_for_counterparty(trusted_height, at_least)
        snapshot = await self._states.snapshot_at(trusted_height)
        stated = await self._quorum.update(snapshot, update.client_message)
        return ClientUpdate(update.height, update.timestamp_s, await self._form.update(stated))

    async def prove(self, kind: ProofKind, packet: Packet, height: int) -> bytes:
        """See ChainEndpoint; raises as `EnclaveQuorum.membership` too."""
        proof = await self._inner.prove(kind, packet, height)
        snapshot = await self._states.snapshot_at(height)
        path = proved_path(kind, packet)
        is_absence = kind is ProofKind.RECEIPT_ABSENCE
        value = None if is_absence else await self._states.value_at(snapshot, proof, path)
        return self._form.proof(snapshot, await self._quorum.membership(snapshot, proof, path, value))

    async def submit(self, update: ClientUpdate | None, messages: Sequence[PacketMessage]) -> tuple[Outcome, ...]:
        """See ChainEndpoint."""
        return await self._inner.submit(update, messages)

    async def close(self) -> None:
        """See ChainEndpoint."""
        await self._inner.close()
        await self._quorum.close()


class EnclaveStatedProver:
    """What a gateway asks of a ``QbftProver``, stated by enclaves for a ledger whose client is of type ``enclave``."""

    def __init__(self, prover: QbftProver, states: QbftStates, quorum: EnclaveQuorum, form: StatementForm) -> None:
        self._prover = prover
        self._states = states
        self._quorum = quorum
        self._form = form

    async def header_message(self, height: int, trusted_height: int) -> bytes:
        """See EarmarkProver; raises as `stated_header`."""
        return await stated_header(self._prover, self._states, self._quorum, self._form, (trusted_height, height))

    async def storage_evidences(
        self, contract: bytes, slots: Sequence[bytes], height: int
    ) -> tuple[StorageEvidence, ...]:
        """See EarmarkProver; a statement a slot. Raises as `stated_storage`."""
        parts = (self._prover, self._states, self._quorum, contract)
        return tuple([await stated_storage(*parts, slot, height) for slot in slots])


async def stated_header(
    prover: QbftProver,
    states: QbftStates,
    quorum: EnclaveQuorum,
    form: StatementForm,
    heights: tuple[int, int],
) -> bytes:
    """The client message from a trusted height to another, for whoever brings headers beside the relayer.

    ``heights``: trusted, new. Raises as `EnclaveQuorum.update`.
    """
    trusted_height, height = heights
    header = await prover.header_message(height, trusted_height)
    return await form.update(await quorum.update(await states.snapshot_at(trusted_height), header))


async def stated_storage(
    prover: QbftProver, states: QbftStates, quorum: EnclaveQuorum, contract: bytes, slot: bytes, height: int
) -> StorageEvidence:
    """A slot of any contract as the ledger's enclave client takes it: the word, then the signatures.

    For earmarks. Raises as `EnclaveQuorum.storage`.
    """
    evidence = await prover.storage_evidence(contract, slot, height)
    snapshot = await states.snapshot_at(height)
    word = states.word_at(snapshot, contract, slot, evidence)
    stated = await quorum.storage(snapshot, contract, slot, evidence.account_proof, evidence.storage_proof)
    return StorageEvidence(height, (word,), stated.signatures)
