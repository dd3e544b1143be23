"""One Validator put together: the parts share one database, one gate and one key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chains.progmat.flows.verification import LedgerVerifier
from chains.progmat.node.peers import PeerNetwork
from chains.progmat.node.storage import NodeDatabase
from chains.progmat.validators.approver import Approver, Resolver
from chains.progmat.validators.checkpoint_signer import CheckpointKey, CheckpointSigner
from chains.progmat.validators.journal_tail import JournalTail, TailSettings
from chains.progmat.validators.rpc_validator import ValidatorRpc
from chains.progmat.validators.signing_gate import SigningGate
from chains.progmat.validators.signing_log import SigningLog
from primitives.signatures import Signer


@dataclass(frozen=True)
class Validator:
    """Register ``approver.approve`` as the peer method ``validator.approve``, add ``rpc`` to a gRPC server, ``start``."""

    approver: Approver
    tail: JournalTail
    checkpoints: CheckpointSigner
    rpc: ValidatorRpc
    gate: SigningGate

    @classmethod
    async def open(
        cls,
        *,
        database: NodeDatabase,
        log: SigningLog,
        network: PeerNetwork,
        resolver: Resolver,
        verifier: LedgerVerifier,
        signer: Signer,
        checkpoint_key: CheckpointKey,
        clock_s: Callable[[], int],
        tail_settings: TailSettings | None = None,
    ) -> Validator:
        """The Validator as ``database`` (opened with ``schema.validator_metadata``) and ``log`` left it.

        The caller closes both after ``stop``. Raises NotAValidator, SigningLogMismatch, StorageFailed.
        """
        parameters = verifier.parameters
        gate = await SigningGate.open(database)
        checkpoints = CheckpointSigner(
            database=database, log=log, key=checkpoint_key, parameters=parameters, gate=gate, clock_s=clock_s
        )
        await checkpoints.match_log()
        tail = await JournalTail.open(database, network, parameters, gate, tail_settings)
        approver = Approver(
            database=database, resolver=resolver, verifier=verifier, signer=signer, gate=gate, clock_s=clock_s
        )
        rpc = ValidatorRpc(parameters.ledger_id, database, tail, checkpoints, gate)
        return cls(approver, tail, checkpoints, rpc, gate)

    def start(self) -> None:
        """Follow the journal."""
        self.tail.start()

    async def stop(self) -> None:
        """Stop following the journal."""
        await self.tail.stop()
