"""Whether the members agreed to the contract packages that an epoch brings in, by this node's own records.

Asked before this node accepts the epoch, so that the network's operator, who signs it, cannot bring in a package alone.
For each business network this node is a member of (the operator's node: each that has members), a result on the ledger
says APPROVED for the package, not too long ago, by a vote whose roll held every member this node knows of: what is left
off a roll no transaction can show, its members' nodes can.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from sqlalchemy import Connection, select

from chains.progmat.contracts.membership import BusinessNetwork, MembershipState, MembershipStatus
from chains.progmat.contracts.names import PROPOSAL
from chains.progmat.contracts.proposal_codec import record_of
from chains.progmat.contracts.proposal_states import ProposalOutcome, ResultState
from chains.progmat.flows.governance_errors import PackageNotApproved, ProposalUnknown
from chains.progmat.flows.proposal_book import find_proposal
from chains.progmat.flows.recording import MAX_MEMBERS
from chains.progmat.flows.seams import NodeSelf, Role
from chains.progmat.flows.signed_records import decoded
from chains.progmat.node.storage import NodeDatabase, stored_transaction
from chains.progmat.node.storage.schema import transactions
from chains.progmat.transactions.model import Party
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.parameters_history import brought_in
from chains.progmat.vault.queries import all_memberships, consumed_by, parties_of

APPROVAL_HOLDS_S: Final = 365 * 24 * 3600
"""How long after a vote closed an epoch may begin that rests on it."""


class PackageApprovals:
    """``AcceptanceCheck`` of a node with a vault."""

    def __init__(self, database: NodeDatabase, me: NodeSelf) -> None:
        self._database = database
        self._me = me

    async def require(self, before: NetworkParameters, epoch: NetworkParameters) -> None:
        """Return if every package that comes in is approved; raises ``PackageNotApproved``."""
        packages = brought_in(before, epoch)
        if packages:
            await self._database.read(partial(_require, me=self._me, epoch=epoch, packages=packages))


def _require(connection: Connection, *, me: NodeSelf, epoch: NetworkParameters, packages: frozenset[bytes]) -> None:
    for network in _networks_of(connection, me):
        for package in sorted(packages):
            _require_approval(connection, network, package, epoch)


def _networks_of(connection: Connection, me: NodeSelf) -> list[BusinessNetwork]:
    """Those it is a member of, suspended or not; the operator's node knows, and answers for, all.

    Those it ever was a member of, if it is one no more: nobody gets rid of the question by revoking who would ask it.
    """
    present = {network: parties_of(connection, network.name, MAX_MEMBERS) for network in BusinessNetwork}
    concerned = [
        network for network, names in present.items() if me.name in names or (names and Role.OPERATOR in me.roles)
    ]
    return concerned or [
        network
        for network in BusinessNetwork
        if any(kept.indexed.party == me.name for kept in all_memberships(connection, network.name))
    ]


def _require_approval(
    connection: Connection, network: BusinessNetwork, package: bytes, epoch: NetworkParameters
) -> None:
    refused = partial(PackageNotApproved, epoch.epoch, package, network.name)
    named = [item.result_tx for item in epoch.package_approvals if item.package_hash == package]
    results = [result for tx_id in named for result in _results(connection, tx_id) if result.network is network]
    if not results:
        listed = ", ".join(tx_id.hex() for tx_id in named)
        raise refused(f"no result of theirs is recorded here among {listed}; one under way may be accepted later")
    for result in results:
        if result.package_hash != package:
            raise refused(f"the result it names is about package {result.package_hash.hex()}")
        if result.outcome is not ProposalOutcome.APPROVED:
            raise refused(f"{result.votes_for} of {result.roll_size} agreed: {result.outcome.name}")
        if not result.closes_s <= epoch.effective_from_s <= result.closes_s + APPROVAL_HOLDS_S:
            raise refused(f"the vote closed at {result.closes_s}, and holds for {APPROVAL_HOLDS_S} s from then on")
        try:
            proposal = find_proposal(connection, result.proposal_tx).proposal
        except ProposalUnknown as error:
            raise refused(str(error)) from error
        missing = sorted({p.name for p in _active_at(connection, network, proposal.filed_s) if p not in proposal.roll})
        if missing:
            raise refused(f"members were left off the roll: {', '.join(missing)}")


def _results(connection: Connection, tx_id: bytes) -> list[ResultState]:
    """Results that a transaction recorded here made: it was verified when it was recorded."""
    stored = stored_transaction(connection, tx_id)
    outputs = () if stored is None else decoded(stored.signed_bytes).wire.outputs
    records = [record_of(state) for state in outputs if state.contract == PROPOSAL]
    return [record for record in records if isinstance(record, ResultState)]


def _active_at(connection: Connection, network: BusinessNetwork, time_s: int) -> set[Party]:
    """Who certainly was an active member at a time and, as far as is known here, had not ceased to be."""
    found: set[Party] = set()
    for kept in all_memberships(connection, network.name):
        member = MembershipState.of(kept.state)
        if member.status is not MembershipStatus.ACTIVE or not _was_by(connection, kept.ref.tx_id, time_s):
            continue
        ended_by = consumed_by(connection, kept.ref)
        if ended_by is None or not _was_by(connection, ended_by, time_s):
            found.add(member.party)
    return found


def _was_by(connection: Connection, tx_id: bytes, time_s: int) -> bool:
    """Whether a transaction was certainly final by a time: it was recorded here, or its time window was over."""
    stored_at_s = connection.execute(
        select(transactions.c.stored_at_s).where(transactions.c.tx_id == tx_id)
    ).scalar_one_or_none()
    stored = stored_transaction(connection, tx_id)
    if stored_at_s is None or stored is None:
        return False
    window = decoded(stored.signed_bytes).wire.time_window
    return stored_at_s < time_s or (window is not None and window.until_s is not None and window.until_s <= time_s)
