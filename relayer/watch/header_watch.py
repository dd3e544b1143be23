"""Compares each EVM header that the ledger's light client stored with the chain's canonical block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import structlog

from ibc.light_client import ConsensusAt, LightClient
from primitives.errors import CallerError, PeerError
from relayer.watch.alarms import Alarm, AlarmBoard, AlarmKind
from relayer.watch.ports import CanonicalChain, HeaderHost, HostedHeaders

_log = structlog.get_logger(__name__)

MOST_TRUSTED_HEIGHTS_TRIED: Final = 8
"""A canonical header is brought from this many stored heights below it: those nearest to it may be false, too."""


class NotWatched(CallerError):
    """The hosted light client is of a kind that this watch cannot compare: nothing about it is looked at."""

    reason = "LIGHT_CLIENT_NOT_WATCHED"

    def __init__(self, client_id: str, expected: Sequence[str], found: str) -> None:
        self.client_id, self.found = client_id, found
        super().__init__(
            f"{client_id} is of kind {found}, this watch compares {', '.join(expected)}: headers stored there are not "
            "watched until proof.kind and evm.consensus are of that kind"
        )


class HeaderWatch:
    """Stateless but for which heights were found to agree: a restart compares all that are listed again."""

    def __init__(
        self, host: HeaderHost, chain: CanonicalChain, light_clients: Mapping[str, LightClient], board: AlarmBoard
    ) -> None:
        self._host = host
        self._chain = chain
        self._light_clients = light_clients
        self._board = board
        self._agreed: set[int] = set()
        self._reported: set[int] = set()

    async def round(self) -> None:
        """Compare what is new; report what contradicts. Raises ``UnavailableError`` and what the chains answer."""
        hosted = await self._host.hosted_headers()
        if hosted is None or hosted.frozen:
            return
        if hosted.client_type not in self._light_clients:
            raise NotWatched(self._host.client_id, sorted(self._light_clients), hosted.client_type)
        head = await self._chain.head_height()
        beyond = [height for height in hosted.heights if height > head]
        self._board.stand(
            "stored headers",
            [
                Alarm(
                    AlarmKind.STORED_BLOCK_UNKNOWN,
                    self._host.client_id,
                    f"stored {max(beyond)}, the chain is at {head}",
                )
            ]
            if beyond
            else [],
        )
        self._agreed &= set(hosted.heights)
        settled = self._agreed | self._reported
        for height in sorted(set(hosted.heights) - settled - set(beyond)):
            if await self._agrees(hosted, height):
                self._agreed.add(height)
            elif await self._report(hosted, height):
                return  # frozen: the rest is history

    async def _agrees(self, hosted: HostedHeaders, height: int) -> bool:
        """By the light client's own rule, the one by which the ledger decides."""
        stored = await self._host.consensus_state(height)
        if stored is None:
            return True  # pruned meanwhile
        message = await self._chain.header_message(height, height)
        kind = self._light_clients[hosted.client_type]
        return not kind.check_for_misbehaviour(hosted.client_state, ConsensusAt(height, stored), message)

    async def _report(self, hosted: HostedHeaders, height: int) -> bool:
        """Submit the canonical header; whether it froze the client."""
        refusals: list[str] = []
        below = sorted((known for known in hosted.heights if known < height), reverse=True)
        for trusted in below[:MOST_TRUSTED_HEIGHTS_TRIED]:
            try:
                message = await self._chain.header_message(height, trusted)
                tx_id = await self._host.report_header(message)
            except (CallerError, PeerError) as refusal:
                refusals.append(f"from {trusted}: {refusal.reason}: {refusal}")
                continue
            _log.error("misbehaviour reported", client=self._host.client_id, height=height, tx_id=tx_id)
            self._found(height, f"the ledger stored another block than the chain has; frozen by {tx_id}")
            return True
        why = "; ".join(refusals) or "there is no stored height below it to bring the chain's header from"
        self._found(height, f"the ledger stored another block than the chain has, and it could not be shown: {why}")
        self._reported.add(height)
        return False

    def _found(self, height: int, detail: str) -> None:
        subject = f"{self._host.client_id} at {height}"
        self._board.find(Alarm(AlarmKind.STORED_BLOCK_CONTRADICTED, subject, detail))
