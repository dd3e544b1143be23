"""What the batch entry and the hand-made calls are built of agrees with plain Solidity and with the oracle."""

from __future__ import annotations

from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from light_clients.progmat import join_proofs
from tests.fakes import progmat_oracle as oracle
from tests.fakes.evm_sandbox import Account, Contract, EvmSandbox, Reverted
from tests.fakes.ibc_oracle import Packet, ack_commitment, path
from tests.fakes.progmat_oracle import Checkpoint, Tree, ValidatorSet, keccak

FUZZ = settings(max_examples=25, deadline=None)
PREFIX = b"qbft-0\x01"
LEDGER = "progmat-test"
texts = st.text(max_size=70)
words = st.binary(min_size=32, max_size=32)
uint64s = st.integers(0, 2**64 - 1)


@cache
def probe() -> Contract:
    """The libraries, deployed once."""
    return EvmSandbox().deploy("LibraryProbe")


def root_or_refusal(function: str, *args: object) -> bytes | None:
    """The root, or None if refused: which of several faults is named first may differ."""
    try:
        return bytes(probe().call(function, *args))
    except Reverted as reverted:
        if not reverted.error.startswith("Smt"):
            raise
        return None


def value_of(sequence: int) -> bytes:
    """What stands at a sequence."""
    return oracle.sha(b"packet %d" % sequence)


def joint(sequences: list[int], tree: Tree) -> tuple[bytes, list[tuple[int, bytes]]]:
    """A multiproof and its entries, in its order."""
    paths = [PREFIX + number.to_bytes(8, "big") for number in sequences]
    proof = join_proofs(paths, [bytes(8) + tree.prove(at).encode() for at in paths])
    return proof.proof[8:], [(sequences[at], value_of(sequences[at])) for at in proof.order]


@st.composite
def trees(draw: st.DrawFn) -> tuple[list[int], Tree]:
    """Some sequences of a tree that also holds others."""
    size = draw(st.integers(1, 40))
    entries = {PREFIX + number.to_bytes(8, "big"): value_of(number) for number in range(1, size + 1)}
    chosen = draw(st.sets(st.integers(1, size), min_size=1, max_size=12))
    return sorted(chosen), Tree(entries, draw(st.sampled_from([0, 0, 14])))


@given(trees())
@FUZZ
def test_a_multiproof_leads_to_the_trees_root_for_any_choice_of_keys(case: tuple[list[int], Tree]) -> None:
    sequences, tree = case
    proof, entries = joint(sequences, tree)
    assert probe().call("rootOfPresences", proof, PREFIX, entries) == tree.root
    assert probe().call("rootOfPresencesPlain", proof, PREFIX, entries) == tree.root


@given(trees(), st.data())
@FUZZ
def test_tight_and_plain_multiproofs_agree_and_no_damage_leads_to_the_root(
    case: tuple[list[int], Tree], data: st.DataObject
) -> None:
    sequences, tree = case
    proof, entries = joint(sequences, tree)
    damaged = bytearray(proof)
    damage = data.draw(st.sampled_from(["flip", "cut", "extend", "drop a sibling", "swap entries", "repeat", "value"]))
    at = data.draw(st.integers(0, len(proof) - 1))
    if damage == "flip":
        damaged[at] ^= 1 << data.draw(st.integers(0, 7))
    elif damage == "cut":
        del damaged[at:]
    elif damage == "extend":
        damaged += data.draw(st.binary(min_size=1, max_size=40))
    elif damage == "drop a sibling":
        del damaged[-32:]
    elif damage == "swap entries":
        entries = entries[::-1]
    elif damage == "repeat":
        entries = [entries[0], *entries]
    else:
        entries[0] = (entries[0][0], oracle.sha(b"another"))
    tight = root_or_refusal("rootOfPresences", bytes(damaged), PREFIX, entries)
    assert tight == root_or_refusal("rootOfPresencesPlain", bytes(damaged), PREFIX, entries)
    same = bytes(damaged) == proof and entries == joint(sequences, tree)[1]
    assert same or tight != tree.root


@given(
    texts,
    texts,
    st.tuples(texts, texts, texts, texts),
    st.lists(st.tuples(uint64s, uint64s, st.binary(max_size=90)), min_size=1, max_size=3),
)
@FUZZ
def test_a_packet_filled_in_is_the_packet_encoded_alone(
    source: str, dest: str, fields: tuple[str, str, str, str], lines: list[tuple[int, int, bytes]]
) -> None:
    sequence, timeout_s, value = lines[-1]
    packet = Packet(sequence, source, dest, timeout_s, ((*fields, value),))
    message = (source, dest, *fields, lines, b"", (0, 0))
    assert probe().call("fillTemplate", message) == (packet.encoded, packet.commitment)


@given(texts, uint64s, words, st.binary(max_size=100), st.tuples(uint64s, uint64s))
@FUZZ
def test_the_light_client_is_asked_as_solidity_would_ask(
    client: str, sequence: int, value: bytes, proof: bytes, height: tuple[int, int]
) -> None:
    tight, plain = probe().call("membershipCall", client, sequence, value, proof, height)
    assert tight == plain
    entries = [(sequence, value), (sequence ^ 1, bytes(32))]
    tight, plain = probe().call("membershipsCall", client, entries, proof, height)
    assert tight == plain


@given(texts, uint64s, st.binary(max_size=130))
@FUZZ
def test_apps_are_told_of_acknowledgements_as_solidity_would_tell_them(client: str, sequence: int, ack: bytes) -> None:
    packet = Packet(sequence, client, "progmat-0", 1, (("a", "b", "c", "d", ack[::-1]),))
    tight, plain = probe().call("acknowledgementCallback", packet.abi, ack, Account.named("relayer").address)
    assert tight == plain
    with probe().sandbox.undone():
        logs = probe().transact("emitSentTwice", packet.abi, ack).logs
    assert logs[0] == logs[1]
    assert logs[2] == logs[3]
    assert [log.event for log in logs] == ["AckPacket", "AckPacket", "TimeoutPacket", "TimeoutPacket"]


@given(texts, uint64s, st.binary(max_size=130))
@FUZZ
def test_paths_and_acknowledgements_are_hashed_as_the_oracle_hashes_them(
    client: str, sequence: int, ack: bytes
) -> None:
    assert probe().call("pathHashes", client, sequence) == tuple(
        keccak(path(client, tag, sequence)) for tag in (1, 2, 3)
    )
    assert probe().call("tightAcknowledgementCommitments", ack) == (ack_commitment(ack), ack_commitment(ack))


@given(uint64s, uint64s, words)
@FUZZ
def test_a_consensus_slot_is_height_and_hash(height: int, time_s: int, root: bytes) -> None:
    expected = height.to_bytes(8, "big") + keccak(time_s.to_bytes(8, "big") + root)[:24]
    assert probe().call("consensusSlot", height, time_s, root) == (expected, expected)


@given(st.integers(1, 7), st.data())
@FUZZ
def test_tight_and_plain_headers_agree_whatever_is_damaged(size: int, data: st.DataObject) -> None:
    threshold = data.draw(st.integers(1, size))
    validators = ValidatorSet.of(threshold, size)
    signers = sorted(data.draw(st.sets(st.integers(0, size - 1), max_size=size)))
    header = bytearray(oracle.header(Checkpoint(9, 1000, bytes(32), validators.hash), validators, LEDGER, signers))
    damage = data.draw(st.sampled_from(["none", "flip", "flip signature", "cut", "extend"]))
    if damage == "flip":
        header[data.draw(st.integers(0, len(header) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    elif damage == "flip signature":
        header[-1 - data.draw(st.integers(0, 63))] ^= 1 << data.draw(st.integers(0, 7))
    elif damage == "cut":
        del header[data.draw(st.integers(0, len(header))) :]
    elif damage == "extend":
        header += data.draw(st.binary(min_size=1, max_size=70))
    # a damaged set is given as the trusted one, so that what comes behind that check is compared too
    trusted = keccak(bytes(header[112 : 114 + 20 * header[113]])) if len(header) > 113 else validators.hash
    arguments = (bytes(header), domain_separator(), trusted)
    assert outcome("verifyHeader", *arguments) == outcome("verifyHeaderPlain", *arguments)


def outcome(function: str, *args: object) -> object:
    """The result, or the error with its evidence."""
    try:
        return probe().call(function, *args)
    except Reverted as reverted:
        return (reverted.error, reverted.error_args)


@cache
def domain_separator() -> bytes:
    """EIP-712 domain of the ledger, by the letter."""
    fields = (b"EIP712Domain(string name,string version,bytes32 salt)", b"Progmat Checkpoint", b"1", LEDGER.encode())
    return keccak(b"".join(keccak(field) for field in fields))
