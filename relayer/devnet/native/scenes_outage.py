"""The outage: registrar and notary die, the register goes on in a file, and comes back by forced transfers."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path
from typing import Final

from chains.progmat.client.market import RegisterClient, RegisterKind
from chains.progmat.market.register.cells import Encoding, from_csv, to_csv
from chains.rpc_status import RemoteUnavailableError
from relayer.devnet.native.cast import (
    A1,
    APPROVER,
    APPROVER_OF_OUTAGE,
    AUTHOR_OF_OUTAGE,
    B2,
    C1,
    CLERK,
    D1,
    SECURITY_ID,
)
from relayer.devnet.native.network import NOTARY, REGISTRAR, crossdvp
from relayer.devnet.native.stage import ASSET, Day, SceneDiffers, expect
from relayer.devnet.native.telling import Told, yen

MOVES: Final = ((A1, C1, 7), (D1, B2, 9))
REASON, CASE = "OUTAGE_TRADE", "BCP-2026-1"
EMERGENCY: Final = ("register", "emergency")


async def an_outage(day: Day) -> Told:
    """Emergency register (有事対応): kept off-ledger while there is none, then brought in, then proved."""
    told = Told("16:00 The ledger is down: emergency register, recovery, normalisation")
    folder = day.network.directory / "outage"
    folder.mkdir()
    file = folder / f"{SECURITY_ID}.jsonl"
    people = await asyncio.gather(*(_person(folder, name) for name in (AUTHOR_OF_OUTAGE, APPROVER_OF_OUTAGE)))
    named = ("--author", f"{AUTHOR_OF_OUTAGE}:{people[0]}", "--approver", f"{APPROVER_OF_OUTAGE}:{people[1]}")
    asked = ("register", "--config", str(day.network.config(REGISTRAR)), "emergency")
    await crossdvp(*asked, "begin", SECURITY_ID, str(file), *named)
    told.act("registrar (an)", "has written the register of today as a signed file, with the two who may go on in it")

    day.network.kill(REGISTRAR, NOTARY)
    told.act("the machines", "an and nn are killed with -9")
    told.act("anybody", f"asks for the register: {await _unreachable(day)}")
    await day.close(REGISTRAR)
    signers = _signers(folder)
    for source, to, units in MOVES:
        told.act("trustee's desk", f"consents to {units} units {source.investor_id} > {to.investor_id} by hand")
        day.books.move(source.investor_id, to.investor_id, units)
    sheet = folder / "moves.csv"
    await crossdvp(*EMERGENCY, "export-csv", str(file), str(sheet))
    await asyncio.to_thread(_fill_in, day, sheet)
    await crossdvp(*EMERGENCY, "import-csv", str(file), str(sheet), *signers)
    told.act("trustee's desk", "writes both into a spreadsheet; two people sign what it says, line by line")
    await crossdvp(*EMERGENCY, "close", str(file), *signers)
    told.act("trustee's desk", "closes the file: no line can be added or changed any more")

    await day.network.start(NOTARY, REGISTRAR)
    told.act("the machines", "an and nn are there again, with everything they had recorded")
    brought = ("--author", CLERK, "--approver", APPROVER)
    closed = await crossdvp(*asked, "normalise", str(file), *brought)
    expect("the outage closed", expected=True, found=closed["closed"])
    told.act("registrar (an)", f"brings {len(closed['lines'])} lines in by forced transfers (正常化)")
    proof = await crossdvp(*asked, "prove", str(file))
    expect("file and ledger agree, line by line", (True, []), (proof["agree"], proof["differences"]))
    told.act("anybody", f"proves it: file and ledger agree on all {yen(proof['units'])} units")
    found = await day.units_agree()
    told.headers = ("investor", "units now", "by force", "reason", "case", "author", "approver")
    for investor in dict.fromkeys(each for move in MOVES for each in move[:2]):
        for units, *said in await day.entries(day.account(investor), RegisterKind.FORCED):
            if said[0] == REASON:
                told.rows.append((investor.investor_id, yen(found[investor.investor_id]), f"{units:+}", *said))
    expect("entries of the normalisation", 2 * len(MOVES), len(told.rows))
    return told


async def _unreachable(day: Day) -> str:
    try:
        await day.ask(RegisterClient, REGISTRAR).totals(ASSET)
    except RemoteUnavailableError as error:
        return error.reason
    raise SceneDiffers("a node that was killed", "no answer", "an answer")


async def _person(folder: Path, name: str) -> str:
    """Makes a person's key file; its public key in hexadecimal."""
    passphrase = folder / f"{name}.passphrase"
    passphrase.write_text(secrets.token_hex(16))
    made = await crossdvp(*EMERGENCY, "key", str(folder / f"{name}.keys"), "--passphrase-file", str(passphrase))
    return str(made["public_key"])


def _signers(folder: Path) -> tuple[str, ...]:
    said: list[str] = []
    for option, name in (("--author", AUTHOR_OF_OUTAGE), ("--approver", APPROVER_OF_OUTAGE)):
        said += [option, str(folder / f"{name}.keys"), str(folder / f"{name}.passphrase")]
    return tuple(said)


def _fill_in(day: Day, sheet: Path) -> None:
    """New rows below those of the file, without a number, as a spreadsheet program would save them."""
    rows = from_csv(sheet.read_bytes(), Encoding.UTF_8)
    for source, to, units in MOVES:
        giver, taker = day.account(source), day.account(to)
        accounts = (giver.node, giver.key.hex(), taker.node, taker.key.hex())
        rows.append(["", *accounts, str(units), REASON, CASE, "", day.trading_date.isoformat()])
    sheet.write_bytes(to_csv(rows, Encoding.UTF_8))
