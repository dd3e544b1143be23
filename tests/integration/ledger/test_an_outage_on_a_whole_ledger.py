"""An outage from its file to the proof: begun at the registrar, moves by hand, a crash, and back on the ledger."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chains.progmat.cli import emergency
from chains.progmat.cli.emergency_view import proof
from chains.progmat.client.channel import ApiEndpoint
from chains.progmat.client.emergency_client import EmergencyClient
from chains.progmat.client.register_client import RegisterClient
from chains.progmat.flows.market_requests import MembershipChange
from chains.progmat.market.emergency import chain
from chains.progmat.market.emergency.model import Move, StaffKey
from chains.progmat.market.emergency.normalising import Forced, request_id_of
from chains.progmat.market.register.cells import Encoding, from_csv, to_csv
from chains.progmat.market.register.details import RegisterKind
from chains.progmat.node.forced_transfers import NodeMover
from chains.progmat.vault.indexing import Asset
from chains.rpc_status import RemoteCallerError, RemotePeerError
from ibc.dvp import CashAccount
from tests.fakes.emergency_world import APPROVER, AUTHOR, STRANGER
from tests.fakes.ledger_parties import AN, CN_A, CN_B
from tests.fakes.rpc_parties import tls_of
from tests.fakes.token_parties import ST, TOKEN_ID
from tests.integration.ledger.native_trades import NativeTrades
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    OPERATIONS_NAME,
    PLATFORM_NAME,
    SELLER_ACCOUNT,
    TOKEN_PARTIES,
    running_ledger,
)
from tests.integration.ledger.securities import Securities
from tests.integration.ledger.served_vault import ServedVault, served
from tests.integration.ledger.test_a_register_over_its_api import said

SECURITY = Asset("ST", TOKEN_ID, AN.name)
PEOPLE = ("a.sato", "k.mori")


@asynccontextmanager
async def asking(vault: ServedVault, caller: str = OPERATIONS_NAME) -> AsyncIterator[EmergencyClient]:
    client = EmergencyClient(ApiEndpoint(vault.party.name, f"127.0.0.1:{vault.port}"), tls_of(caller))
    try:
        yield client
    finally:
        await client.close()


def offline(*arguments: str) -> tuple[int, str]:
    """A command on a file alone."""
    told = CliRunner().invoke(emergency.app, arguments)
    assert told.exception is None or isinstance(told.exception, SystemExit), told.exception
    return told.exit_code, told.output


class Desk:
    """The trustee's desk: a file, the people's keys, and the command line; no node is asked unless it says so."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "outage.jsonl"
        (folder / "passphrase").write_text("four words of nonsense\n")

    def key(self, name: str) -> StaffKey:
        file = self.folder / f"{name}.keys"
        passphrase = ("--passphrase-file", str(self.folder / "passphrase"))
        code, text = offline("key", str(file), *passphrase, "--json")
        assert code == 0, text
        return StaffKey(name, bytes.fromhex(json.loads(text)["public_key"]))

    def signers(self) -> list[str]:
        passphrase = str(self.folder / "passphrase")
        files = [str(self.folder / f"{name}.keys") for name in PEOPLE]
        return ["--author", files[0], passphrase, "--approver", files[1], passphrase]

    def moves(self, *moves: tuple[CashAccount, CashAccount, int]) -> tuple[int, str]:
        """By a spreadsheet: exported, written on below, brought in."""
        sheet = self.folder / "moves.csv"
        code, text = offline("export-csv", str(self.file), str(sheet), "--cp932")
        assert code == 0, text
        rows = from_csv(sheet.read_bytes(), Encoding.CP932)
        for source, to, units in moves:
            accounts = (source.node, source.key.hex(), to.node, to.key.hex())
            rows.append(["", *accounts, str(units), "OUTAGE", "R8-7", "", "2026-11-27"])
        sheet.write_bytes(to_csv(rows, Encoding.CP932))
        return offline("import-csv", str(self.file), str(sheet), "--cp932", *self.signers())


async def test_an_outage_is_normalised_through_a_crash_and_both_registers_agree(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        securities = await Securities.open(ledger)
        desk = Desk(tmp_path)
        async with served(ledger, AN) as vault, asking(vault) as client:
            author, approver = map(desk.key, PEOPLE)
            desk.file.write_bytes(await client.begin(SECURITY, (author,), (approver,)))
            in_flight = securities.move(5)
            await ledger.done(CN_A, in_flight)  # what the ledger made itself before it went down

            by_hand = [(SELLER_ACCOUNT, BUYER_ACCOUNT, 30), (BUYER_ACCOUNT, SELLER_ACCOUNT, 10)]
            by_hand.append((SELLER_ACCOUNT, BUYER_ACCOUNT, 5))
            code, text = desk.moves(*by_hand, (SELLER_ACCOUNT, BUYER_ACCOUNT, 76))
            assert (code, "row 5" in text, "76 are wanted" in text) == (1, True, True)
            code, text = desk.moves(*by_hand)
            assert code == 0, text
            with pytest.raises(RemoteCallerError, match="no closing line"):
                await client.upload(desk.file.read_bytes())
            code, text = offline("close", str(desk.file), *desk.signers())
            assert code == 0, text

            content = desk.file.read_bytes()
            which = await client.upload(content)
            planned = await client.preview(*which)
            assert [(line.units, len(line.counted)) for line in planned.lines] == [(30, 0), (10, 0), (0, 1)]
            with pytest.raises(RemoteCallerError, match="brought into this node"):
                await client.bring_in(which[0])
            with pytest.raises(RemoteCallerError):
                await client.plan(*which, PEOPLE[0], PEOPLE[0])
            outage = await client.plan(*which, *PEOPLE)
        first = Forced(request_id_of(outage.outage_id, 1, 1), SECURITY, chain.verified(content).moves[0], 30)
        await NodeMover(ledger.operations(AN)).force(first)
        await ledger.kill(AN)  # after the transfer, before the line was marked
        await ledger.start(AN)

        async with served(ledger, AN) as vault:
            register = RegisterClient(ApiEndpoint(AN.name, f"127.0.0.1:{vault.port}"), tls_of(OPERATIONS_NAME))
            async with asking(vault) as client:
                half = await proof(register, chain.verified(content), await client.plan(*which, *PEOPLE))
            assert (half.holds, half.problems[0].startswith("line 1")) == (False, True)
            people = ("--author", PEOPLE[0], "--approver", PEOPLE[1])
            code, text = await said(vault, tmp_path, "emergency", "normalise", str(desk.file), *people, "--json")
            assert (code, json.loads(text)["closed"]) == (0, True), text
            async with asking(vault) as client:
                assert (await client.bring_in(which[0])).closed_sequence is not None  # nothing is left to do
            assert await securities.register() == (75, 25)
            code, text = await said(vault, tmp_path, "emergency", "prove", str(desk.file), "--json")
            assert (code, json.loads(text)["agree"], json.loads(text)["units"]) == (0, True, 100), text
            entries = (await register.entries(SECURITY, SELLER_ACCOUNT.key)).rows
            forced = [each for each, _ in entries if each.details.kind is RegisterKind.FORCED]
            assert [each.entry.change_amount for each in forced] == [-30, 10]
            assert {(e.details.reason, e.details.reference, e.details.author, e.details.approver) for e in forced} == {
                ("OUTAGE", "R8-7", *PEOPLE)
            }
            await register.close()


async def test_files_that_are_not_of_this_registers_books_are_refused(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger, served(ledger, AN) as vault:
        await Securities.open(ledger)
        author, approver = _staff()
        async with asking(vault) as client:
            with pytest.raises(RemotePeerError, match="expected one of"):
                await client.begin(Asset("ST", TOKEN_ID, CN_A.name), (author,), (approver,))
            with pytest.raises(RemoteCallerError, match="author and approver"):
                await client.begin(SECURITY, (author,), (author,))
            content = await client.begin(SECURITY, (author,), (approver,))
            base = chain.verified(content).base
            forged = replace(base, registrar_key=STRANGER.public_key.encoded())
            with pytest.raises(RemotePeerError, match="not signed with a key of this node"):
                await client.upload(_closed(chain.begin(forged, STRANGER.sign)))
            with pytest.raises(RemotePeerError, match="hash"):
                await client.upload(content.replace(b'"units":100', b'"units":101'))
        async with asking(vault, PLATFORM_NAME) as client:
            with pytest.raises(RemoteCallerError):
                await client.begin(SECURITY, (author,), (approver,))


async def test_a_line_that_the_ledger_refused_is_tried_again_by_another_flow(
    tmp_path: Path,
) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger, served(ledger, AN) as vault:
        securities, trades = await Securities.open(ledger), NativeTrades(ledger)
        author, approver = _staff()
        async with asking(vault) as client:
            which = await client.upload(_closed(await client.begin(SECURITY, (author,), (approver,))))
            await client.plan(*which, *PEOPLE)
            await trades.change(MembershipChange.SUSPEND, CN_B, ST)
            for _ in range(2):
                with pytest.raises(RemoteCallerError, match="line 1 was refused, MEMBERSHIP"):
                    await client.bring_in(which[0])
            await trades.change(MembershipChange.ACTIVATE, CN_B, ST)
            assert (await client.bring_in(which[0])).closed_sequence is not None
        assert await securities.register() == (99, 1)


def _staff() -> tuple[StaffKey, StaffKey]:
    author, approver = (signer.public_key.encoded() for signer in (AUTHOR, APPROVER))
    return StaffKey(PEOPLE[0], author), StaffKey(PEOPLE[1], approver)


def _closed(content: bytes) -> bytes:
    moved = chain.record_moves(content, [Move(SELLER_ACCOUNT, BUYER_ACCOUNT, 1, "OUTAGE")], 0, AUTHOR, APPROVER)[0]
    return chain.close(moved, 0, AUTHOR, APPROVER)
