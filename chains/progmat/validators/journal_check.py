"""What a Validator demands of a journal entry before it looks into its database. Pure.

The notary is not trusted beyond uniqueness: an entry must follow from its evidence by the rules the notary itself
applies, at the time the entry claims.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from chains.progmat.network.parameters_source import ParametersSource, source_of
from chains.progmat.notary import codec, rules
from chains.progmat.notary.decisions import validate_time_window
from chains.progmat.notary.errors import JournalEvidenceRefused, NotaryRefusal
from chains.progmat.notary.journal import JournalEntry, JournalHead, validate_successor
from chains.progmat.notary.model import state_key
from chains.progmat.transactions.filtered import FilteredTransaction
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.signed_codec import decode_signature
from chains.progmat.transactions.validator_suspension import Approval
from primitives.errors import PeerError


@dataclass(frozen=True, slots=True)
class CheckedEntry:
    """An entry that continues the journal and follows from its evidence.

    ``consumed`` are the states it spends, ``approval`` is whose it is, if it is a transaction's: whether they all count
    depends on what the journal says before.
    """

    entry: JournalEntry
    consumed: tuple[bytes, ...]
    approval: Approval | None = None


def check_entries(
    head: JournalHead, entries: Iterable[JournalEntry], parameters: NetworkParameters | ParametersSource
) -> tuple[CheckedEntry, ...]:
    """Check consecutive entries that shall continue a journal ending in ``head``.

    Raises a JournalError; ParametersUnknown or ParametersNotAccepted where an entry lies in an epoch that this
    Validator cannot judge yet.
    """
    epochs = source_of(parameters)
    checked: list[CheckedEntry] = []
    for entry in entries:
        validate_successor(head, entry)
        epochs.at(entry.time_s)
        checked.append(CheckedEntry(entry, ()) if entry.tx_id is None else _check_evidence(entry, epochs))
        head = entry.head
    return tuple(checked)


def _check_evidence(entry: JournalEntry, epochs: ParametersSource) -> CheckedEntry:
    try:
        request = codec.decode_request(entry.evidence)
        tear_off = FilteredTransaction.decode(request.tear_off)
        tear_off.verify_for_notary()
        signatures = tuple(decode_signature(signature) for signature in request.validator_signatures)
        epoch = epochs.pinned(tear_off.network_parameters_hash)
        rules.validate_new(tear_off, signatures, epoch, epoch.notary.name)
        window = rules.narrowed(tear_off.time_window, epochs.history.admission(epoch))
        validate_time_window(window, entry.time_s)
    except (PeerError, NotaryRefusal) as error:
        raise JournalEvidenceRefused(entry.position, str(error)) from error
    if tear_off.id != entry.tx_id:
        raise JournalEvidenceRefused(entry.position, f"it is of transaction {tear_off.id.hex()}")
    if tear_off.provable_writes != entry.writes:
        raise JournalEvidenceRefused(entry.position, "its provable writes are others")
    consumed = tuple(state_key(ref) for ref in tear_off.inputs)
    return CheckedEntry(entry, consumed, rules.approval_of(tear_off, signatures, epoch))
