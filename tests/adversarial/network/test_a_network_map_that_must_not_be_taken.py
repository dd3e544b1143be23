"""Maps that somebody who is not the operator, or an operator of old, would like the members to take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from chains.progmat.identity import NetworkMap, NodeEntry, Role
from chains.progmat.identity.errors import BadNetworkMap
from chains.progmat.network.errors import NetworkMapRefused, ParametersStoreBroken
from chains.progmat.network.map_book import MapBook, SignedNetworkMap
from chains.progmat.network.peer_codec import decode_signed_map
from chains.progmat.transactions.parameters_history import ParametersHistory
from primitives.errors import DecodeError
from tests.fakes.epochs import following, signed_epoch, with_node_key
from tests.fakes.ledger_parties import CN_A, OPERATOR, SN, STRANGER, LedgerParty
from tests.integration.ledger.network import MAP, PARAMETERS

START_S = 1_000_000
NEW_OPERATOR, SN_2 = LedgerParty("bno 2"), LedgerParty("sn 2")
NEWCOMER = NodeEntry(STRANGER.party, frozenset({Role.CUSTODIAN}), "127.0.0.1", 30_000, 99)


def next_map(*entries: NodeEntry, serial: int = 2) -> NetworkMap:
    return NetworkMap(entries or (*MAP.entries, NEWCOMER), serial=serial)


def book(folder: Path, history: ParametersHistory | None = None) -> MapBook:
    known = history or ParametersHistory.of(PARAMETERS)
    return MapBook.open(MAP, folder, lambda: known)


def test_a_member_more_is_listed_at_once_and_after_a_restart(tmp_path: Path) -> None:
    opened = book(tmp_path)
    told: list[int] = []
    opened.on_change(lambda: told.append(opened.serial))
    assert STRANGER.name not in opened
    signed = SignedNetworkMap.sign(next_map(), OPERATOR.signer)
    assert opened.learn(signed, 0)
    assert not opened.learn(signed, 0)
    assert (told, STRANGER.name in opened, opened.party(STRANGER.name)) == ([2], True, STRANGER.party)
    assert SignedNetworkMap.decode(opened.newer_than(1)) == signed
    assert opened.newer_than(2) == b""
    assert STRANGER.name in book(tmp_path)


def _entry(party: LedgerParty) -> NodeEntry:
    found = MAP.entry(party.name)
    assert found is not None
    return found


def _with(changed: NodeEntry) -> NetworkMap:
    return next_map(*(changed if entry.name == changed.name else entry for entry in MAP.entries))


@pytest.mark.parametrize(
    ("bent", "rule"),
    [
        (lambda: SignedNetworkMap.sign(next_map(), STRANGER.signer), "operator's key in force"),
        (lambda: replace(SignedNetworkMap.sign(next_map(), STRANGER.signer), by=OPERATOR.key), "does not verify"),
        (lambda: SignedNetworkMap.sign(next_map(serial=1), OPERATOR.signer), "serial number"),
        (
            lambda: SignedNetworkMap.sign(
                _with(replace(_entry(SN), party=replace(SN.party, key=STRANGER.key))), OPERATOR.signer
            ),
            "key of sn is another",
        ),
        (
            lambda: SignedNetworkMap.sign(_with(replace(_entry(SN), index=77)), OPERATOR.signer),
            "number of sn is another",
        ),
    ],
    ids=["stranger", "stranger in the operator's name", "old serial", "other key", "other number"],
)
def test_a_map_that_breaks_a_rule_leaves_the_one_at_hand(
    tmp_path: Path, bent: Callable[[], SignedNetworkMap], rule: str
) -> None:
    opened = book(tmp_path)
    with pytest.raises(NetworkMapRefused, match=rule):
        opened.learn(bent(), 0)
    assert (opened.serial, opened.entries) == (1, MAP.entries)
    assert not list(tmp_path.glob("*.signed"))


def test_the_operator_of_old_lists_nobody_any_more(tmp_path: Path) -> None:
    second = following(PARAMETERS, START_S, operator_key=NEW_OPERATOR.key)
    opened = book(tmp_path, ParametersHistory.of(PARAMETERS).extended(signed_epoch(second)))
    with pytest.raises(NetworkMapRefused, match="operator's key in force"):
        opened.learn(SignedNetworkMap.sign(next_map(), OPERATOR.signer), START_S)
    assert opened.learn(SignedNetworkMap.sign(next_map(), NEW_OPERATOR.signer), START_S)


def test_a_replaced_key_still_tells_whose_it_was(tmp_path: Path) -> None:
    second = with_node_key(PARAMETERS, START_S, SN, SN_2)
    opened = book(tmp_path, ParametersHistory.of(PARAMETERS).extended(signed_epoch(second)))
    assert [opened.holder_of(key) for key in (SN.key, SN_2.key, CN_A.key, STRANGER.key)] == ["sn", "sn", "cn-a", None]


def test_bytes_that_are_no_signed_map_are_refused(tmp_path: Path) -> None:
    good = SignedNetworkMap.sign(next_map(), OPERATOR.signer).encode()
    for bent in (good[:-1], good + b"\x00", b"", bytes(3 * 1024 * 1024)):
        with pytest.raises(DecodeError):
            decode_signed_map(bent)
    garbage = SignedNetworkMap(b"{}", OPERATOR.key, b"")
    opened = book(tmp_path)
    with pytest.raises((NetworkMapRefused, BadNetworkMap)):
        opened.learn(garbage, 0)


def test_an_altered_file_of_the_map_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "network-map.signed").write_bytes(SignedNetworkMap.sign(next_map(), STRANGER.signer).encode())
    with pytest.raises(ParametersStoreBroken):
        book(tmp_path)
