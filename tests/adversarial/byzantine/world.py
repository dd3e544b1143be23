"""A simulated ledger one of whose members is hostile: it has its name, its keys and its disk, and speaks as it likes.

Everybody else runs the shipping node. ``survives`` runs an attack and then asks of the honest: do their vaults show
what they showed, do their flows still work, and does every rule of the simulator still hold for them?
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.membership import MembershipState
from chains.progmat.contracts.names import MEMBERSHIP
from chains.progmat.flows import peer_codec
from chains.progmat.flows.notary_desk import NotaryDesk, NotarysAnswer
from chains.progmat.flows.peer_codec import FetchAnswer, Finality
from chains.progmat.flows.requests import MoveCash
from chains.progmat.flows.verification import LedgerVerifier
from chains.progmat.ibc_host.frame import TransactionFrame
from chains.progmat.identity import NetworkMap
from chains.progmat.node.peers import PeerHandler, PeerIdentity, PeerRouter
from chains.progmat.transactions.model import StateAndRef, StateRef
from chains.progmat.transactions.signature import sign_transaction
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.signed_codec import decode_signature, encode_signature
from chains.progmat.transactions.wire import WireTransaction
from primitives.errors import CrossDvpError
from tests.fakes.ledger_parties import COIN_ID, NN, SN, LedgerParty, MemberFrame
from tests.fakes.notary_world import Keys
from tests.simulator.clock import SkewedClock
from tests.simulator.ledger import NO_FOLDER, SimulatedLedger, genesis
from tests.simulator.parties import ACCOUNTS, CASH_NODES, CUSTODIANS, MAP, PACKAGE, PARAMETERS
from tests.simulator.properties import (
    no_program_is_broken,
    no_state_is_consumed_twice,
    nothing_is_owed_or_held,
    the_journal_has_no_gap,
)
from tests.simulator.records import CashRow, Records
from tests.simulator.workload import Users

FRAME = TransactionFrame(PARAMETERS, PACKAGE.hash)
LIFE_WITHIN_S = 60
"""Virtual seconds in which honest flows end, beside any attack that leaves their parties alive."""
Attack = Callable[[], Awaitable[None]]


@dataclass
class HostileMember:
    """The attacker's voice."""

    party: LedgerParty
    ledger: SimulatedLedger
    knows: dict[bytes, SignedTransaction]
    """What it hands out as back-chain: what its disk held, and what it makes up."""
    answers: dict[str, PeerHandler] = field(default_factory=dict)

    def listens(self, method: str, handler: PeerHandler) -> None:
        """Answer honest nodes so."""
        self.answers[method] = handler
        router = PeerRouter()
        for answered, answer in self.answers.items():
            router.register(answered, answer)
        self.ledger.setting.network.join(self.party.name, router)

    async def fetched(self, _asker: PeerIdentity, body: bytes) -> bytes:
        """Handler of ``node.fetch_transactions``: whole transactions, as wanted."""
        wanted = peer_codec.decode_fetch_request(body)
        known = [self.knows[item.tx_id] for item in wanted if item.tx_id in self.knows]
        items = tuple(signed.encode() for signed in known)
        return peer_codec.encode_fetch_response(FetchAnswer(items))

    async def complete(self, signed: SignedTransaction) -> SignedTransaction:
        """With the issuer's signature and the notary's."""
        answer = peer_codec.decode_countersign_response(await self.countersigned(SN, signed))
        countersigned = signed.with_signatures(*(decode_signature(item) for item in answer))
        return countersigned.with_signatures((await self.notarised(countersigned)).signature)

    async def ask(self, asked: LedgerParty, method: str, body: bytes) -> bytes:
        """Ask past the bounds that our own side of the network keeps."""
        answer: asyncio.Future[bytes] = self.ledger.loop.create_future()
        self.ledger.setting.network.send(self.party.name, asked.name, method, body, answer)
        return await answer

    async def countersigned(self, asked: LedgerParty, signed: SignedTransaction) -> bytes:
        """Ask for a countersignature."""
        return await self.ask(asked, peer_codec.COUNTERSIGN, peer_codec.encode_countersign_request(signed.encode()))

    async def notarised(self, signed: SignedTransaction) -> NotarysAnswer:
        """Ask the notary, as our own flows do."""
        return await self._desk().notarise(signed)

    async def request(self, signed: SignedTransaction) -> bytes:
        """What our own flows would send the notary."""
        return await self._desk()._request(signed)

    async def blind_request(self, signed: SignedTransaction) -> bytes:
        """What our own flows would send a notary that does not validate."""
        return await self._desk(MAP)._request(signed)

    async def deliver(self, asked: LedgerParty, signed: SignedTransaction) -> bytes:
        """Deliver a transaction as if it were final."""
        signatures = tuple(encode_signature(signature) for signature in signed.signatures)
        body = peer_codec.encode_finality(Finality(signed.id, signatures, signed.wire_bytes))
        return await self.ask(asked, peer_codec.FINALISE, body)

    def _desk(self, directory: NetworkMap | None = None) -> NotaryDesk:
        verifier = LedgerVerifier(PARAMETERS, PACKAGE)
        network = self.ledger.setting.network.view(self.party.name)
        network_map = directory or self.ledger.setting.network_map
        return NotaryDesk(network, verifier, SkewedClock(), self.party.party, Keys(self.party.signer), network_map)


@dataclass
class ByzantineLedger:
    """See the module's docstring."""

    ledger: SimulatedLedger
    hostile: HostileMember
    before: Records

    @property
    def honest(self) -> tuple[LedgerParty, ...]:
        """Everybody else with a vault."""
        return tuple(party for party in self.ledger.machines if party is not NN)

    def coins_of(self, holder: LedgerParty) -> list[StateAndRef]:
        """The unspent cash of an account: the attacker may know of any of it."""
        return [
            StateAndRef(ref, self.before.wires[bytes(ref.tx_id)].outputs[ref.index])
            for ref, _, _, owner in sorted(self.before.unspent())
            if owner == holder.key.encoded()
        ]

    def membership_of(self, party: LedgerParty) -> StateAndRef:
        """A member's state."""
        for wire in self.before.wires.values():
            for index, state in enumerate(wire.outputs):
                if state.contract == MEMBERSHIP and MembershipState.of(state).party == party.party:
                    return StateAndRef(StateRef(wire.id, index), state)
        raise LookupError(party.name)

    @property
    def frame(self) -> MemberFrame:
        """What a builder of honest-looking transactions knows: parameters, package, memberships."""
        members = {}
        for wire in self.before.wires.values():
            for index, state in enumerate(wire.outputs):
                if state.contract == MEMBERSHIP:
                    member = MembershipState.of(state)
                    members[member.network, member.party.name] = StateAndRef(StateRef(wire.id, index), state)
        return MemberFrame(PARAMETERS, PACKAGE.hash, members)

    def survives(self, attack: Attack) -> None:
        """Run the attack; then nothing of the honest is gone, and they go on."""
        self.run(attack)
        self.nothing_is_taken()
        self.honest_life_goes_on()

    def run(self, attack: Attack) -> None:
        """Start the honest, run the attack."""

        async def attacked() -> None:
            self.ledger.start()
            await self.ledger.started()
            await attack()

        self.ledger.run(attacked())

    def records(self) -> Records:
        """What the honest disks hold now."""
        return Records.of(self.ledger)

    def nothing_is_taken(self) -> None:
        """All honest vaults show exactly the cash they showed before."""
        for name, vault in self.records().vaults.items():
            assert vault.cash == self._cash_before(name), f"{name}'s vault changed"

    def honest_life_goes_on(self, owed_to: tuple[LedgerParty, ...] = ()) -> None:
        """Honest custodians pay each other, soon, and no rule is broken; who is ``owed_to`` never answers."""
        payers = [party for party in CUSTODIANS if party in self.ledger.machines]
        payees = [*payers[1:], payers[0]]

        async def live() -> None:
            flows = [
                self.ledger.done(payer, _payment(payer, payee)) for payer, payee in zip(payers, payees, strict=True)
            ]
            await asyncio.wait_for(asyncio.gather(*flows), LIFE_WITHIN_S)

        if SN in self.ledger.machines and NN in self.ledger.machines:
            self.ledger.run(live())
        self._rules_hold(owed_to)

    def _rules_hold(self, owed_to: tuple[LedgerParty, ...]) -> None:
        """Those of the simulator that speak of the honest alone."""
        records = self.records()
        users = Users(self.ledger, self.ledger.chance("nobody"))
        rules = [no_state_is_consumed_twice, no_program_is_broken]
        if NN in self.ledger.machines:
            rules.append(the_journal_has_no_gap)
            if not owed_to:
                rules.append(nothing_is_owed_or_held)
        assert [text for rule in rules for text in rule(self.ledger, records, users)] == []

    def _cash_before(self, name: str) -> frozenset[CashRow]:
        return self.before.vaults[name].cash


@contextmanager
def hostile(
    party: LedgerParty,
    *accomplices: LedgerParty,
    among: Iterable[LedgerParty] = CASH_NODES,
    folder: Path = NO_FOLDER,
    network_map: NetworkMap = MAP,
) -> Iterator[ByzantineLedger]:
    """A ledger with members and cash, whose ``party`` is the attacker's, and its accomplices are gone.

    Validators ``among`` the nodes need a ``folder``.
    """
    honest = [other for other in among if other not in {party, *accomplices}]
    ledger = SimulatedLedger(f"hostile {party.name}", honest, genesis(), folder=folder, network_map=network_map)
    try:
        known = {tx_id: tx for member in (party, *accomplices) for tx_id, tx in known_to(member).items()}
        member = HostileMember(party, ledger, known)
        member.listens(peer_codec.FETCH_TRANSACTIONS, member.fetched)
        yield ByzantineLedger(ledger, member, _everything())
    finally:
        ledger.close()


def _everything() -> Records:
    """All that is on all disks when the attack begins."""
    ledger = SimulatedLedger("before", images=genesis())
    try:
        return Records.of(ledger)
    finally:
        ledger.close()


def known_to(party: LedgerParty) -> dict[bytes, SignedTransaction]:
    """What a node's disk holds when the attack begins."""
    images = genesis()
    if party.name not in images:
        return {}
    disk, _ = images[party.name]
    if not disk.raw.execute("SELECT 1 FROM sqlite_master WHERE name = 'transactions'").fetchone():
        return {}
    rows = disk.raw.execute("SELECT tx_id, signed_bytes FROM transactions").fetchall()
    return {tx_id: SignedTransaction.decode(signed_bytes) for tx_id, signed_bytes in rows}


async def refused(asking: Awaitable[object]) -> str:
    """The reason of the named error that must come."""
    with pytest.raises(CrossDvpError) as error:
        await asking
    return error.value.reason


def signed_by(wire: WireTransaction, *signers: LedgerParty) -> SignedTransaction:
    """With these parties' signatures and no others."""
    return SignedTransaction.of(wire, [sign_transaction(signer.signer, wire.id) for signer in signers])


def coin(amount_yen: int, owner: LedgerParty, node: LedgerParty) -> CashState:
    """Cash of the network's coin."""
    return CashState(COIN_ID, SN.party, amount_yen, owner.key, node.name)


def _payment(payer: LedgerParty, payee: LedgerParty) -> MoveCash:
    to = ACCOUNTS[payee][0].account_at(payee)
    return MoveCash(f"life-{payer.name}", COIN_ID, SN.name, 7, ACCOUNTS[payer][0].key.encoded(), to)
