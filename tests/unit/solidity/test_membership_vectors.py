"""The shared membership vectors: both languages accept and refuse the same proofs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from primitives.errors import CrossDvpError
from primitives.sparse_merkle import decode_smt_proof, verify_absence, verify_presence
from tests.fakes.evm_sandbox import Contract, EvmSandbox, Reverted

VECTORS = Path(__file__).resolve().parents[2] / "vectors" / "progmat" / "membership.json"
CASES = [pytest.param(case, id=case["name"]) for case in json.loads(VECTORS.read_text())["cases"]]
WRONG_ROOT = "ROOT"


@pytest.fixture(scope="module")
def probe() -> Contract:
    return EvmSandbox().deploy("LibraryProbe")


def verified_by_python(case: dict[str, Any]) -> bool:
    """Whether the Python verifier accepts."""
    root, key = bytes.fromhex(case["root"]), bytes.fromhex(case["key"])
    try:
        proof = decode_smt_proof(bytes.fromhex(case["proof"]))
        if case["value"] is None:
            verify_absence(root, key, proof)
        else:
            verify_presence(root, key, bytes.fromhex(case["value"]), proof)
    except CrossDvpError:
        return False
    return True


def solidity_error(probe: Contract, case: dict[str, Any], suffix: str) -> str | None:
    """None if the computed root is the case's, ROOT if it is another, or the custom error."""
    proof, key = bytes.fromhex(case["proof"]), bytes.fromhex(case["key"])
    try:
        if case["value"] is None:
            root = probe.call(f"rootOfAbsence{suffix}", proof, key)
        else:
            root = probe.call(f"rootOfPresence{suffix}", proof, key, bytes.fromhex(case["value"]))
    except Reverted as reverted:
        return reverted.error
    return None if root.hex() == case["root"] else WRONG_ROOT


@pytest.mark.parametrize("case", CASES)
def test_python_and_solidity_agree_with_the_vector(probe: Contract, case: dict[str, Any]) -> None:
    assert verified_by_python(case) is (case["solidity_error"] is None)
    assert solidity_error(probe, case, "") == case["solidity_error"]
    assert solidity_error(probe, case, "Plain") == case["solidity_error"]
