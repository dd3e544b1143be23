"""A proof bundle that is asked for right after the end: Validators are still reading, and the caller still waits."""

from __future__ import annotations

import asyncio

import pytest

from chains.evm.client.rpc import EvmRpc
from chains.progmat.client.checkpoints import READING_MS, CheckpointCollector
from chains.progmat.client.errors import TooFewCheckpointSignatures
from chains.progmat.client.ledger_client import TornEvidence
from ibc.dvp import SettlementTerms
from relayer.gateway.bundle.collecting import BundleCollector, BundleSources
from relayer.gateway.lifecycle import SettlementState
from relayer.gateway.matching import Side
from relayer.gateway.model import Fact, Instruction, Ledger, Settlement
from tests.fakes.manual_clock import ManualClock
from tests.fakes.qbft_headers import validator_keys
from tests.fakes.scripted_validators import LEDGER_ID, RotatingLedger, ScriptedValidator, ms_until_done, set_of
from tests.fakes.settlement_terms import T0_S, some_terms

KEYS = validator_keys(4, "a")
HEAD = 9
TERMS = some_terms()
CANCELLED = Settlement(
    TERMS.trade_id,
    SettlementState.CANCELLED,
    {Side.SELLER: Instruction(TERMS)},
    T0_S,
    T0_S,
    facts=(Fact(Ledger.PROGMAT, "trade cancelled", "tx", HEAD + 2, T0_S),),
)


class TwoTransactions:
    """A custodian node whose two transactions are the next two entries of the journal."""

    async def trade_evidence(self, _terms: SettlementTerms) -> tuple[TornEvidence, ...]:
        return tuple(TornEvidence(position, b"", b"", b"") for position in (HEAD + 1, HEAD + 2))


async def test_a_bundle_waits_for_its_validators_once_not_once_for_each_transaction() -> None:
    """Each transaction is read well within the time, both of them are not."""
    ledger, clock = RotatingLedger({1: set_of(KEYS, 3)}, HEAD), ManualClock()
    validators = [ScriptedValidator(key, ledger, clock=clock) for key in KEYS]
    sources = BundleSources(
        rpc=EvmRpc("http://127.0.0.1:1"),
        chain_id=TERMS.security.chain_id,
        router=b"r" * 20,
        store_slot=bytes(32),
        collector=CheckpointCollector(LEDGER_ID, set_of(KEYS, 3), validators),
        validator_set=set_of(KEYS, 3),
        custodians={TERMS.cash.buyer.node: TwoTransactions()},
        ledger_client_id="qbft-0",
        evm_client_id="progmat-0",
    )
    work = asyncio.create_task(BundleCollector(sources).collect(CANCELLED))
    assert await ms_until_done(work, ledger, clock, entry_ms=READING_MS * 3 // 5) == READING_MS
    with pytest.raises(TooFewCheckpointSignatures):
        await work
