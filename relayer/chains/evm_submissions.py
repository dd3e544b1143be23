"""Messages brought to an EVM router: tried, sent and waited for, one transaction while the next is being tried."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final, TypeVar

from chains.evm.client.abi import EvmCall
from chains.evm.client.account import EvmSender
from chains.evm.client.node_types import EvmReceipt
from chains.evm.client.revert_reason import is_of_router_or_client
from chains.evm.client.router import (
    AckPacketEvent,
    Router,
    RouterEvent,
    TimeoutPacketEvent,
    WriteAcknowledgementEvent,
)
from chains.evm.client.rpc import EvmRpc
from chains.evm.client.signing import SignedEvmTx
from chains.evm.errors import EvmTxFailed, EvmTxNotIncluded, ExecutionReverted, RevertReason
from primitives.errors import UnavailableError
from relayer.chains.evm_batches import Batch, BatchLimits, BatchTrial, Sorted, cut
from relayer.chains.evm_calls import call_of
from relayer.chains.evm_gas import GasKnown
from relayer.core.chain import MessageKind, Outcome, PacketMessage, Verdict

INCLUSION_TIMEOUT_S: Final = 30.0
TRIED_AT_ONCE: Final = 2
"""While the node runs one batch the next is made ready; more would only wait for it."""
_EFFECT: Final[dict[MessageKind, type[RouterEvent]]] = {
    MessageKind.RECEIVE: WriteAcknowledgementEvent,
    MessageKind.ACKNOWLEDGE: AckPacketEvent,
    MessageKind.TIME_OUT: TimeoutPacketEvent,
}


Sent = tuple[Batch, asyncio.Task[EvmReceipt]]
"""A batch in a transaction, and whoever waits for it."""
_Result = TypeVar("_Result")


class ClientMovedMeanwhile(UnavailableError):
    """Another relayer updated the hosted light client first: read it again."""

    reason = "CLIENT_MOVED_MEANWHILE"


class ChainMovedMeanwhile(UnavailableError):
    """The chain refuses together, or by now, what it would have taken message by message: read both ends again."""

    reason = "CHAIN_MOVED_MEANWHILE"


class EvmSubmissions:
    """Of one account to one router. ``head`` are the calls before all messages: updates of the hosted light client."""

    def __init__(self, rpc: EvmRpc, router: Router, account: EvmSender, limits: BatchLimits) -> None:
        self._rpc = rpc
        self._router = router
        self._account = account
        self._limits = limits
        self._known = GasKnown()

    async def submit(self, head: Sequence[EvmCall], messages: Sequence[PacketMessage]) -> tuple[Outcome, ...]:
        """One outcome a message, in order. What the contracts refuse is found by simulation and left out.

        Each transaction is sent as soon as it was tried; the head goes with the first, whose nonce is the lowest.
        """
        outcomes: dict[int, Outcome] = {}
        sent: list[Sent] = []
        groups = cut(self._router, messages, sum(len(call.data) for call in head), self._limits)
        trial = await self._trial()
        trials = _few_at_once([partial(trial.sort, head, group) for group in groups])
        try:
            for trying, group in zip(trials, groups, strict=True):
                found = await trying
                if found.refused and head:
                    found = await self._looked_at_again(trial, found, head, group, sent)
                outcomes |= {id(message): outcome for message, outcome in found.refused}
                for batch in found.batches:
                    sent.append((batch, await self._sent(head, batch, sent)))
            answers = await self._answers(head, sent)
        finally:
            await _abandoned([*trials, *(waiting for _, waiting in sent)])
        for (batch, _), answered in zip(sent, answers, strict=True):
            outcomes |= {id(message): answer for message, answer in zip(batch.messages, answered, strict=True)}
        return tuple(outcomes[id(message)] for message in messages)

    async def _trial(self) -> BatchTrial:
        block_gas_limit = (await self._rpc.get_block()).gas_limit
        return BatchTrial(
            *(self._rpc, self._router, self._account.address, self._limits, block_gas_limit),
            *(self._refusal, self._known),
        )

    async def _looked_at_again(
        self,
        trial: BatchTrial,
        found: Sorted,
        head: Sequence[EvmCall],
        group: Sequence[PacketMessage],
        sent: Sequence[Sent],
    ) -> Sorted:
        """What is refused may be the head: not accepted at all, or not a second time, as it was sent by now.

        Raises ``ClientMovedMeanwhile``, and what became of the transaction with the head.
        """
        if not sent:
            await self.check_update(head)
            return found
        await sent[0][1]
        return await trial.sort((), group)

    async def _sent(self, head: Sequence[EvmCall], batch: Batch, before: Sequence[Sent]) -> asyncio.Task[EvmReceipt]:
        """Sent behind those before, the first with the head, and waited for beside all else."""
        call = replace(self._router.multicall(*(() if before else head), *batch.calls), gas=batch.gas)
        try:
            signed: SignedEvmTx | ExecutionReverted = await self._account.send(call)
        except ExecutionReverted as reverted:
            signed = reverted
        return asyncio.create_task(self._receipt(signed, call, before[-1][1] if before else None))

    async def _answers(self, head: Sequence[EvmCall], sent: Sequence[Sent]) -> list[list[Outcome]]:
        receipts = await asyncio.gather(*(waiting for _, waiting in sent), return_exceptions=True)
        outcomes = []
        for (batch, _), receipt in zip(sent, receipts, strict=True):
            if isinstance(receipt, ChainMovedMeanwhile) and len(batch.messages) > 1:
                outcomes.append(await self._submit_one_by_one(head, batch.messages))
            elif isinstance(receipt, BaseException):
                raise receipt
            else:
                outcomes.append(self._outcomes(batch.messages, receipt))
            head = ()  # the client is where the others' proofs need it, or its update is refused now
        return outcomes

    async def _receipt(
        self, signed: SignedEvmTx | ExecutionReverted, call: EvmCall, before: asyncio.Task[EvmReceipt] | None = None
    ) -> EvmReceipt:
        """The receipt of a success; ``ChainMovedMeanwhile`` if what passed simulation is refused all the same.

        No block can have it before the one with the nonce ``before``: until then the node need not be asked.
        """
        if before is not None:
            await asyncio.wait([before])
            failure = None if before.cancelled() else before.exception()
            if isinstance(failure, EvmTxNotIncluded):  # it still stands in front of this one
                raise failure
        try:
            if isinstance(signed, ExecutionReverted):
                raise signed
            return await self._account.wait_for(signed, call, INCLUSION_TIMEOUT_S)
        except (ExecutionReverted, EvmTxFailed) as overtaken:
            raise ChainMovedMeanwhile(f"refused after simulation: {overtaken}; reading both ends again") from overtaken

    async def _submit_one_by_one(self, head: Sequence[EvmCall], messages: Sequence[PacketMessage]) -> list[Outcome]:
        """After they were refused together, so that the culprit alone is left out."""
        outcomes: list[Outcome] = []
        for message in messages:
            try:
                receipt = await self.execute([*head, call_of(self._router, message)])
                head = ()  # the client is where the others' proofs need it
                outcomes += self._outcomes([message], receipt)
            except ChainMovedMeanwhile as alone:
                outcomes.append(Outcome(Verdict.REFUSED, refusal=f"{alone.reason}: {alone}"))
        return outcomes

    async def execute(self, calls: Sequence[EvmCall]) -> EvmReceipt:
        """Calls together, sent now and waited for. Raises ``ChainMovedMeanwhile`` if they are refused."""
        together = self._router.multicall(*calls)
        try:
            signed: SignedEvmTx | ExecutionReverted = await self._account.send(together)
        except ExecutionReverted as reverted:
            signed = reverted
        return await self._receipt(signed, together)

    async def check_update(self, calls: Sequence[EvmCall]) -> None:
        """Raise ``ClientMovedMeanwhile`` if the contracts refuse a client update now."""
        call = self._router.multicall(*calls) if len(calls) > 1 else calls[0]
        try:
            await self._rpc.call(call, sender=self._account.address)
        except ExecutionReverted as reverted:
            raise ClientMovedMeanwhile(f"update refused: {reverted.revert}; reading the client again") from reverted

    async def _refusal(self, head: Sequence[EvmCall], message: PacketMessage) -> Outcome | None:
        """How the contracts would refuse a message now; None if they take it."""
        try:
            await self._rpc.call(
                self._router.multicall(*head, call_of(self._router, message)), sender=self._account.address
            )
        except ExecutionReverted as reverted:
            blocked = message.kind is not MessageKind.RECEIVE and not self._is_ours(reverted.revert)
            verdict = Verdict.BLOCKED if blocked else Verdict.REFUSED
            return Outcome(verdict, refusal=f"{reverted.reason}: {reverted.revert}")
        return None

    def _is_ours(self, revert: RevertReason) -> bool:
        """Whether router or light client refuse, which another proof or another relayer may cure."""
        return is_of_router_or_client(revert, self._account.address)

    def _outcomes(self, messages: Sequence[PacketMessage], receipt: EvmReceipt) -> list[Outcome]:
        """Done if the packet's event is in the transaction; a Noop leaves none."""
        events = [event for event in map(self._router.event_of, receipt.logs) if event is not None]
        took_effect = {(type(event), event.packet) for event in events}
        tx_id = "0x" + receipt.evm_tx_hash.hex()
        done, already = (
            Outcome(Verdict.DONE, tx_id, receipt.height),
            Outcome(Verdict.ALREADY_DONE, tx_id, receipt.height),
        )
        return [done if (_EFFECT[message.kind], message.packet) in took_effect else already for message in messages]


def _few_at_once(works: Sequence[Callable[[], Coroutine[Any, Any, _Result]]]) -> list[asyncio.Task[_Result]]:
    """All of them, in order, a few under way at any time."""
    places = asyncio.Semaphore(TRIED_AT_ONCE)

    async def done(work: Callable[[], Coroutine[Any, Any, _Result]]) -> _Result:
        async with places:
            return await work()

    return [asyncio.create_task(done(work)) for work in works]


async def _abandoned(tasks: Sequence[asyncio.Task[Any]]) -> None:
    """Nothing goes on after an error: what was sent is stored, and its nonce is tended without anybody waiting."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
