"""Both chains as the watches see them where light clients in enclaves stand between."""

from __future__ import annotations

from collections.abc import Sequence

from chains.evm.client.account import EvmSender
from chains.evm.client.deployment import Deployment, address_bytes
from chains.evm.client.enclave_light_client import EnclaveLightClientBinding
from chains.evm.client.router import Router
from chains.evm.client.rpc import EvmRpc
from light_clients.enclave import SignedStatement, TrustingContext, UpdateStatement, encode_statement
from light_clients.enclave.codec import encode_update
from light_clients.enclave.errors import StatementMismatch
from light_clients.enclave.solidity_form import SolidityClientState, encode_solidity_evidence
from light_clients.enclave.statements import NANOSECONDS, MisbehaviourStatement
from light_clients.progmat import Checkpoint
from light_clients.qbft.codec import decode_consensus_state
from primitives.errors import CallerError
from primitives.keccak import keccak256
from relayer.chains.evm_submissions import INCLUSION_TIMEOUT_S
from relayer.provers.enclave_endpoint import EnclaveStatedProver
from relayer.provers.enclave_quorum import EnclaveQuorum
from relayer.provers.enclave_states import LedgerStates, QbftStates

_NOBODYS_SIGNATURE = bytes(65)


class NothingStatedBehind(CallerError):
    """Enclaves state only what is above the newest height: an older header cannot be shown through them."""

    reason = "NOTHING_STATED_BEHIND"


class EnclaveCanonicalChain:
    """Implements ``CanonicalChain``; a message that builds on its own height is for comparing, and unsigned."""

    def __init__(self, rpc: EvmRpc, states: QbftStates, prover: EnclaveStatedProver) -> None:
        self._rpc = rpc
        self._states = states
        self._prover = prover

    async def head_height(self) -> int:
        """See CanonicalChain."""
        return await self._rpc.block_number()

    async def header_message(self, height: int, trusted_height: int) -> bytes:
        """See CanonicalChain; raises as `EnclaveQuorum.update`."""
        if trusted_height < height:
            return await self._prover.header_message(height, trusted_height)
        snapshot = await self._states.snapshot_at(height)
        timestamp_ns = decode_consensus_state(snapshot.consensus_state).timestamp_s * NANOSECONDS
        statement = UpdateStatement(
            prev_height=height,
            prev_state_id=snapshot.state_id,
            post_height=height,
            post_state_id=snapshot.state_id,
            timestamp_ns=timestamp_ns,
            context=TrustingContext(timestamp_ns, timestamp_ns, 0, 0),
        )
        return encode_update(SignedStatement(encode_statement(statement), (_NOBODYS_SIGNATURE,)), b"")


class EnclaveCheckpointHost:
    """Implements ``CheckpointHost``: the EVM chain, whose client of the ledger is an ``EnclaveLightClient``."""

    def __init__(
        self, rpc: EvmRpc, deployment: Deployment, account: EvmSender, states: LedgerStates, quorum: EnclaveQuorum
    ) -> None:
        self._rpc = rpc
        self._account = account
        self._states = states
        self._quorum = quorum
        self._router = Router(address_bytes(deployment.router))
        self._client_id = deployment.client_id

    @property
    def client_id(self) -> str:
        """See CheckpointHost."""
        return self._client_id

    async def client_state(self) -> SolidityClientState:
        """See CheckpointHost."""
        return await (await self._light_client()).client_state(self._rpc)

    async def slots(self, heights: Sequence[int]) -> Sequence[bytes | None]:
        """See CheckpointHost."""
        light_client = await self._light_client()
        return [await light_client.consensus_slot(self._rpc, height) for height in heights]

    async def header_at(self, height: int) -> bytes | None:  # noqa: ARG002  # the protocol's signature
        """See CheckpointHost; transactions hold statements here: which Validators signed is not in them."""
        return None

    async def report_header(self, header: bytes) -> str:
        """See CheckpointHost. Raises NothingStatedBehind: what is stored and wrong needs two headers."""
        raise NothingStatedBehind(
            f"a header of {len(header)} bytes of a stored height cannot be shown through enclaves"
        )

    async def report_misbehaviour(self, evidence: bytes) -> str:
        """See CheckpointHost; judged by the enclaves from the newest state. Raises as `EnclaveQuorum.misbehaviour`."""
        latest = (await self.client_state()).latest_height
        stated = await self._quorum.misbehaviour(await self._states.snapshot_at(latest), evidence)
        if not isinstance(stated.statement, MisbehaviourStatement):
            raise StatementMismatch("enclaves answer with another statement", found=type(stated.statement).__name__)
        message = encode_solidity_evidence(stated.statement, stated.signatures)
        call = self._router.submit_misbehaviour(self._client_id, message)
        return "0x" + (await self._account.execute(call, INCLUSION_TIMEOUT_S)).evm_tx_hash.hex()

    async def _light_client(self) -> EnclaveLightClientBinding:
        """The one behind the id now: governance may have put another in its place."""
        return EnclaveLightClientBinding(await self._router.light_client_of(self._rpc, self._client_id))

    def kept_form(self, checkpoint: Checkpoint) -> bytes:
        """What the contract keeps: u64 height | first 24 bytes of keccak256(u128 time in ns | state id)."""
        timestamp_ns = checkpoint.timestamp_s * NANOSECONDS
        named = timestamp_ns.to_bytes(16, "big") + self._states.snapshot_of(checkpoint).state_id
        return checkpoint.height.to_bytes(8, "big") + keccak256(named)[:24]
