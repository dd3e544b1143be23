"""The trustee's desk of one node: follows the ledger, starts the issues that deposits permit, answers its people.

Everything it does is a database transaction of its own, or a flow whose id follows from a deposit: it may be stopped
anywhere and goes on from what is stored.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog
from sqlalchemy import Connection

from chains.progmat.contracts.coin import CoinState
from chains.progmat.flows.clock import Clock
from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.flows.issue_permits import halt_of
from chains.progmat.flows.request_base import KeyChoice
from chains.progmat.flows.requests import IssueCash
from chains.progmat.market.people.acts import Act, checked_staff_id, require_one, require_two
from chains.progmat.market.people.desk import Caller, PeopleDesk
from chains.progmat.market.people.staff_roles import ACTS
from chains.progmat.market.trust import deposits, holders, reconciling, redemptions
from chains.progmat.market.trust.coins import (
    admitted_accounts,
    registered_coin,
    registered_coins,
    require_may_receive,
)
from chains.progmat.market.trust.deposits import Announcement, Deposit, DepositStatus
from chains.progmat.market.trust.following import Followed, follow, has_to_follow
from chains.progmat.market.trust.holder_lines import HolderLine
from chains.progmat.market.trust.reconciling import Reconciliation
from chains.progmat.market.trust.redemptions import Redemption, RedemptionStatus
from chains.progmat.node.storage import NodeDatabase
from ibc.dvp import CashAccount
from primitives.errors import CrossDvpError

GATHER_MS: Final = 200
"""After something was recorded: how long the next batch gathers more of it."""
RETRY_MS: Final = 2000

StartIssue = Callable[[IssueCash], Awaitable[object]]
"""Starts the flow of a request, or finds the one it started."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CoinView:
    """A registered coin, who is admitted to it, and why it is not issued (empty: it is)."""

    coin: CoinState
    admitted: tuple[CashAccount, ...]
    halted_because: str


class TrustDesk:
    """Of the issuer ``issuer``. Methods raise what is refused by name, and ``StorageFailed`` and its like."""

    def __init__(
        self,
        issuer: str,
        database: NodeDatabase,
        clock: Clock,
        people: PeopleDesk,
        start_issue: StartIssue,
        changed: Callable[[], asyncio.Event],
    ) -> None:
        """``changed`` gives an event that is set when the node has recorded something more."""
        self._issuer = issuer
        self._database = database
        self._clock = clock
        self._people = people
        self._start_issue = start_issue
        self._changed = changed
        self._at_work = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    # ---- the ledger ----

    def start(self) -> None:
        """Follow from now on."""
        self._task = asyncio.create_task(self._rounds(), name="trust desk")

    async def stop(self) -> None:
        """End; what is not done is done after the next start."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def once(self) -> None:
        """Post all that is recorded, batch by batch, and start the issues that are permitted."""
        async with self._at_work:
            while await self._database.read(partial(has_to_follow, issuer=self._issuer)):
                done = await self._database.submit(partial(follow, issuer=self._issuer, now_ms=self._clock.now_ms()))
                _alarm(done)
                if not done.is_behind:
                    break
            for each in await self._database.read(deposits.to_be_issued):
                wanted = each.announced
                await self._start_issue(
                    IssueCash(each.flow_id, wanted.coin_id, wanted.amount_yen, wanted.to, KeyChoice.ACCOUNT)
                )

    # ---- deposits and redemptions ----

    async def announce(self, wanted: Announcement, by: Act, caller: Caller) -> Deposit:
        """Enter what an intermediary will pay in, for one of this node's staff.

        Raises leaves of ``ActRefused``, ``CoinUnknown``, ``HolderUnknown``, ``DepositRefused``.
        """
        may_say_so = partial(require_one, act="AnnounceDeposit", author=by.staff_id)
        return await self._announced(wanted, by, caller, may_say_so)

    async def announced_by(self, node: str, wanted: Announcement, author: str) -> Deposit:
        """As ``announce``, for an intermediary's node, which has checked whether its author may say so."""
        return await self._announced(
            own_announcement(wanted, node),
            Act(author),
            Caller(node, b""),
            lambda _connection: checked_staff_id(author, "author"),
        )

    async def _announced(
        self, wanted: Announcement, by: Act, caller: Caller, may_say_so: Callable[[Connection], object]
    ) -> Deposit:
        def enter(connection: Connection) -> Deposit:
            may_say_so(connection)
            require_may_receive(connection, registered_coin(connection, self._issuer, wanted.coin_id), wanted.to)
            return deposits.announce(connection, wanted, by.staff_id, self._clock.now_ms())

        return await self._people.acted("AnnounceDeposit", by, wanted.deposit_id, caller, enter)

    async def confirm(self, deposit_id: str, paid_yen: int, reference: str, by: Act, caller: Caller) -> Deposit:
        """The yen are in, by the bank's ``reference``; starts the issue. Raises as ``deposits.confirm``.

        Without a reference and an amount (empty, 0) a line of an imported statement has to show them.
        """

        def enter(connection: Connection) -> Deposit:
            require_two(connection, "ConfirmDeposit", by.staff_id, by.approver_staff_id)
            if not reference and not paid_yen:
                return deposits.confirm_by_statement(connection, deposit_id, by, self._clock.now_ms())
            return deposits.confirm(connection, deposit_id, paid_yen, reference, by, self._clock.now_ms())

        confirmed = await self._people.acted("ConfirmDeposit", by, deposit_id, caller, enter, detail=reference)
        await self.once()
        return confirmed

    async def cancel(self, deposit_id: str, by: Act, caller: Caller) -> Deposit:
        """Raises as ``deposits.cancel``."""

        def enter(connection: Connection) -> Deposit:
            require_one(connection, "CancelDeposit", by.staff_id)
            return deposits.cancel(connection, deposit_id)

        return await self._people.acted("CancelDeposit", by, deposit_id, caller, enter)

    async def retry(self, deposit_id: str, by: Act, caller: Caller) -> Deposit:
        """Raises as ``deposits.retry``."""

        def enter(connection: Connection) -> Deposit:
            require_one(connection, "RetryDeposit", by.staff_id)
            return deposits.retry(connection, deposit_id)

        permitted = await self._people.acted("RetryDeposit", by, deposit_id, caller, enter)
        await self.once()
        return permitted

    async def deposits(self, coin_id: str, status: DepositStatus | None) -> list[Deposit]:
        """Newest first."""
        return await self._database.read(
            partial(deposits.list_deposits, coin_id=coin_id, status=status, limit=deposits.MAX_LISTED)
        )

    async def redemptions(self, coin_id: str, status: RedemptionStatus | None) -> list[Redemption]:
        """Oldest first, as of what is recorded now."""
        await self.once()
        return await self._database.read(
            partial(redemptions.list_redemptions, coin_id=coin_id, status=status, limit=redemptions.MAX_LISTED)
        )

    async def confirm_payout(self, redemption_id: str, reference: str, by: Act, caller: Caller) -> Redemption:
        """The yen went out. Raises as ``redemptions.confirm_paid``."""
        await self.once()

        def enter(connection: Connection) -> Redemption:
            require_two(connection, "ConfirmPayout", by.staff_id, by.approver_staff_id)
            return redemptions.confirm_paid(connection, redemption_id, reference, by, self._clock.now_ms())

        return await self._people.acted("ConfirmPayout", by, redemption_id, caller, enter, detail=reference)

    # ---- looking ----

    async def coins(self) -> tuple[CoinView, ...]:
        """Registered coins."""
        return await self._database.read(self._coins)

    async def reconcile(self, coin_id: str) -> Reconciliation:
        """Trust and ledger side by side, after all that is recorded. Raises ``CoinUnknown``."""
        await self.once()
        return await self._database.read(partial(reconciling.reconcile, issuer=self._issuer, coin_id=coin_id))

    async def holders(self, coin_id: str, node: str, as_of_ms: int) -> list[HolderLine]:
        """Who holds a coin. Raises ``CoinUnknown``."""

        def look(connection: Connection) -> list[HolderLine]:
            registered_coin(connection, self._issuer, coin_id)
            return holders.holders(connection, self._issuer, coin_id, node, as_of_ms)

        return await self._database.read(look)

    async def resume_issues(self, coin_id: str, by: Act, caller: Caller) -> None:
        """Lift a halt. Raises ``CoinUnknown``, ``NotReconciled``."""
        await self.once()

        def enter(connection: Connection) -> None:
            require_two(connection, "ResumeIssues", by.staff_id, by.approver_staff_id)
            reconciling.resume_issues(connection, self._issuer, coin_id)

        await self._people.acted("ResumeIssues", by, coin_id, caller, enter)

    def _coins(self, connection: Connection) -> tuple[CoinView, ...]:
        return tuple(
            CoinView(
                coin,
                admitted_accounts(connection, self._issuer, coin.coin_id),
                halt_of(connection, coin.coin_id) or "",
            )
            for coin in registered_coins(connection, self._issuer)
        )

    async def _rounds(self) -> None:
        while True:
            changed = self._changed()
            try:
                await self.once()
            except CrossDvpError as error:
                log.warning("trust not followed, trying again", reason=error.reason, error=str(error))
                await self._clock.sleep_ms(RETRY_MS)
                continue
            await changed.wait()
            await self._clock.sleep_ms(GATHER_MS)


async def permit_act(people: PeopleDesk, act: str, by: Act, resource: str, caller: Caller) -> None:
    """Check and enter who wants an act that is carried out elsewhere: a flow, or another node's.

    As many people as the table of acts wants. Raises leaves of ``ActRefused``.
    """

    def check(connection: Connection) -> None:
        if ACTS[act].approvers:
            require_two(connection, act, by.staff_id, by.approver_staff_id)
        else:
            require_one(connection, act, by.staff_id)

    await people.acted(act, by, resource, caller, check)


def own_announcement(wanted: Announcement, node: str) -> Announcement:
    """The announcement, if its account is kept at ``node``; raises ``InvalidRequest``: nobody announces for others."""
    if wanted.to.node != node:
        raise InvalidRequest("to", f"{node} announces for accounts kept there, not at {wanted.to.node}")
    return wanted


def _alarm(done: Followed) -> None:
    for each in done.differences:
        log.error(
            "trust and coin differ",
            coin=each.coin_id,
            intermediary=each.node,
            trust_yen=each.trust_yen,
            unspent_yen=each.unspent_yen,
        )
