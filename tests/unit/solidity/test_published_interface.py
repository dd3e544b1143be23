"""The ABI, the store and the artifacts are what others were told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fakes.dvp_deployment import CLIENT_ID, deploy_dvp
from tests.fakes.evm_abi import ARTIFACT_FOLDERS, ContractAbi, selector_of, signature_of
from tests.fakes.progmat_oracle import keccak, sha

ROOT = Path(__file__).resolve().parents[3]
ARTIFACTS = [pytest.param(path, id=path.stem) for folder in ARTIFACT_FOLDERS for path in sorted(folder.glob("*.json"))]

PAYLOAD = "(string,string,string,string,bytes)"
PACKET = f"(uint64,string,string,uint64,{PAYLOAD}[])"
HEIGHT = "(uint64,uint64)"
COUNTERPARTY = "(string,bytes[])"
PUBLISHED = {
    "ICS26Router": {
        f"sendPacket((string,uint64,{PAYLOAD}))": "uint64",
        f"recvPacket(({PACKET},bytes,{HEIGHT}))": "",
        f"ackPacket(({PACKET},bytes,bytes,{HEIGHT}))": "",
        f"timeoutPacket(({PACKET},bytes,{HEIGHT}))": "",
        "multicall(bytes[])": "bytes[]",
        "addIBCApp(string,address)": "",
        "addIBCApp(address)": "",
        "getIBCApp(string)": "address",
        f"addClient(string,{COUNTERPARTY},address)": "string",
        f"addClient({COUNTERPARTY},address)": "string",
        "updateClient(string,bytes)": "uint8",
        f"migrateClient(string,{COUNTERPARTY},address)": "",
        "submitMisbehaviour(string,bytes)": "",
        "getClient(string)": "address",
        "getCounterparty(string)": COUNTERPARTY,
        "getNextClientSeq()": "uint256",
        "getCommitment(bytes32)": "bytes32",
    },
    "ProgmatLightClient": {
        "updateClient(bytes)": "uint8",
        f"verifyMembership((bytes,{HEIGHT},bytes[],bytes))": "uint256",
        f"verifyNonMembership((bytes,{HEIGHT},bytes[]))": "uint256",
        "misbehaviour(bytes)": "",
        "getClientState()": "bytes",
    },
    "DvpApp": {
        f"onRecvPacket((string,string,uint64,{PAYLOAD},address))": "bytes",
        f"onAcknowledgementPacket((string,string,uint64,{PAYLOAD},bytes,address))": "",
        f"onTimeoutPacket((string,string,uint64,{PAYLOAD},address))": "",
    },
}
TOPICS = {
    "SendPacket": "ab3a4458a269be61dfa43faa33aa7b1f5d570716f83ad078bc2ba5dab039abae",
    "WriteAcknowledgement": "76765590e2b799b0506100f8a6610cfecab2c71e8e1f8aa981b099aff0dfdb74",
    "AckPacket": "f9bab74bcdb634f4d3dd064cc42a13df056598e1c0336905d2f5750fbfb08b7b",
    "TimeoutPacket": "01e5ed58494819ef3f6480dd08e433b7c08ed75c7abdf2c22c6f04b71340a168",
    "Noop": "d08bf58b0e4eec5bfc697a4fdbb6839057fbf4dd06f1b1ce07445c0e5a654caf",
}
ERC7943_ID = 0x3EDBB4C4


@pytest.mark.parametrize("contract", PUBLISHED)
def test_every_published_function_is_there_with_its_exact_types(contract: str) -> None:
    functions = {signature_of(entry): entry for entry in ContractAbi.load(contract).functions()}
    for signature, result in PUBLISHED[contract].items():
        outputs = [signature_of({"name": "", "inputs": functions[signature]["outputs"]})]
        assert outputs == [f"({result})"]


def test_the_events_have_the_published_topics_and_indexed_fields() -> None:
    events = {entry["name"]: entry for entry in ContractAbi.load("ICS26Router").entries if entry["type"] == "event"}
    assert {name: keccak(signature_of(events[name]).encode()).hex() for name in TOPICS} == TOPICS
    for name in set(TOPICS) - {"Noop"}:
        indexed = [(field["name"], field["type"]) for field in events[name]["inputs"] if field["indexed"]]
        assert indexed == [("clientId", "string"), ("sequence", "uint256")]


def test_the_store_is_at_the_published_slot() -> None:
    """Read straight from storage, as a light client elsewhere proves it."""
    dvp = deploy_dvp()
    dvp.earmark(dvp.terms())
    packet = dvp.packet(dvp.terms())
    dvp.commit(packet)
    dvp.receive(packet)
    seed = int.from_bytes(keccak(b"ibc.storage.IBCStore"), "big") - 1
    base = int.from_bytes(keccak(seed.to_bytes(32, "big")), "big") & ~0xFF
    assert base == 0x1260944489272988D9DF285149B5AA1B0F48F2136D6F416159F840A3E0747600
    slot = int.from_bytes(keccak(keccak(packet.receipt_path) + base.to_bytes(32, "big")), "big")
    assert dvp.sandbox.storage_at(dvp.router.address, slot) == packet.receipt


def test_the_earmark_is_at_the_slot_the_app_names() -> None:
    dvp = deploy_dvp()
    terms = dvp.terms()
    seed = int.from_bytes(keccak(b"crossdvp.storage.DvpApp"), "big") - 1
    base = int.from_bytes(keccak(seed.to_bytes(32, "big")), "big") & ~0xFF
    slot = dvp.adapter.call("earmarkSlot", terms[0])
    assert slot == keccak(terms[0] + base.to_bytes(32, "big"))
    assert dvp.sandbox.storage_at(dvp.adapter.address, int.from_bytes(slot, "big")) == bytes(32)
    dvp.earmark(terms)
    assert dvp.sandbox.storage_at(dvp.adapter.address, int.from_bytes(slot, "big")) == dvp.terms_hash(terms)


def test_the_error_acknowledgement_is_the_universal_one() -> None:
    dvp = deploy_dvp()
    assert dvp.router.call("UNIVERSAL_ERROR_ACK") == sha(b"UNIVERSAL_ERROR_ACKNOWLEDGEMENT")
    assert dvp.router.call("getClient", CLIENT_ID) == "0x" + dvp.light_client.address.hex()


def test_the_token_declares_erc_7943() -> None:
    token = deploy_dvp().token
    names = ("forcedTransfer", "setFrozenTokens", "canSend", "canReceive", "getFrozenTokens", "canTransfer")
    selectors = [int.from_bytes(selector_of(e), "big") for e in token.abi.functions() if e["name"] in names]
    interface_id = 0
    for selector in selectors:
        interface_id ^= selector
    assert interface_id == ERC7943_ID
    assert token.call("supportsInterface", interface_id.to_bytes(4, "big"))
    assert not token.call("supportsInterface", b"\xff" * 4)


@pytest.mark.parametrize("path", ARTIFACTS)
def test_an_artifact_was_built_from_the_sources_in_the_tree(path: Path) -> None:
    """Needs no compiler: the artifact carries the hash of every source file it was made of."""
    sources = json.loads(path.read_text())["sources"]
    ours = {unit: expected for unit, expected in sources.items() if not unit.startswith("@openzeppelin/")}
    assert ours
    for unit, expected in ours.items():
        found = "0x" + keccak((ROOT / unit).read_bytes()).hex()
        assert found == expected, f"{unit} changed: run scripts/build_contracts.py"


@pytest.mark.parametrize("path", ARTIFACTS)
def test_an_artifact_fits_a_berlin_chain(path: Path) -> None:
    """Within EIP-170's size, and without the opcodes that later forks brought."""
    code = bytes.fromhex(json.loads(path.read_text())["deployedBytecode"][2:])
    assert len(code) <= 24_576
    later = {0x48: "BASEFEE", 0x49: "BLOBHASH", 0x5C: "TLOAD", 0x5D: "TSTORE", 0x5E: "MCOPY", 0x5F: "PUSH0"}
    position, found = 0, set()
    while position < len(code):
        found.add(later.get(code[position], ""))
        position += code[position] - 0x5E if 0x60 <= code[position] <= 0x7F else 1
    assert found <= {""}
