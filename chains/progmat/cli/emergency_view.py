"""What ``crossdvp register emergency`` shows of files, of outages, and of the proof that both registers agree."""

from __future__ import annotations

from collections import defaultdict

from chains.console import Output, facts, out, show_json
from chains.progmat.client.register_client import RegisterClient
from chains.progmat.client.vault_client import all_rows
from chains.progmat.market.emergency.difference import Agreement, LedgerChange, agreement
from chains.progmat.market.emergency.model import EmergencyFile
from chains.progmat.market.emergency.outage import Outage
from chains.progmat.market.register.moments import NOW, AsOf, Moment
from chains.progmat.vault.pages import MAX_PAGE_SIZE
from ibc.dvp import CashAccount


async def proof(client: RegisterClient, file: EmergencyFile, outage: Outage) -> Agreement:
    """Both registers compared, by what the node's register says; of the outage it only names ledger_txs."""
    security, after = file.base.security, file.base.moment.sequence
    at = NOW if outage.closed_sequence is None else Moment(AsOf.SEQUENCE, outage.closed_sequence)
    closing = (await client.register(security, at)).register
    end = closing.moment.sequence
    changes: dict[tuple[bytes, int], dict[CashAccount, int]] = defaultdict(dict)
    trade_ids: dict[bytes, bytes] = {}
    if end > after:
        rows = all_rows(
            lambda token: client.entries(security, after=after, up_to=end, page_size=MAX_PAGE_SIZE, page_token=token)
        )
        async for found, _ in rows:
            entry = found.entry
            account = CashAccount(entry.account.node, entry.account.owner_key)
            changes[entry.tx_id, entry.sequence][account] = entry.change_amount
            trade_ids[entry.tx_id] = found.details.trade_id
    ledger = [LedgerChange(tx_id, sequence, made, trade_ids[tx_id]) for (tx_id, sequence), made in changes.items()]
    return agreement(file, ledger, closing, [line.brought_in for line in outage.lines])


def show_proof(proof: Agreement, output: Output) -> None:
    """What agrees, and what does not."""
    differences = [
        {
            "node": each.account.node,
            "account_key": each.account.key.hex(),
            "emergency_units": each.emergency_units,
            "ledger_units": each.ledger_units,
        }
        for each in proof.differences
    ]
    own = [change.tx_id.hex() for change in proof.own]
    if output is Output.PROGRAMS:
        show_json(
            {
                "agree": proof.holds,
                "units": proof.units,
                "differences": differences,
                "problems": list(proof.problems),
                "ledgers_own": own,
            }
        )
        return
    facts({"agree": "to the unit" if proof.holds else "NO", "units": f"{proof.units:,}", "ledger's own": len(own)})
    for each in differences:
        account = f"{each['node']}:{each['account_key']}"
        out.print(f"  [red]{account}[/red] file {each['emergency_units']:,}, ledger {each['ledger_units']:,}")
    for problem in proof.problems:
        out.print(f"  [red]{problem}[/red]", soft_wrap=True)


def show_outage(outage: Outage, output: Output) -> None:
    """Line by line how it came, or is to come, into the ledger."""
    lines = [
        {
            "line": line.number,
            "units": line.units,
            "tx_id": line.tx_id.hex(),
            "counted": [tx_id.hex() for tx_id in line.counted],
        }
        for line in outage.lines
    ]
    if output is Output.PROGRAMS:
        closed = outage.closed_sequence is not None
        show_json({"outage_id": outage.outage_id.hex(), "closed": closed, "lines": lines})
        return
    for line in outage.lines:
        counted = f", {', '.join(tx_id.hex() for tx_id in line.counted)} counted" if line.counted else ""
        by = f"by {line.tx_id.hex()}" if line.tx_id else "to be brought in" if line.units else "by the ledger itself"
        out.print(f"  line {line.number:<5} {line.units:>15,} units {by}{counted}", soft_wrap=True)
    facts({"outage": outage.outage_id.hex(), "closed": outage.closed_sequence is not None})


def facts_of(file: EmergencyFile) -> dict[str, object]:
    """What is in a verified file."""
    base = file.base
    return {
        "outage": file.outage_id.hex(),
        "security": base.security.asset_id,
        "registrar": base.security.issuer,
        "registrar key": base.registrar_key.hex(),
        "base sequence": base.moment.sequence,
        "moves": len(file.moves),
        "units": sum(file.units().values()),
        "last line": file.head.hex(),
        "closed": file.closed is not None,
    }
