"""How the notaries of one epoch follow from those of the epochs before: what a name stands for never changes."""

from __future__ import annotations

from collections.abc import Sequence

from chains.progmat.transactions.errors import ParametersNotContinued
from chains.progmat.transactions.model import Party
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.other_notaries import NotaryService, OtherNotary


def require_notaries_continue(epochs: Sequence[NetworkParameters], found: NetworkParameters) -> None:
    """``found`` may follow ``epochs``, as far as its notaries go; raises ParametersNotContinued naming the rule.

    The journal's notary stays, an OPEN one may become RETIRING, a RETIRING one may be left out, and a new one is OPEN.
    Keys change by succession only. Who was left out does not come back, by name or key: what it signed meanwhile, and
    what it forgot, nobody knows.
    """
    before = epochs[-1]
    _require_same_party(found.current(before.notary), found.notary)
    present = {other.party.name: other for other in found.other_notaries}
    for other in before.other_notaries:
        following = present.pop(other.party.name, None)
        if following is None:
            _require_was_retiring(other)
        else:
            _require_same_party(found.current(other.party), following.party)
            _require_does_not_reopen(other, following)
    for added in present.values():
        _require_new(epochs, added)


def _require_same_party(expected: Party, found: Party) -> None:
    """The states of a notary need one that answers for them: the same party, its key replaced by a succession."""
    if found != expected:
        raise ParametersNotContinued(
            "the notary is the same party, a new key of it by succession",
            expected=f"{expected.name} {expected.key!r}",
            found=f"{found.name} {found.key!r}",
        )


def _require_was_retiring(gone: OtherNotary) -> None:
    if gone.service is not NotaryService.RETIRING:
        raise ParametersNotContinued(
            f"notary {gone.party.name} retires before it is dropped, so that states can be moved away",
            expected=NotaryService.RETIRING.name,
            found=gone.service.name,
        )


def _require_does_not_reopen(before: OtherNotary, found: OtherNotary) -> None:
    if before.service is NotaryService.RETIRING and found.service is not NotaryService.RETIRING:
        raise ParametersNotContinued(
            f"notary {before.party.name} is retiring and does not open again: add another one",
            expected=NotaryService.RETIRING.name,
            found=found.service.name,
        )


def _require_new(epochs: Sequence[NetworkParameters], added: OtherNotary) -> None:
    name, key = added.party.name, added.party.key
    if added.service is not NotaryService.OPEN:
        raise ParametersNotContinued(
            f"notary {name} begins as an open one", expected=NotaryService.OPEN.name, found=added.service.name
        )
    for epoch in epochs:
        for earlier in epoch.notaries:
            if earlier.name == name or earlier.key == key:
                raise ParametersNotContinued(
                    f"notary {name} is new; one that was dropped does not come back",
                    expected="a name and a key that no notary had",
                    found=f"those of {earlier.name} in epoch {epoch.epoch}",
                )
