"""One file of headers, good and bad, read by the Python light client and by the contract: one verdict each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from light_clients.progmat import decode_header
from light_clients.progmat.verify import validate_signatures
from primitives.errors import Refusal
from tests.fakes.evm_sandbox import Contract, EvmSandbox, Reverted
from tests.fakes.progmat_oracle import keccak

FILE = Path(__file__).resolve().parents[2] / "vectors" / "progmat" / "header_cases.json"
VECTORS = json.loads(FILE.read_text())
DOMAIN_FIELDS = (
    "EIP712Domain(string name,string version,bytes32 salt)",
    "Progmat Checkpoint",
    "1",
    VECTORS["ledger_id"],
)


@pytest.fixture(scope="module")
def probe() -> Contract:
    return EvmSandbox().deploy("LibraryProbe")


def accepted_in_python(header: bytes, trusted: bytes) -> bool:
    try:
        validate_signatures(decode_header(header, VECTORS["ledger_id"]), trusted)
    except Refusal:
        return False
    return True


def accepted_in_solidity(probe: Contract, function: str, header: bytes, trusted: bytes) -> bool:
    domain = keccak(b"".join(keccak(field.encode()) for field in DOMAIN_FIELDS))
    try:
        probe.call(function, header, domain, trusted)
    except Reverted as reverted:
        if not reverted.error.startswith("Progmat"):
            raise
        return False
    return True


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_python_and_solidity_give_the_recorded_verdict(probe: Contract, case: dict[str, Any]) -> None:
    header, trusted = bytes.fromhex(case["header"][2:]), bytes.fromhex(case["trusted_set_hash"][2:])
    verdicts = (
        accepted_in_python(header, trusted),
        accepted_in_solidity(probe, "verifyHeader", header, trusted),
        accepted_in_solidity(probe, "verifyHeaderPlain", header, trusted),
    )
    assert verdicts == (case["accepted"],) * 3
