"""Proof bundles that somebody tampered with: each is refused by name, whatever was changed, dropped or swapped.

The bundles were recorded from a devnet by the product's own collection; the trust file from its configuration.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chains.progmat.client.paid_cash import paid_cash
from chains.progmat.transactions.filtered import FilteredTransaction
from chains.progmat.transactions.model import Group
from chains.progmat.transactions.output_proof import OutputProof
from primitives.errors import CrossDvpError
from relayer.cli.verify.bundle import BundleReport, read_bundle, read_trust, verify_bundle
from relayer.cli.verify.errors import Refused, Unreadable

RECORDED = Path(__file__).parents[2] / "vectors" / "bundles"
TRUST = json.loads((RECORDED / "trust.json").read_text())
FILES = (
    "settled-cash-leads.json",
    "settled-cash-leads-other.json",
    "settled-securities-lead.json",
    "refused-cash-leads.json",
    "timed-out-cash-leads.json",
    "cancelled.json",
)
BUNDLES = {name.removesuffix(".json"): json.loads((RECORDED / name).read_text()) for name in FILES}
STALE = json.loads((RECORDED / "stale" / "before-the-lock.json").read_text())
SETTLED, OTHER, SECURITIES = "settled-cash-leads", "settled-cash-leads-other", "settled-securities-lead"


def _verify(document: object, trust: object = None) -> BundleReport:
    return verify_bundle(read_bundle(document), read_trust(TRUST if trust is None else trust))


def _refused(document: object, trust: object = None) -> CrossDvpError:
    with pytest.raises((Refused, Unreadable)) as refusal:
        _verify(document, trust)
    return refusal.value


def _cause(document: object, trust: object = None) -> str:
    error = _refused(document, trust)
    assert isinstance(error, Refused), error
    return error.cause


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401  # JSON
    if isinstance(value, dict | list):
        members = value.items() if isinstance(value, dict) else enumerate(value)
        for key, member in members:
            yield from _leaves(member, (*path, key))
    else:
        yield path


def _nodes(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401  # JSON
    if path:
        yield path
    if isinstance(value, dict | list):
        for key, member in list(value.items() if isinstance(value, dict) else enumerate(value)):
            yield from _nodes(member, (*path, key))


def _parent(document: Any, path: tuple[Any, ...]) -> Any:  # noqa: ANN401  # JSON
    for key in path[:-1]:
        document = document[key]
    return document


def _changed(leaf: object, at: float) -> Iterator[object]:
    """The same kind of value, another content: numbers by one, hexadecimal by a digit, text by a letter."""
    if isinstance(leaf, int):
        yield leaf + 1
    elif isinstance(leaf, str) and leaf.startswith("0x") and len(leaf) > 2:
        place = 2 + int((len(leaf) - 3) * at)
        digit = "0" if leaf[place] != "0" else "1"
        yield leaf[:place] + digit + leaf[place + 1 :]
    elif isinstance(leaf, str):
        yield leaf + "1"
    else:
        yield "0x00"


@pytest.mark.parametrize("name", BUNDLES)
def test_what_was_recorded_holds_and_says_what_it_does_not_prove(name: str) -> None:
    report = _verify(BUNDLES[name])
    assert report.proved
    assert report.believed
    assert report.not_proved


@pytest.mark.parametrize("name", BUNDLES)
@pytest.mark.parametrize("at", [0.0, 0.37, 1.0])
def test_no_leaf_of_a_bundle_can_be_changed(name: str, at: float) -> None:
    original = BUNDLES[name]
    for path in _leaves(original):
        leaf = _parent(original, path)[path[-1]]
        for forged in _changed(leaf, at):
            document = copy.deepcopy(original)
            _parent(document, path)[path[-1]] = forged
            try:
                error = _refused(document)
            except BaseException as accepted:
                raise AssertionError(f"{name}: {path} was changed and nobody noticed") from accepted
            assert error.reason in {"VERIFY_REFUSED", "VERIFY_UNREADABLE"}


@pytest.mark.parametrize("name", BUNDLES)
def test_no_part_of_a_bundle_can_be_dropped_or_doubled(name: str) -> None:
    original = BUNDLES[name]
    for path in _nodes(original):
        document = copy.deepcopy(original)
        parent = _parent(document, path)
        if path == ("packet",) and parent["packet"] is None:
            continue
        del parent[path[-1]]
        _refused(document)
        if isinstance(parent, list):
            document = copy.deepcopy(original)
            parent = _parent(document, path)
            parent.insert(path[-1], copy.deepcopy(parent[path[-1]]))
            _refused(document)


@pytest.mark.parametrize("name", BUNDLES)
def test_nothing_that_nobody_checks_can_be_slipped_in(name: str) -> None:
    original = BUNDLES[name]
    for path in [(), *_nodes(original)]:
        document = copy.deepcopy(original)
        place = document
        for key in path:
            place = place[key]
        if isinstance(place, dict):
            place["comment"] = "settled, believe me"
            _refused(document)


@pytest.mark.parametrize("part", ["terms", "packet", "evm", "ledger", "settlement"])
def test_a_part_of_another_settlement_does_not_fit(part: str) -> None:
    document = copy.deepcopy(BUNDLES[SETTLED])
    document[part] = copy.deepcopy(BUNDLES[OTHER][part])
    _refused(document)


@pytest.mark.parametrize("side", ["evm", "ledger"])
def test_single_proofs_of_another_settlement_do_not_fit(side: str) -> None:
    for name in BUNDLES[SETTLED][side]["proofs"]:
        document = copy.deepcopy(BUNDLES[SETTLED])
        document[side]["proofs"][name] = copy.deepcopy(BUNDLES[OTHER][side]["proofs"][name])
        _refused(document)


def test_transactions_of_another_settlement_do_not_fit() -> None:
    for number in range(2):
        document = copy.deepcopy(BUNDLES[SETTLED])
        document["ledger"]["transactions"][number] = copy.deepcopy(BUNDLES[OTHER]["ledger"]["transactions"][number])
        document["ledger"]["transactions"][number]["position"] = BUNDLES[SETTLED]["ledger"]["transactions"][number][
            "position"
        ]
        assert _cause(document) == "WRONG_TRANSACTION"


def test_the_whole_other_settlement_under_this_ones_name_is_the_wrong_trade() -> None:
    document = copy.deepcopy(BUNDLES[OTHER])
    document["settlement"] = BUNDLES[SETTLED]["settlement"]
    assert _cause(document) == "WRONG_TRADE"


@pytest.mark.parametrize("claimed", ["refused", "timed_out", "cancelled"])
@pytest.mark.parametrize("name", [SETTLED, SECURITIES])
def test_a_settled_trade_passes_for_no_other_ending(name: str, claimed: str) -> None:
    document = copy.deepcopy(BUNDLES[name])
    document["ending"] = claimed
    _refused(document)


def test_a_refusal_does_not_pass_for_a_delivery() -> None:
    """Delivered on one leg only: the cash went back, and somebody shows it as paid."""
    document = copy.deepcopy(BUNDLES["refused-cash-leads"])
    document["ending"] = "settled"
    document["evm"]["proofs"]["earmark"] = copy.deepcopy(document["evm"]["proofs"]["receipt"])
    _refused(document)


def test_a_checkpoint_of_before_the_lock_does_not_show_that_the_lock_ended() -> None:
    """Nothing stood under the packet's path before either: the older checkpoint and its proof are genuine."""
    document = copy.deepcopy(BUNDLES[SETTLED])
    ledger = document["ledger"]
    ledger["checkpoints"] = [STALE["ledger"]["checkpoint"], ledger["checkpoints"][0]]
    for name in ("lock", "packet"):
        ledger["proofs"][name]["checkpoint"] = 1
    ledger["proofs"]["packet_ended"] = {"checkpoint": 0, "proof": STALE["ledger"]["proof"]}
    assert _cause(document) == "PROOF_TOO_OLD"


def test_a_block_of_before_the_lock_does_not_show_that_the_packet_ended() -> None:
    document = copy.deepcopy(BUNDLES[SECURITIES])
    evm, stale = document["evm"], STALE["evm"]
    evm["headers"] = [stale["header"], evm["headers"][0]]
    evm["proofs"]["packet"]["header"] = 1
    proof = {"account_proof": stale["account_proof"], "storage_proof": stale["storage_proof"]}
    evm["proofs"]["packet_ended"] = {"header": 0, **proof}
    assert _cause(document) == "PROOF_TOO_OLD"


def test_checkpoints_in_another_order_are_refused() -> None:
    document = copy.deepcopy(BUNDLES[SETTLED])
    document["ledger"]["checkpoints"].reverse()
    for proof in document["ledger"]["proofs"].values():
        proof["checkpoint"] = 1 - proof["checkpoint"]
    assert _cause(document) == "CHECKPOINTS_NOT_ASCENDING"


def test_a_lock_whose_end_is_not_shown_proves_no_settlement() -> None:
    document = copy.deepcopy(BUNDLES[SETTLED])
    del document["ledger"]["proofs"]["packet_ended"]
    document["ledger"]["checkpoints"].pop()
    document["ledger"]["transactions"].pop()
    assert _cause(document) == "BUNDLE_PART_MISSING"


def test_the_payment_of_another_settlement_does_not_pay_this_seller() -> None:
    document = copy.deepcopy(BUNDLES[SETTLED])
    mine, other = document["ledger"]["transactions"][1], BUNDLES[OTHER]["ledger"]["transactions"][1]
    mine["paid_output"] = other["paid_output"]
    _refused(document)


_TRUST_CAUSES = {
    ("evm", "chain_id"): ("WRONG_CHAIN", 1),
    ("evm", "router"): ("CLAIM_NOT_MET", "0x" + "11" * 20),
    ("evm", "client_id"): ("WRONG_CLIENT", "progmat-9"),
    ("evm", "height"): ("QBFT_HEIGHT_NOT_ABOVE", 10_000_000),
    ("ledger", "ledger_id"): ("WRONG_LEDGER", "another-ledger"),
    ("ledger", "client_id"): ("WRONG_CLIENT", "qbft-9"),
}


@pytest.mark.parametrize("member", _TRUST_CAUSES, ids=[".".join(member) for member in _TRUST_CAUSES])
def test_who_trusts_something_else_is_convinced_of_nothing(member: tuple[str, str]) -> None:
    expected, value = _TRUST_CAUSES[member]
    trust = copy.deepcopy(TRUST)
    trust[member[0]][member[1]] = value
    assert _cause(BUNDLES[SETTLED], trust) == expected


def test_validators_and_notaries_that_nobody_trusts_convince_nobody() -> None:
    strangers = ["0x" + bytes([number]).hex() * 20 for number in range(1, 5)]
    for side in ("evm", "ledger"):
        trust = copy.deepcopy(TRUST)
        trust[side]["validators"] = strangers
        _refused(BUNDLES[SETTLED], trust)
    trust = copy.deepcopy(TRUST)
    trust["ledger"]["threshold"] = 4  # three signed: the hash of the set binds the threshold
    _refused(BUNDLES[SETTLED], trust)
    trust = copy.deepcopy(TRUST)
    trust["ledger"]["notary_key"] = BUNDLES[SETTLED]["terms"]["seller_account"]["account_key"]
    _refused(BUNDLES[SETTLED], trust)


@pytest.mark.parametrize("document", [None, [], "bundle", 1, {}, {"format": "crossdvp/proof-bundle"}])
def test_what_is_no_bundle_is_unreadable(document: object) -> None:
    with pytest.raises(Unreadable):
        read_bundle(document)


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_shows_no_coin_but_the_one_that_pays(name: str) -> None:
    """Need to know: what change a lock or a payment made of the buyer's coins is in none of the bytes."""
    terms = read_bundle(BUNDLES[name]).terms
    for found in read_bundle(BUNDLES[name]).transactions:
        shown = FilteredTransaction.decode(found.tear_off).components
        assert set(shown) <= {Group.INPUTS, Group.NOTARY, Group.PROVABLE_WRITES}
        if found.paid_output:
            paid = paid_cash(OutputProof.decode(found.paid_output).state)
            assert paid is not None
            assert (paid.amount_yen, paid.coin_id) == (terms.cash.amount_yen, terms.cash.coin_id)
