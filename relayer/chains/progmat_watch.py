"""The ledger as the watches see it: what it stored of the EVM chain, and where evidence goes."""

from __future__ import annotations

import asyncio
from pathlib import Path

from chains.progmat.client.ledger_client import LedgerClient
from chains.progmat.client.membership_client import MembershipClient
from chains.progmat.client.nouns import FlowView, SubmitMisbehaviour, SuspendValidator
from light_clients.progmat import decode_equivocation
from primitives.errors import PeerError, UnavailableError
from primitives.hashing import sha256
from relayer.chains.progmat_flows import FLOW_WAIT_S
from relayer.watch.evidence_file import keep_evidence
from relayer.watch.ports import HostedHeaders

ALREADY_SUSPENDED = "NOTARISATION_CONFLICT"


class ReportPending(UnavailableError):
    """The ledger has the report, and has not decided in time: asked again."""

    reason = "REPORT_PENDING"


class ReportRefused(PeerError):
    """The ledger does not follow the report; its reason is in the text."""

    reason = "REPORT_REFUSED"


class LedgerWatchSide:
    """Implements ``HeaderHost`` and ``Tribunal`` over the issuer's node.

    ``evidence_directory`` gets a file for each Validator that signed twice, as ``crossdvp verify evidence`` reads it.
    """

    def __init__(
        self, issuer: LedgerClient, members: MembershipClient, client_id: str, evidence_directory: Path
    ) -> None:
        self._issuer = issuer
        self._members = members
        self._client_id = client_id
        self._evidence_directory = evidence_directory

    @property
    def client_id(self) -> str:
        """See HeaderHost."""
        return self._client_id

    async def hosted_headers(self) -> HostedHeaders | None:
        """See HeaderHost."""
        found = await self._issuer.light_client(self._client_id)
        if found is None:
            return None
        heights = tuple(height for height, _ in found.heights)
        return HostedHeaders(found.client_type, found.client_state, heights, found.is_frozen)

    async def consensus_state(self, height: int) -> bytes | None:
        """See HeaderHost."""
        return await self._issuer.consensus_state(self._client_id, height)

    async def report_header(self, client_message: bytes) -> str:
        """See HeaderHost. Raises ``ReportRefused``, ``ReportPending``."""
        request_id = f"misbehaviour/{sha256(client_message)[:16].hex()}"
        request = SubmitMisbehaviour(request_id, self._client_id, client_message)
        return _decided(await self._issuer.submit(request, FLOW_WAIT_S))

    async def convict(self, equivocation: bytes) -> str:
        """See Tribunal. Raises ``ReportRefused``, ``ReportPending``."""
        path = await asyncio.to_thread(keep_evidence, self._evidence_directory, decode_equivocation(equivocation))
        request = SuspendValidator(f"suspend/{sha256(equivocation)[:16].hex()}", equivocation)
        flow = await self._members.suspend_validator(request, FLOW_WAIT_S)
        if flow.is_failed and flow.last_error_reason == ALREADY_SUSPENDED:
            return f"suspended already; evidence in {path.name}"
        return f"suspended by {_decided(flow)}; evidence in {path.name}"


def _decided(flow: FlowView) -> str:
    """The id of the ledger transaction."""
    if flow.is_final_on_ledger:
        return flow.tx_id.hex()
    if flow.is_failed:
        raise ReportRefused(f"{flow.last_error} [{flow.last_error_reason}]")
    raise ReportPending(f"{flow.kind.value} waits for {flow.waiting_on or flow.step.value}: {flow.last_error}")
