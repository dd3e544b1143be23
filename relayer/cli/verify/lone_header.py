"""A block header held against its own validators and against what the file expects of it.

``{"kind": "qbft" | "ibft2" | "ibft1", "header_rlp": hex, "header"?: fields by their JSON-RPC names, "expected"?:
{...}, "header_rlp_without_seals"?: hex, "block_rlp"?: hex}``. Every optional part that is there is checked. Without
``header_rlp``, the header is made of ``header``, which may then be a whole block as ``eth_getBlockByNumber`` answers
it.
"""

from __future__ import annotations

import itertools

from light_clients.qbft import ConsensusEngine, SealedHeader, read_sealed_header
from light_clients.qbft.execution_header import MIN_FIELDS
from light_clients.qbft.verify import quorum_of, validate_proposer, validate_seals
from primitives.keccak import keccak256
from primitives.mpt import EMPTY_TRIE_ROOT
from primitives.rlp import encode, split_list, string_payload, uint_bytes
from relayer.cli.verify.claims import check_bytes, check_bytes_list, check_integer
from relayer.cli.verify.errors import Refused, Unreadable, refusing
from relayer.cli.verify.json_reader import JsonField
from relayer.cli.verify.report import Fact, shown_bytes, shown_time

QUANTITY, DATA = "quantity", "data"
BLOCK_ITEMS = 3
EMPTY_LIST = b"\xc0"
_FIELDS = (
    *(("parentHash", DATA), ("sha3Uncles", DATA), ("miner", DATA), ("stateRoot", DATA), ("transactionsRoot", DATA)),
    *(("receiptsRoot", DATA), ("logsBloom", DATA), ("difficulty", QUANTITY), ("number", QUANTITY)),
    *(("gasLimit", QUANTITY), ("gasUsed", QUANTITY), ("timestamp", QUANTITY), ("extraData", DATA), ("mixHash", DATA)),
    *(("nonce", DATA), ("baseFeePerGas", QUANTITY), ("withdrawalsRoot", DATA), ("blobGasUsed", QUANTITY)),
    *(("excessBlobGas", QUANTITY), ("parentBeaconBlockRoot", DATA), ("requestsHash", DATA)),
)


def check_lone_header(file: JsonField) -> tuple[SealedHeader, tuple[Fact, ...]]:
    """The header and what holds of it. Raises Refused, Unreadable."""
    engine = _engine(file)
    header_rlp = _header_rlp(file)
    with refusing(file.place):
        sealed = read_sealed_header(engine, header_rlp)
        signers = validate_seals(sealed)
        if engine is ConsensusEngine.IBFT1:  # elsewhere the coinbase, which some networks pay to a beneficiary
            validate_proposer(sealed)
    _check_expected(file.get("expected"), sealed, signers)
    _check_fields(file.get("header"), sealed)
    _check_surroundings(file, engine, header_rlp, sealed)
    return sealed, _facts(engine, sealed, signers)


def _header_rlp(file: JsonField) -> bytes:
    """As given, or else made of the JSON fields, which is all that ``eth_getBlockByNumber`` answers."""
    given = file.get("header_rlp")
    if given is not None or not file.has("header"):
        return file.at("header_rlp").hex()
    fields = file.at("header")
    later = itertools.takewhile(lambda field: fields.has(field[0]), _FIELDS[MIN_FIELDS:])
    return encode(
        [
            uint_bytes(fields.at(name).integer()) if kind is QUANTITY else fields.at(name).hex()
            for name, kind in (*_FIELDS[:MIN_FIELDS], *later)
        ]
    )


def _engine(file: JsonField) -> ConsensusEngine:
    kind = file.get("kind")
    if kind is None:
        return ConsensusEngine.QBFT
    try:
        return ConsensusEngine(kind.text())
    except ValueError as error:
        known = ", ".join(engine.value for engine in ConsensusEngine)
        raise Unreadable(f"unknown kind {kind.text()!r}; known are {known}", place=kind.place) from error


def _check_expected(expected: JsonField | None, sealed: SealedHeader, signers: tuple[bytes, ...]) -> None:
    if expected is None:
        return
    check_bytes(expected.get("block_hash"), sealed.block_hash)
    check_bytes(expected.get("commit_seal_digest"), sealed.seal_digest)
    check_bytes_list(expected.get("validators"), sealed.validators)
    check_bytes_list(expected.get("committers_in_seal_order"), signers)
    check_bytes(expected.get("proposer"), sealed.proposer)
    check_integer(expected.get("validator_count"), len(sealed.validators))
    check_integer(expected.get("quorum_ceil_2n_3"), quorum_of(len(sealed.validators)))
    check_integer(expected.get("seal_count"), len(sealed.seals))
    if (claimed_round := expected.get("round")) is not None:
        if sealed.round is None:
            raise Refused(f"{claimed_round.place} does not hold: this kind of header names no round")
        check_integer(claimed_round, sealed.round)


def _check_fields(fields: JsonField | None, sealed: SealedHeader) -> None:
    """Each field that the JSON names equals the one in the RLP; the JSON may name fewer or others besides."""
    if fields is None:
        return
    check_bytes(fields.get("hash"), sealed.block_hash)
    for (name, kind), raw in zip(_FIELDS, sealed.header.raw_fields, strict=False):
        payload = string_payload(raw)
        if kind is QUANTITY:
            check_integer(fields.get(name), int.from_bytes(payload, "big"))
        else:
            check_bytes(fields.get(name), payload)


def _check_surroundings(file: JsonField, engine: ConsensusEngine, header_rlp: bytes, sealed: SealedHeader) -> None:
    unsealed = file.get("header_rlp_without_seals")
    if unsealed is not None and engine is not ConsensusEngine.IBFT1 and keccak256(unsealed.hex()) != sealed.seal_digest:
        raise Refused(
            f"{unsealed.place} is not what the seals sign", expected=sealed.seal_digest, found=keccak256(unsealed.hex())
        )
    if (block := file.get("block_rlp")) is not None:
        _check_block(block, header_rlp, sealed)


def _check_block(block: JsonField, header_rlp: bytes, sealed: SealedHeader) -> None:
    """Header, transactions, ommers. Of transactions only whether there are any: their trie is not rebuilt."""
    with refusing(block.place):
        items = split_list(block.hex())
        ommers_hash, transactions_root = (string_payload(sealed.header.raw_fields[index]) for index in (1, 4))
    if not items or items[0] != header_rlp:
        raise Refused(f"{block.place} does not begin with header_rlp")
    if len(items) != BLOCK_ITEMS or keccak256(items[2]) != ommers_hash:
        raise Refused(f"{block.place} has other ommers than its header", expected=ommers_hash)
    if (items[1] == EMPTY_LIST) != (transactions_root == EMPTY_TRIE_ROOT):
        raise Refused(f"{block.place} has transactions and its header none, or the other way round")


def _facts(engine: ConsensusEngine, sealed: SealedHeader, signers: tuple[bytes, ...]) -> tuple[Fact, ...]:
    count = len(sealed.validators)
    return (
        Fact("header", f"{engine.value}, block {sealed.header.number}, {len(sealed.header.raw_fields)} fields"),
        Fact("time", shown_time(sealed.header.timestamp_s)),
        Fact("block hash", shown_bytes(sealed.block_hash)),
        Fact("seals", f"{len(signers)} of {count} validators sealed, {quorum_of(count)} needed"),
        Fact("sealed by", ", ".join(shown_bytes(signer) for signer in signers)),
        Fact("seal digest", shown_bytes(sealed.seal_digest)),
        Fact("proposer", shown_bytes(sealed.proposer) + ("" if sealed.round is None else f", round {sealed.round}")),
    )
