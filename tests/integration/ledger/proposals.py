"""Deciding on a contract package on a running ledger, as the members' operators do."""

from __future__ import annotations

from collections.abc import Iterable

from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.contracts.proposal_states import BallotChoice
from chains.progmat.flows.governance_requests import CloseProposal, ProposePackage, VoteOnPackage
from chains.progmat.flows.proposal_book import KnownProposal, find_proposal
from primitives.hashing import sha256
from tests.fakes.ledger_parties import CN_A, CN_B, SN, LedgerParty
from tests.fakes.proposal_world import DAY_S, NEW_PACKAGE
from tests.integration.ledger.network import LedgerNetwork

SC = BusinessNetwork.SC
DESCRIPTION = sha256(b"what changes, and why")
VOTERS = (SN, CN_A, CN_B)


def proposal_request(
    ledger: LedgerNetwork, request_id: str = "propose", package: bytes = NEW_PACKAGE
) -> ProposePackage:
    """A day to vote and an hour, from now on."""
    return ProposePackage(request_id, SC, package, DESCRIPTION, 0, ledger.clock.now_s() + DAY_S + 3600)


async def propose(ledger: LedgerNetwork, package: bytes = NEW_PACKAGE) -> bytes:
    """CN-A files a proposal; its ledger transaction."""
    record = await ledger.done(CN_A, proposal_request(ledger, f"propose-{package[:4].hex()}", package))
    assert record.tx_id is not None
    return record.tx_id


async def vote(
    ledger: LedgerNetwork, proposal_tx: bytes, voter: LedgerParty, choice: BallotChoice = BallotChoice.FOR
) -> None:
    """A member votes, and all who must know have it."""
    await ledger.done(voter, VoteOnPackage(f"vote-{proposal_tx[:4].hex()}", proposal_tx, choice))


async def approved(
    ledger: LedgerNetwork, package: bytes = NEW_PACKAGE, agreeing: Iterable[LedgerParty] = VOTERS
) -> bytes:
    """The ledger transaction that closed a proposal these members agreed to."""
    proposal_tx = await propose(ledger, package)
    for voter in agreeing:
        await vote(ledger, proposal_tx, voter)
    ledger.clock.advance_s(2 * DAY_S)
    closed = await ledger.done(CN_A, CloseProposal(f"close-{package[:4].hex()}", proposal_tx))
    assert closed.tx_id is not None
    return closed.tx_id


async def known(ledger: LedgerNetwork, party: LedgerParty, proposal_tx: bytes) -> KnownProposal:
    """A proposal as a node has it."""
    database = ledger.vault(party).node.parts.database
    return await database.read(lambda connection: find_proposal(connection, proposal_tx))
