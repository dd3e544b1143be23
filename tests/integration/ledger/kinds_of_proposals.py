"""The flows of contract packages, as ``kinds_of_flows`` wants them: driver, next request, check."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from chains.progmat.contracts.proposal_states import BallotChoice, ProposalOutcome
from chains.progmat.flows.governance_requests import CloseProposal, ProposePackage, VoteOnPackage
from chains.progmat.flows.proposal_book import KnownProposal
from primitives.hashing import sha256
from tests.fakes.ledger_parties import CN_A, CN_B, LedgerParty
from tests.fakes.proposal_world import DAY_S
from tests.integration.ledger.network import LedgerNetwork
from tests.integration.ledger.proposals import VOTERS, proposal_request, propose, vote

Check = Callable[[int], Awaitable[None]]


def _package(number: int) -> bytes:
    return sha256(b"package %d" % number)


async def _everybodys(ledger: LedgerNetwork, count: int) -> list[KnownProposal]:
    """So many proposals, as every member has them."""
    found = [known for party in VOTERS for known in await ledger.operations(party).proposals(100)]
    assert len(found) == count * len(VOTERS)
    return found


async def propose_package(
    ledger: LedgerNetwork,
) -> tuple[LedgerParty, Callable[[int], Awaitable[ProposePackage]], Check]:
    async def following(number: int) -> ProposePackage:
        return proposal_request(ledger, f"r-{number}", _package(number))

    async def check(count: int) -> None:
        found = await _everybodys(ledger, count)
        assert {known.proposal.package_hash for known in found} == {_package(number) for number in range(count)}

    return CN_A, following, check


async def vote_on_package(
    ledger: LedgerNetwork,
) -> tuple[LedgerParty, Callable[[int], Awaitable[VoteOnPackage]], Check]:
    async def following(number: int) -> VoteOnPackage:
        return VoteOnPackage(f"r-{number}", await propose(ledger, _package(number)), BallotChoice.AGAINST)

    async def check(count: int) -> None:
        for known in await _everybodys(ledger, count):
            assert known.ballots[CN_B.name].ballot.choice is BallotChoice.AGAINST
            assert known.ballots[CN_A.name].ballot.choice is BallotChoice.UNCAST

    return CN_B, following, check


async def close_proposal(
    ledger: LedgerNetwork,
) -> tuple[LedgerParty, Callable[[int], Awaitable[CloseProposal]], Check]:
    async def following(number: int) -> CloseProposal:
        proposal_tx = await propose(ledger, _package(number))
        for voter in VOTERS[: 1 + number % 2]:
            await vote(ledger, proposal_tx, voter)
        ledger.clock.advance_s(2 * DAY_S)
        return CloseProposal(f"r-{number}", proposal_tx)

    async def check(count: int) -> None:
        for known in await _everybodys(ledger, count):
            assert known.result is not None
            approved = known.result.outcome is ProposalOutcome.APPROVED
            assert approved == (known.result.votes_for == 2)

    return CN_B, following, check
