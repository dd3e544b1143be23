"""One Validator on an in-process network, with a notary and a requester that a test may make lie."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from chains.progmat.flows import peer_codec
from chains.progmat.flows.back_chain import BackChain
from chains.progmat.flows.notary_desk import NotaryDesk
from chains.progmat.flows.peer_codec import FetchAnswer
from chains.progmat.flows.verification import LedgerVerifier
from chains.progmat.identity import DigestSigner, Role
from chains.progmat.network.parameters_source import ParametersSource
from chains.progmat.node.peers import InProcessPeerNetwork, PeerIdentity, PeerRouter
from chains.progmat.node.storage import NodeDatabase
from chains.progmat.notary import codec
from chains.progmat.notary.journal import JournalEntry, JournalHead, genesis
from chains.progmat.notary.memory_store import MemoryUniquenessStore
from chains.progmat.notary.rules import commit_request_of
from chains.progmat.notary.service import READ_JOURNAL
from chains.progmat.transactions.filtered import NOTARY_GROUPS
from chains.progmat.transactions.model import Party
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.validators.approver import Approver
from chains.progmat.validators.archive import ArchiveRecorder
from chains.progmat.validators.attestor import Attestor
from chains.progmat.validators.checkpoint_signer import CheckpointSigner
from chains.progmat.validators.journal_tail import JournalTail
from chains.progmat.validators.rpc_validator import ValidatorRpc
from chains.progmat.validators.schema import validator_metadata
from chains.progmat.validators.signing_gate import SigningGate
from chains.progmat.validators.signing_log import SigningLog
from primitives.public_key import PublicKey
from primitives.secp256k1 import address_of
from tests.fakes.commit_requests import LEDGER_ID, NOW_S, asked_by
from tests.fakes.notary_world import VALIDATOR_SECRETS, VALIDATORS, Keys, request_bytes
from tests.fakes.toy_ledger import PACKAGE, PARAMETERS, Toy

CN = PeerIdentity("cn-1")


class HandClock:
    """A clock that a test sets."""

    now_s = NOW_S

    def __call__(self) -> int:
        """Seconds."""
        return self.now_s

    def now_ms(self) -> int:
        """Milliseconds."""
        return self.now_s * 1000

    async def sleep_ms(self, duration_ms: int) -> None:
        """Time passes at once."""
        self.now_s += duration_ms // 1000


class NobodyListed:
    """A directory without entries: a Validator hands out nothing, so it looks nobody up."""

    def holder_of(self, _key: PublicKey) -> str | None:
        """Nobody."""
        return None

    def party(self, _name: str) -> Party | None:
        """Nobody."""
        return None

    def names_with(self, _role: Role) -> tuple[str, ...]:
        """Nobody."""
        return ()


class ScriptedNotary:
    """Serves the journal of an honest store; ``forge`` may change a page before it is handed out."""

    def __init__(self) -> None:
        self.store = MemoryUniquenessStore(LEDGER_ID)
        self.forge: Callable[[Sequence[JournalEntry], JournalHead], tuple[Sequence[JournalEntry], JournalHead]] = (
            lambda entries, head: (entries, head)
        )

    def commit(self, *toys: Toy, clock_s: int = NOW_S) -> None:
        """Notarise approved transactions."""
        batch = [
            commit_request_of(toy.wire.filter(NOTARY_GROUPS), evidence_of(toy), asked_by(toy.wire.id)) for toy in toys
        ]
        self.store.commit_batch(batch, clock_s)

    async def read_journal(self, _peer: PeerIdentity, body: bytes) -> bytes:
        """Handler of ``notary.read_journal`` that never waits."""
        wanted = codec.decode_read_request(body)
        entries = self.store.read_entries(wanted.after_position, wanted.max_entries)
        return codec.encode_page(*self.forge(entries, self.store.head()))


class Requester:
    """Hands out the ancestors it is given; ``also`` is sent along unasked."""

    def __init__(self) -> None:
        self.known: dict[bytes, SignedTransaction] = {}
        self.also: list[SignedTransaction] = []
        self.fetches = 0

    def give(self, *transactions: SignedTransaction) -> None:
        """Make ancestors available."""
        self.known.update((bytes(signed.id), signed) for signed in transactions)

    async def fetch(self, _peer: PeerIdentity, body: bytes) -> bytes:
        """Handler of ``node.fetch_transactions``."""
        self.fetches += 1
        wanted = peer_codec.decode_fetch_request(body)
        found = [self.known[item.tx_id] for item in wanted if item.tx_id in self.known]
        transactions = tuple(signed.encode() for signed in (*found, *self.also))
        return peer_codec.encode_fetch_response(FetchAnswer(transactions))


@dataclass(frozen=True)
class ValidatorParts:
    """The parts of one Validator, put together as `node.roles` does."""

    approver: Approver
    attestor: Attestor
    tail: JournalTail
    checkpoints: CheckpointSigner
    rpc: ValidatorRpc
    gate: SigningGate


class ValidatorWorld:
    """``open`` and ``close`` may be called again and again: the files stay."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = HandClock()
        self.parameters: NetworkParameters | ParametersSource = PARAMETERS
        self.notary = ScriptedNotary()
        self.requester = Requester()
        hub = InProcessPeerNetwork()
        notary_router, requester_router = PeerRouter(), PeerRouter()
        notary_router.register(READ_JOURNAL, self.notary.read_journal)
        requester_router.register(peer_codec.FETCH_TRANSACTIONS, self.requester.fetch)
        hub.join("nn", notary_router)
        hub.join("cn-1", requester_router)
        self.network = hub.join("v-1", PeerRouter())
        self.database: NodeDatabase
        self.log: SigningLog
        self.validator: ValidatorParts

    async def open(self) -> None:
        """Start the Validator on its files; the journal is followed by ``tail.advance`` only."""
        self.database = await NodeDatabase.open(self.folder / "validator.db", "v-1", [validator_metadata])
        self.log = SigningLog(self.folder / "signing.db", LEDGER_ID, address_of(VALIDATOR_SECRETS[0]))
        verifier = LedgerVerifier(self.parameters, PACKAGE)
        gate = await SigningGate.open(self.database)
        me = Party("v-1", VALIDATORS[0].public_key)
        desk = NotaryDesk(self.network, verifier, self.clock, me, Keys(VALIDATORS[0]), NobodyListed())
        resolver = BackChain(
            self.database,
            self.network,
            NobodyListed(),
            verifier,
            ArchiveRecorder(),
            self.clock,
            confirmed=desk.confirmed,
        )
        approver = Approver(
            database=self.database,
            resolver=resolver,
            verifier=verifier,
            signer=VALIDATORS[0],
            gate=gate,
            clock_s=self.clock,
        )
        attestor = Attestor(
            database=self.database,
            resolver=resolver,
            verifier=verifier,
            signer=VALIDATORS[0],
            gate=gate,
            clock=self.clock,
            confirmed=desk.confirmed,
        )
        checkpoints = CheckpointSigner(
            database=self.database,
            log=self.log,
            key=DigestSigner(VALIDATOR_SECRETS[0]),
            parameters=PARAMETERS,
            gate=gate,
            clock_s=self.clock,
        )
        await checkpoints.match_log()
        tail = await JournalTail.open(self.database, self.network, PARAMETERS, gate)
        rpc = ValidatorRpc(LEDGER_ID, self.database, tail, checkpoints, gate)
        self.validator = ValidatorParts(approver, attestor, tail, checkpoints, rpc, gate)

    async def close(self) -> None:
        """Stop it and release the files."""
        await self.validator.tail.stop()
        await self.database.close()
        self.log.close()


def evidence_of(toy: Toy) -> bytes:
    """The NotariseRequest of an approved transaction."""
    return request_bytes(toy.wire.filter(NOTARY_GROUPS), toy.final().signatures[1:4])


def empty_journal() -> JournalHead:
    """Where every journal of the test's ledger begins."""
    return genesis(LEDGER_ID)
