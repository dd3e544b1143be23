"""A trustee's people over real mTLS: sessions, approvals of calls of another service, the audit log."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer
from crossdvp.ledger.v1 import coin_service_pb2 as coin_pb
from crossdvp.ledger.v1 import node_service_pb2 as pb
from crossdvp.ledger.v1.coin_service_pb2_grpc import CoinServiceStub
from crossdvp.ledger.v1.node_service_pb2_grpc import NodeServiceStub
from typer.testing import CliRunner

from chains.audit_chain import AuditChainBroken, AuditHead
from chains.progmat.cli.master_data import app as master_data
from chains.progmat.cli.people import app as people_app
from chains.progmat.client.channel import ApiTls, open_channel
from chains.progmat.client.ledger_client import call
from chains.progmat.client.sessions import in_session
from chains.progmat.client.user_client import NewStaff, UserClient
from chains.progmat.market.people.staff_roles import StaffRole
from chains.progmat.market.people.statuses import Decision
from chains.rpc_status import RemoteCallerError
from tests.fakes.ledger_parties import SN
from tests.fakes.people_world import NEW_PASSWORD, PASSWORD
from tests.fakes.rpc_parties import tls_of
from tests.integration.ledger.network import CASH_PARTIES, OPERATIONS_NAME, PLATFORM_NAME, running_ledger
from tests.integration.ledger.served_vault import ServedVault, served

STAFF = {
    "adm-a": StaffRole.ADMIN,
    "adm-b": StaffRole.ADMIN,
    "clerk-1": StaffRole.TRUST_CLERK,
    "approver-1": StaffRole.TRUST_APPROVER,
}
REGISTER = "crossdvp.ledger.v1.CoinService.RegisterCoin"


@dataclass
class Trustee:
    """The served node and who is logged in."""

    node: ServedVault
    sessions: dict[str, str]

    @asynccontextmanager
    async def users(self, session: str = "", caller: str = OPERATIONS_NAME) -> AsyncIterator[UserClient]:
        with in_session(session):
            client = UserClient(self.node.endpoint, tls_of(caller))
        try:
            yield client
        finally:
            await client.close()

    async def register_coin(
        self, request: coin_pb.RegisterCoinRequest, session: str = "", approval: str = "", tls: ApiTls | None = None
    ) -> Any:  # noqa: ANN401  # generated
        with in_session(session, approval):
            channel = open_channel(self.node.endpoint, tls or tls_of(OPERATIONS_NAME))
        try:
            stub = CoinServiceStub(channel)  # type: ignore[no-untyped-call] # generated without annotations
            return await call("sn", stub.RegisterCoin, request, request.wait_s)
        finally:
            await channel.close(grace=None)

    async def enter(self) -> None:
        """Everybody changes the first password and logs in."""
        async with self.users() as client:
            await client.create_first(
                [NewStaff(name, f"Name {name}", (role,), PASSWORD) for name, role in STAFF.items()]
            )
            for staff_id in STAFF:
                await client.change_password(staff_id, PASSWORD, NEW_PASSWORD)
                self.sessions[staff_id] = (await client.log_in(staff_id, NEW_PASSWORD)).token


@asynccontextmanager
async def trustee(folder: Path) -> AsyncIterator[tuple[Trustee, bytes]]:
    async with running_ledger(folder, CASH_PARTIES) as ledger, served(ledger, SN) as node:
        approver_key = (await ledger.operations(SN).open_account("approver")).key
        opened = Trustee(node, {})
        await opened.enter()
        yield opened, approver_key


def refused(reason: str) -> Any:  # noqa: ANN401  # pytest's context manager
    return pytest.raises(RemoteCallerError, match=rf"\[{reason}\]")


async def test_a_call_for_two_is_made_by_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with trustee(tmp_path) as (people, approver_key):
        request = coin_pb.RegisterCoinRequest(
            request_id="register-1",
            coin_id="PGC-7",
            coin_kind="COIN_KIND_RETAIL",
            approver_keys=[approver_key],
            author="clerk-1",
            wait_s=20,
        )
        clerk, approver = people.sessions["clerk-1"], people.sessions["approver-1"]
        async with people.users(clerk) as users:
            proposed = await users.propose_call(
                REGISTER, request.SerializeToString(), "PGC-7", "clerk-1", "new retail coin"
            )
            assert json.loads(proposed.request_json)["request"]["coin_id"] == "PGC-7"
            with refused("SAME_PERSON"):
                await users.decide(proposed, Decision.APPROVE, "clerk-1")
            with refused("SESSION_REFUSED"):
                await users.decide(proposed, Decision.APPROVE, "approver-1")
        request.approver = "approver-1"
        for session, approval, reason in (
            ("", proposed.approval_id, "SESSION_REFUSED"),
            (approver, proposed.approval_id, "SESSION_REFUSED"),
            (clerk, "", "APPROVAL_REFUSED"),
            (clerk, proposed.approval_id, "APPROVAL_REFUSED"),
        ):
            with refused(reason):
                await people.register_coin(request, session, approval)
        async with people.users(approver) as users:
            (seen,) = await users.approvals()
            await users.decide(seen, Decision.APPROVE, "approver-1")
        await _refuse_what_was_not_approved(people, request, proposed.approval_id)
        answer = await people.register_coin(request, clerk, proposed.approval_id)
        assert answer.flow.tx_id
        again = await people.register_coin(request, clerk, proposed.approval_id)
        assert again.flow.tx_id == answer.flow.tx_id
        await _what_names_nobody_is_done_in_a_session(people)
        await _everything_is_in_the_log(people)
        await _the_same_at_the_command_line(people, tmp_path, monkeypatch)


async def _refuse_what_was_not_approved(people: Trustee, request: Any, approval_id: str) -> None:  # noqa: ANN401  # generated
    clerk = people.sessions["clerk-1"]
    changed = type(request)()
    changed.CopyFrom(request)
    changed.coin_id = "PGC-8"
    with refused("APPROVAL_REFUSED"):
        await people.register_coin(changed, clerk, approval_id)
    with refused("SESSION_REFUSED"):  # a stolen token, over another certificate of the same name
        await people.register_coin(request, clerk, approval_id, tls=tls_of.__wrapped__(OPERATIONS_NAME))
    with refused("CALLER_NOT_AUTHORISED"):
        async with people.users(clerk, PLATFORM_NAME) as users:
            await users.approvals()


async def _what_names_nobody_is_done_in_a_session(people: Trustee) -> None:
    """An operator's certificate alone issues no coin past deposits and people, nor moves a customer's."""
    issue = pb.IssueCashRequest(request_id="issue-alone", coin_id="NO-1", amount_yen=10**9)
    for session, reason in (
        ("", "SESSION_REFUSED"),
        (people.sessions["adm-a"], "STAFF_ROLE_MISSING"),
        (people.sessions["clerk-1"], "INVALID_REQUEST"),  # whom it goes to is left out: it came as far as that
    ):
        with in_session(session):
            channel = open_channel(people.node.endpoint, tls_of(OPERATIONS_NAME))
        try:
            stub = NodeServiceStub(channel)  # type: ignore[no-untyped-call] # generated without annotations
            with refused(reason):
                await call("sn", stub.IssueCash, issue, 0)
            await call("sn", stub.GetNodeInfo, pb.GetNodeInfoRequest(), 0)
        finally:
            await channel.close(grace=None)


async def _everything_is_in_the_log(people: Trustee) -> None:
    async with people.users(people.sessions["clerk-1"]) as users:
        with refused("STAFF_ROLE_MISSING"):
            await users.verify_audit()
    async with people.users(people.sessions["adm-a"]) as users:
        head = await users.verify_audit()
        told = [line.entry.record async for line in users.audit()]
        with pytest.raises(AuditChainBroken):
            await users.verify_audit([AuditHead(3, bytes(32))])
        assert head.height == len(told)
    calls = [(each.staff_id, each.outcome) for each in told if each.act == "Call RegisterCoin"]
    assert calls.count(("clerk-1", "BEGUN")) == calls.count(("clerk-1", "OK")) == 2
    assert calls.count(("clerk-1", "APPROVAL_REFUSED")) == 3
    assert calls.count(("clerk-1", "SESSION_REFUSED")) == 3
    approved = [each for each in told if each.act == "Approve RegisterCoin" and each.outcome == "OK"]
    assert [(each.staff_id, each.approver_staff_id) for each in approved] == [("clerk-1", "approver-1")]


async def _the_same_at_the_command_line(people: Trustee, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Master data are entered, an account waits for a colleague, a person is erased, the audit is verified."""
    options = people.node.options(folder)

    async def crossdvp(staff_id: str, app: typer.Typer, *arguments: str, code: int = 0) -> Any:  # noqa: ANN401  # any JSON
        monkeypatch.setenv("CROSSDVP_SESSION", people.sessions[staff_id])
        monkeypatch.setenv("CROSSDVP_STAFF_ID", staff_id)
        run = await asyncio.to_thread(CliRunner().invoke, app, [*options, *arguments, "--json"])
        assert run.exit_code == code, run.output
        return json.loads(run.stdout)

    bank = ("bank.code=0005", "bank.branch_code=001", "bank.deposit_kind=1", "bank.number=1234567")
    entered = await crossdvp(
        "clerk-1", master_data, "put", "SETTLOR", "SE-1", "name=Broker A", *bank, "bank.holder_kana=ブローカーエー"
    )
    waiting = entered["bank_approval"]
    assert entered["record"]["values"]["bank.number"] == ""
    assert "ﾌﾞﾛ-ｶ-ｴ-" in waiting["request"]
    wrong = await crossdvp(
        "approver-1", people_app, "decide", waiting["approval"], "APPROVE", "--request-hash", "00" * 32, code=1
    )
    assert wrong["error"]["reason"] == "BAD_ARGUMENT"
    hashed = waiting["request_hash"]
    await crossdvp("approver-1", people_app, "decide", waiting["approval"], "APPROVE", "--request-hash", hashed)
    shown = await crossdvp("approver-1", master_data, "show", "SETTLOR", "SE-1")
    assert (shown["values"]["bank.number"], shown["approved_by"]) == ("1234567", "approver-1")
    refused_read = await crossdvp("adm-a", master_data, "show", "SETTLOR", "SE-1", code=1)
    assert refused_read["error"]["reason"] == "STAFF_ROLE_MISSING"
    erasing = await crossdvp("clerk-1", master_data, "erase", "SETTLOR", "SE-1", "--reason", "left the trust")
    decided = ("decide", erasing["approval"], "APPROVE", "--request-hash", erasing["request_hash"])
    assert (await crossdvp("approver-1", people_app, *decided))["status"] == "EXECUTED"
    assert (await crossdvp("clerk-1", master_data, "scrub"))["complete"]
    assert len(await crossdvp("clerk-1", master_data, "versions", "SETTLOR", "SE-1")) == 1
    anchor = str(folder / "anchor.json")
    await crossdvp("adm-a", people_app, "audit", "anchor", anchor)
    assert (await crossdvp("adm-a", people_app, "audit", "verify", "--from-anchor", anchor))["verified"]
    users = (await crossdvp("adm-a", people_app, "users"))["users"]
    assert [each["staff_id"] for each in users] == sorted(STAFF)
