"""Which transactions that come from peers may be this node's own: a node that lost its database has made some.

Each is remembered by its salt (see ``salts``), so that the request that made it is answered with it and not carried out
again. It matters by which way one comes: in a listing, in a delivery, or as the ancestor of another.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.names import CASH, TOKENS
from chains.progmat.contracts.token import TokenState
from chains.progmat.flows.recorded import RecordedStates
from chains.progmat.flows.recovery import remember_made
from chains.progmat.flows.seams import KeyRing
from chains.progmat.transactions.model import TransactionState
from chains.progmat.transactions.signed import SignedTransaction


class MadeHere:
    """One node's rule; called with each transaction that a peer brought, in the operation that records it."""

    def __init__(
        self,
        own_name: str,
        keys: KeyRing,
        recorded: RecordedStates,
        signed_for: Callable[[bytes], str | None],
    ) -> None:
        """``signed_for`` says for whom this node countersigned a transaction; None if for nobody."""
        self._own_name = own_name
        self._keys = keys
        self._recorded = recorded
        self._signed_for = signed_for

    def __call__(self, connection: Connection, signed: SignedTransaction) -> None:
        """Remember it, if it may have been made here."""
        if self._may_be_ours(connection, signed):
            remember_made(connection, signed)

    def _may_be_ours(self, connection: Connection, signed: SignedTransaction) -> bool:
        """Signed with a key of ours, or by whoever holds one of our accounts' fresh keys; and not for somebody else."""
        if self._signed_for(bytes(signed.id)) is not None:
            return False
        if any(self._keys.signer(signature.by) is not None for signature in signed.signatures):
            return True
        consumed = self._recorded.of(connection, signed.wire.inputs).values()
        return any(_node_of(state) == self._own_name for state in consumed)


def _node_of(state: TransactionState) -> str:
    if state.contract == CASH:
        return CashState.of(state).node
    return TokenState.of(state).node if state.contract in TOKENS else ""
