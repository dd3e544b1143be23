"""A thief has the buyer's account key, in the clear. He builds and signs a move of its coins; what stops him, by name.

The key is one of three things a move needs: a place on the network (certificate and map), a custodian that is an active
member, and the issuer's countersignature, which is given to the account's custodian alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.flows import peer_codec
from chains.progmat.flows.market_requests import ChangeMembership, MembershipChange
from chains.progmat.identity import KeyStore
from chains.progmat.identity.errors import WrongPassphrase
from chains.progmat.node.peers import PeerLimits, PeerRouter
from chains.progmat.node.peers.errors import PeerUnreachable, RefusedByPeer
from chains.progmat.transactions.model import StateAndRef
from chains.progmat.transactions.signed import SignedTransaction
from chains.rpc_status import RemoteCallerError, RemotePeerError
from tests.adversarial.flows.attacker import countersign, deliver, output_of, recorded, signed_by
from tests.fakes.ledger_parties import (
    BUYER,
    CN_A,
    CN_B,
    SELLER,
    SN,
    STRANGER,
    MemberFrame,
    cash,
    cash_move,
    signed,
)
from tests.fakes.peer_nodes import answering, asking, tls_of
from tests.integration.ledger.network import CASH_PARTIES, PACKAGE, PARAMETERS, LedgerNetwork, running_ledger

LIMITS = PeerLimits(connect_timeout_s=3.0)


class Theft:
    """A ledger where the buyer has 1000 yen at cn-b, and a thief with the buyer's key."""

    def __init__(self, ledger: LedgerNetwork, coins: StateAndRef, frame: MemberFrame) -> None:
        self.ledger = ledger
        self.coins = coins
        self.frame = frame

    @classmethod
    async def prepare(cls, ledger: LedgerNetwork) -> Theft:
        coins = output_of(await recorded(ledger, SN, (await ledger.issue(1000)).tx_id), 0)
        members = {}
        for party in (CN_A, CN_B):
            flow = await ledger.operations(SN).flow(f"admit-{party.name}")
            members[BusinessNetwork.SC, party.name] = output_of(await recorded(ledger, SN, flow.tx_id), 0)
        return cls(ledger, coins, MemberFrame(PARAMETERS, PACKAGE.hash, members))

    def move(self) -> SignedTransaction:
        """All of it to an account at cn-a, correct in everything, and signed with the stolen key."""
        return signed_by(cash_move(self.frame, [self.coins], cash(1000, SELLER, CN_A)), [BUYER])

    async def from_the_custodian(self, signed_move: SignedTransaction) -> None:
        """Ask the issuer as the custodian, whose identity was stolen too; afterwards its own node is there again."""
        try:
            await countersign(self.ledger, CN_B, SN, signed_move)
        finally:
            router = PeerRouter()
            self.ledger.vault(CN_B).answer_peers(router)
            self.ledger.hub.join(CN_B.name, router)

    async def nothing_moved(self) -> bool:
        for party in (SN, CN_B):
            assert await self.ledger.free_yen(party, BUYER.account_at(CN_B)) == 1000
            assert await self.ledger.free_yen(party, SELLER.account_at(CN_A)) == 0
        return True


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def theft(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Theft]:
    async with running_ledger(tmp_path_factory.mktemp("theft"), CASH_PARTIES) as ledger:
        yield await Theft.prepare(ledger)


pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("a_thief_with_an_accounts_key")]


async def test_the_key_store_itself_gives_no_key_without_its_passphrase(theft: Theft) -> None:
    stolen = theft.ledger.folder / CN_B.name / "keys.db"
    with pytest.raises(WrongPassphrase):
        KeyStore.open(stolen, b"a guess")
    assert BUYER.secret not in stolen.read_bytes()


@pytest.mark.parametrize(
    ("thief", "network"), [("cn-b", "another"), ("thief", "devnet"), ("thief", "another")], ids=str
)
async def test_without_a_place_on_the_network_nobody_is_reached(theft: Theft, thief: str, network: str) -> None:
    """A certificate of another authority, one of this network for a name that is not on the map, and both."""
    router = PeerRouter()
    theft.ledger.vault(SN).answer_peers(router)
    async with (
        answering("sn", router, {"cn-a", "cn-b", "nn"}) as sn,
        asking(thief, {"sn": sn.endpoint}, LIMITS, tls_of(thief, network, "devnet")) as network_of_thief,
    ):
        body = peer_codec.encode_countersign_request(theft.move().encode())
        with pytest.raises((PeerUnreachable, RefusedByPeer)) as refused:
            await network_of_thief.request("sn", peer_codec.COUNTERSIGN, body, 5)
    if network == "devnet":
        assert refused.value.reason == "REFUSED_BY_PEER"
    assert await theft.nothing_moved()


async def test_from_another_members_node_the_issuer_signs_no_move_of_accounts_that_are_not_kept_there(
    theft: Theft,
) -> None:
    with pytest.raises(RemoteCallerError, match="an account of cn-b is spent, and cn-a asks") as refused:
        await countersign(theft.ledger, CN_A, SN, theft.move())
    assert refused.value.reason == "COUNTERSIGN_REFUSED"
    assert await theft.nothing_moved()


async def test_to_a_node_that_is_no_member_the_issuer_signs_nothing(theft: Theft) -> None:
    """The thief's own node, of which nobody vouches; his move names the custodians that are members."""
    to_himself = cash_move(theft.frame, [theft.coins], cash(1000, SELLER, CN_A))
    own = replace(cash(1000, STRANGER, CN_A), node="thief").as_output(theft.frame.notary)
    with pytest.raises(RemotePeerError) as refused:
        await theft.from_the_custodian(signed_by(replace(to_himself, outputs=(own,)), [BUYER]))
    assert refused.value.reason == "MEMBERSHIP_RULE_BROKEN"
    assert await theft.nothing_moved()


async def test_without_the_issuers_signature_no_node_takes_the_move_for_final(theft: Theft) -> None:
    for asked in (SN, CN_B):
        with pytest.raises(RemotePeerError) as refused:
            await deliver(theft.ledger, CN_A, asked, theft.move())
        assert refused.value.reason == "SIGNATURES_MISSING"
    assert await theft.nothing_moved()


async def test_with_the_issuers_signature_made_up_no_node_takes_it_either(theft: Theft) -> None:
    wire = theft.move().wire
    complete = signed(wire, without=[SN])
    made_up = replace(theft.move().signatures[0], by=SN.key)
    for asked in (SN, CN_B):
        with pytest.raises(RemotePeerError) as refused:
            await deliver(theft.ledger, CN_A, asked, replace(complete, signatures=(*complete.signatures, made_up)))
        assert refused.value.reason == "SIGNATURE_REFUSED"
    assert await theft.nothing_moved()


async def test_a_custodian_that_was_suspended_moves_nothing_even_with_its_own_identity(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        theft = await Theft.prepare(ledger)
        suspend = ChangeMembership("suspend", MembershipChange.SUSPEND, BusinessNetwork.SC, CN_B.name)
        await ledger.done(SN, suspend)
        suspended = output_of(await recorded(ledger, SN, (await ledger.operations(SN).flow("suspend")).tx_id), 0)
        theft.frame = replace(theft.frame, members={**theft.frame.members, (BusinessNetwork.SC, CN_B.name): suspended})
        with pytest.raises(RemotePeerError) as refused:
            await theft.from_the_custodian(theft.move())
        assert refused.value.reason == "MEMBERSHIP_RULE_BROKEN"
        assert await theft.nothing_moved()
