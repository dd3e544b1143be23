"""The watches' ports straight at the nodes of an in-process ledger."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from chains.progmat.flows.market_requests import SuspendValidator
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.requests import SubmitMisbehaviour
from chains.progmat.flows.steps import FINAL_ON_LEDGER, FlowStep
from light_clients.progmat import decode_equivocation
from primitives.errors import PeerError, UnavailableError
from relayer.watch.evidence_file import keep_evidence
from relayer.watch.ports import HostedHeaders
from tests.fakes.ledger_parties import SN
from tests.integration.ledger.network import LedgerNetwork
from tests.integration.ledger.settlement import CLIENT_ID


class Undecided(UnavailableError):
    """Not decided in time."""

    reason = "REPORT_PENDING"


class Refused(PeerError):
    """The ledger says no."""

    reason = "REPORT_REFUSED"


@dataclass
class LocalLedgerSide:
    """``HeaderHost`` and ``Tribunal`` at the issuer's operations; ``convicted`` are the addresses in evidence kept."""

    ledger: LedgerNetwork
    folder: Path
    wait_s: int = 1
    files: list[Path] = field(default_factory=list)

    @property
    def client_id(self) -> str:
        return CLIENT_ID

    async def hosted_headers(self) -> HostedHeaders | None:
        view = await self.ledger.operations(SN).light_client(CLIENT_ID)
        heights = tuple(height for height, _ in view.heights)
        return HostedHeaders(view.record.client_type, view.record.client_state, heights, view.is_frozen)

    async def consensus_state(self, height: int) -> bytes | None:
        return (await self.ledger.operations(SN).consensus(CLIENT_ID, height)).consensus_state

    async def report_header(self, client_message: bytes) -> str:
        name = f"misbehaviour/{hashlib.sha256(client_message).hexdigest()[:16]}"
        return self._decided(
            await self.ledger.run(SN, SubmitMisbehaviour(name, CLIENT_ID, client_message), self.wait_s)
        )

    async def convict(self, equivocation: bytes) -> str:
        self.files.append(keep_evidence(self.folder, decode_equivocation(equivocation)))
        name = f"suspend/{hashlib.sha256(equivocation).hexdigest()[:16]}"
        return self._decided(await self.ledger.run(SN, SuspendValidator(name, equivocation), self.wait_s))

    @staticmethod
    def _decided(record: FlowRecord) -> str:
        if record.step is FlowStep.FAILED:
            raise Refused(f"{record.last_error_reason}: {record.last_error}")
        if record.step not in FINAL_ON_LEDGER | {FlowStep.DONE}:
            raise Undecided(record.last_error)
        return (record.tx_id or b"").hex()
