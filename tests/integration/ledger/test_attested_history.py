"""A coin's history is attested now and then: later owners learn what they need, the issuer keeps everything."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest

from chains.progmat.flows.requests import MoveCash, RedeemCash
from chains.progmat.flows.snipping import Snipper
from chains.progmat.node.storage import NodeDatabase, unknown_transactions
from chains.progmat.node.storage.attested_store import attestations_of
from chains.progmat.transactions.attestation import Attestation
from chains.progmat.transactions.errors import AttestationRefused
from ibc.dvp import CashAccount
from primitives.errors import UnavailableError
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, SN, VALIDATORS, LedgerParty
from tests.fakes.validator_world import NobodyListed
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    CASH_PARTIES,
    PARAMETERS,
    SELLER_ACCOUNT,
    LedgerNetwork,
    running_ledger,
)

EVERYBODY = (*CASH_PARTIES, *VALIDATORS)
LENGTH = 6


def database(ledger: LedgerNetwork, party: LedgerParty) -> NodeDatabase:
    return ledger.vault(party).node.parts.database


def snipper(ledger: LedgerNetwork) -> Snipper:
    return ledger.vault(SN).node.snipper


async def known(ledger: LedgerNetwork, party: LedgerParty, tx_ids: list[bytes]) -> int:
    missing = await database(ledger, party).read(partial(unknown_transactions, tx_ids=tx_ids))
    return len(tx_ids) - len(missing)


async def pass_on(
    ledger: LedgerNetwork, name: str, by: LedgerParty, of: CashAccount, to: CashAccount, amount_yen: int = 100
) -> bytes:
    record = await ledger.done(by, MoveCash(name, COIN_ID, SN.name, amount_yen, of.key, to))
    assert record.tx_id is not None
    return record.tx_id


async def long_chain(ledger: LedgerNetwork) -> list[bytes]:
    """100 yen of the buyer's, moved to itself again and again."""
    issued = await ledger.issue(100)
    assert issued.tx_id is not None
    moves = [await pass_on(ledger, f"m{n}", CN_B, BUYER_ACCOUNT, BUYER_ACCOUNT) for n in range(LENGTH)]
    return [issued.tx_id, *moves]


async def has_attestation(ledger: LedgerNetwork, party: LedgerParty, tx_id: bytes) -> None:
    changes = ledger.vault(party).node.records_changed
    async with asyncio.timeout(20):
        while True:
            changed = changes.next()
            if await database(ledger, party).read(partial(attestations_of, tx_ids=[tx_id])):
                return
            await changed.wait()


async def test_without_an_attestation_a_payee_gets_the_whole_history(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, EVERYBODY) as ledger:
        chain = await long_chain(ledger)
        await pass_on(ledger, "pay", CN_B, BUYER_ACCOUNT, SELLER_ACCOUNT)
        assert await known(ledger, CN_A, chain) == len(chain)


async def test_with_one_a_payee_gets_the_last_output_and_the_issuer_keeps_everything(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, EVERYBODY) as ledger:
        chain = await long_chain(ledger)
        attestation = await snipper(ledger).attest(chain[-1])
        attestation.verify(PARAMETERS)
        await has_attestation(ledger, CN_B, chain[-1])
        paid = await pass_on(ledger, "pay", CN_B, BUYER_ACCOUNT, SELLER_ACCOUNT)
        assert await known(ledger, CN_A, chain) == 0
        assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 100
        assert await known(ledger, SN, [*chain, paid]) == len(chain) + 1

        back = await pass_on(ledger, "back", CN_A, SELLER_ACCOUNT, BUYER_ACCOUNT, 40)
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 40
        redeemed = await ledger.done(CN_A, RedeemCash("redeem", COIN_ID, SN.name, 60, SELLER_ACCOUNT.key))
        assert redeemed.tx_id is not None
        assert await known(ledger, SN, [back, redeemed.tx_id]) == 2
        assert await ledger.total_yen(SN) == 40


async def test_what_was_received_with_an_attestation_is_handed_on_with_it(tmp_path: Path) -> None:
    """The payee pays on at once: the next one gets the payment, and the attested output under it from the payee."""
    async with running_ledger(tmp_path, EVERYBODY) as ledger:
        chain = await long_chain(ledger)
        await snipper(ledger).attest(chain[-1])
        await has_attestation(ledger, CN_B, chain[-1])
        await pass_on(ledger, "pay", CN_B, BUYER_ACCOUNT, SELLER_ACCOUNT)
        await ledger.stop(CN_B)
        (ledger.folder / CN_B.name / "node.sqlite3").unlink()  # a node that never saw anything
        await ledger.start(CN_B)
        await pass_on(ledger, "on", CN_A, SELLER_ACCOUNT, BUYER_ACCOUNT)
        assert await known(ledger, CN_B, chain) == 0
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 100


async def test_the_issuer_has_every_nth_step_attested_by_itself(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, EVERYBODY, attest_every=4) as ledger:
        chain = await long_chain(ledger)
        await has_attestation(ledger, CN_B, chain[3])
        assert not await database(ledger, CN_B).read(partial(attestations_of, tx_ids=[*chain[:3], *chain[4:]]))
        await pass_on(ledger, "pay", CN_B, BUYER_ACCOUNT, SELLER_ACCOUNT)
        assert await known(ledger, CN_A, chain) == len(chain) - 4


async def test_a_map_that_lists_too_few_validators_is_no_defect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_ledger(tmp_path, EVERYBODY, attest_every=2) as ledger:
        monkeypatch.setattr(snipper(ledger), "_directory", NobodyListed())
        issued = await ledger.issue(100)
        with pytest.raises(AttestationRefused, match="threshold"):
            await snipper(ledger).attest(issued.tx_id or b"")


async def test_validators_that_are_away_delay_an_attestation_and_nothing_else(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, EVERYBODY, attest_every=2) as ledger:
        for validator in VALIDATORS[:2]:
            await ledger.stop(validator)
        chain = await long_chain(ledger)
        with pytest.raises(UnavailableError):
            await snipper(ledger).attest(chain[-1])
        await pass_on(ledger, "pay", CN_B, BUYER_ACCOUNT, SELLER_ACCOUNT)
        assert await known(ledger, CN_A, chain) == len(chain)


async def test_a_validator_that_never_saw_the_history_gets_it_from_the_issuer(tmp_path: Path) -> None:
    """It approves a lock of coin that the asking node knows by an attestation only."""
    absent, *present = VALIDATORS
    async with running_ledger(tmp_path, (*CASH_PARTIES, *present)) as ledger:
        chain = await long_chain(ledger)
        await snipper(ledger).attest(chain[-1])
        await has_attestation(ledger, CN_B, chain[-1])
        paid = await pass_on(ledger, "pay", CN_B, BUYER_ACCOUNT, SELLER_ACCOUNT)
        await ledger.start(absent)
        attestation = await snipper(ledger).attest(paid)
        assert absent.key in {signature.by for signature in attestation.signatures}
        assert Attestation.decode(attestation.encode()) == attestation


async def test_a_custodian_that_takes_no_attestation_gets_the_history_from_the_issuer(tmp_path: Path) -> None:
    """The payer cannot show it: it came to it with an attestation."""
    async with running_ledger(tmp_path, EVERYBODY) as ledger:
        chain = await long_chain(ledger)
        await snipper(ledger).attest(chain[-1])
        await has_attestation(ledger, CN_B, chain[-1])
        await pass_on(ledger, "pay", CN_B, BUYER_ACCOUNT, SELLER_ACCOUNT)
        await ledger.stop(CN_B)
        (ledger.folder / CN_B.name / "node.sqlite3").unlink()
        ledger.whole_history = frozenset({CN_B.name})
        await ledger.start(CN_B)
        await pass_on(ledger, "on", CN_A, SELLER_ACCOUNT, BUYER_ACCOUNT)
        assert await known(ledger, CN_B, chain) == len(chain)
