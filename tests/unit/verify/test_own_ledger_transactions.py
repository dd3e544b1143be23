"""`crossdvp verify ledger-tx` on transactions of our own ledger."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chains.progmat.contracts.membership import MemberRole
from chains.progmat.contracts.standard_package import standard_package
from chains.progmat.transactions.signature import sign_batch
from chains.progmat.transactions.signed import SignedTransaction
from light_clients.qbft import QbftLightClient
from light_clients.registry import LightClientRegistry
from relayer.cli.verify.errors import Refused
from relayer.cli.verify.ledger_tx import verify_ledger_tx_file
from tests.fakes.ledger_model import LedgerModel
from tests.fakes.ledger_parties import (
    BUYER,
    CN_B,
    NN,
    SN,
    cash,
    cash_issue,
    cash_move,
    membership,
    membership_issue,
    signed,
)

PACKAGE = standard_package(LightClientRegistry.builder().register(QbftLightClient()).seal())


def a_payment() -> SignedTransaction:
    """A move of coins, signed by all but the notary."""
    ledger = LedgerModel(PACKAGE, 1_790_000_000)
    (issuer,) = ledger.commit(membership_issue(ledger.frame, membership(SN, MemberRole.SC_ISSUER)))
    ledger.commit(membership_issue(ledger.frame, membership(CN_B, MemberRole.CUSTODIAN)))
    coins = ledger.commit(cash_issue(ledger.frame, issuer, cash(500)))
    moved = ledger.resolve(cash_move(ledger.frame, coins, cash(300), cash(200, BUYER)))
    return signed(moved.wire)


def notarised(transaction: SignedTransaction) -> SignedTransaction:
    """With the notary's signature over a batch of two."""
    mine, _ = sign_batch(NN.signer, [transaction.id, type(transaction.id)(b"\x01" * 32)])
    return transaction.with_signatures(mine)


def file_of(transaction: SignedTransaction) -> dict[str, str]:
    return {"signed_transaction": "0x" + transaction.encode().hex()}


def test_a_notarised_transaction_holds_and_shows_its_id() -> None:
    transaction = notarised(a_payment())
    facts = {fact.label: fact.text for fact in verify_ledger_tx_file(file_of(transaction)).facts}
    assert facts["transaction"] == "0x" + transaction.id.hex()
    assert facts["inputs and outputs"] == "1 in, 2 out"


def test_a_transaction_that_the_notary_has_not_signed_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        verify_ledger_tx_file(file_of(a_payment()))
    assert refused.value.cause == "SIGNATURES_MISSING"


def test_a_transaction_with_a_changed_signature_is_refused() -> None:
    transaction = notarised(a_payment())
    first, *rest = transaction.signatures
    forged = replace(first, signature=first.signature[:-1] + bytes([first.signature[-1] ^ 1]))
    with pytest.raises(Refused):
        verify_ledger_tx_file(file_of(replace(transaction, signatures=(forged, *rest))))


def test_a_transaction_whose_bytes_were_changed_is_refused_at_any_place() -> None:
    encoded = notarised(a_payment()).encode()
    for place in range(0, len(encoded), 97):
        changed = encoded[:place] + bytes([encoded[place] ^ 1]) + encoded[place + 1 :]
        with pytest.raises(Refused):
            verify_ledger_tx_file({"signed_transaction": changed.hex()})
