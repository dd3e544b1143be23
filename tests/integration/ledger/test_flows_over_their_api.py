"""What docs/ledger/flows.md tells an operator to type, typed: over mTLS, at a node whose payee and notary are away."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chains.progmat.client.channel import ApiEndpoint
from chains.progmat.client.flow_operator import FlowOperator
from chains.progmat.flows import pending_rows
from chains.progmat.flows.errors import AnswerProvesNothing
from chains.progmat.flows.pending_rows import PendingRow
from chains.progmat.flows.requests import MoveCash, RedeemCash
from chains.progmat.flows.steps import FlowStep
from chains.rpc_status import RemoteCallerError
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, NN, SN
from tests.fakes.rpc_parties import tls_of
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    CASH_PARTIES,
    GATEWAY_NAME,
    OPERATIONS_NAME,
    PLATFORM_NAME,
    SELLER_ACCOUNT,
    WAIT_S,
    LedgerNetwork,
    running_ledger,
)
from tests.integration.ledger.served_vault import ServedVault, served

PAY = MoveCash("pay-1", COIN_ID, SN.name, 300, BUYER_ACCOUNT.key, SELLER_ACCOUNT)
REDEEM = RedeemCash("redeem-1", COIN_ID, SN.name, 100, BUYER_ACCOUNT.key)


@dataclass
class Desk:
    """An operator's desk before the node that keeps the buyer's account."""

    ledger: LedgerNetwork
    vault: ServedVault
    folder: Path

    @asynccontextmanager
    async def client(self, caller: str = OPERATIONS_NAME) -> AsyncIterator[FlowOperator]:
        client = FlowOperator(ApiEndpoint(CN_B.name, f"127.0.0.1:{self.vault.port}"), tls_of(caller))
        try:
            yield client
        finally:
            await client.close()

    async def typed(self, *arguments: str, caller: str = OPERATIONS_NAME) -> tuple[int, str]:
        """Exit code and what is written."""
        program = "from relayer.cli.main import main; main()"
        options = self.vault.options(self.folder, caller)
        command = [sys.executable, "-c", program, "ledger", "flows", *options, *arguments]

        def run() -> tuple[int, str]:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
            assert "Traceback" not in done.stdout + done.stderr
            return done.returncode, done.stdout or done.stderr

        return await asyncio.to_thread(run)

    async def document(self, *arguments: str, code: int = 0) -> Any:  # noqa: ANN401 # any JSON
        found, out = await self.typed(*arguments, "--json")
        assert found == code, out
        return json.loads(out)

    async def failed_attempt(self, flow_id: str, step: FlowStep) -> None:
        engine = self.ledger.vault(CN_B).node.engine
        async with asyncio.timeout(WAIT_S):
            record = await engine.outcome(flow_id, 0)
            while record.step is not step or record.attempts == 0:
                await asyncio.sleep(0)
                record = await engine.outcome(flow_id, 0)


@asynccontextmanager
async def desk(folder: Path) -> AsyncIterator[Desk]:
    """``pay-1`` is final, its payee away; ``redeem-1`` waits for the notary, which is away, too."""
    async with running_ledger(folder, CASH_PARTIES) as ledger, served(ledger, CN_B) as vault:
        await ledger.issue(1000)
        await ledger.stop(CN_A)
        await ledger.run(CN_B, PAY)
        await ledger.stop(NN)
        await ledger.run(CN_B, REDEEM, wait_s=0)
        found = Desk(ledger, vault, folder)
        await found.failed_attempt("pay-1", FlowStep.RECORDED)
        await found.failed_attempt("redeem-1", FlowStep.APPROVED)
        yield found


async def test_a_stuck_flow_is_found_explained_and_let_go_on_from_the_command_line(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        code, out = await at.typed("list")
        assert code == 0
        assert "pay-1  move_cash  RECORDED" in out
        assert f"waits for {CN_A.name}" in out
        assert f"waits for {NN.name}" in out
        (line,) = (await at.document("list", "--waiting-on", CN_A.name))["flows"]
        assert (line["flow_id"], line["last_error_reason"]) == ("pay-1", "PEER_UNREACHABLE")
        assert line["next_attempt_ms"] > 0
        assert (await at.document("list", "--step", "APPROVED", "--kind", "move_cash"))["flows"] == []

        told = await at.document("explain", "redeem-1")
        assert (told["held_states"], told["held_yen"]) == (1, 700)
        assert told["chances"]["ABORT"] == told["chances"]["PARK"] == ""
        assert "PEER_UNREACHABLE" in str(told["story"])
        final = await at.document("explain", "pay-1")
        assert (final["chances"]["RETRY"], "final" in final["chances"]["ABORT"]) == ("", True)
        code, out = await at.typed("explain", "redeem-1")
        assert (code, "1 states, 700 yen" in out) == (0, True)

        refused = await at.document("abort", "pay-1", "--reason", "customer called", code=1)
        assert refused["error"]["reason"] == "ACT_NOT_ALLOWED"
        await at.ledger.start(CN_A)
        await at.document("retry", "pay-1", "--reason", "their node is back")
        at.ledger.clock.advance_s(1)  # what was tried before is due
        delivered = await at.ledger.vault(CN_B).node.engine.outcome("pay-1", WAIT_S, {FlowStep.DONE})
        assert delivered.step is FlowStep.DONE


async def test_a_flow_is_parked_unparked_and_aborted_and_each_act_bears_the_operators_name(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        engine = at.ledger.vault(CN_B).node.engine
        parked = await at.document("park", "redeem-1", "--reason", "notary is moving")
        assert parked["wish"] == "PARK"
        await at.document("retry", "redeem-1", "--reason", "impatience", code=1)
        await at.document("unpark", "redeem-1", "--reason", "notary has moved")
        await at.document("abort", "redeem-1", "--reason", "customer called")
        assert (await engine.outcome("redeem-1", 0)).step is FlowStep.APPROVED  # the notary may have been asked
        at.ledger.clock.advance_s(200)
        await at.ledger.start(NN)
        async with asyncio.timeout(WAIT_S):
            while (ended := await engine.outcome("redeem-1", 0.05, {FlowStep.FAILED})).step is not FlowStep.FAILED:
                at.ledger.clock.advance_s(1)
        assert ended.last_error_reason == "FLOW_ABORTED"
        assert await at.ledger.free_yen(CN_B, BUYER_ACCOUNT) == 700

        record = await at.document("acts")
        assert [(entry["act"], entry["operator"]) for entry in record["acts"]] == [
            (act, OPERATIONS_NAME) for act in ("PARK", "UNPARK", "ABORT")
        ]
        assert record["first_broken_entry"] == 0
        code, out = await at.typed("acts")
        assert (code, "notary has moved" in out) == (0, True)
        told = await at.document("explain", "redeem-1")
        assert all(why == "it has ended: FAILED" for why in told["chances"].values())


async def test_what_was_missed_is_asked_for_from_the_command_line(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        open_end = await at.document("recover", code=1)
        problems = {peer["peer"]: peer["problem"] for peer in open_end["peers"]}
        assert problems.keys() == {SN.name, CN_A.name}
        assert NN.name in problems[SN.name]  # without the notary it cannot say what became of redeem-1
        assert {peer["peer"]: peer["listed"] > 0 for peer in open_end["peers"]} == {SN.name: True, CN_A.name: False}
        await at.ledger.start(CN_A)
        await at.ledger.start(NN)
        still_open = await at.document("recover", code=1)  # redeem-1 may be final at any moment now
        assert any(peer["problem"].startswith("STILL_OPEN") for peer in still_open["peers"])
        await at.typed("retry", "redeem-1", "--reason", "the notary is back")
        await at.ledger.vault(CN_B).node.engine.outcome("redeem-1", 30, frozenset({FlowStep.DONE}))
        found = await at.document("recover")
        assert found["complete"]
        code, out = await at.typed("recover")
        assert (code, f"done  {SN.name}" in out) == (0, True)


@pytest.mark.parametrize("caller", [PLATFORM_NAME, GATEWAY_NAME, "somebody", CN_A.name])
async def test_only_operators_see_and_touch_flows(tmp_path: Path, caller: str) -> None:
    async with desk(tmp_path) as at:
        async with at.client(caller) as client:
            for call in (
                client.find,
                partial(client.explain, "pay-1"),
                partial(client.act, "PARK", "redeem-1", "why not"),
                client.acts,
                client.recover,
                client.pending,
            ):
                with pytest.raises(RemoteCallerError) as refused:
                    await call()
                assert refused.value.reason == "CALLER_NOT_AUTHORISED"
        code, out = await at.typed("park", "redeem-1", "--reason", "why not", "--json", caller=caller)
        assert (code, json.loads(out)["error"]["reason"]) == (1, "CALLER_NOT_AUTHORISED")
        async with at.client() as client:
            assert await client.acts() == ((), 0)


async def test_hostile_arguments_are_named_and_change_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path) as at, at.client() as client:
        calls = {
            "FLOW_UNKNOWN": (partial(client.explain, "nothing"), partial(client.act, "ABORT", "nothing", "x")),
            "INVALID_REQUEST": (
                partial(client.act, "ABORT", "redeem-1", ""),
                partial(client.act, "ABORT", "redeem-1", "x" * 501),
                partial(client.act, "ABORT", "redeem-1", "two\nlines"),
                partial(client.act, "UNSPECIFIED", "redeem-1", "x"),
                partial(client.find, kinds=("no such",)),
                partial(client.find, max_flows=501),
                partial(client.find, stuck_for_ms=2**64 - 1),
                partial(client.acts, after=2**63),
            ),
        }
        for reason, attempts in calls.items():
            for attempt in attempts:
                with pytest.raises(RemoteCallerError) as refused:
                    await attempt()
                assert refused.value.reason == reason
        assert await client.acts() == ((), 0)


async def test_what_the_node_signed_for_others_is_listed_with_what_keeps_it_from_being_final(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        assert await at.document("pending") == {"pending": []}
        database = at.ledger.vault(CN_B).node.parts.database
        quiet = PendingRow(bytes(32), CN_A.name, b"tx", 1_800_000_000_000, next_attempt_ms=1_800_000_030_000)
        stuck = replace(quiet, tx_id=b"\x01" * 32, since_ms=quiet.since_ms + 1)
        await database.submit(partial(pending_rows.keep, rows=(quiet, stuck)))
        error = AnswerProvesNothing(NN.name, "garbage")
        await database.submit(partial(pending_rows.put_off, row=stuck, next_attempt_ms=1_800_000_060_000, error=error))
        code, out = await at.typed("pending")
        assert code == 0
        first, second = out.splitlines()
        assert first == (f"{'00' * 32}  of {CN_A.name} since 2027-01-15 08:00:00, 0 attempts, next 2027-01-15 08:00:30")
        assert "1 attempts, next 2027-01-15 08:01:00: ANSWER_PROVES_NOTHING" in second
        (only,) = (await at.document("pending", "--limit", "1"))["pending"]
        assert (only["tx_id"], only["asker"], only["last_error_reason"]) == ("00" * 32, CN_A.name, "")
        code, out = await at.typed("pending", caller=GATEWAY_NAME)
        assert code == 1
        assert "ListPending" in out
