"""What people read about an error: both languages, a next step of its own, and no code in our docs without a page."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Final

import grpc
import grpc.aio
import pytest
from typer.testing import CliRunner

from chains.progmat.contracts import errors as contract_errors
from chains.progmat.flows.errors import FlowUnknown, NodeStopping
from chains.progmat.network import errors as network_errors
from chains.progmat.node.peers import errors as peer_errors
from chains.progmat.node.rpc_node_service import STATUS_CODES
from chains.progmat.notary import errors as notary_errors
from chains.progmat.validators import errors as validator_errors
from chains.rpc_guard import code_of
from chains.rpc_status import Blame, blame_of, error_from_rpc
from primitives.errors import CrossDvpError
from relayer.cli.explain import app as explain_app
from relayer.reasons.catalogue import Entry, catalogue

ROOT: Final = Path(__file__).resolve().parents[3]
MOST_LINES: Final = 400
RUN: Final = CliRunner()
LEDGER: Final = tuple(entry for entry in catalogue().values() if entry.layer.startswith("ledger_"))
OF_NODES: Final = (contract_errors, network_errors, notary_errors, peer_errors, validator_errors)
A_REASON_IN_A_LOG: Final = re.compile(r'(?:"reason": ?"|\breason=)([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)')
A_CODE: Final = re.compile(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`")


def of_the_class(kind: type[CrossDvpError]) -> Entry:
    return catalogue()[kind.reason]


def test_no_two_entries_of_the_ledger_say_the_same() -> None:
    for told in ("what", "do", "ja"):
        twice = [text for text, times in Counter(getattr(entry, told) for entry in LEDGER).items() if times > 1]
        assert twice == [], told


def test_every_entry_is_in_english_and_in_japanese() -> None:
    for entry in catalogue().values():
        for english in (entry.what, entry.do):
            assert english.isascii(), entry.reason
            assert english.endswith("."), entry.reason
        assert re.search(r"[ぁ-ん]", entry.ja), entry.reason
        assert entry.ja.endswith("。"), entry.reason
        assert entry.code in grpc.StatusCode.__members__, entry.reason


@pytest.mark.parametrize("module", OF_NODES, ids=lambda module: module.__name__)
def test_a_nodes_errors_are_explained_as_they_are_told(module: object) -> None:
    kinds = [
        kind
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, CrossDvpError) and kind.__module__ == module.__name__  # type: ignore[attr-defined] # a module
    ]
    assert len(kinds) > 5
    for kind in kinds:
        entry = of_the_class(kind)
        assert entry.blame is blame_of(kind.__new__(kind)), kind
        assert entry.code == code_of(kind, STATUS_CODES).name, kind


def test_what_is_unknown_to_a_node_is_not_found_and_a_defect_at_the_start_is_internal() -> None:
    assert of_the_class(FlowUnknown).code == "NOT_FOUND"
    assert of_the_class(validator_errors.SigningLogMismatch).blame is Blame.INTERNAL


def test_a_stopping_node_is_not_taken_for_a_closed_business_network() -> None:
    assert peer_errors.NetworkClosed.reason == NodeStopping.reason
    assert peer_errors.NetworkClosed.reason != contract_errors.NetworkClosed.reason
    assert of_the_class(peer_errors.NetworkClosed).is_worth_a_retry
    assert not of_the_class(contract_errors.NetworkClosed).is_worth_a_retry


def test_a_code_that_our_runbooks_name_has_a_page() -> None:
    pages = [*(ROOT / "docs" / "runbook").glob("*.md"), ROOT / "docs" / "operations.md"]
    named = {code for page in pages for code in A_CODE.findall(page.read_text(encoding="utf-8"))}
    logged = {
        code
        for page in (ROOT / "docs").glob("**/*.md")
        for code in A_REASON_IN_A_LOG.findall(page.read_text(encoding="utf-8"))
    }
    assert logged
    assert (named | logged) - set(catalogue()) == set()


def test_a_call_that_nobody_answered_is_explained_by_how_it_ended() -> None:
    for code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.INTERNAL):
        failure = grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(), "no words of ours", "")
        error = error_from_rpc(failure, "cn-b")
        entry = catalogue()[error.reason]
        assert entry.blame is blame_of(error)
        assert entry.code == code_of(type(error), {}).name


def test_explain_finds_a_notarys_reason_in_both_languages() -> None:
    for language, words in (("en", "clocks"), ("ja", "時計")):
        shown = RUN.invoke(explain_app, ["TIME_WINDOW_NOT_OPEN", "--lang", language])
        assert shown.exit_code == 0
        assert words in shown.stdout


def test_a_topic_stays_readable() -> None:
    for entry in {entry.layer: entry for entry in LEDGER}.values():
        text = (ROOT / "relayer" / "reasons" / f"{entry.layer}.toml").read_text(encoding="utf-8")
        assert text.count("\n") <= MOST_LINES, entry.layer
