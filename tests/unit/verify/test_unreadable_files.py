"""Whatever is in a file: a report, a refusal or a named complaint with its place, and never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relayer.cli.verify.errors import Refused, Unreadable
from relayer.cli.verify.files import VERIFIERS, verify_file
from relayer.cli.verify.json_reader import MAX_FILE_BYTES, JsonField, load_json_file

NAMES = st.sampled_from(
    [
        *("header_rlp", "kind", "expected", "trusted", "header_a", "negative", "stateRoot", "proof", "proofs"),
        *(
            "accountProof",
            "address",
            "storageProof",
            "membership",
            "checkpoints",
            "header",
            "validator_set",
            "ledger_id",
        ),
        *(
            "transactions",
            "trees",
            "signed_transaction",
            "leaves",
            "root",
            "component_groups",
            "privacy_salt",
            "threshold",
        ),
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
HEX = st.binary(max_size=40).map(lambda data: "0x" + data.hex())
JSON = st.recursive(
    SCALARS | HEX,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=12,
)


@pytest.mark.parametrize("what", VERIFIERS)
@given(document=JSON)
def test_any_json_is_answered(what: str, document: object) -> None:
    try:
        VERIFIERS[what](document)
    except (Refused, Unreadable) as answer:
        assert str(answer)  # noqa: PT017 # either error is an answer, if it says something


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'["\\"]]]", ' + b"[" * 100_000, b'{"a": 1, "a": 2}', b"1" * 5000],
    ids=["empty", "cut", "not UTF-8", "deep", "deep behind a string", "a member twice", "a huge number"],
)
def test_what_is_not_json_is_unreadable(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(content)
    with pytest.raises(Unreadable):
        verify_file("header", path)


def test_missing_and_oversized_files_are_unreadable(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="cannot read"):
        load_json_file(tmp_path / "absent.json")
    with pytest.raises(Unreadable, match="cannot read"):
        load_json_file(tmp_path)
    large = tmp_path / "large.json"
    with large.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    with pytest.raises(Unreadable, match="larger"):
        load_json_file(large)


@pytest.mark.parametrize(
    ("what", "document", "place"),
    [
        ("header", {}, "$"),
        ("header", {"header_rlp": 5}, "$.header_rlp"),
        ("header", {"header_rlp": "0xzz"}, "$.header_rlp"),
        ("header", {"header_rlp": "0x00 00"}, "$.header_rlp"),
        ("header", {"header_rlp": "00", "kind": "clique"}, "$.kind"),
        ("storage", {"stateRoot": "0x00", "proof": {"accountProof": []}}, "$.stateRoot"),
        ("storage", {"stateRoot": "00" * 32, "proofs": [{"exists": 1}]}, "$.proofs[0].exists"),
        ("checkpoint", {"ledger_id": "l", "validator_set": {"threshold": 1, "validators": []}}, "$.validator_set"),
        ("ledger-tx", {"transactions": {}}, "$.transactions"),
        ("ledger-tx", {"trees": [{"leaves": []}]}, "$.trees[0]"),
    ],
)
def test_a_complaint_names_its_place(what: str, document: object, place: str) -> None:
    with pytest.raises(Unreadable) as complaint:
        VERIFIERS[what](document)
    assert complaint.value.place == place


def test_an_answer_of_eth_get_proof_without_its_root_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="stateRoot"):
        VERIFIERS["storage"]({"result": {"accountProof": [], "address": "0x" + "00" * 20}})


def test_quantities_are_read_as_json_rpc_writes_them() -> None:
    assert [JsonField(value).integer() for value in (7, "0x7", "0x07", "0x")] == [7, 7, 7, 0]
    strange: tuple[object, ...] = (-1, True, 1.0, "7", "0xg", None, [], "0x" + "1" * 65, 2**256)
    for value in strange:
        with pytest.raises(Unreadable):
            JsonField(value).integer()
