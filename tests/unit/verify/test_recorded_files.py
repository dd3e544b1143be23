"""Every recorded file holds; every changed one is refused, and says why."""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from relayer.cli.main import main
from relayer.cli.verify.errors import Refused, Unreadable
from relayer.cli.verify.files import VERIFIERS, verify_file

VECTORS = Path(__file__).parents[2] / "vectors"
FILES = {
    "header": sorted((VECTORS / "evm_headers").glob("*.json")),
    "storage": sorted((VECTORS / "evm_proofs").glob("*.json")),
    "ledger-tx": sorted((VECTORS / "corda").glob("corda_*.json")),
    "smt": sorted((VECTORS / "smt").glob("*.json")),
    "checkpoint": [VECTORS / "progmat" / "checkpoints.json"],
}
CASES = [pytest.param(what, path, id=path.stem) for what, paths in FILES.items() for path in paths]
_ATTESTATIONS = "unit/verify/test_attestations.py"
READ_ELSEWHERE = {
    "attestation/sgx_v3_quote.bin": _ATTESTATIONS,
    "attestation/sgx_v3_collateral.json": _ATTESTATIONS,
    "attestation/intel_sgx_root_ca.der": _ATTESTATIONS,
    "attestation/nitro_valid.cbor": _ATTESTATIONS,
    "attestation/nitro_debug_mode.cbor": _ATTESTATIONS,
    "attestation/aws_nitro_root_g1.pem": _ATTESTATIONS,
    "attestation/SOURCES.txt": "unit/verify/test_recorded_files.py",
    "progmat/header_cases.json": "unit/solidity/test_header_cases.py",
    "progmat/membership.json": "unit/solidity/test_membership_vectors.py",
    **{
        path.relative_to(VECTORS).as_posix(): "adversarial/gateway/test_forged_proof_bundles.py"
        for path in (VECTORS / "bundles").rglob("*.json")
    },
}
"""Bytes that `crossdvp verify attestation` takes, and cases, good and bad, for Python and Solidity alike."""
NOT_CLAIMS = {
    *("rules", "repo", "commit", "licence", "path_in_repo"),
    *("source", "notes", "description", "formula", "kind", "name", "id_evidence", "hash_algorithm", "validator_keys"),
    *(
        "block_hash_known_from_source",
        "format",
        "platform_version",
        "scheme_number_id",
        "verified_here",
    ),
    *("partial_merkle_tree", "checked"),
    "trusted",  # where the verification starts: believed, not checked
}
"""Members that say where a record comes from or repeat what another says; changing them changes nothing."""


def load(path: Path) -> Any:  # noqa: ANN401 # JSON
    return json.loads(path.read_text())


def claims(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:  # noqa: ANN401 # JSON
    """Every hexadecimal string of a document that claims something."""
    if isinstance(value, dict):
        absent = value.get("exists") is False or place == ("account_non_membership",)
        for name, member in value.items():
            if name not in NOT_CLAIMS and not (absent and name == "address"):  # its neighbours are absent too
                yield from claims(member, (*place, name))
    elif isinstance(value, list):
        for number, element in enumerate(value):
            yield from claims(element, (*place, number))
    elif isinstance(value, str) and len(value.removeprefix("0x")) >= 32:
        yield place, value


def with_changed_last_digit(document: Any, place: tuple[str | int, ...]) -> Any:  # noqa: ANN401 # JSON
    changed = copy.deepcopy(document)
    *path, last = place
    holder = changed
    for step in path:
        holder = holder[step]
    digit = "0" if holder[last][-1] != "0" else "1"
    holder[last] = holder[last][:-1] + digit
    return changed


@pytest.mark.parametrize(("what", "path"), CASES)
def test_a_recorded_file_holds(what: str, path: Path) -> None:
    assert verify_file(what, path).facts


@pytest.mark.parametrize(("what", "path"), CASES)
def test_no_single_claim_of_a_file_can_be_changed_unnoticed(what: str, path: Path) -> None:
    document = load(path)
    places = list(claims(document))
    assert places
    for place, _ in places[:: max(1, len(places) // 60)]:
        with pytest.raises((Refused, Unreadable)):
            _accepting(what, with_changed_last_digit(document, place), place)


def _accepting(what: str, document: object, place: tuple[str | int, ...]) -> None:
    report = VERIFIERS[what](document)
    pytest.fail(f"changed at {place} and still holds: {report.facts[:2]}")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("lowQuorumHeight12", "QBFT_QUORUM_NOT_REACHED"),
        ("lowOverlapHeight13", "QBFT_TRUST_OVERLAP_TOO_SMALL"),
        ("conflictingHeight12", "MISBEHAVIOUR"),
    ],
)
def test_each_recorded_negative_is_refused_for_its_own_reason(name: str, reason: str) -> None:
    path = VECTORS / "evm_headers" / "besu_qbft_e2e_blocks27_28_4vals_with_proofs.json"
    facts = {fact.label: fact.text for fact in verify_file("header", path).facts}
    assert facts[f"refused: {name}"].startswith(reason + ":")


def test_a_negative_that_holds_after_all_is_refused() -> None:
    document = load(VECTORS / "evm_headers" / "besu_qbft_e2e_blocks27_28_4vals_with_proofs.json")
    document["negative"]["conflictingHeight12"]["headerRlp"] = document["header_b"]["header_rlp"]
    with pytest.raises(Refused, match="ought to be refused"):
        VERIFIERS["header"](document)


def test_a_negative_refused_for_another_reason_than_its_own_is_refused() -> None:
    document = load(VECTORS / "evm_headers" / "besu_qbft_e2e_blocks27_28_4vals_with_proofs.json")
    document["negative"]["lowQuorumHeight12"]["committers_in_header_set"] = 3
    with pytest.raises(Refused, match="another reason"):
        VERIFIERS["header"](document)


@pytest.mark.parametrize(
    ("member", "value", "cause"),
    [
        ("height", 27, "QBFT_HEIGHT_NOT_ABOVE"),
        ("timestamp", 1776881175, "QBFT_TIMESTAMP_NOT_AFTER"),
        ("trusting_period", 4, "CLIENT_EXPIRED"),
        ("now", 1776881161, "QBFT_HEADER_FROM_FUTURE"),
        ("validators", ["0x" + "11" * 20], "QBFT_TRUST_OVERLAP_TOO_SMALL"),
    ],
)
def test_a_file_on_another_trusted_state_is_refused_with_the_rule(member: str, value: object, cause: str) -> None:
    document = load(VECTORS / "evm_headers" / "besu_qbft_e2e_blocks27_28_4vals_with_proofs.json")
    document["trusted"][member] = value
    with pytest.raises(Refused) as refused:
        VERIFIERS["header"](document)
    assert refused.value.cause == cause


def test_a_header_with_too_few_seals_is_refused_with_the_rule() -> None:
    document = load(VECTORS / "evm_headers" / "besu_qbft_e2e_blocks27_28_4vals_with_proofs.json")
    with pytest.raises(Refused) as refused:
        VERIFIERS["header"]({"header_rlp": document["negative"]["lowQuorumHeight12"]["headerRlp"]})
    assert refused.value.cause == "QBFT_QUORUM_NOT_REACHED"


@pytest.mark.parametrize(("what", "path"), CASES)
def test_the_command_line_takes_every_recorded_file_by_one_of_its_commands_and_no_other(
    what: str, path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = []
    for command in VERIFIERS:
        monkeypatch.setattr(sys, "argv", ["crossdvp", "verify", command, str(path), "--json"])
        with pytest.raises(SystemExit) as ended:
            main()
        if not ended.value.code:
            assert json.loads(capsys.readouterr().out)["holds"] is True
            taken.append(command)
        capsys.readouterr()
    assert taken == [what]


def test_every_recorded_file_is_verified_or_named_with_what_reads_it() -> None:
    there = {path.relative_to(VECTORS).as_posix() for path in VECTORS.rglob("*") if path.is_file()}
    verified = {path.relative_to(VECTORS).as_posix() for paths in FILES.values() for path in paths}
    assert there == verified | set(READ_ELSEWHERE)
    for name, reader in READ_ELSEWHERE.items():
        assert Path(name).name in (VECTORS.parent / reader).read_text()


def test_the_siblings_of_a_key_cannot_change_sides() -> None:
    document = load(VECTORS / "smt" / "ics23_smt.json")
    sibling = document["present"][0]["siblings"][0]
    sibling["side"] = "left" if sibling["side"] == "right" else "right"
    with pytest.raises(Refused, match="other side"):
        VERIFIERS["smt"](document)


def test_a_present_key_is_not_absent_between_neighbours_further_off() -> None:
    """The neighbours of another absent key have this present one between them, or the key is not between them."""
    document = load(VECTORS / "smt" / "ics23_smt.json")
    for entry in document["absent"]:
        for name in ("left_neighbour", "right_neighbour"):
            if entry[name] is not None:
                claim = {"absent": [{**entry, "key": entry[name]["key"]}]}
                with pytest.raises(Refused):
                    VERIFIERS["smt"](claim)
                alone = {"absent": [{**entry, name: None}]}
                with pytest.raises(Refused):
                    VERIFIERS["smt"](alone)
