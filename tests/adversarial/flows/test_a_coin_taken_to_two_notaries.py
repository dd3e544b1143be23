"""A buyer spends one coin twice, once at its own notary and once at another, which signs what it cannot see."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from chains.progmat.flows import peer_codec
from chains.progmat.flows.peer_codec import Finality
from chains.progmat.flows.requests import MoveCash
from chains.progmat.ibc_host.frame import TransactionFrame
from chains.progmat.node.peers import PeerIdentity
from chains.progmat.notary import codec
from chains.progmat.notary.requester import sign_request
from chains.progmat.transactions.errors import NotaryBroken
from chains.progmat.transactions.filtered import NOTARY_GROUPS
from chains.progmat.transactions.model import StateRef
from chains.progmat.transactions.signed_codec import decode_signature, encode_signature
from primitives.types import hash32
from tests.fakes.ledger_parties import (
    BUYER,
    CN_A,
    CN_B,
    COIN_ID,
    NN,
    SECOND,
    SELLER,
    SN,
    cash,
    cash_move,
    salt_of,
    signed,
)
from tests.integration.ledger.network import BUYER_ACCOUNT, PACKAGE, SELLER_ACCOUNT
from tests.integration.ledger.two_notaries import TWO_NOTARIES, free_at, ledger_of_two_notaries


async def test_every_node_refuses_the_second_spend_though_a_notary_signed_it(tmp_path: Path) -> None:
    async with ledger_of_two_notaries(tmp_path) as ledger:
        issued = await ledger.issue(1000)
        assert issued.tx_id is not None
        pay = MoveCash("pay", COIN_ID, SN.name, 1000, BUYER_ACCOUNT.key, SELLER_ACCOUNT)
        await ledger.done(CN_B, pay)

        frame = TransactionFrame(TWO_NOTARIES, PACKAGE.hash, chosen=SECOND.party)
        built = cash_move(frame, [], cash(1000, SELLER, CN_A))
        command = replace(built.commands[0], signers=(BUYER.key, SN.key))
        wire = replace(built, inputs=(StateRef(hash32(issued.tx_id), 0),), commands=(command,)).to_wire(salt_of("2"))
        body = codec.encode_request(
            codec.NotariseRequest(wire.filter(NOTARY_GROUPS).encode(), (), sign_request(CN_B.signer, wire.id))
        )
        blind = ledger.nodes[SECOND.name].role._service  # type: ignore[attr-defined] # a NotaryRole
        answer = codec.decode_response(await blind.notarise(PeerIdentity(CN_B.name), body))
        double = signed(wire).with_signatures(decode_signature(answer.signature))

        signatures = tuple(encode_signature(item) for item in double.signatures)
        delivery = peer_codec.encode_finality(Finality(double.id, signatures, double.wire_bytes))
        for victim in (CN_A, SN):
            with pytest.raises(NotaryBroken, match=r"input .* belongs"):
                await ledger.vault(victim).node._finalise.handle(PeerIdentity(CN_B.name), delivery)
        countersign = peer_codec.encode_countersign_request(signed(wire, without=(SN,)).encode())
        with pytest.raises(NotaryBroken, match=r"input .* belongs"):
            await ledger.vault(SN).node._countersign.handle(PeerIdentity(CN_B.name), countersign)
        assert await free_at(ledger, CN_A, SELLER_ACCOUNT) == {NN.name: 1000}
        assert await ledger.total_yen(SN) == 1000
