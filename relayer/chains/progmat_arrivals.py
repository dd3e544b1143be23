"""A packet's arrival on the ledger: asked of the custodians until lock-by, of the issuer's node from then on.

Whose customer buys, the packet does not say: outsiders must not learn it. A node that is away, or that has not got the
header yet, delays what it alone can do; it never fails the whole submission.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from chains.progmat.client.ledger_client import LedgerClient
from chains.rpc_status import RemoteCallerError
from ibc.dvp import DvpPayload
from primitives.errors import CrossDvpError, DecodeError
from relayer.chains.progmat_flows import Submissions, outcome_of, refusal_of
from relayer.core.chain import Outcome, PacketMessage, Verdict

HEADER_POLLS, HEADER_POLL_S = 20, 0.05
NOT_EXPECTED: Final = "PACKET_NOT_EXPECTED"
_BEST_FIRST: Final = (Verdict.DONE, Verdict.ALREADY_DONE, Verdict.PENDING, Verdict.BLOCKED, Verdict.REFUSED)


class Arrivals:
    """Brings packets to the nodes that may owe them an answer. ``client_id``: of the EVM chain's light client."""

    def __init__(
        self,
        issuer: LedgerClient,
        custodians: Sequence[LedgerClient],
        client_id: str,
        submissions: Submissions,
        now_s: Callable[[], float],
    ) -> None:
        self._issuer = issuer
        self._custodians = tuple(custodians)
        self._client_id = client_id
        self._submissions = submissions
        self._now_s = now_s

    async def receive(self, message: PacketMessage) -> Outcome:
        """The best of the answers; a refusal names what each node said, those that do not expect the packet last."""
        try:
            words = DvpPayload.decode(message.packet.payloads[0].value)
        except DecodeError as nonsense:
            return refusal_of(nonsense.reason, str(nonsense))
        is_late = self._now_s() >= words.lock_by_s
        nodes = (self._issuer,) if is_late else self._custodians
        answers = await asyncio.gather(*(self._receive_at(node, message) for node in nodes))
        if not answers:
            return refusal_of(NOT_EXPECTED, "this relayer is configured for no custodian node")
        return min(answers, key=_rank)

    async def _receive_at(self, node: LedgerClient, message: PacketMessage) -> Outcome:
        try:
            if not await self._has_header(node, message.proof_height):
                return refusal_of("HEADER_NOT_DISTRIBUTED", f"{node.name} has no header {message.proof_height} yet")
            return outcome_of(await self._submissions.submitted(node, message))
        except RemoteCallerError as refused:
            return refusal_of(refused.reason, str(refused))
        except CrossDvpError as failure:
            return refusal_of(failure.reason, f"{node.name}: {failure}")

    async def _has_header(self, node: LedgerClient, height: int) -> bool:
        """The issuer's node delivers headers to every node; that takes a moment."""
        for _ in range(HEADER_POLLS):
            if await node.consensus_state(self._client_id, height) is not None:
                return True
            await asyncio.sleep(HEADER_POLL_S)
        return False

    async def close(self) -> None:
        """Close the custodians' connections; the issuer's is the endpoint's."""
        await asyncio.gather(*(custodian.close() for custodian in self._custodians))


def _rank(outcome: Outcome) -> tuple[int, bool]:
    return _BEST_FIRST.index(outcome.verdict), outcome.refusal.startswith(NOT_EXPECTED)
