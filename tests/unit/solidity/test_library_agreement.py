"""Each library in assembly agrees with its plain reference, whatever the input; neither is trusted alone."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from eth_abi import abi as eth_abi
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes import progmat_oracle as oracle
from tests.fakes.evm_sandbox import Account, Contract, EvmSandbox, Reverted
from tests.fakes.ibc_oracle import PACKET_TYPE, Packet, ack_commitment, path
from tests.fakes.progmat_oracle import Proof, Tree, Validator

FUZZ = settings(max_examples=30, deadline=None)
RELAYER = Account.named("relayer").address

texts = st.text(max_size=70)
small_bytes = st.binary(max_size=100)
words = st.binary(min_size=32, max_size=32)


@cache
def probe() -> Contract:
    """The libraries, deployed once: every test only calls, or takes back what it did."""
    return EvmSandbox().deploy("LibraryProbe")


def outcome(function: str, *args: object) -> object:
    """The result, or the error with its evidence."""
    try:
        return probe().call(function, *args)
    except Reverted as reverted:
        return (reverted.error, reverted.error_args)


@st.composite
def packets(draw: st.DrawFn) -> Packet:
    """Packets of one payload with any strings at all."""
    payload = (draw(texts), draw(texts), draw(texts), draw(texts), draw(st.binary(max_size=300)))
    numbers = st.integers(0, 2**64 - 1)
    return Packet(draw(numbers), draw(texts), draw(texts), draw(numbers), (payload,))


@given(packets())
@FUZZ
def test_a_packet_is_encoded_and_committed_to_as_solidity_and_the_oracle_do(packet: Packet) -> None:
    encoded, commitment = probe().call("encodePacket", packet.abi)
    assert (encoded, commitment) == probe().call("encodePacketPlain", packet.abi)
    assert encoded == packet.encoded
    assert commitment == packet.commitment


@given(packets())
@FUZZ
def test_the_callback_is_the_calldata_solidity_would_make(packet: Packet) -> None:
    assert probe().call("recvCallback", packet.abi, RELAYER) == probe().call("recvCallbackPlain", packet.abi, RELAYER)


@given(packets(), st.binary(max_size=130))
@FUZZ
def test_the_event_is_the_one_solidity_would_emit(packet: Packet, acknowledgement: bytes) -> None:
    with probe().sandbox.undone():
        tight, plain = probe().transact("emitTwice", packet.abi, acknowledgement).logs
    assert tight == plain
    assert tight.event == "WriteAcknowledgement"
    assert tight.args[3] == (acknowledgement,)


@given(packets(), st.integers(0, 40))
@FUZZ
def test_a_packet_encoded_unusually_in_calldata_is_still_encoded_canonically(packet: Packet, words_apart: int) -> None:
    """Calldata may carry the same packet with gaps between its parts; the receipt must not depend on that."""
    canonical = eth_abi.encode([PACKET_TYPE], [packet.abi])
    gap = bytes(32 * words_apart)
    # the packet's tuple moved back by the gap
    loose = (32 + len(gap)).to_bytes(32, "big") + gap + canonical[32:]
    selector = probe().encode("encodePacket", packet.abi)[:4]
    output = probe().sandbox.run(probe().sandbox.deployer, probe().address, selector + loose).output
    assert eth_abi.decode(["bytes", "bytes32"], output) == (packet.encoded, packet.commitment)


@given(st.text(max_size=70), st.integers(0, 2**64 - 1), small_bytes)
@FUZZ
def test_paths_and_acknowledgements_are_those_of_the_oracle(client: str, sequence: int, ack: bytes) -> None:
    expected = tuple(path(client, tag, sequence) for tag in (1, 2, 3))
    assert probe().call("paths", client, sequence) == expected
    assert probe().call("acknowledgementCommitment", ack) == ack_commitment(ack)


@given(st.binary(max_size=200))
@FUZZ
def test_calldata_is_hashed_as_solidity_hashes_it(data: bytes) -> None:
    assert probe().call("hashes", data) == (oracle.keccak(data), oracle.keccak(data))


@st.composite
def proofs(draw: st.DrawFn) -> tuple[bytes, bytes, bytes]:
    """A real proof, its key and value, often damaged in one place."""
    size = draw(st.integers(0, 40))
    tree = Tree({b"key %d" % number: b"value %d" % number for number in range(size)}, draw(st.sampled_from([0, 0, 12])))
    number = draw(st.integers(0, 60))
    key, value = b"key %d" % number, b"value %d" % number
    encoded = bytearray(tree.prove(key).encode())
    damage = draw(st.sampled_from(["none", "flip", "cut", "extend", "swap kind"]))
    if damage == "flip":
        encoded[draw(st.integers(0, len(encoded) - 1))] ^= 1 << draw(st.integers(0, 7))
    elif damage == "cut":
        del encoded[draw(st.integers(0, len(encoded))) :]
    elif damage == "extend":
        encoded += draw(st.binary(min_size=1, max_size=70))
    elif damage == "swap kind":
        encoded[0] = draw(st.integers(0, 3))
    return bytes(encoded), key, value


@given(proofs())
@FUZZ
def test_tight_and_plain_sparse_merkle_proofs_agree(case: tuple[bytes, bytes, bytes]) -> None:
    proof, key, value = case
    assert outcome("rootOfPresence", proof, key, value) == outcome("rootOfPresencePlain", proof, key, value)
    assert outcome("rootOfAbsence", proof, key) == outcome("rootOfAbsencePlain", proof, key)


@given(st.integers(0, 256), st.integers(0, 2**256 - 1), small_bytes)
@settings(max_examples=10, deadline=None)
def test_tight_and_plain_agree_at_every_depth(depth: int, pattern: int, key: bytes) -> None:
    present = (pattern >> (255 - level) & 1 for level in range(depth))
    siblings = tuple(oracle.sha(b"%d" % level) if bit else oracle.ZERO for level, bit in enumerate(present))
    for kind in (oracle.KIND_PRESENCE, oracle.KIND_EMPTY):
        proof = Proof(kind, siblings).encode()
        function = "rootOfPresence" if kind == oracle.KIND_PRESENCE else "rootOfAbsence"
        args = (proof, key, b"value") if kind == oracle.KIND_PRESENCE else (proof, key)
        root = probe().call(function, *args)
        assert root == probe().call(function + "Plain", *args)


def test_the_deepest_proof_with_every_sibling_present_is_counted_right() -> None:
    """256 set bits do not fit a byte: the count must not wrap."""
    full = Proof(oracle.KIND_PRESENCE, tuple(oracle.sha(b"%d" % level) for level in range(256)))
    assert probe().call("rootOfPresence", full.encode(), b"key", b"value") == probe().call(
        "rootOfPresencePlain", full.encode(), b"key", b"value"
    )
    cut = replace(full, siblings=(*full.siblings[:255], oracle.ZERO), bitmap=2**256 - 1)
    assert outcome("rootOfPresence", cut.encode(), b"key", b"value") == (
        "SmtProofLengthInvalid",
        (35 + 256 * 32, 35 + 255 * 32),
    )


@given(words, st.sampled_from(["good", "high s", "flip", "random"]), st.integers(0, 511), small_bytes)
@FUZZ
def test_tight_and_plain_signatures_agree(digest: bytes, kind: str, bit: int, noise: bytes) -> None:
    validator = Validator.numbered(7)
    signature = bytearray(validator.sign_high_s(digest) if kind == "high s" else validator.sign(digest))
    if kind == "flip":
        signature[bit // 8] ^= 1 << bit % 8
    elif kind == "random":
        signature = bytearray(oracle.keccak(noise) + oracle.keccak(b"s" + noise))
    r, vs = bytes(signature[:32]), bytes(signature[32:])
    found = probe().call("recover", digest, r, vs)
    assert found == probe().call("recoverPlain", digest, r, vs)
    if kind == "good":
        assert bytes.fromhex(found[2:]) == validator.address
    elif kind == "high s":
        assert bytes.fromhex(found[2:]) != validator.address


@given(words, st.integers(1, 2**100))
@settings(max_examples=10, deadline=None)
def test_an_s_above_half_the_order_that_still_fits_the_compact_form_is_refused(digest: bytes, above: int) -> None:
    """The curve accepts it and gives some address: only the bound keeps the malleable twin out."""
    r = Validator.numbered(7).sign(digest)[:32]
    s = (oracle.CURVE_ORDER // 2 + above).to_bytes(32, "big")
    assert s[0] < 0x80
    precompile = (1).to_bytes(20, "big")
    sandbox = probe().sandbox
    recovered = sandbox.run(sandbox.deployer, precompile, digest + (27).to_bytes(32, "big") + r + s).output
    assert int.from_bytes(recovered, "big") != 0
    assert int(probe().call("recover", digest, r, s), 16) == 0
    assert int(probe().call("recoverPlain", digest, r, s), 16) == 0


@given(st.text(alphabet=st.characters(max_codepoint=0x17F), max_size=140))
@FUZZ
def test_identifiers_are_the_allowed_characters_in_the_allowed_length(text: str) -> None:
    allowed = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+-#[]<>")
    wellformed = set(text) <= allowed
    expected = (wellformed and 2 <= len(text) <= 64, wellformed and 2 <= len(text) <= 128)
    assert probe().call("identifiers", text) == expected


@given(st.text(alphabet="Az09._+-#[]<>", min_size=2, max_size=64))
@settings(max_examples=20, deadline=None)
def test_every_allowed_character_is_allowed(text: str) -> None:
    assert probe().call("identifiers", text) == (True, True)
