"""Compares what Validators say of a height with each other and with what the EVM chain's light client stored.

Two versions that k of the set stand by, or one that differs from what is stored, freeze the light client. Who said two
things is brought before the tribunal, however few they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import structlog

from light_clients.progmat import (
    Checkpoint,
    CheckpointEquivocation,
    SignedStatement,
    ValidatorSet,
    decode_header,
    encode_equivocation,
    prove_equivocation,
)
from light_clients.progmat.misbehaviour import encode_misbehaviour
from light_clients.progmat.verify import validate_signatures
from primitives.errors import CallerError, CrossDvpError, PeerError, Refusal, UnavailableError
from relayer.watch.alarms import Alarm, AlarmBoard, AlarmKind
from relayer.watch.ports import CheckpointHost, StatementSource, Tribunal
from relayer.watch.statements import Spoken, StatementBook, said_in, slot_of, versions

_log = structlog.get_logger(__name__)

STORED_HEIGHTS: Final = 256
"""Size of the contract's ring: older heights are not kept."""


class CheckpointWatch:
    """Remembers which stored heights were compared, what was said, and who is accused; a restart begins anew.

    ``kept_form``: what the host keeps of a checkpoint that it took.
    """

    def __init__(
        self,
        ledger_id: str,
        host: CheckpointHost,
        validators: StatementSource,
        tribunal: Tribunal,
        board: AlarmBoard,
        kept_form: Callable[[Checkpoint], bytes] = slot_of,
    ) -> None:
        self._ledger_id = ledger_id
        self._host = host
        self._validators = validators
        self._tribunal = tribunal
        self._board = board
        self._kept_form = kept_form
        self._book = StatementBook()
        self._compared_to = 0
        self._head = 0
        self._unanswered: set[int] = set()
        self._is_frozen = False
        self._accused: dict[bytes, CheckpointEquivocation] = {}
        self._open_cases: list[bytes] = []

    async def round(self) -> None:
        """Compare what is new, and again what too few Validators answered for.

        Raises ``UnavailableError`` and what the chains answer; what was not done then comes again.
        """
        try:
            await self._compare_all()
        finally:
            await self._try_cases()

    async def _compare_all(self) -> None:
        state = await self._host.client_state()
        self._is_frozen = state.frozen
        if state.latest_height < self._compared_to:  # governance put another light client in its place
            self._compared_to = 0
        oldest = max(1, state.latest_height - STORED_HEIGHTS + 1)
        fresh = range(max(self._compared_to + 1, oldest), state.latest_height + 1)
        wanted = (*sorted(height for height in self._unanswered if height >= oldest), *fresh)
        slots = await self._host.slots(wanted)
        for height, slot in zip(wanted, slots, strict=True):
            answered = slot is None or await self._compare(height, slot)
            (self._unanswered.discard if answered else self._unanswered.add)(height)
            self._compared_to = max(self._compared_to, height)
        head = await self._validators.head()
        if head > max(self._head, self._compared_to):
            await self._compare(head, None)
            self._head = head

    async def _compare(self, height: int, slot: bytes | None) -> bool:
        """Whether as many as make a checkpoint said anything."""
        statements = await self._validators.statements(height)
        spoken = versions(statements)
        for version in spoken:
            for validator, signature in version.signatures.items():
                self._note(validator, SignedStatement(version.checkpoint, signature))
        contradicted = slot is not None and any(self._kept_form(version.checkpoint) != slot for version in spoken)
        stored = await self._stored_header(height, statements.signing_set) if contradicted else None
        if len(spoken) > 1 or contradicted:
            self._disagree(height, spoken, slot)
        headers = [header for version in spoken if (header := version.header(statements.signing_set)) is not None]
        if not self._is_frozen:
            await self._report(height, headers, slot, stored)
        return len(statements.votes) >= statements.signing_set.threshold

    def _note(self, validator: bytes, statement: SignedStatement) -> None:
        evidence = self._book.note(validator, statement)
        if evidence is None or validator in self._accused:
            return
        prove_equivocation(evidence)
        self._accused[validator] = evidence
        self._open_cases.append(validator)
        detail = f"signed two checkpoints of height {evidence.height}"
        self._board.find(Alarm(AlarmKind.VALIDATOR_EQUIVOCATED, "0x" + validator.hex(), detail))

    async def _try_cases(self) -> None:
        """Bring evidence; what cannot be decided now is brought again, and holds up nothing else."""
        cases, self._open_cases = self._open_cases, []
        for validator in cases:
            subject = "0x" + validator.hex()
            try:
                done = await self._tribunal.convict(encode_equivocation(self._accused[validator]))
            except (CallerError, PeerError) as refusal:
                self._board.find(Alarm(AlarmKind.REPORT_REFUSED, subject, f"{refusal.reason}: {refusal}"))
            except UnavailableError as undecided:
                _log.warning("not suspended yet", validator=subject, reason=undecided.reason, error=str(undecided))
                self._open_cases.append(validator)
            else:
                _log.error("equivocation reported", validator=subject, done=done)

    async def _stored_header(self, height: int, signing_set: ValidatorSet) -> bytes | None:
        """How the contradicted height came in: its signers have said what they now may deny."""
        try:
            packed = await self._host.header_at(height)
        except CrossDvpError as problem:  # old states may be gone from the node; the freeze does not need it
            _log.warning("stored header cannot be looked for", height=height, reason=problem.reason, error=str(problem))
            return None
        if packed is None:
            return None
        try:
            header = decode_header(packed, self._ledger_id)
            validate_signatures(header, signing_set.hash())
        except Refusal as refusal:
            _log.warning("stored header is not what it should be", height=height, reason=refusal.reason)
            return None
        for validator, statement in said_in(header):
            self._note(validator, statement)
        return packed

    async def _report(self, height: int, headers: list[bytes], slot: bytes | None, stored: bytes | None) -> None:
        """Freeze the light client, if what k stand by contradicts what is stored or what k others stand by."""
        other = [header for header in headers if slot is None or self._slot(header) != slot]
        try:
            if stored is not None and other:
                tx_id = await self._host.report_misbehaviour(encode_misbehaviour(stored, other[0]))
            elif len(headers) > 1:
                tx_id = await self._host.report_misbehaviour(encode_misbehaviour(headers[0], headers[1]))
            elif slot is not None and other:
                tx_id = await self._host.report_header(other[0])
            else:
                return
        except (CallerError, PeerError) as refusal:
            detail = f"k Validators stand by two versions, and it is not believed: {refusal.reason}: {refusal}"
            self._board.find(Alarm(AlarmKind.REPORT_REFUSED, f"{self._host.client_id} at {height}", detail))
            return
        self._is_frozen = True
        _log.error("misbehaviour reported", client=self._host.client_id, height=height, tx_id=tx_id)
        detail = f"k Validators stand by two versions; reported by {tx_id}"
        self._board.find(Alarm(AlarmKind.CHECKPOINT_CONTRADICTED, f"{self._host.client_id} at {height}", detail))

    def _slot(self, header: bytes) -> bytes:
        return self._kept_form(decode_header(header, self._ledger_id).checkpoint)

    def _disagree(self, height: int, spoken: tuple[Spoken, ...], slot: bytes | None) -> None:
        said = "; ".join(self._shown(version, slot) for version in spoken)
        self._board.find(Alarm(AlarmKind.VALIDATORS_DISAGREE, f"{self._host.client_id} at {height}", said))

    def _shown(self, version: Spoken, slot: bytes | None) -> str:
        who = ", ".join("0x" + address.hex() for address in version.signatures)
        unlike = slot is not None and self._kept_form(version.checkpoint) != slot
        return f"{who} say root {version.checkpoint.root.hex()}{', unlike what is stored' if unlike else ''}"
