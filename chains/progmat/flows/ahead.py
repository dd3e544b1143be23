"""Ancestors that go along with a delivery, so that its receiver need not ask: coins that come fresh from their issuer.

Only what the receiver would be handed at once if it asked: the transactions that a delivered one uses directly, of
which the receiver is no participant (else it has them), and that no Validator has attested (else the attestation is
shown in their place, see ``disclosing``). Only those without a history of their own. In memory: what is forgotten, or
was recorded before a restart, is asked for.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.signed_codec import MAX_AHEAD, MAX_AHEAD_BYTES
from chains.progmat.transactions.wire import WireTransaction

MAX_REMEMBERED: Final = 1024


@dataclass(frozen=True, slots=True)
class _FreshAncestor:
    """A signed transaction, and the ids of those it references."""

    signed_bytes: bytes
    uses: tuple[bytes, ...]


class Ahead:
    """The newest of them, with those who have them."""

    def __init__(self) -> None:
        self._fresh: OrderedDict[bytes, tuple[_FreshAncestor, Collection[str]]] = OrderedDict()

    def note(self, signed: SignedTransaction, signed_bytes: bytes, participants: Collection[str]) -> None:
        """A transaction is recorded here, in which these other nodes take part."""
        wire = signed.wire
        if wire.inputs or wire.provable_writes or len(signed_bytes) > MAX_AHEAD_BYTES:
            return
        self._fresh[signed.id] = (_FreshAncestor(signed_bytes, tuple(wire.outputs_used)), participants)
        if len(self._fresh) > MAX_REMEMBERED:
            self._fresh.popitem(last=False)

    def attested(self) -> None:
        """Something was attested: nothing is certain not to be."""
        self._fresh.clear()

    def of(self, peer: str, wire: WireTransaction) -> tuple[bytes, ...]:
        """What ``peer`` lacks of what ``wire`` consumes."""
        return tuple(ancestor.signed_bytes for ancestor in self._of(peer, wire))

    def behind(self, peer: str, wire: WireTransaction) -> tuple[bytes, ...]:
        """Ids of what these reference in turn: ``peer`` may have to ask for it."""
        return tuple(tx_id for ancestor in self._of(peer, wire) for tx_id in ancestor.uses)

    def _of(self, peer: str, wire: WireTransaction) -> Iterable[_FreshAncestor]:
        found: dict[bytes, _FreshAncestor] = {}
        for ref in wire.inputs:
            known = self._fresh.get(ref.tx_id)
            if known is not None and peer not in known[1] and len(found) < MAX_AHEAD:
                found[ref.tx_id] = known[0]
        return found.values()
