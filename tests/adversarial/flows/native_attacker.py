"""A taken-over node in a native trade: it proposes, asks for signatures, and knows how a settlement is made."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from chains.progmat.contracts.native_terms import NativeTerms
from chains.progmat.flows import peer_codec
from chains.progmat.flows.dvp_codec import (
    PROPOSE_DVP,
    Proposal,
    decode_offer,
    encode_proposal,
)
from chains.progmat.node.peers import PeerIdentity, PeerRouter
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import StateAndRef, StateRef
from chains.progmat.transactions.signed import SignedTransaction
from tests.adversarial.flows.attacker import FRAME, output_of, recorded, signed_by
from tests.fakes.ledger_parties import AN, CN_A, CN_B, SELLER, SN, LedgerParty, MemberFrame
from tests.fakes.token_parties import SC, ST, settlement
from tests.integration.ledger.network import (
    LedgerNetwork,
)


async def ask(ledger: LedgerNetwork, liar: LedgerParty, asked: LedgerParty, method: str, body: bytes) -> bytes:
    """Ask as ``liar``, whose node has been taken over, and hand out whatever ancestors are asked for."""

    async def fetched(_asker: PeerIdentity, wanted: bytes) -> bytes:
        ids = peer_codec.decode_fetch_request(wanted)
        return answer_with([await recorded_anywhere(ledger, item.tx_id) for item in ids])

    router = PeerRouter()
    router.register(peer_codec.FETCH_TRANSACTIONS, fetched)
    view = ledger.hub.join(liar.name, router)
    try:
        return await view.request(asked.name, method, body, 5)
    finally:
        await view.close()


def answer_with(found: Iterable[SignedTransaction]) -> bytes:
    """Whole transactions, as ``node.fetch_transactions`` answers them."""
    items = tuple(signed.encode() for signed in found)
    return peer_codec.encode_fetch_response(peer_codec.FetchAnswer(items, ()))


async def recorded_anywhere(ledger: LedgerNetwork, tx_id: bytes) -> SignedTransaction:
    """A transaction from whichever node keeps it."""
    for party in (SN, AN, CN_B):
        with suppress(AssertionError):
            return await recorded(ledger, party, tx_id)
    raise LookupError(tx_id.hex())


async def countersign(ledger: LedgerNetwork, liar: LedgerParty, asked: LedgerParty, signed: SignedTransaction) -> bytes:
    """Ask for a countersignature."""
    body = peer_codec.encode_countersign_request(signed.encode())
    return await ask(ledger, liar, asked, peer_codec.COUNTERSIGN, body)


async def propose(
    ledger: LedgerNetwork, liar: LedgerParty, terms: NativeTerms, round_ms: int = 1
) -> tuple[StateRef, ...]:
    """Ask the buyer's node for coins, as a node that has been taken over."""
    return decode_offer(await ask(ledger, liar, CN_B, PROPOSE_DVP, encode_proposal(Proposal(terms, round_ms))))


async def frame_of(ledger: LedgerNetwork) -> MemberFrame:
    """A frame with the memberships as they are on this ledger."""
    members = {}
    for network in (ST, SC):
        for line in await ledger.operations(SN).memberships([network], 100):
            members[network, line.indexed.party] = line.state_and_ref
    return MemberFrame(FRAME.parameters, FRAME.contract_package, members)


async def holdings(ledger: LedgerNetwork) -> tuple[StateAndRef, StateAndRef]:
    """The seller's tokens and the buyer's coins, as they were issued."""
    tokens = await recorded(ledger, AN, (await ledger.operations(AN).flow("tokens-1")).tx_id)
    coins = await recorded(ledger, SN, (await ledger.operations(SN).flow("issue-1")).tx_id)
    return output_of(tokens, 0), output_of(coins, 0)


async def built(ledger: LedgerNetwork, terms: NativeTerms, window_s: int = 60) -> TransactionBuilder:
    """What an honest seller's node would build."""
    tokens, coins = await holdings(ledger)
    return settlement(await frame_of(ledger), terms, tokens, coins, ledger.clock.now_s() + window_s)


async def buyer_signs(ledger: LedgerNetwork, builder: TransactionBuilder, name: str = "attack") -> None:
    """Ask the buyer's node to sign what carries the seller's signature."""
    await countersign(ledger, CN_A, CN_B, signed_by(builder, [SELLER], name))
