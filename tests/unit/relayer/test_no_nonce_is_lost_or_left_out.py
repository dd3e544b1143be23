"""An account that owns its nonces, on a real chain: crashes anywhere, foreign transactions, lost pools, replacement."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self, TypeVar

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chains.evm.client.abi import EvmCall
from chains.evm.client.fees import Fee, FeeMarket, FeeRules, dynamic_fee, legacy_fee, outbidding
from chains.evm.client.node_types import BlockTag
from chains.evm.client.rpc import EvmRpc
from chains.evm.client.signing import SignedEvmTx, sign_call
from chains.evm.devnet.app import Devnet
from chains.evm.errors import (
    EvmRequestRefused,
    EvmTxNotIncluded,
    GasPriceTooHigh,
    NodeUnavailable,
    NonceTakenByOther,
    SpendingLimitReached,
)
from primitives.errors import UnavailableError
from primitives.secp256k1 import address_of
from relayer.database import Database
from relayer.evm_account import AccountRules, OwnedAccount
from relayer.evm_nonce_book import Fence, NonceBook, unfenced
from relayer.evm_nonce_plan import MOST_AHEAD, NonceRow, NonceState, reconcile
from relayer.evm_nonces import AccountKey, NonceTable
from tests.fakes.evm_devnet_world import CHAIN_ID, RICH, devnet_config

T = TypeVar("T")
KEY = AccountKey(CHAIN_ID, address_of(RICH))
RULES = AccountRules(FeeRules(max_gas_price_wei=1000), resend_after_s=2, replace_after_s=5, tend_interval_s=1)
_metadata = sa.MetaData()
TABLE = NonceTable(_metadata)


class Killed(BaseException):
    """Stands for SIGKILL: no handler of the product may catch it."""


class KillingRpc(EvmRpc):
    """``kill`` the process just before or just after a transaction is handed in, or let the answer be lost."""

    kill = ""

    async def send_raw(self, raw: bytes) -> bytes:
        kill, self.kill = self.kill, ""
        if kill == "before":
            raise Killed
        answer = await super().send_raw(raw)
        if kill == "after":
            raise Killed
        if kill == "answer lost":
            raise NodeUnavailable(self.url, "no answer within 1 s")
        return answer


class Stage:
    """A chain that makes blocks when told, and an account whose process can be killed and started again."""

    def __init__(self, database: Path | None = None, rules: AccountRules = RULES, fence: Fence = unfenced) -> None:
        self.devnet = Devnet(devnet_config())
        self.now_s = 1_000_000.0
        self.database = Database(database, _metadata, 1)
        self.rules, self.fence = rules, fence
        self.mines_while_waiting = True

    async def __aenter__(self) -> Self:
        await self.devnet.__aenter__()
        self.rpc = KillingRpc(self.devnet.url)
        self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.rpc.close()
        await self.devnet.__aexit__(None, None, None)
        self.database.close()

    def start(self) -> None:
        book = NonceBook(self.database, TABLE, KEY, self.fence)
        self.account = OwnedAccount(self.rpc, RICH, CHAIN_ID, book, self.rules, lambda: self.now_s, self.pause)
        self.book = book

    async def pause(self, seconds: float) -> None:
        self.now_s += seconds
        if self.mines_while_waiting:
            self.devnet.mine()

    def lose_pool(self) -> None:
        """The node starts again, and forgets what waited."""
        pool = self.devnet.producer.mempool
        for evm_tx_hash in list(pool._by_hash):
            pool.remove(evm_tx_hash)

    async def send_as_other(self, nonce: int, price_wei: int) -> bool:
        call = EvmCall(b"\x77" * 20, b"", 1)
        try:
            await self.rpc.send_raw(sign_call(RICH, CHAIN_ID, call, nonce, 21_000, Fee(price_wei)).raw)
        except EvmRequestRefused:
            return False
        return True

    def is_stored(self, number: int) -> bool:
        with self.database.transaction() as connection:
            to = TABLE._nonces.c.to
            return connection.execute(sa.select(to).where(to == recipient(number))).first() is not None

    async def balance(self, number: int) -> int:
        return await self.rpc.balance_wei(recipient(number))


def recipient(number: int) -> bytes:
    return b"\x55" * 16 + number.to_bytes(4, "big")


def transfer(number: int) -> EvmCall:
    return EvmCall(recipient(number), b"", 1, gas=21_000)


class OwnedNonces(RuleBasedStateMachine):
    """Every message takes effect exactly once, unless another program took its nonce; and no gap is left."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = TemporaryDirectory()
        self.stage = Stage(Path(self.folder.name) / "relayer.sqlite3")
        self.messages: list[int] = []
        self.sends = 0
        self.stolen = False

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @initialize()
    def begin(self) -> None:
        self.run(self.stage.__aenter__())

    @rule(kill=st.sampled_from(["", "", "before", "after", "answer lost"]))
    def send(self, kill: str) -> None:
        self.stage.rpc.kill = kill
        self.sends += 1
        number = self.sends
        self.messages.append(number)
        try:
            self.run(self.stage.account.send(transfer(number)))
        except Killed:
            self.stage.start()
            if not self.stage.is_stored(number):  # killed before: nothing was promised
                self.messages.pop()
        except NonceTakenByOther:
            self.stolen = True

    @rule()
    def mine(self) -> None:
        self.stage.devnet.mine()

    @rule(seconds=st.integers(1, 6))
    def tend(self, seconds: int) -> None:
        self.stage.now_s += seconds
        self.run(self.stage.account.tend())

    @rule()
    def restart(self) -> None:
        self.stage.start()

    @rule()
    def pool_is_lost(self) -> None:
        self.stage.lose_pool()

    @rule()
    def other_program_sends(self) -> None:
        nonce = self.run(self.stage.rpc.nonce(KEY.address, BlockTag.PENDING))
        self.stolen |= self.run(self.stage.send_as_other(nonce, 0))

    @precondition(lambda self: self.messages)
    @rule()
    def other_program_outbids(self) -> None:
        nonce = self.run(self.stage.rpc.nonce(KEY.address, BlockTag.LATEST))
        self.stolen |= self.run(self.stage.send_as_other(nonce, 500))

    @invariant()
    def nothing_takes_effect_twice(self) -> None:
        if hasattr(self.stage, "rpc"):
            assert all(self.run(self.stage.balance(number)) <= 1 for number in self.messages)

    def teardown(self) -> None:
        try:
            for _ in range(6):
                self.stage.now_s += 10
                self.run(self.stage.account.tend())
                self.stage.devnet.mine()
            self.run(self.stage.account.tend())
            counts = self.stage.book.counts(self.stage.now_s)
            assert (counts.in_flight, counts.freed) == (0, 0)
            assert counts.next_nonce == self.run(self.stage.rpc.nonce(KEY.address, BlockTag.LATEST))
            if not self.stolen:
                assert all(self.run(self.stage.balance(number)) == 1 for number in self.messages)
        finally:
            self.run(self.stage.__aexit__())
            self.loop.close()
            self.folder.cleanup()


OwnedNonces.TestCase.settings = settings(
    max_examples=12,
    stateful_step_count=14,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking runs a chain each time
)
TestOwnedNonces = OwnedNonces.TestCase


async def test_a_process_killed_between_storing_and_sending_sends_when_it_starts_again() -> None:
    async with Stage() as stage:
        stage.rpc.kill = "before"
        with pytest.raises(Killed):
            await stage.account.send(transfer(1))
        stage.start()
        stage.now_s += 10
        await stage.account.tend()
        stage.devnet.mine()
        assert await stage.balance(1) == 1


async def test_several_are_on_their_way_and_take_effect_in_order() -> None:
    async with Stage() as stage:
        sent = [await stage.account.send(transfer(number)) for number in range(5)]
        assert [signed.nonce for signed in sent] == [0, 1, 2, 3, 4]
        receipts = await asyncio.gather(
            *(stage.account.wait_for(signed, transfer(number), 30) for number, signed in enumerate(sent))
        )
        assert len({receipt.height for receipt in receipts}) == 1


async def test_one_that_is_stuck_is_outbid_by_an_eighth_up_to_the_ceiling() -> None:
    async with Stage(rules=AccountRules(FeeRules(max_gas_price_wei=3), resend_after_s=2, replace_after_s=5)) as stage:
        stage.mines_while_waiting = False
        signed = await stage.account.send(transfer(1))
        with pytest.raises(EvmTxNotIncluded):
            await stage.account.wait_for(signed, transfer(1), 60)
        prices = [each.fee.max_fee_wei for each in stage.book.submissions(0)]
        assert prices == [0, 1, 2, 3]
        stage.devnet.mine()
        receipt = await stage.account.wait_for(signed, transfer(1), 60)
        assert receipt.evm_tx_hash == stage.book.submissions(0)[-1].evm_tx_hash
        assert await stage.balance(1) == 1


async def test_a_nonce_that_another_program_took_is_noticed_by_whoever_waits() -> None:
    async with Stage() as stage:
        signed = await stage.account.send(transfer(1))
        assert await stage.send_as_other(0, 500)
        with pytest.raises(NonceTakenByOther, match="a key of its own"):
            await stage.account.wait_for(signed, transfer(1), 60)
        again = await stage.account.execute(transfer(1), 60)
        assert (again.height > 0, await stage.balance(1)) == (True, 1)


async def test_a_gap_is_filled_so_that_what_stands_above_it_goes_on() -> None:
    async with Stage() as stage:
        await stage.account.send(transfer(0))
        await stage.account.send(transfer(1))
        stage.lose_pool()
        stage.book.free(0)
        await stage.account.tend()
        stage.now_s += 10
        await stage.account.tend()
        stage.devnet.mine()
        assert (await stage.balance(0), await stage.balance(1)) == (0, 1)


async def test_what_the_account_may_not_spend_today_waits_for_tomorrow() -> None:
    rules = AccountRules(FeeRules(max_gas_price_wei=10), max_wei_a_day=21_000 * 2)
    async with Stage(rules=rules) as stage:
        await stage.account.tend()
        call, fee = transfer(1), Fee(1)

        def take(at_s: float) -> int:
            sign = partial(sign_call, RICH, CHAIN_ID, call, gas=21_000, fee=fee)
            return stage.book.take(call, 21_000, fee, sign, at_s, rules.max_wei_a_day).nonce

        assert [take(stage.now_s), take(stage.now_s)] == [0, 1]
        with pytest.raises(SpendingLimitReached, match="max_wei_a_day"):
            take(stage.now_s)
        assert take(stage.now_s + 86_400) == 2


async def test_a_low_balance_is_an_alarm_and_no_error() -> None:
    async with Stage(rules=AccountRules(low_balance_wei=10**40)) as stage:
        await stage.account.execute(transfer(1), 60)
        status = await stage.account.status()
        assert status.is_low
        assert status.counts.next_nonce == 1


async def test_an_instance_that_lost_its_lease_writes_nothing() -> None:
    class LeaseLost(UnavailableError):
        reason = "LEASE_LOST"

    is_lost = False

    def fence(_: sa.Connection) -> None:
        if is_lost:
            raise LeaseLost("another instance has the account")

    async with Stage(fence=fence) as stage:
        await stage.account.tend()
        is_lost = True
        with pytest.raises(LeaseLost):
            await stage.account.send(transfer(1))
        is_lost = False
        assert stage.book.counts(stage.now_s).in_flight == 0
        assert await stage.rpc.nonce(KEY.address, BlockTag.PENDING) == 0


rows_strategy = st.dictionaries(st.integers(0, 40), st.sampled_from(NonceState), max_size=12)


@given(rows_strategy, st.integers(0, 40))
def test_what_is_reconciled_has_no_gap_and_stays_as_it_is(states: dict[int, NonceState], chain_nonce: int) -> None:
    changes = reconcile([NonceRow(nonce, state) for nonce, state in sorted(states.items())], chain_nonce)
    for nonce in changes.commit:
        states[nonce] = NonceState.COMMITTED
    for nonce in changes.reopen:
        states[nonce] = NonceState.TAKEN
    for nonce in changes.gaps:
        states.setdefault(nonce, NonceState.FREED)
    for nonce in changes.forget:
        states.pop(nonce, None)
    assert set(range(chain_nonce, changes.next_nonce)) == {nonce for nonce in states if nonce >= chain_nonce}
    again = reconcile([NonceRow(nonce, state) for nonce, state in sorted(states.items())], chain_nonce)
    assert (again.next_nonce, again.commit, again.reopen) == (changes.next_nonce, (), ())


def test_a_node_that_lies_about_the_count_makes_us_count_on_for_ever_in_vain() -> None:
    lied = reconcile([], 10**9)
    assert lied.next_nonce == 10**9
    far = [NonceRow(10**9, NonceState.TAKEN)]
    honest = reconcile(far, 3)
    assert honest.forget == (10**9,)
    assert (honest.next_nonce, honest.gaps) == (3, ())
    near = reconcile([NonceRow(3 + MOST_AHEAD, NonceState.TAKEN)], 3)
    assert len(near.gaps) == MOST_AHEAD


def test_fees_stay_below_the_ceiling_and_replacements_outbid_by_an_eighth() -> None:
    rules = FeeRules(FeeMarket.EIP1559, max_gas_price_wei=1000, max_priority_fee_wei=50)
    assert dynamic_fee(rules, 100, 80) == Fee(200, 50)
    assert dynamic_fee(rules, 900, 50) == Fee(1000, 50)
    with pytest.raises(GasPriceTooHigh):
        dynamic_fee(rules, 951, 50)
    assert legacy_fee(rules, 800) == Fee(1000)
    assert outbidding(rules, Fee(200, 50)) == Fee(225, 57)
    assert outbidding(rules, Fee(888)) == Fee(999)
    assert outbidding(rules, Fee(900)) is None
    assert outbidding(FeeRules(), Fee(0)) is None


def test_a_transaction_with_a_tip_is_of_type_2() -> None:
    signed: SignedEvmTx = sign_call(RICH, CHAIN_ID, transfer(1), 0, 21_000, Fee(100, 2))
    assert signed.raw[0] == 2
    assert sign_call(RICH, CHAIN_ID, transfer(1), 0, 21_000, Fee(100)).raw[0] >= 0xC0
