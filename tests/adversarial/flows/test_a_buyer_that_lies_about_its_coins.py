"""A buying node that offers what is not its customer's, or is no cash at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from chains.progmat.flows import peer_codec
from chains.progmat.flows.dvp_codec import (
    PROPOSE_DVP,
    RELEASE_DVP,
    encode_offer,
)
from chains.progmat.flows.steps import FlowStep
from chains.progmat.node.peers import PeerIdentity, PeerRouter
from chains.progmat.transactions.model import StateRef
from primitives.types import Hash32
from tests.adversarial.flows.attacker import recorded
from tests.adversarial.flows.native_attacker import (
    answer_with,
)
from tests.fakes.ledger_parties import CN_A, CN_B, SN, STRANGER
from tests.integration.ledger.native_trades import NativeTrades
from tests.integration.ledger.network import (
    SELLER_ACCOUNT,
    TOKEN_PARTIES,
    running_ledger,
)


async def test_a_buyer_that_answers_with_somebody_elses_cash_ends_the_trade(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades = await NativeTrades.open(ledger)
        stranger = STRANGER.account_at(CN_B)
        stolen = await ledger.issue(700, stranger)
        assert stolen.tx_id is not None
        stolen_tx = await recorded(ledger, SN, stolen.tx_id)
        terms = trades.terms()
        await ledger.stop(CN_B)

        async def lie(_asker: PeerIdentity, _body: bytes) -> bytes:
            return encode_offer((StateRef(Hash32(stolen_tx.id), 0),))

        async def fetched(_asker: PeerIdentity, _body: bytes) -> bytes:
            chain = [stolen_tx, *[await recorded(ledger, SN, ref.tx_id) for ref in stolen_tx.wire.references]]
            return answer_with(chain)

        liar = PeerRouter()
        liar.register(PROPOSE_DVP, lie)
        liar.register(peer_codec.FETCH_TRANSACTIONS, fetched)
        liar.register(RELEASE_DVP, lie)
        ledger.hub.join(CN_B.name, liar)
        failed = await ledger.run(CN_A, trades.settle(terms))
        assert failed.step is FlowStep.FAILED
        assert failed.last_error_reason == "CASH_RULE_BROKEN"
        assert await trades.units(CN_A, SELLER_ACCOUNT) == 100


@pytest.mark.parametrize("offer", [(), (StateRef(Hash32(b"\x07" * 32), 3),)], ids=["nothing", "nothing that exists"])
async def test_a_buyer_that_answers_nonsense_ends_the_trade(tmp_path: Path, offer: tuple[StateRef, ...]) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades = await NativeTrades.open(ledger)
        terms = trades.terms()
        await ledger.stop(CN_B)

        async def lie(_asker: PeerIdentity, _body: bytes) -> bytes:
            return encode_offer(offer)

        async def nothing(_asker: PeerIdentity, _body: bytes) -> bytes:
            return answer_with([])

        liar = PeerRouter()
        liar.register(PROPOSE_DVP, lie)
        liar.register(peer_codec.FETCH_TRANSACTIONS, nothing)
        ledger.hub.join(CN_B.name, liar)
        failed = await ledger.run(CN_A, trades.settle(terms))
        assert failed.step is FlowStep.FAILED
        assert failed.last_error_reason in {"DECODE_ERROR", "BAD_RESOLUTION"}
        assert await trades.units(CN_A, SELLER_ACCOUNT) == 100
