"""Fresh keys follow from the account, from who asks and from the tag, and from nothing else."""

from __future__ import annotations

from itertools import product
from pathlib import Path

from chains.progmat.identity import KeyPurpose, KeyStore, ScryptCost
from primitives.public_key import PublicKey, SignatureScheme
from primitives.signatures import Signer, verify

SEEDS = {name: bytes([number]) * 32 for number, name in enumerate(("alice", "bob"), start=1)}
EXPECTED = "40232cdcdb0f9e12ab94b8ecfb8f3280d5d1e26fc035bea7ecde1f4efe8b1658"
TAGS = (b"\x01" * 32, b"\x02" * 32)


def key_store(path: Path, *, scheme: SignatureScheme = SignatureScheme.ED25519) -> KeyStore:
    keys = KeyStore.create(path, b"test", ScryptCost(14))
    keys.keep("node", KeyPurpose.NODE, SignatureScheme.ED25519, b"\x09" * 32)
    for name, seed in SEEDS.items():
        keys.keep(name, KeyPurpose.ACCOUNT, scheme, seed)
    return keys


def fresh(keys: KeyStore, account: PublicKey, asker: str, tag: bytes) -> Signer:
    signer = keys.fresh_signer(account, asker, tag)
    assert signer is not None
    return signer


def test_each_account_asker_and_tag_has_a_key_of_its_own(tmp_path: Path) -> None:
    keys = key_store(tmp_path / "keys")
    accounts = keys.account_keys()
    made = {
        fresh(keys, account, asker, tag).public_key
        for account, asker, tag in product(accounts, ("cn-a", "cn-b", "cn-"), TAGS)
    }
    assert len(made) == 12
    assert not made & set(accounts)


def test_a_key_file_opened_again_or_restored_makes_the_same_keys(tmp_path: Path) -> None:
    before = key_store(tmp_path / "keys")
    again = KeyStore.open(tmp_path / "keys", b"test")
    for account in before.account_keys():
        assert fresh(before, account, "cn-a", TAGS[0]).public_key == fresh(again, account, "cn-a", TAGS[0]).public_key


def test_an_account_opened_now_has_them_at_once(tmp_path: Path) -> None:
    keys = key_store(tmp_path / "keys")
    opened = keys.generate("third", KeyPurpose.ACCOUNT, SignatureScheme.ED25519)
    assert opened.public_key in keys.account_keys()
    signer = fresh(keys, opened.public_key, "cn-a", TAGS[0])
    verify(signer.public_key, b"text", signer.sign(b"text"))


def test_the_scheme_of_the_account_is_no_mark_and_no_two_accounts_share_keys(tmp_path: Path) -> None:
    """The same seed under two schemes is two accounts."""
    made = set()
    for scheme in (SignatureScheme.ED25519, SignatureScheme.SECP256K1, SignatureScheme.SECP256R1):
        keys = key_store(tmp_path / scheme.name, scheme=scheme)
        made |= {fresh(keys, account, "cn-a", TAGS[0]).public_key for account in keys.account_keys()}
    assert len(made) == 6
    assert {key.scheme for key in made} == {SignatureScheme.ED25519}


def test_no_other_key_than_an_accounts_has_any(tmp_path: Path) -> None:
    keys = key_store(tmp_path / "keys")
    node = keys.key("node")
    assert node is not None
    assert node.public_key not in keys.account_keys()
    assert keys.fresh_signer(node.public_key, "cn-a", TAGS[0]) is None


def test_the_derivation_is_written_down(tmp_path: Path) -> None:
    """A key that came out differently after an upgrade would be coins lost."""
    keys = key_store(tmp_path / "keys")
    alice = keys.key("alice")
    assert alice is not None
    assert fresh(keys, alice.public_key, "cn-a", TAGS[0]).public_key.data.hex() == EXPECTED
