"""``crossdvp verify ledger-tx FILE.json``: transactions of the ledger, ours or recorded by Corda.

Shapes, told apart by their members:

1. ``{"signed_transaction": hex}``: one of ours. Its id is computed, every signature verified, and nobody required may
be missing. 2. ``{"transactions": [{"privacy_salt", "component_groups": [{"group_index", "components", "derived"?}],
"group_hashes"?, "id", "signatures"?: [{"ed25519_public_key", "public_key_spki"?, "signature", "signable_data",
"signed_hash"?}]}]}``: recorded by Corda. Hashes are recomputed from the component bytes; signatures are verified over
the recorded bytes, which must contain the id. 3. ``{"trees": [{"leaves", "root", "unpadded_leaf_count"?}]}``: Merkle
trees of Corda.
"""

from __future__ import annotations

from chains.progmat.transactions.component_hashing import (
    component_leaf,
    component_nonce,
    group_nonces,
    group_roots,
    salted_path_hash,
    transaction_id,
)
from chains.progmat.transactions.signed import SignedTransaction
from primitives.merkle import ZERO_HASH, merkle_root
from primitives.public_key import PublicKey, SignatureScheme
from primitives.signatures import verify
from relayer.cli.verify.claims import check_bytes, check_bytes_list, check_integer
from relayer.cli.verify.errors import Refused, Unreadable, refusing
from relayer.cli.verify.json_reader import JsonField
from relayer.cli.verify.report import Fact, VerifyReport, shown_bytes

MAX_GROUP_INDEX = 63
ED25519_SPKI_PREFIX = bytes.fromhex("302a300506032b6570032100")
"""DER of an Ed25519 SubjectPublicKeyInfo (RFC 8410), up to the key's 32 bytes."""


def verify_ledger_tx_file(data: object) -> VerifyReport:
    """Any of the shapes of this module's head. Raises Refused, Unreadable."""
    file = JsonField(data)
    if file.has("signed_transaction"):
        return VerifyReport(tuple(_check_own(file.at("signed_transaction"))))
    if file.has("transactions"):
        return VerifyReport(tuple(fact for entry in file.at("transactions").items() for fact in _check_recorded(entry)))
    if file.has("trees"):
        return VerifyReport(tuple(_check_tree(tree) for tree in file.at("trees").items()))
    raise Unreadable("expected 'signed_transaction', 'transactions' or 'trees'")


def _check_own(field: JsonField) -> list[Fact]:
    with refusing(field.place):
        signed = SignedTransaction.decode(field.hex())
        signed.wire.decode_all()
        signed.verify_signatures_except()
    signers = ", ".join(
        f"{signature.by.scheme.name} {shown_bytes(signature.by.data)}" for signature in signed.signatures
    )
    return [
        Fact("transaction", shown_bytes(signed.id)),
        Fact("inputs and outputs", f"{len(signed.wire.inputs)} in, {len(signed.wire.outputs)} out"),
        Fact("signed by", signers),
    ]


def _check_recorded(entry: JsonField) -> list[Fact]:
    salt = entry.at("privacy_salt").hex(32)
    groups = {field.at("group_index").integer(): field for field in entry.at("component_groups").items()}
    if not groups or max(groups) > MAX_GROUP_INDEX:
        raise Unreadable(f"expected component groups 0 to {MAX_GROUP_INDEX}", place=entry.place)
    components = {index: field.at("components").hex_list() for index, field in groups.items()}
    if not all(components.values()):
        raise Unreadable("a component group is empty", place=entry.place)
    for index, field in groups.items():
        _check_derived(field, salt, index, components[index])
    nonces = {index: group_nonces(salt, index, parts) for index, parts in components.items()}
    roots = group_roots(nonces, components)
    check_bytes_list(entry.get("group_hashes"), roots)
    tx_id = transaction_id(roots)
    check_bytes(entry.at("id"), tx_id)
    name = entry.get("name")
    facts = [Fact("transaction" if name is None else name.text(), shown_bytes(tx_id))]
    signatures = entry.get("signatures")
    return facts + [_check_signature(field, tx_id) for field in (signatures.items() if signatures is not None else ())]


def _check_derived(group: JsonField, salt: bytes, index: int, components: tuple[bytes, ...]) -> None:
    derived = group.get("derived")
    if derived is None:
        return
    if len(derived.items()) != len(components):
        raise Refused(f"{derived.place} does not hold", expected=len(derived.items()), found=len(components))
    for place, (claim, component) in enumerate(zip(derived.items(), components, strict=True)):
        nonce = component_nonce(salt, index, place, component)
        check_bytes(claim.get("salted_path_hash"), salted_path_hash(salt, index, place))
        check_bytes(claim.get("nonce"), nonce)
        check_bytes(claim.get("leaf"), component_leaf(nonce, component))


def _check_signature(field: JsonField, tx_id: bytes) -> Fact:
    """Ed25519 over the recorded bytes; that these are about this id is seen by their containing it."""
    key_bytes, signable = field.at("ed25519_public_key").hex(32), field.at("signable_data").hex()
    check_bytes(field.get("public_key_spki"), ED25519_SPKI_PREFIX + key_bytes)
    check_bytes(field.get("signed_hash"), tx_id)
    if tx_id not in signable:
        raise Refused(f"{field.place}.signable_data does not contain the transaction's id", expected=tx_id)
    with refusing(field.place):
        verify(PublicKey(SignatureScheme.ED25519, key_bytes), signable, field.at("signature").hex(64))
    return Fact("signed by", f"ED25519 {shown_bytes(key_bytes)}")


def _check_tree(tree: JsonField) -> Fact:
    leaves = tree.at("leaves").hex_list(32)
    if not leaves:
        raise Unreadable("expected leaves", place=tree.place)
    with refusing(tree.place):
        root = merkle_root(list(leaves))
    check_bytes(tree.at("root"), root)
    if (unpadded := tree.get("unpadded_leaf_count")) is not None:
        padded = leaves[unpadded.integer() :]
        check_integer(unpadded, len(leaves) - len(padded))
        with refusing(tree.place):
            check_bytes(tree.at("root"), merkle_root(list(leaves[: unpadded.integer()])))
        if any(leaf != ZERO_HASH for leaf in padded):
            raise Refused(f"{unpadded.place} does not hold: the padding is not zero")
    name = tree.get("id")
    return Fact("tree" if name is None else name.text(), f"{shown_bytes(root)} over {len(leaves)} leaves")
