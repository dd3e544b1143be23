"""The account of a process that must lose no transaction: nonces and signed transactions are kept in its database.

``send`` stores before it sends, and what is stored reaches the chain: ``tend`` compares with the chain's own count,
sends again what nodes forgot, outbids what is stuck, fills gaps, and notices transactions of other programs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from chains.evm.client.abi import EvmCall
from chains.evm.client.account import GAS_MARGIN_PERCENT, gas_for, require_success
from chains.evm.client.fees import Fee, FeeRules, current_fee, outbidding
from chains.evm.client.node_types import BlockTag, EvmReceipt
from chains.evm.client.rpc import EvmRpc
from chains.evm.client.signing import SignedEvmTx, sign_call
from chains.evm.errors import (
    EvmRequestRefused,
    EvmTxAlreadyKnown,
    EvmTxNotIncluded,
    EvmTxUnderpriced,
    NonceTakenByOther,
    NonceTooLow,
    SpendingLimitReached,
)
from primitives.errors import CrossDvpError, PeerError, UnavailableError
from primitives.secp256k1 import address_of
from relayer.evm_nonce_book import NonceBook, NonceCounts
from relayer.evm_nonce_plan import NonceState, Reconciled
from relayer.evm_nonces import Submission
from relayer.leases import LeaseLost

_log = structlog.get_logger(__name__)
_NONCE_ATTEMPTS: Final = 4
_TRANSFER_GAS: Final = 21_000
_COUNT_INTERVAL_S: Final = 1.0


@dataclass(frozen=True)
class AccountRules:
    """What the account pays and how patient it is; seconds, wei, percent. 0 a day is no limit."""

    fees: FeeRules = field(default_factory=FeeRules)
    gas_margin_percent: int = GAS_MARGIN_PERCENT
    max_wei_a_day: int = 0
    low_balance_wei: int = 0
    resend_after_s: float = 10.0
    replace_after_s: float = 60.0
    tend_interval_s: float = 5.0
    poll_interval_s: float = 0.1


@dataclass(frozen=True)
class AccountStatus:
    """What a person asks about the account. ``balance_wei`` None: not read yet; ``is_low``: an alarm."""

    address: bytes
    counts: NonceCounts
    balance_wei: int | None
    is_low: bool


class OwnedAccount:
    """Implements ``EvmSender``. ``now_s`` is a clock; ``pause`` waits so many seconds of it.

    A transaction that was stored but could not be handed in is not an error of ``send``: it is sent again later.
    """

    def __init__(
        self,
        rpc: EvmRpc,
        secret: bytes,
        chain_id: int,
        book: NonceBook,
        rules: AccountRules,
        now_s: Callable[[], float],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.rpc = rpc
        self.address: bytes = address_of(secret)
        self.chain_id = chain_id
        self._secret = secret
        self._book = book
        self._rules = rules
        self._now_s = now_s
        self._pause = pause
        self._ordering = asyncio.Lock()
        self._nudging = asyncio.Lock()
        self._sent_s: dict[int, float] = {}
        self._tended_s: float | None = None
        self._balance_wei: int | None = None

    async def status(self) -> AccountStatus:
        """What a person asks about the account; asks the database only."""
        counts = await asyncio.to_thread(self._book.counts, self._now_s())
        is_low = self._balance_wei is not None and self._balance_wei < self._rules.low_balance_wei
        return AccountStatus(self.address, counts, self._balance_wei, is_low)

    async def send(self, call: EvmCall) -> SignedEvmTx:
        """See EvmSender; raises ``SpendingLimitReached``, too."""
        if self._tended_s is None or self._now_s() - self._tended_s >= self._rules.tend_interval_s:
            await self.tend()
        gas = await gas_for(self.rpc, call, self.address, self._rules.gas_margin_percent)
        fee = await current_fee(self.rpc, self._rules.fees)
        async with self._ordering:
            return (await self._send_in_order(call, gas, fee)).signed

    async def execute(self, call: EvmCall, timeout_s: float) -> EvmReceipt:
        """See EvmSender."""
        return await self.wait_for(await self.send(call), call, timeout_s)

    async def wait_for(self, signed: SignedEvmTx, call: EvmCall, timeout_s: float) -> EvmReceipt:
        """See EvmSender; of several transactions with this nonce the one that a block has.

        Raises ``NonceTakenByOther`` if it is none of ours.
        """
        deadline_s = self._now_s() + timeout_s
        counted_s = self._now_s()
        while (receipt := await self._included(signed)) is None:
            if self._now_s() - counted_s >= _COUNT_INTERVAL_S:
                counted_s = self._now_s()
                if (receipt := await self._receipt_of(signed.nonce)) is not None:  # of one that outbid it
                    break
                await self._require_open(signed.nonce)
                await self._nudge(signed.nonce)
            if self._now_s() >= deadline_s:
                raise EvmTxNotIncluded(signed.evm_tx_hash, timeout_s)
            await self._pause(self._rules.poll_interval_s)
        await require_success(self.rpc, call, receipt, self.address)
        return receipt

    async def tend(self) -> Reconciled:
        """Bring what is kept and what the chain has together; see the module's docstring. Safe to call at any time."""
        async with self._ordering:
            changes, waiting = await self._reconcile()
            for _ in changes.gaps:
                await self._fill_gap()
        for nonce in waiting:
            await self._nudge(nonce)
        self._sent_s = {nonce: sent_s for nonce, sent_s in self._sent_s.items() if nonce in waiting}
        await self._look_at_balance()
        self._tended_s = self._now_s()
        return changes

    async def keep_tending(self) -> None:
        """Tend for ever, whoever sends or not; patient when the chain or the database is away."""
        while True:
            try:
                await self.tend()
            except LeaseLost:
                pass  # another instance sends from this account
            except CrossDvpError as failure:
                _log.warning("account not tended", reason=failure.reason, error=str(failure))
            await self._pause(self._rules.tend_interval_s)

    async def _reconcile(self) -> tuple[Reconciled, list[int]]:
        """What changed, and which nonces wait for their block; rows are read before the chain, so never newer."""
        rows = await asyncio.to_thread(self._book.rows)
        chain_nonce = await self.rpc.nonce(self.address, BlockTag.LATEST)
        taken = [row.nonce for row in rows if row.state is NonceState.TAKEN]
        paid_wei = {nonce: await self._paid_wei(nonce) for nonce in taken if nonce < chain_nonce}
        changes = await asyncio.to_thread(self._book.reconcile, rows, chain_nonce, paid_wei)
        waiting = [nonce for nonce in (*taken, *changes.reopen) if nonce >= chain_nonce]
        return changes, sorted(set(waiting) - set(changes.forget))

    async def _send_in_order(self, call: EvmCall, gas: int, fee: Fee) -> Submission:
        """Until the node takes it; nonces that other programs use are left to them."""
        for _ in range(_NONCE_ATTEMPTS):
            submission = await asyncio.to_thread(
                self._book.take,
                call,
                gas,
                fee,
                lambda nonce: sign_call(self._secret, self.chain_id, call, nonce, gas, fee),
                self._now_s(),
                self._rules.max_wei_a_day,
            )
            try:
                await self._hand_in(submission)
            except NonceTooLow:
                if await self._receipt_of(submission.nonce) is not None:
                    return submission  # an earlier try of this very call got through
                await self._reconcile()  # the chain's count says how many others have used
            except EvmRequestRefused as refused:
                is_occupied = isinstance(refused, EvmTxUnderpriced) and "replac" in refused.message.lower()
                if not is_occupied:
                    await asyncio.to_thread(self._book.free, submission.nonce)
                    raise
                _log.warning("nonce waits for another program", nonce=submission.nonce, account=self.address.hex())
                pending_nonce = await self.rpc.nonce(self.address, BlockTag.PENDING)
                await asyncio.to_thread(self._book.skip, submission.nonce, pending_nonce)
            else:
                return submission
        raise NonceTakenByOther(self.address, submission.nonce)

    async def _hand_in(self, submission: Submission) -> None:
        """Send. Raises what the node refuses; one that does not answer may have it, and is asked again later."""
        self._sent_s[submission.nonce] = self._now_s()
        try:
            await self.rpc.send_raw(submission.raw)
        except EvmTxAlreadyKnown:
            _log.debug("the node has it already", nonce=submission.nonce)
        except (UnavailableError, PeerError) as away:
            _log.warning("sent again later", nonce=submission.nonce, reason=away.reason, error=str(away))

    async def _included(self, signed: SignedEvmTx) -> EvmReceipt | None:
        """The receipt of this very transaction, if a block has it; its nonce is then committed."""
        receipt = await self.rpc.receipt(signed.evm_tx_hash)
        if receipt is None:
            return None
        if receipt.gas_price_wei is None:  # what it cost is what it was stored with
            return await self._receipt_of(signed.nonce)
        await asyncio.to_thread(self._book.commit, signed.nonce, receipt.gas_used * receipt.gas_price_wei)
        return receipt

    async def _receipt_of(self, nonce: int) -> EvmReceipt | None:
        """The receipt of whichever transaction of ours with this nonce is in a block; the nonce is then committed."""
        for submission in reversed(await asyncio.to_thread(self._book.submissions, nonce)):
            receipt = await self.rpc.receipt(submission.evm_tx_hash)
            if receipt is not None:
                await asyncio.to_thread(self._book.commit, nonce, _paid_wei(submission, receipt))
                return receipt
        return None

    async def _paid_wei(self, nonce: int) -> int:
        """What our transaction with a used nonce cost; 0 if the nonce was used by another program."""
        for submission in reversed(await asyncio.to_thread(self._book.submissions, nonce)):
            receipt = await self.rpc.receipt(submission.evm_tx_hash)
            if receipt is not None:
                return _paid_wei(submission, receipt)
        _log.warning("nonce used by another program", nonce=nonce, account=self.address.hex())
        return 0

    async def _require_open(self, nonce: int) -> None:
        """Raise ``NonceTakenByOther`` if the chain's count is past a nonce and no receipt of ours is there."""

        async def is_open(node: EvmRpc) -> bool:
            if await node.nonce(self.address, BlockTag.LATEST) <= nonce:
                return True
            submissions = await asyncio.to_thread(self._book.submissions, nonce)
            return any([await node.receipt(each.evm_tx_hash) for each in submissions])

        if not await self.rpc.on_one(is_open):
            await asyncio.to_thread(self._book.commit, nonce, 0)
            raise NonceTakenByOther(self.address, nonce)

    async def _nudge(self, nonce: int) -> None:
        """Send what is in no block again, or outbid it, when its time has come."""
        async with self._nudging:
            submissions = await asyncio.to_thread(self._book.submissions, nonce)
            if not submissions:
                return
            last, now_s = submissions[-1], self._now_s()
            if now_s - last.at_s >= self._rules.replace_after_s and (dearer := await self._outbid(last)) is not None:
                last = dearer
            elif now_s - self._sent_s.get(nonce, 0.0) < self._rules.resend_after_s:
                return
            try:
                await self._hand_in(last)
            except (NonceTooLow, EvmTxUnderpriced) as known:  # a block has the nonce, or the node a dearer one of ours
                _log.debug("not sent again", nonce=nonce, reason=known.reason)
            except EvmRequestRefused as refused:
                _log.error("stored transaction refused", nonce=nonce, reason=refused.reason, error=str(refused))
                if not any([await self.rpc.evm_tx(each.evm_tx_hash) for each in submissions]):
                    await asyncio.to_thread(self._book.free, nonce)

    async def _outbid(self, last: Submission) -> Submission | None:
        """A dearer transaction with the same nonce, stored; None where it may not cost more."""
        fee = outbidding(self._rules.fees, last.fee)
        if fee is None:
            return None
        try:
            dearer = await asyncio.to_thread(
                self._book.outbid,
                last,
                fee,
                lambda call: sign_call(self._secret, self.chain_id, call, last.nonce, last.gas, fee),
                self._now_s(),
                self._rules.max_wei_a_day,
            )
        except SpendingLimitReached as limit:
            _log.warning("stuck transaction not outbid", nonce=last.nonce, error=str(limit))
            return None
        if dearer is not None:
            _log.info("stuck transaction outbid", nonce=last.nonce, max_fee_wei=fee.max_fee_wei)
        return dearer

    async def _fill_gap(self) -> None:
        """A transfer of nothing to ourselves takes the lowest free nonce, so that those above it can go on."""
        call = EvmCall(self.address, b"", gas=_TRANSFER_GAS)
        try:
            fee = await current_fee(self.rpc, self._rules.fees)
            filler = await self._send_in_order(call, _TRANSFER_GAS, fee)
            _log.warning("gap filled", nonce=filler.nonce, account=self.address.hex())
        except (UnavailableError, EvmRequestRefused) as failure:
            _log.warning("gap not filled", reason=failure.reason, error=str(failure))

    async def _look_at_balance(self) -> None:
        if not self._rules.low_balance_wei:
            return
        balance_wei = await self.rpc.balance_wei(self.address)
        before, self._balance_wei = self._balance_wei, balance_wei
        was_low = before is not None and before < self._rules.low_balance_wei
        if balance_wei < self._rules.low_balance_wei and not was_low:
            expected = self._rules.low_balance_wei
            _log.error("balance is low: fund the account", account=self.address.hex(), wei=balance_wei, least=expected)


def _paid_wei(submission: Submission, receipt: EvmReceipt) -> int:
    price_wei = submission.fee.max_fee_wei if receipt.gas_price_wei is None else receipt.gas_price_wei
    return receipt.gas_used * price_wei
