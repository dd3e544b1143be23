"""An issuer has the Validators attest its coin's history now and then, so that no coin carries it for ever.

The issuer sees every transaction of its coin and counts the steps since the last attested one; after ``every`` steps it
asks all Validators, keeps the attestation and owes it to the participants, who hand it on instead of the history (see
``attested_history``). Its own audit copy stays whole.

Nothing depends on an attestation: what is lost in a crash, or refused by Validators that are away, only leaves chains
longer until the next one. The count is therefore kept in memory, and the work is in no flow.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Final

import structlog
from sqlalchemy import Connection

from chains.progmat.flows import peer_codec
from chains.progmat.flows.clock import Clock
from chains.progmat.flows.delivery import owe
from chains.progmat.flows.errors import AttestationTooEarly
from chains.progmat.flows.seams import Directory, Recording, Role
from chains.progmat.flows.signed_records import decoded
from chains.progmat.flows.verification import LedgerVerifier
from chains.progmat.node.peers.seam import PeerIdentity, PeerNetwork
from chains.progmat.node.storage import NodeDatabase, stored_transaction
from chains.progmat.node.storage.attested_store import keep_attestation
from chains.progmat.transactions.attestation import Attestation, AttestationSignature
from chains.progmat.transactions.errors import AttestationRefused
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.wire import WireTransaction
from primitives.composite_key import is_fulfilled_by
from primitives.errors import CrossDvpError
from primitives.public_key import PublicKey
from primitives.types import Hash32

ATTEST: Final = "validator.attest"
ATTEST_TIMEOUT_S: Final = 60.0
MAX_WAITING: Final = 256
MAX_COUNTED: Final = 65_536

_log = structlog.get_logger(__name__)


class Snipper:
    """The issuer's side. ``noted`` after each recorded transaction; ``start`` and ``stop`` with the node."""

    def __init__(
        self,
        database: NodeDatabase,
        network: PeerNetwork,
        directory: Directory,
        verifier: LedgerVerifier,
        recorder: Recording,
        clock: Clock,
        every: int,
        on_owed: Callable[[], None],
    ) -> None:
        self._database = database
        self._network = network
        self._directory = directory
        self._verifier = verifier
        self._recorder = recorder
        self._clock = clock
        self._every = every
        self._on_owed = on_owed
        self._steps: OrderedDict[bytes, int] = OrderedDict()
        self._due: asyncio.Queue[bytes] = asyncio.Queue(MAX_WAITING)
        self._task: asyncio.Task[None] | None = None

    def noted(self, wire: WireTransaction) -> None:
        """A transaction was recorded: count its steps since the last attested one; never blocks."""
        tx_id = bytes(wire.id)
        if tx_id in self._steps:
            return
        steps = 1 + max((self._steps.get(bytes(ref.tx_id), 0) for ref in wire.inputs), default=0)
        if steps >= self._every and not self._due.full():
            self._due.put_nowait(tx_id)
            steps = 0
        self._steps[tx_id] = steps
        while len(self._steps) > MAX_COUNTED:
            self._steps.popitem(last=False)

    def start(self) -> None:
        """Begin to have attested what is due."""
        self._task = asyncio.create_task(self._work(), name="snipping")

    async def stop(self) -> None:
        """Stop; what was due and not attested is forgotten."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def attest(self, tx_id: bytes) -> Attestation:
        """Have a recorded transaction attested, keep the attestation and owe it to the participants.

        Raises the first Validator's error when too few of them attest, AttestationRefused when too few are listed.
        """
        stored = await self._database.read(partial(stored_transaction, tx_id=tx_id))
        if stored is None:
            raise ValueError(f"{tx_id.hex()} is not recorded here")
        names, parameters = self._directory.names_with(Role.VALIDATOR), self._verifier.parameters
        answers = await asyncio.gather(
            *(self._ask(name, stored.signed_bytes, Hash32(tx_id), parameters) for name in names),
            return_exceptions=True,
        )
        signatures = [answer for answer in answers if isinstance(answer, AttestationSignature)]
        signed_by: set[PublicKey] = {signature.by for signature in signatures}
        if not is_fulfilled_by(parameters.validator_key, signed_by):
            for answer in answers:
                if isinstance(answer, BaseException):
                    raise answer
            expected = parameters.validators.threshold
            raise AttestationRefused("the Validators' threshold attests", expected=expected, found=len(signed_by))
        attestation = Attestation.of(parameters, Hash32(tx_id), signatures)
        await self._database.submit(partial(self._keep, signed_bytes=stored.signed_bytes, attestation=attestation))
        self._on_owed()
        return attestation

    async def _work(self) -> None:
        while True:
            tx_id = await self._due.get()
            try:
                await self.attest(tx_id)
            except CrossDvpError as error:  # the next one will do as well
                _log.warning("history not attested", tx_id=tx_id.hex(), reason=error.reason, detail=str(error))

    async def _ask(
        self, validator: str, signed_bytes: bytes, tx_id: Hash32, parameters: NetworkParameters
    ) -> AttestationSignature:
        answer = await self._network.request(validator, ATTEST, signed_bytes, ATTEST_TIMEOUT_S)
        signature = AttestationSignature.decode(answer)
        signature.verify(parameters, tx_id)
        return signature

    def _keep(self, connection: Connection, *, signed_bytes: bytes, attestation: Attestation) -> None:
        wire, encoded = decoded(signed_bytes).wire, attestation.encode()
        keep_attestation(connection, wire.id, encoded)
        for peer in sorted(
            self._recorder.participants(connection, wire) - set(self._directory.names_with(Role.ISSUER))
        ):
            owe(
                connection,
                flow_id=f"attested {wire.id.hex()}",
                peer=peer,
                method=peer_codec.ATTESTED,
                body=encoded,
                now_s=self._clock.now_ms() // 1000,
            )


class AttestationReceiver:
    """The handler of ``node.attested``: keeps the attestation of a transaction that is recorded here."""

    def __init__(self, database: NodeDatabase, verifier: LedgerVerifier) -> None:
        self._database = database
        self._verifier = verifier

    async def handle(self, _asker: PeerIdentity, body: bytes) -> bytes:
        """Whoever sends it: the Validators' signatures are what counts.

        Raises DecodeError, AttestationRefused, and ``AttestationTooEarly`` while the transaction is not recorded here.
        """
        attestation = Attestation.decode(body)
        attestation.verify(self._verifier.attesting(attestation.parameters_hash))
        await self._database.submit(partial(_keep_if_recorded, attestation=attestation))
        return b""


def _keep_if_recorded(connection: Connection, *, attestation: Attestation) -> None:
    if stored_transaction(connection, attestation.tx_id) is None:
        raise AttestationTooEarly(attestation.tx_id)
    keep_attestation(connection, attestation.tx_id, attestation.encode())
