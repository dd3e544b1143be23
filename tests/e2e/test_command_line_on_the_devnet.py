"""The commands of the README against a running devnet, each in a process of its own, as a person would run them."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from web3 import Web3
from web3.middleware import ExtraDataToPOAMiddleware

from relayer.cli.verify.errors import Refused
from relayer.cli.verify.files import VERIFIERS
from relayer.cli.verify.storage import verify_storage_file
from relayer.devnet import processes
from relayer.devnet.chain_access import deployment_of
from relayer.devnet.layout import read_state
from relayer.devnet.stage import Stage

pytestmark = [pytest.mark.devnet, pytest.mark.xdist_group("processes"), pytest.mark.timeout(240)]

PROGRAM = (sys.executable, "-c", "from relayer.cli.main import main; main()")


async def crossdvp(*arguments: str) -> tuple[int, list[Any]]:
    """Run a command with ``--json``; its exit code and the documents it wrote, one a line."""
    child = await asyncio.create_subprocess_exec(
        *PROGRAM, *arguments, "--json", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, complaint = await child.communicate()
    assert b"Traceback" not in complaint
    return child.returncode or 0, [json.loads(line) for line in output.decode().splitlines()]


async def test_a_second_terminal_follows_a_settlement_live_to_its_end(devnet: Path) -> None:
    where = ("--dir", str(devnet))
    code, (created,) = await crossdvp("settlement", "create", *where)
    assert (code, created["state"]) == (0, "SETTLEMENT_STATE_MATCHED")
    code, events = await crossdvp("settlement", "watch", created["name"], *where)
    states = [event["settlement"]["state"].removeprefix("SETTLEMENT_STATE_") for event in events]
    assert code == 0
    assert (states[0], states[-1]) == ("UNMATCHED", "SETTLED")
    numbers = [int(event["resume_token"]) for event in events]
    assert numbers == sorted(set(numbers))
    code, resumed = await crossdvp("settlement", "watch", created["name"], "--resume", str(numbers[-2]), *where)
    assert (code, [event["resume_token"] for event in resumed]) == (0, [str(numbers[-1])])
    code, (shown,) = await crossdvp("settlement", "show", created["name"], *where)
    assert shown == events[-1]["settlement"]


async def test_an_ended_settlement_cannot_be_cancelled_and_says_so(devnet: Path) -> None:
    where = ("--dir", str(devnet))
    _, (created,) = await crossdvp("settlement", "create", *where)
    await crossdvp("settlement", "watch", created["name"], *where)
    code, (refusal,) = await crossdvp("settlement", "cancel", created["name"], *where)
    assert (code, refusal["error"]["reason"]) == (1, "SETTLEMENT_ENDED")


async def test_one_sides_instruction_can_be_withdrawn(devnet: Path) -> None:
    where = ("--dir", str(devnet))
    trade_id = "77" * 32
    # Only the buyer's side: the seller's would earmark at once.
    code, (created,) = await crossdvp("settlement", "create", "--side", "buyer", "--trade-id", trade_id, *where)
    assert (code, created["state"]) == (0, "SETTLEMENT_STATE_UNMATCHED")
    code, (cancelled,) = await crossdvp("settlement", "cancel", trade_id, *where)
    assert (code, cancelled["state"]) == (0, "SETTLEMENT_STATE_CANCELLED")


async def test_what_is_affirmed_on_hold_settles_once_it_is_released(devnet: Path) -> None:
    where = ("--dir", str(devnet))
    _, (created,) = await crossdvp("settlement", "create", "--side", "seller", *where)
    name = created["name"]
    code, (held,) = await crossdvp("settlement", "hold", name, "--side", "seller", *where)
    assert (code, held["on_hold"]) == (0, True)
    code, (affirmed,) = await crossdvp("settlement", "affirm", name, *where)
    assert (code, affirmed["terms_hash"]) == (0, created["terms_hash"])
    code, (refusal,) = await crossdvp("settlement", "affirm", name, "--side", "both", *where)
    assert (code, refusal["error"]["reason"]) == (1, "ONE_SIDE_ONLY")
    code, (waiting,) = await crossdvp("settlement", "list", "--state", "matched", "--state", "earmarked", *where)
    assert [(each["name"], each["waiting"]["what"]) for each in waiting] == [(name, "the release of the hold (party)")]
    code, (none,) = await crossdvp("settlement", "list", "--stuck-for", "1d", *where)
    assert (code, none) == (0, [])
    code, (retried,) = await crossdvp("settlement", "retry", name, *where)
    assert (code, retried["on_hold"]) == (0, True)
    code, _ = await crossdvp("settlement", "release", name, "--side", "seller", *where)
    code, events = await crossdvp("settlement", "watch", name, *where)
    assert (code, events[-1]["settlement"]["state"]) == (0, "SETTLEMENT_STATE_SETTLED")


async def test_a_settlements_evidence_holds_offline_and_not_when_changed(devnet: Path) -> None:
    where = ("--dir", str(devnet))
    _, (created,) = await crossdvp("settlement", "create", *where)
    await crossdvp("settlement", "watch", created["name"], *where)
    code, (documents,) = await crossdvp("settlement", "evidence", created["name"], *where)
    assert code == 0
    # nobody signed twice, and a settlement leaves no tree of another kind
    assert {name.partition(".")[0] for name in documents} == set(VERIFIERS) - {"evidence", "smt"}
    for name, document in documents.items():
        verifier = VERIFIERS[name.partition(".")[0]]
        assert verifier(document).facts
    forged = json.loads(json.dumps(documents["storage.acknowledgement.json"]))
    value = forged["proof"]["storageProof"][0]["value"]
    forged["proof"]["storageProof"][0]["value"] = value[:-1] + ("0" if value[-1] != "0" else "1")
    with pytest.raises(Refused):
        verify_storage_file(forged)


async def test_web3_reads_the_chain_and_its_proofs_verify_offline(devnet: Path, tmp_path: Path) -> None:
    state = read_state(devnet)
    deployment = deployment_of(devnet, state)

    def ask() -> dict[str, Any]:
        web3 = Web3(Web3.HTTPProvider(state.rpc_url))
        web3.middleware_onion.inject(
            ExtraDataToPOAMiddleware, layer=0
        )  # QBFT's extraData is longer than web3.py's rule
        assert web3.eth.chain_id == deployment.chain_id
        eth: Any = web3.eth  # the method's own annotation is wrong in web3 8
        block = eth.get_block("latest")
        proof = eth.get_proof(Web3.to_checksum_address(deployment.token), [0, 1], block["number"])
        return {"stateRoot": block["stateRoot"].to_0x_hex(), "proof": json.loads(Web3.to_json(proof))}

    document = await asyncio.to_thread(ask)
    file = tmp_path / "proof.json"
    file.write_text(json.dumps(document))
    code, (report,) = await crossdvp("verify", "storage", str(file))
    assert (code, report["holds"]) == (0, True)
    document["stateRoot"] = "0x" + "11" * 32
    file.write_text(json.dumps(document))
    code, (refusal,) = await crossdvp("verify", "storage", str(file))
    assert (code, refusal["error"]["reason"]) == (1, "VERIFY_REFUSED")


async def test_status_says_what_runs_and_a_second_devnet_in_the_same_place_is_refused(devnet: Path) -> None:
    code, (status,) = await crossdvp("devnet", "status", "--dir", str(devnet))
    assert code == 0
    assert len(status["processes"]) == 13
    assert all(process["running"] for process in status["processes"])
    code, (refusal,) = await crossdvp("devnet", "up", "--dir", str(devnet))
    assert (code, refusal["error"]["reason"]) == (1, "DEVNET_ALREADY_RUNNING")


async def test_status_of_a_devnet_with_a_dead_process_still_answers_and_names_it(devnet: Path) -> None:
    relayer = next(process for process in read_state(devnet).processes if process.name == "relayer")
    processes.kill(relayer)
    try:
        code, (status,) = await crossdvp("devnet", "status", "--dir", str(devnet))
    finally:
        async with Stage(devnet, read_state(devnet)) as stage:
            stage.start("relayer", relayer.argv[1:])
    assert code == 1
    assert [process["name"] for process in status["processes"] if not process["running"]] == ["relayer"]
    assert status["seller"]["units"] is not None


async def test_the_issuers_operator_sees_its_light_client_and_replaces_none_that_serves(devnet: Path) -> None:
    clients = ("ledger", "clients", "--config", str(devnet / "network" / "sn" / "node.toml"))
    code, (shown,) = await crossdvp(*clients, "show", "qbft-0")
    assert (code, shown["status"], shown["heights_of"], shown["endorsed_by"]) == (0, "active", "qbft-0", [])
    for command, reason in (
        (("recover", "qbft-0", "--by", "qbft-0"), "LIGHT_CLIENT_IN_USE"),
        (("recover", "qbft-0", "--by", "qbft-9"), "LIGHT_CLIENT_UNKNOWN"),
        (("endorse", "qbft-0", "--by", "qbft-0"), "RECOVERY_DIFFERS"),
        (("prune", "qbft-0"), "NOTHING_TO_PRUNE"),
    ):
        code, (refused,) = await crossdvp(*clients, *command)
        assert (code, refused["reason"]) == (1, reason), refused
    code, (unknown,) = await crossdvp(*clients, "show", "qbft-9")
    assert (code, unknown["error"]["reason"]) == (1, "LIGHT_CLIENT_UNKNOWN")
