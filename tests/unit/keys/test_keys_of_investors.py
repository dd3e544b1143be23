"""Every investor has a key of his own: fresh, found again, derived from nobody else's, and replaced by version."""

from __future__ import annotations

from pathlib import Path

import pytest

from chains.progmat.identity import KeyPurpose, KeyStore, ScryptCost
from chains.progmat.keys.investor_keys import InvestorKeys
from primitives.errors import InvalidArgument
from primitives.signatures import SignatureScheme


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore.create(tmp_path / "keys.db", b"open sesame", ScryptCost(14), "cn-a")


def test_opening_again_gives_the_same_key_also_after_a_restart(store: KeyStore) -> None:
    investors = InvestorKeys(store)
    first = investors.open("INV-1")
    assert (first.version, first.kept.purpose) == (1, KeyPurpose.ACCOUNT)
    assert investors.open("INV-1") == first
    assert InvestorKeys(KeyStore.open(store.book.path, b"open sesame")).open("INV-1") == first
    assert investors.open("INV-2").kept.public_key != first.kept.public_key


def test_no_key_is_derived_from_another_or_from_the_investors_id(tmp_path: Path) -> None:
    keys = set()
    for number in range(3):
        store = KeyStore.create(tmp_path / f"{number}.db", b"open sesame", ScryptCost(14), "cn-a")
        store.keep("node", KeyPurpose.NODE, SignatureScheme.ED25519, b"\x01" * 32)
        keys.add(InvestorKeys(store).open("INV-1").kept.public_key)
    assert len(keys) == 3


def test_a_rotation_is_repeated_without_making_a_third_key(store: KeyStore) -> None:
    investors = InvestorKeys(store)
    first = investors.open("INV-1")
    second = investors.rotate("INV-1", 1)
    assert investors.rotate("INV-1", 1) == second
    assert investors.open("INV-1") == investors.present("INV-1") == second
    assert investors.all("INV-1") == (first, second)
    assert store.signer(first.kept.public_key) is not None  # what still lies under it can be moved
    with pytest.raises(InvalidArgument, match="version 3"):
        investors.rotate("INV-1", 3)
    assert investors.all("INV-2") == ()


@pytest.mark.parametrize("investor_id", ["", "a/b", "山田太郎", "x" * 65, " INV", "-1", "INV-1\n"])
def test_what_is_no_id_opens_nothing(store: KeyStore, investor_id: str) -> None:
    with pytest.raises(InvalidArgument):
        InvestorKeys(store).open(investor_id)
    assert store.keys() == ()


def test_versions_of_similar_ids_are_not_mixed_up(store: KeyStore) -> None:
    investors = InvestorKeys(store)
    investors.open("INV-1")
    investors.open("INV-1.0001")
    assert [len(investors.all(each)) for each in ("INV-1", "INV-1.0001", "INV-1.0002")] == [1, 1, 0]
