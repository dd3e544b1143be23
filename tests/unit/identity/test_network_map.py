"""The network map: what it says is consistent, or it is refused by name."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from chains.progmat.flows.seams import Directory
from chains.progmat.identity import NetworkMap, NodeEntry, Role, create_authority, issue_node_certificate, node_name
from chains.progmat.identity.errors import BadNetworkMap, BadNodeName
from chains.progmat.transactions.model import Party
from primitives.hashing import sha256
from primitives.signatures import SignatureScheme, SoftwareSigner


def entry(name: str, index: int, *roles: Role) -> NodeEntry:
    key = SoftwareSigner.from_seed(SignatureScheme.ED25519, sha256(name.encode())).public_key
    return NodeEntry(Party(name, key), frozenset(roles), "127.0.0.1", 9000 + index, index)


ENTRIES = [
    entry("SN", 1, Role.ISSUER),
    entry("CN-A", 2, Role.CUSTODIAN),
    entry("CN-B", 3, Role.CUSTODIAN),
    entry("NN", 4, Role.NOTARY, Role.VALIDATOR),
]


def test_a_map_survives_its_file(tmp_path: Path) -> None:
    path = tmp_path / "map.json"
    path.write_text(NetworkMap(ENTRIES).to_json())
    loaded = NetworkMap.load(path)
    assert set(loaded.entries) == set(ENTRIES)
    assert loaded.names() == {"SN", "CN-A", "CN-B", "NN"}
    assert loaded.endpoints_of_others("SN") == {
        "CN-A": ("127.0.0.1:9002",),
        "CN-B": ("127.0.0.1:9003",),
        "NN": ("127.0.0.1:9004",),
    }


def test_the_map_is_the_flows_directory() -> None:
    directory: Directory = NetworkMap(ENTRIES)
    assert directory.names_with(Role.CUSTODIAN) == ("CN-A", "CN-B")
    assert directory.party("SN") == ENTRIES[0].party
    assert directory.party("nobody") is None
    assert directory.holder_of(ENTRIES[3].party.key) == "NN"
    assert directory.holder_of(entry("stranger", 9, Role.ISSUER).party.key) is None


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"name": "cn-a"}, "name"),
        ({"index": 2}, "index"),
        ({"port": 9002}, "endpoint"),
    ],
)
def test_two_nodes_share_nothing(changed: dict[str, Any], what: str) -> None:
    content = json.loads(NetworkMap(ENTRIES).to_json())
    content["nodes"][1].update(changed)  # CN-B, which stands after CN-A
    with pytest.raises(BadNetworkMap, match=f"two nodes have one {what}"):
        NetworkMap.from_json(json.dumps(content))


def set_first(field: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda content: content["nodes"][0].update({field: value})


@pytest.mark.parametrize(
    "break_it",
    [
        set_first("name", "a b"),
        set_first("name", ""),
        set_first("roles", ["EMPEROR"]),
        set_first("roles", []),
        set_first("port", 0),
        set_first("port", "9000"),
        set_first("index", 65536),
        set_first("key", "zz"),
        set_first("key", "04" + "00" * 32),
        set_first("key", ""),
        set_first("surprise", 1),
        lambda content: content.update(nodes=[]),
        lambda content: content.update(version=2),
    ],
)
def test_a_malformed_map_is_refused(break_it: Callable[[dict[str, Any]], None]) -> None:
    content = json.loads(NetworkMap(ENTRIES).to_json())
    break_it(content)
    with pytest.raises(BadNetworkMap):
        NetworkMap.from_json(json.dumps(content))


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe"])
def test_a_file_that_is_no_map_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "map.json").write_bytes(content)
    with pytest.raises(BadNetworkMap):
        NetworkMap.load(tmp_path / "map.json")
    with pytest.raises(BadNetworkMap, match="cannot be read"):
        NetworkMap.load(tmp_path / "missing.json")


@pytest.mark.parametrize("bad", ["", "-a", "a-", "a.b", "a b", "円", "1a", "a" * 64, "a\n"])
def test_what_cannot_stand_in_a_certificate_is_no_name(bad: str) -> None:
    with pytest.raises(BadNodeName):
        node_name(bad)


def test_a_node_certificate_bears_the_name_twice_and_signs_no_other() -> None:
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    authority = create_authority("devnet", now)
    issued = x509.load_pem_x509_certificate(issue_node_certificate(authority, "CN-A", now).certificate_pem)
    names = issued.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    alternative = issued.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [name.value for name in names] == ["CN-A"]
    assert alternative.get_values_for_type(x509.DNSName) == ["CN-A"]
    assert issued.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    issued.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.certificate_pem))
    with pytest.raises(BadNodeName):
        issue_node_certificate(authority, "CN A", now)
