"""Recorded attestations of real hardware hold at a time that the report names, and at no other."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from relayer.cli.main import main
from relayer.cli.verify.attestation import verify_attestation, verify_attestation_file
from relayer.cli.verify.errors import Refused, Unreadable

VECTORS = Path(__file__).parents[2] / "vectors" / "attestation"
QUOTE, COLLATERAL = VECTORS / "sgx_v3_quote.bin", VECTORS / "sgx_v3_collateral.json"
NITRO, DEBUG = VECTORS / "nitro_valid.cbor", VECTORS / "nitro_debug_mode.cbor"
INTEL, AWS = VECTORS / "intel_sgx_root_ca.der", VECTORS / "aws_nitro_root_g1.pem"
IN_TIME_S = 1_751_328_000
LAST_S = 1_752_919_278
"""The last second in which every part of the quote's collateral counts."""
NITRO_S = 1_665_651_482


def facts(path: Path, **options: object) -> dict[str, str]:
    report = verify_attestation_file(path, **options)  # type: ignore[arg-type]  # named as in the signature
    return {fact.label: fact.text for fact in report.facts}


def test_a_quote_holds_with_its_collateral_and_the_report_says_when() -> None:
    told = facts(QUOTE, collateral=COLLATERAL, at_s=IN_TIME_S, root=INTEL)
    assert told["judged at"].endswith("as given")
    assert told["measurement"].startswith("0x33d8736d")
    assert told["advisories"] == "INTEL-SA-00289, INTEL-SA-00615"
    assert told["TCB status"] == "CONFIGURATION_AND_SW_HARDENING_NEEDED, evaluation 17"


def test_without_a_time_a_quote_is_judged_when_its_tcb_data_was_issued_and_that_is_said() -> None:
    assert facts(QUOTE, collateral=COLLATERAL)["judged at"].endswith("when the TCB data was issued")


@pytest.mark.parametrize("root", [None, AWS])
def test_a_nitro_document_holds_at_its_own_time_and_that_is_said(root: Path | None) -> None:
    told = facts(NITRO, root=root)
    assert told["judged at"].endswith("the document's own")
    assert told["judged at"].startswith(str(NITRO_S))
    assert told["debug"] == "no"


@pytest.mark.parametrize(
    ("verify", "cause"),
    [
        (lambda: facts(DEBUG), "ENCLAVE_ATTESTATION_REFUSED"),
        (lambda: facts(NITRO, root=INTEL), "ENCLAVE_UNTRUSTED_ROOT"),
        (lambda: facts(QUOTE, collateral=COLLATERAL, root=AWS), "ENCLAVE_UNTRUSTED_ROOT"),
        (lambda: facts(QUOTE, collateral=COLLATERAL, at_s=LAST_S + 1), "ENCLAVE_STALE_ATTESTATION"),
        (lambda: facts(NITRO, at_s=NITRO_S - 1), "ENCLAVE_STALE_ATTESTATION"),
        (lambda: verify_attestation(NITRO.read_bytes() + b"\0"), "ENCLAVE_ATTESTATION_MALFORMED"),
        (lambda: facts(QUOTE, collateral=INTEL), "ENCLAVE_ATTESTATION_MALFORMED"),
    ],
    ids=["debug mode", "another maker's root", "the other's root", "too late", "too early", "padded", "no collateral"],
)
def test_an_attestation_that_does_not_hold_is_refused_with_the_rule(verify: Callable[[], object], cause: str) -> None:
    with pytest.raises(Refused) as refused:
        verify()
    assert refused.value.cause == cause


def test_the_last_second_of_the_collateral_still_counts() -> None:
    assert facts(QUOTE, collateral=COLLATERAL, at_s=LAST_S)["holds until"].startswith(str(LAST_S))


@pytest.mark.parametrize(
    ("verify", "what"),
    [
        (lambda: facts(QUOTE), "--collateral"),
        (lambda: facts(NITRO, collateral=COLLATERAL), "leave --collateral out"),
        (lambda: facts(COLLATERAL), "expected an SGX quote"),
        (lambda: facts(NITRO, root=NITRO), "no certificate"),
        (lambda: facts(VECTORS / "nothing.bin"), "cannot read"),
        (lambda: verify_attestation(b""), "expected an SGX quote"),
    ],
)
def test_what_is_no_attestation_is_unreadable(verify: Callable[[], object], what: str) -> None:
    with pytest.raises(Unreadable, match=what):
        verify()


@pytest.mark.parametrize("path", [QUOTE, NITRO], ids=["quote", "document"])
def test_no_byte_can_be_changed(path: Path) -> None:
    data = path.read_bytes()
    collateral = COLLATERAL.read_bytes() if path is QUOTE else None
    draw = random.Random(path.stem)  # noqa: S311 # the same bytes each time
    for at in draw.sample(range(len(data)), 40):
        changed = data[:at] + bytes([data[at] ^ 1 << draw.randrange(8)]) + data[at + 1 :]
        with pytest.raises((Refused, Unreadable)):
            verify_attestation(changed, collateral=collateral)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([str(QUOTE), "--collateral", str(COLLATERAL), "--at", "2025-07-01T00:00:00"], 0),
        ([str(NITRO)], 0),
        ([str(DEBUG)], 1),
        ([str(NITRO), "--at", "2026-01-01"], 1),
        ([str(QUOTE)], 2),
    ],
)
def test_the_command_says_by_its_exit_code_what_it_found(
    arguments: list[str], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["crossdvp", "verify", "attestation", *arguments, "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert (ended.value.code or 0) == code
    if not code:
        assert json.loads(capsys.readouterr().out)["holds"] is True
