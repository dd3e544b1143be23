"""Having attested what is unspent here, before another contract package: its program cannot verify its history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.node.ledger_node import LedgerNode
from chains.progmat.vault.unspent import unattested_transactions

MAX_AT_ONCE: Final = 256


@dataclass(frozen=True, slots=True)
class AttestedNow:
    """How many ledger_txs were attested, and of how many with unspent outputs that has still to be asked."""

    attested: int
    left: int


async def attest_unspent(node: LedgerNode, most: int) -> AttestedNow:
    """Have up to ``most`` ledger_txs attested that made what is unspent in this node's vault; may be repeated.

    The Validators thereby verify and keep their histories, and the participants can hand the attestation on. Raises
    ``InvalidRequest``, and the first Validator's error when too few of them attest: what was attested stays so.
    """
    if not 1 <= most <= MAX_AT_ONCE:
        raise InvalidRequest("max_transactions", f"1 to {MAX_AT_ONCE} are possible, not {most}")
    found = await node.parts.database.read(unattested_transactions)
    for tx_id in found[:most]:
        await node.snipper.attest(tx_id)
    return AttestedNow(min(most, len(found)), max(0, len(found) - most))
