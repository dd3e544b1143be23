"""A ledger of real contracts, in memory, as one end of a path; its Validators sign what they see.

The client that it hosts follows a hub, unless another kind is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.dvp_lock_codec import AckEvidence, Evidence
from chains.progmat.contracts.ibc_records import ClientRecord, ConsensusRecord, record_of
from chains.progmat.contracts.membership import MemberRole
from chains.progmat.contracts.names import CASH
from chains.progmat.contracts.standard_package import standard_package
from chains.progmat.ibc_host.clients import ClientMessagePlan, build_client_creation, build_client_update
from chains.progmat.ibc_host.settlement import LockPlan, UnlockPlan, build_lock, build_unlock
from chains.progmat.transactions.model import StateAndRef, TimeWindow
from ibc.dvp import CashLeg, SettlementTerms, packet_of
from ibc.light_client import ConsensusAt, LightClient, TimeBounds
from ibc.packet import Packet
from light_clients.registry import LightClientRegistry
from primitives.types import UnixSeconds
from relayer.chains.packet_paths import proved_path
from relayer.core.chain import (
    ClientUpdate,
    EventKind,
    EventPage,
    Head,
    HostedClient,
    MessageKind,
    Outcome,
    PacketEvent,
    PacketMessage,
    ProofKind,
    Verdict,
)
from relayer.hub.endpoints import HUB_CLIENT
from tests.fakes.evm_settlement_world import CLIENT_ID, LEDGER_CLIENT_ID, LedgerSide
from tests.fakes.ledger_model import LedgerModel
from tests.fakes.ledger_parties import (
    BUYER,
    CN_A,
    CN_B,
    COIN_ID,
    LEDGER_ID,
    SELLER,
    SN,
    cash,
    cash_issue,
    membership,
    membership_issue,
)

AMOUNT_YEN = 1_000_000


@dataclass
class _Locked:
    packet: Packet
    cash: StateAndRef
    lock: StateAndRef


@dataclass
class HubLedger:
    """Implements ``ChainEndpoint`` but for the client it hosts, which a wrapper reads by ``read_hub_client``."""

    side: LedgerSide
    light_client: LightClient = HUB_CLIENT
    model: LedgerModel = field(init=False)
    locked: dict[int, _Locked] = field(default_factory=dict)
    reported: list[PacketEvent] = field(default_factory=list)

    def __post_init__(self) -> None:
        registry = LightClientRegistry.builder().register(self.light_client).seal()
        self.model = LedgerModel(standard_package(registry), self.side.now_s)
        issuer = membership_issue(self.model.frame, membership(SN, MemberRole.SC_ISSUER))
        self.issuer = self.model.commit(issuer)[0]
        self.custodians = [
            self.model.commit(membership_issue(self.model.frame, membership(node, MemberRole.CUSTODIAN)))[0]
            for node in (CN_B, CN_A)
        ]

    def at_time(self, now_s: int) -> None:
        """Let the ledger's clock show this."""
        self.model.now_s = self.side.now_s = now_s

    @property
    def window(self) -> TimeWindow:
        return TimeWindow(UnixSeconds(self.model.now_s - 10), UnixSeconds(self.model.now_s + 60))

    # ------------------------------------------------------------------------------------------------- settlements

    def create_client(self, client_state: bytes, consensus_state: bytes) -> None:
        """The operator vouches for the client's first states."""
        record = ClientRecord(LEDGER_CLIENT_ID, self.light_client.client_type, client_state, CLIENT_ID, (b"",))
        creation = build_client_creation(
            self.model.frame, self.model.package.light_clients, record, consensus_state, self.window
        )
        self.client, first = self.model.commit(creation)
        self.consensus = [first]

    def cash_leg(self, terms: SettlementTerms) -> SettlementTerms:
        """The terms with this ledger's buyer, seller and coin."""
        leg = CashLeg(
            ledger_id=LEDGER_ID,
            coin_id=COIN_ID,
            issuer=SN.name,
            amount_yen=AMOUNT_YEN,
            buyer=BUYER.account_at(CN_B),
            seller=SELLER.account_at(CN_A),
            salt=b"\x55" * 32,
        )
        return replace(terms, cash=leg)

    def lock(self, terms: SettlementTerms, sequence: int = 1) -> Packet:
        """Issue coins to the buyer and lock them: the packet is sent."""
        coins = self.model.commit(cash_issue(self.model.frame, self.issuer, cash(AMOUNT_YEN)))
        buyers, sellers = self.custodians
        plan = LockPlan(terms, sequence, self.window, coins[:1], self.client, buyers, sellers)
        locked_cash, lock = self.model.commit(build_lock(self.model.frame, plan))
        packet = packet_of(terms, sequence, LEDGER_CLIENT_ID, CLIENT_ID)
        self.locked[sequence] = _Locked(packet, locked_cash, lock)
        self.publish()
        self.reported.append(PacketEvent(EventKind.SENT, packet, self.side.height, "lock"))
        return packet

    def publish(self) -> None:
        """The Validators' tree has what the ledger's transactions wrote."""
        for path, value in self.model.paths.items():
            self.side.write(path, value)

    def cash_of(self, node_name: str) -> int:
        """Yen of free coins at a custodian node."""
        coins = [CashState.of(state.state) for state in self.model.unspent(CASH) if state.state.encumbrance is None]
        return sum(coin.amount_yen for coin in coins if coin.node == node_name)

    # ------------------------------------------------------------------------------------------------- light client

    @property
    def latest(self) -> ConsensusRecord:
        """The newest height that the client knows."""
        record = record_of(self.consensus[-1].state)
        assert isinstance(record, ConsensusRecord)
        return record

    async def read_hub_client(self) -> tuple[bytes, ConsensusAt]:
        """As a wrapper reads it."""
        return self.client_record.client_state, self.latest.at

    @property
    def client_record(self) -> ClientRecord:
        record = record_of(self.client.state)
        assert isinstance(record, ClientRecord)
        return record

    @property
    def now(self) -> TimeBounds:
        return TimeBounds.at(self.model.now_s)

    def update(self, message: bytes) -> None:
        """One ledger transaction that every node verifies."""
        plan = ClientMessagePlan(self.client, self.consensus[-1], message, CN_B.key, self.window)
        builder = build_client_update(self.model.frame, self.model.package.light_clients, plan)
        self.consensus.append(self.model.commit(builder)[0])

    # ------------------------------------------------------------------------------------------------ ChainEndpoint

    chain_name = LEDGER_ID
    client_id = LEDGER_CLIENT_ID

    async def head(self) -> Head:
        return Head(self.side.height, self.side.now_s)

    async def events(self, cursor: int, limit: int) -> EventPage:
        found = tuple(self.reported[cursor : cursor + limit])
        return EventPage(found, cursor + len(found))

    async def hosted_client(self) -> HostedClient:
        raise LookupError("the wrapper behind the hub reads the client")

    async def update_for_counterparty(self, trusted_height: int, at_least: int) -> ClientUpdate:
        self.side.height = max(self.side.height, trusted_height + 1, at_least)  # an idle ledger ticks
        return ClientUpdate(self.side.height, self.side.now_s, self.side.header())

    async def prove(self, kind: ProofKind, packet: Packet, height: int) -> bytes:
        assert height == self.side.height
        return self.side.proof(proved_path(kind, packet))

    async def submit(self, update: ClientUpdate | None, messages: Sequence[PacketMessage]) -> tuple[Outcome, ...]:
        if update is not None:
            self.update(update.client_message)
        return tuple(self.take(message) for message in messages)

    def take(self, message: PacketMessage) -> Outcome:
        """One message as one ledger transaction."""
        assert message.kind is MessageKind.ACKNOWLEDGE
        evidence = AckEvidence(message.ack or b"", message.proof, message.proof_height)
        return self.unlock(message, evidence, EventKind.ACK_PROCESSED)

    def unlock(self, message: PacketMessage, evidence: Evidence, kind: EventKind) -> Outcome:
        """The lock's end by what became of its packet."""
        locked = self.locked[message.packet.sequence]
        consensus = self.consensus_at(message.proof_height)
        plan = UnlockPlan(locked.lock, locked.cash, self.client, consensus, evidence, self.window)
        self.model.commit(build_unlock(self.model.frame, plan))
        self.reported.append(PacketEvent(kind, locked.packet, self.side.height, "unlock", message.ack))
        return Outcome(Verdict.DONE, "unlock", self.side.height)

    def consensus_at(self, height: int) -> StateAndRef:
        """The consensus record of a height that the client was brought to."""
        return next(state for state in self.consensus if _height_of(state) == height)

    async def close(self) -> None:
        """Nothing is open."""


def _height_of(state: StateAndRef) -> int:
    record = record_of(state.state)
    assert isinstance(record, ConsensusRecord)
    return record.height
