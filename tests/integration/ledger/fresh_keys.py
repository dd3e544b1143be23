"""Payments under fresh keys, and what they leave on the ledger."""

from __future__ import annotations

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.names import CASH
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.request_base import KeyChoice
from chains.progmat.flows.requests import MoveCash
from chains.progmat.flows.signed_records import signed_of
from chains.progmat.vault.fresh_keys import FreshKeyRecord, fresh_key_records
from ibc.dvp import CashAccount
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, SN, LedgerParty
from tests.integration.ledger.network import BUYER_ACCOUNT, SELLER_ACCOUNT, LedgerNetwork


def fresh_pay(name: str, amount_yen: int, to: CashAccount = SELLER_ACCOUNT) -> MoveCash:
    """The buyer pays."""
    return MoveCash(name, COIN_ID, SN.name, amount_yen, BUYER_ACCOUNT.key, to, KeyChoice.FRESH)


def fresh_return(name: str, amount_yen: int) -> MoveCash:
    """The seller pays the buyer."""
    return MoveCash(name, COIN_ID, SN.name, amount_yen, SELLER_ACCOUNT.key, BUYER_ACCOUNT, KeyChoice.FRESH)


def coins_made(record: FlowRecord) -> list[CashState]:
    """Outputs of a flow's transaction."""
    return [CashState.of(state) for state in signed_of(record).wire.outputs if state.contract == CASH]


async def known_of(ledger: LedgerNetwork, party: LedgerParty, record: FlowRecord) -> dict[bytes, FreshKeyRecord]:
    """What a node has in its records of the keys that a transaction's coins are under."""
    keys = [coin.owner.encoded() for coin in coins_made(record)]
    database = ledger.vault(party).node.parts.database
    return await database.read(lambda connection: fresh_key_records(connection, keys))


async def holdings(ledger: LedgerNetwork) -> tuple[int, int, int]:
    """The buyer's and the seller's free yen at their nodes, and the total at the issuer."""
    return (
        await ledger.free_yen(CN_B, BUYER_ACCOUNT),
        await ledger.free_yen(CN_A, SELLER_ACCOUNT),
        await ledger.total_yen(SN),
    )


async def register(ledger: LedgerNetwork) -> dict[tuple[str, bytes], int]:
    """The issuer's register: yen by node and account key."""
    lines = await ledger.operations(SN).balances(COIN_ID, b"")
    return {(line.account.node, line.account.key): line.balance.total for line in lines}
