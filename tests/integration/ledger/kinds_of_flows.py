"""For every kind of flow: who drives it, one request after another, and what must be true after so many of them.

A kind that is missing here makes ``test_every_kind_killed_at_every_point`` fail.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.market_requests import (
    ChangeMembership,
    IssueToken,
    MembershipChange,
    MoveToken,
    RedeemToken,
)
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.requests import (
    CancelTrade,
    CreateLightClient,
    IssueCash,
    MergeCash,
    MoveCash,
    RedeemCash,
    RotateAccountKey,
    SubmitMisbehaviour,
    UpdateLightClient,
)
from chains.progmat.vault.queries import membership
from tests.fakes.ledger_parties import AN, CN_A, CN_B, COIN_ID, EN, NN, SN, LedgerParty
from tests.fakes.token_parties import ST, TOKEN_ID
from tests.integration.ledger import (
    kinds_of_client_upkeep,
    kinds_of_coins,
    kinds_of_distributions,
    kinds_of_executions,
    kinds_of_proposals,
    kinds_of_replacements,
    kinds_of_securities,
    kinds_of_suspensions,
    two_notaries,
)
from tests.integration.ledger.native_trades import TOKENS, YEN, NativeTrades
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    CASH_PARTIES,
    SELLER_ACCOUNT,
    SETTLEMENT_PARTIES,
    TOKEN_PARTIES,
    LedgerNetwork,
    running_ledger,
)
from tests.integration.ledger.settlement import CLIENT_ID, COUNTERPARTY_ID, Settlements

Next = Callable[[int], Awaitable[AnyRequest]]
"""The request of that number, 0, 1, …, ready to be submitted."""
Check = Callable[[int], Awaitable[None]]
"""Raises unless the ledger stands as it must after so many of them."""
Opened = tuple[LedgerParty, Next, Check]
STOCK_YEN: Final = 100_000


@dataclass(frozen=True)
class KindOfFlow:
    """``open`` prepares a running ledger of ``parties``, that ``running`` starts."""

    parties: tuple[LedgerParty, ...]
    open: Callable[[LedgerNetwork], Awaitable[Opened]]
    running: Callable[[Path, tuple[LedgerParty, ...]], AbstractAsyncContextManager[LedgerNetwork]] = running_ledger


async def hold(ledger: LedgerNetwork, buyer_yen: int, seller_yen: int, total_yen: int) -> None:
    """Raises unless the accounts hold so much, and the issuer's vault all of it."""
    assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == buyer_yen
    assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == seller_yen
    assert await ledger.total_yen(SN) == total_yen


async def _issue_cash(ledger: LedgerNetwork) -> Opened:
    async def following(number: int) -> AnyRequest:
        return IssueCash(f"r-{number}", COIN_ID, 100, BUYER_ACCOUNT)

    async def check(count: int) -> None:
        await hold(ledger, 100 * count, 0, 100 * count)

    return SN, following, check


async def _move_cash(ledger: LedgerNetwork) -> Opened:
    await ledger.issue(STOCK_YEN)

    async def following(number: int) -> AnyRequest:
        return MoveCash(f"r-{number}", COIN_ID, SN.name, 30, BUYER_ACCOUNT.key, SELLER_ACCOUNT)

    async def check(count: int) -> None:
        await hold(ledger, STOCK_YEN - 30 * count, 30 * count, STOCK_YEN)

    return CN_B, following, check


async def _redeem_cash(ledger: LedgerNetwork) -> Opened:
    await ledger.issue(STOCK_YEN)

    async def following(number: int) -> AnyRequest:
        return RedeemCash(f"r-{number}", COIN_ID, SN.name, 30, BUYER_ACCOUNT.key)

    async def check(count: int) -> None:
        await hold(ledger, STOCK_YEN - 30 * count, 0, STOCK_YEN - 30 * count)

    return CN_B, following, check


async def _rotate_account_key(ledger: LedgerNetwork) -> Opened:
    await ledger.issue(STOCK_YEN)
    accounts = (BUYER_ACCOUNT, await ledger.operations(CN_B).open_account("second"))

    async def following(number: int) -> AnyRequest:
        old, new = accounts[number % 2], accounts[(number + 1) % 2]
        return RotateAccountKey(f"r-{number}", COIN_ID, SN.name, old.key, new.key)

    async def check(count: int) -> None:
        assert await ledger.free_yen(CN_B, accounts[count % 2]) == STOCK_YEN
        assert await ledger.free_yen(CN_B, accounts[(count + 1) % 2]) == 0
        assert await ledger.total_yen(SN) == STOCK_YEN

    return CN_B, following, check


async def _merge_cash(ledger: LedgerNetwork) -> Opened:
    async def following(number: int) -> AnyRequest:
        for _ in range(2):
            await ledger.issue(10)
        return MergeCash(f"r-{number}", COIN_ID, SN.name, BUYER_ACCOUNT.key, 20, 2)

    async def check(count: int) -> None:
        await hold(ledger, 20 * count, 0, 20 * count)

    return CN_B, following, check


async def _change_membership(ledger: LedgerNetwork) -> Opened:
    changes = (MembershipChange.SUSPEND, MembershipChange.ACTIVATE)

    async def following(number: int) -> AnyRequest:
        return ChangeMembership(f"r-{number}", changes[number % 2], BusinessNetwork.SC, CN_A.name)

    async def check(count: int) -> None:
        for party in (SN, CN_A, CN_B):
            database = ledger.vault(party).node.parts.database
            found = await database.read(lambda connection: membership(connection, "SC", CN_A.name, NN.name))
            assert found is not None
            assert found.indexed.status == ("ACTIVE" if count % 2 == 0 else "SUSPENDED")

    return SN, following, check


async def _lock_cash(ledger: LedgerNetwork) -> Opened:
    world = await Settlements.connect(ledger)
    await ledger.issue(STOCK_YEN)

    async def following(number: int) -> AnyRequest:
        return await world.lock_request(world.terms(number + 1, amount_yen=30))

    async def check(count: int) -> None:
        await hold(ledger, STOCK_YEN - 30 * count, 0, STOCK_YEN)
        packets = [event.packet for event in await ledger.operations(SN).ibc_events(0, 0, 100)]
        assert len(packets) == len(set(packets)) == count

    return CN_B, following, check


async def _cancel_trade(ledger: LedgerNetwork) -> Opened:
    world = await Settlements.connect(ledger)

    async def following(number: int) -> AnyRequest:
        return CancelTrade(world.request_id("cancel"), world.terms(number + 1))

    async def check(count: int) -> None:
        for number in range(count):
            trade = await ledger.operations(CN_A).trade(world.terms(number + 1).trade_id)
            assert trade.status.value == "CANCELLED"

    return CN_B, following, check


async def _ack_packet(ledger: LedgerNetwork) -> Opened:
    world = await Settlements.connect(ledger)
    await ledger.issue(STOCK_YEN)

    async def following(number: int) -> AnyRequest:
        terms = world.terms(number + 1, amount_yen=30)
        return await world.delivered(await world.lock(terms), terms)

    async def check(count: int) -> None:
        await hold(ledger, STOCK_YEN - 30 * count, 30 * count, STOCK_YEN)

    return SN, following, check


async def _timeout_packet(ledger: LedgerNetwork) -> Opened:
    world = await Settlements.connect(ledger)
    await ledger.issue(STOCK_YEN)

    async def following(number: int) -> AnyRequest:
        return await world.timed_out(await world.lock(world.terms(number + 1, amount_yen=30)))

    async def check(_count: int) -> None:
        await hold(ledger, STOCK_YEN, 0, STOCK_YEN)

    return SN, following, check


async def _receive_packet(ledger: LedgerNetwork) -> Opened:
    """The payment, which the buyer's custodian builds; that a refusal is killed, too, is in ``test_packets_arrive``."""
    world = await Settlements.connect(ledger)
    await ledger.issue(STOCK_YEN)

    async def following(number: int) -> AnyRequest:
        terms = world.leading_terms(number + 1, amount_yen=30)
        await world.authorise(terms)
        return await world.sent(terms, number + 1)

    async def check(count: int) -> None:
        await hold(ledger, STOCK_YEN - 30 * count, 30 * count, STOCK_YEN)
        for party in (SN, CN_A, CN_B):
            events = await ledger.operations(party).ibc_events(0, 0, 100)
            assert len(events) == count, party

    return CN_B, following, check


def _new_client(world: Settlements, number: int) -> CreateLightClient:
    return CreateLightClient(
        request_id=f"create-{number}",
        client_id=f"qbft-{number + 1}",
        client_type="qbft",
        client_state=world.evm.client_state(),
        consensus_state=world.evm.consensus_state(),
        counterparty_client_id=COUNTERPARTY_ID,
        counterparty_merkle_prefix=(b"",),
    )


async def _create_light_client(ledger: LedgerNetwork) -> Opened:
    world = await Settlements.connect(ledger)

    async def following(number: int) -> AnyRequest:
        return _new_client(world, number)

    async def check(count: int) -> None:
        for number in range(count):
            assert not (await ledger.operations(CN_A).light_client(f"qbft-{number + 1}")).is_frozen

    return SN, following, check


async def _update_light_client(ledger: LedgerNetwork) -> Opened:
    world = await Settlements.connect(ledger)

    async def following(number: int) -> AnyRequest:
        world.evm.now_s = max(world.evm.now_s, ledger.clock.now_s())
        header = world.evm.header(world.evm.seal(), trusted_height=1)
        return UpdateLightClient(f"r-{number}", CLIENT_ID, header)

    async def check(count: int) -> None:
        for party in (SN, CN_A):
            assert len((await ledger.operations(party).light_client(CLIENT_ID)).heights) == 1 + count

    return SN, following, check


async def _submit_misbehaviour(ledger: LedgerNetwork) -> Opened:
    world = await Settlements.connect(ledger)
    height = world.evm.seal()

    async def following(number: int) -> AnyRequest:
        await ledger.done(SN, _new_client(world, number))
        return SubmitMisbehaviour(f"r-{number}", f"qbft-{number + 1}", world.evm.equivocation(height, 1))

    async def check(count: int) -> None:
        for number in range(count):
            assert (await ledger.operations(CN_B).light_client(f"qbft-{number + 1}")).is_frozen

    return SN, following, check


async def _issue_token(ledger: LedgerNetwork) -> Opened:
    trades = await NativeTrades.open(ledger)

    async def following(number: int) -> AnyRequest:
        return IssueToken(f"r-{number}", ST, TOKEN_ID, 5, SELLER_ACCOUNT)

    async def check(count: int) -> None:
        assert await trades.holdings() == (TOKENS + 5 * count, 0, 0, YEN)
        assert await trades.totals() == (TOKENS + 5 * count, YEN)

    return AN, following, check


async def _move_token(ledger: LedgerNetwork) -> Opened:
    trades = await NativeTrades.open(ledger)

    async def following(number: int) -> AnyRequest:
        return MoveToken(f"r-{number}", ST, TOKEN_ID, AN.name, 1, SELLER_ACCOUNT.key, BUYER_ACCOUNT)

    async def check(count: int) -> None:
        assert await trades.holdings() == (TOKENS - count, count, 0, YEN)
        assert await trades.totals() == (TOKENS, YEN)

    return CN_A, following, check


async def _redeem_token(ledger: LedgerNetwork) -> Opened:
    trades = await NativeTrades.open(ledger)

    async def following(number: int) -> AnyRequest:
        return RedeemToken(f"r-{number}", ST, TOKEN_ID, AN.name, 1, SELLER_ACCOUNT.key)

    async def check(count: int) -> None:
        assert await trades.holdings() == (TOKENS - count, 0, 0, YEN)
        assert await trades.totals() == (TOKENS - count, YEN)

    return CN_A, following, check


async def _settle_dvp(ledger: LedgerNetwork) -> Opened:
    trades = await NativeTrades.open(ledger)

    async def following(number: int) -> AnyRequest:
        terms = trades.terms(number + 1, quantity=1, amount_yen=10)
        await trades.authorise(terms)
        return trades.settle(terms)

    async def check(count: int) -> None:
        assert await trades.holdings() == (TOKENS - count, count, 10 * count, YEN - 10 * count)
        assert await trades.totals() == (TOKENS, YEN)

    return CN_A, following, check


KINDS: Final[dict[FlowKind, KindOfFlow]] = {
    FlowKind.CHANGE_MEMBERSHIP: KindOfFlow(CASH_PARTIES, _change_membership),
    FlowKind.SUSPEND_VALIDATOR: KindOfFlow(
        SETTLEMENT_PARTIES, kinds_of_suspensions.suspend_validator, kinds_of_suspensions.with_spare_validators
    ),
    FlowKind.ISSUE_CASH: KindOfFlow(CASH_PARTIES, _issue_cash),
    FlowKind.MOVE_CASH: KindOfFlow(CASH_PARTIES, _move_cash),
    FlowKind.REDEEM_CASH: KindOfFlow(CASH_PARTIES, _redeem_cash),
    FlowKind.ROTATE_ACCOUNT_KEY: KindOfFlow(CASH_PARTIES, _rotate_account_key),
    FlowKind.MERGE_CASH: KindOfFlow(CASH_PARTIES, _merge_cash),
    FlowKind.LOCK_CASH: KindOfFlow(SETTLEMENT_PARTIES, _lock_cash),
    FlowKind.CANCEL_TRADE: KindOfFlow(SETTLEMENT_PARTIES, _cancel_trade),
    FlowKind.CREATE_LIGHT_CLIENT: KindOfFlow(SETTLEMENT_PARTIES, _create_light_client),
    FlowKind.UPDATE_LIGHT_CLIENT: KindOfFlow(SETTLEMENT_PARTIES, _update_light_client),
    FlowKind.SUBMIT_MISBEHAVIOUR: KindOfFlow(SETTLEMENT_PARTIES, _submit_misbehaviour),
    FlowKind.RECOVER_LIGHT_CLIENT: KindOfFlow(SETTLEMENT_PARTIES, kinds_of_client_upkeep.recover_light_client),
    FlowKind.ENDORSE_LIGHT_CLIENT: KindOfFlow(SETTLEMENT_PARTIES, kinds_of_client_upkeep.endorse_light_client),
    FlowKind.PRUNE_LIGHT_CLIENT: KindOfFlow(SETTLEMENT_PARTIES, kinds_of_client_upkeep.prune_light_client),
    FlowKind.ACK_PACKET: KindOfFlow(SETTLEMENT_PARTIES, _ack_packet),
    FlowKind.TIMEOUT_PACKET: KindOfFlow(SETTLEMENT_PARTIES, _timeout_packet),
    FlowKind.RECEIVE_PACKET: KindOfFlow(SETTLEMENT_PARTIES, _receive_packet),
    FlowKind.ISSUE_TOKEN: KindOfFlow(TOKEN_PARTIES, _issue_token),
    FlowKind.MOVE_TOKEN: KindOfFlow(TOKEN_PARTIES, _move_token),
    FlowKind.REDEEM_TOKEN: KindOfFlow(TOKEN_PARTIES, _redeem_token),
    FlowKind.SETTLE_DVP: KindOfFlow(TOKEN_PARTIES, _settle_dvp),
    FlowKind.SET_GATE: KindOfFlow(TOKEN_PARTIES, kinds_of_securities.set_gate),
    FlowKind.FORCE_TOKEN: KindOfFlow(TOKEN_PARTIES, kinds_of_securities.force_token),
    FlowKind.OPEN_DISTRIBUTION: KindOfFlow(TOKEN_PARTIES, kinds_of_distributions.open_distribution),
    FlowKind.PAY_BATCH: KindOfFlow(TOKEN_PARTIES, kinds_of_distributions.pay_batch),
    FlowKind.CANCEL_DISTRIBUTION: KindOfFlow(TOKEN_PARTIES, kinds_of_distributions.cancel_distribution),
    FlowKind.USE_UTILITY: KindOfFlow(TOKEN_PARTIES, kinds_of_distributions.use_utility),
    FlowKind.EXPIRE_UTILITY: KindOfFlow(TOKEN_PARTIES, kinds_of_distributions.expire_utility),
    FlowKind.SET_GATE: KindOfFlow(TOKEN_PARTIES, kinds_of_securities.set_gate),
    FlowKind.FORCE_TOKEN: KindOfFlow(TOKEN_PARTIES, kinds_of_securities.force_token),
    FlowKind.PROPOSE_PACKAGE: KindOfFlow(CASH_PARTIES, kinds_of_proposals.propose_package),
    FlowKind.VOTE_ON_PACKAGE: KindOfFlow(CASH_PARTIES, kinds_of_proposals.vote_on_package),
    FlowKind.CLOSE_PROPOSAL: KindOfFlow(CASH_PARTIES, kinds_of_proposals.close_proposal),
    FlowKind.CHANGE_NOTARY: KindOfFlow(
        two_notaries.PARTIES, kinds_of_replacements.change_notary, two_notaries.ledger_of_two_notaries
    ),
    FlowKind.UPGRADE_STATES: KindOfFlow(
        CASH_PARTIES, kinds_of_replacements.upgrade_states, kinds_of_replacements.ledger_of_two_packages
    ),
    FlowKind.PUBLISH_EXECUTION: KindOfFlow((*TOKEN_PARTIES, EN), kinds_of_executions.publish_execution),
    FlowKind.REGISTER_COIN: KindOfFlow(CASH_PARTIES, kinds_of_coins.register_coin),
    FlowKind.AMEND_COIN: KindOfFlow(CASH_PARTIES, kinds_of_coins.amend_coin),
    FlowKind.ADMIT_HOLDER: KindOfFlow(CASH_PARTIES, kinds_of_coins.admit_holder),
    FlowKind.REMOVE_HOLDER: KindOfFlow(CASH_PARTIES, kinds_of_coins.remove_holder),
    FlowKind.FREEZE_CASH: KindOfFlow(CASH_PARTIES, kinds_of_coins.freeze_cash),
    FlowKind.THAW_CASH: KindOfFlow(CASH_PARTIES, kinds_of_coins.thaw_cash),
    FlowKind.FORCE_CASH: KindOfFlow(CASH_PARTIES, kinds_of_coins.force_cash),
}
