"""An attacker with a listed node: it can ask anybody anything, and knows how transactions are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chains.progmat.flows import peer_codec
from chains.progmat.flows.peer_codec import Finality
from chains.progmat.ibc_host.frame import TransactionFrame
from chains.progmat.node.peers import PeerRouter
from chains.progmat.node.storage import stored_transaction
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import StateAndRef, StateRef
from chains.progmat.transactions.signature import TransactionSignature, sign_transaction
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.signed_codec import encode_signature
from tests.fakes.ledger_parties import SN, LedgerParty, salt_of
from tests.integration.ledger.network import PACKAGE, PARAMETERS, LedgerNetwork

FRAME = TransactionFrame(PARAMETERS, PACKAGE.hash)


async def ask(ledger: LedgerNetwork, liar: LedgerParty, asked: LedgerParty, method: str, body: bytes) -> bytes:
    """Ask as ``liar``, whose own node has been taken over."""
    view = ledger.hub.join(liar.name, PeerRouter())
    try:
        return await view.request(asked.name, method, body, 5)
    finally:
        await view.close()


async def countersign(ledger: LedgerNetwork, liar: LedgerParty, asked: LedgerParty, signed: SignedTransaction) -> bytes:
    """Ask for a countersignature."""
    body = peer_codec.encode_countersign_request(signed.encode())
    return await ask(ledger, liar, asked, peer_codec.COUNTERSIGN, body)


async def deliver(ledger: LedgerNetwork, liar: LedgerParty, asked: LedgerParty, signed: SignedTransaction) -> bytes:
    """Deliver a transaction as if it were final."""
    signatures = tuple(encode_signature(signature) for signature in signed.signatures)
    finality = Finality(signed.id, signatures, signed.wire_bytes)
    return await ask(ledger, liar, asked, peer_codec.FINALISE, peer_codec.encode_finality(finality))


async def recorded(ledger: LedgerNetwork, party: LedgerParty, tx_id: bytes | None) -> SignedTransaction:
    """A transaction as a node keeps it."""
    assert tx_id is not None
    database = ledger.vault(party).node.parts.database
    stored = await database.read(lambda connection: stored_transaction(connection, tx_id))
    assert stored is not None
    return SignedTransaction.decode(stored.signed_bytes)


def output_of(signed: SignedTransaction, index: int) -> StateAndRef:
    """An output with its reference."""
    return StateAndRef(StateRef(signed.id, index), signed.wire.outputs[index])


def signed_by(built: TransactionBuilder, signers: Sequence[LedgerParty], name: str = "attack") -> SignedTransaction:
    """The transaction with these parties' signatures only."""
    wire = built.to_wire(salt_of(name))
    return SignedTransaction.of(wire, [sign_transaction(signer.signer, wire.id) for signer in signers])


def forged(signed: SignedTransaction, key_of: LedgerParty = SN) -> SignedTransaction:
    """With a signature that claims to be ``key_of``'s."""
    signature = TransactionSignature(key_of.key, bytes(63) + b"\x01", 1)
    return replace(signed, signatures=(*signed.signatures, signature))
