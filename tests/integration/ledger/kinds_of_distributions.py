"""Flows of distributions and utility tokens for the kill test of every kind."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from chains.progmat.contracts.distribution import Subject
from chains.progmat.contracts.distribution_lines import Line, Lines
from chains.progmat.contracts.membership import MemberRole
from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.distribution_parts import PartStatus, parts_of
from chains.progmat.flows.distribution_requests import (
    CancelDistribution,
    ExpireUtility,
    OpenDistribution,
    PayBatch,
    UseUtility,
)
from chains.progmat.flows.market_requests import IssueToken
from chains.progmat.node.token_operations import TokenOperations
from tests.fakes.distribution_parties import UTILITY_ID, coupon, grant, holder, lines_of, part_of
from tests.fakes.ledger_parties import AN, CN_A, CN_B, LedgerParty
from tests.fakes.token_parties import SC, ST, UT
from tests.integration.ledger.network import BUYER_ACCOUNT, SELLER_ACCOUNT, LedgerNetwork

Opened = tuple[LedgerParty, Callable[[int], Awaitable[AnyRequest]], Callable[[int], Awaitable[None]]]

BATCHES = 40
"""More than there are points to die at."""
YEN, EACH = 1000, 10
ONE = lines_of([EACH], batch_lines=1)
UNITS = 100


async def members(ledger: LedgerNetwork) -> None:
    """Members of the ST and the UT network."""
    for network in (ST, UT):
        await ledger.admit(AN, network, MemberRole.REGISTRAR)
        for party in (CN_A, CN_B):
            await ledger.admit(party, network, MemberRole.CUSTODIAN)


async def opened_part(ledger: LedgerNetwork, subject: Subject, lines: Lines, part: int = 0) -> None:
    """``an`` opens a part, and the payer has it."""
    state = part_of(subject, lines, part)
    name = f"{subject.asset_id}-{subject.distribution_id[-4:].hex()}-{part}"
    await ledger.done(AN, OpenDistribution(f"open-{name}", state.encode(), lines.encode()))


async def open_distribution(ledger: LedgerNetwork) -> Opened:
    await members(ledger)

    async def following(number: int) -> AnyRequest:
        state = part_of(coupon(), ONE, number)
        return OpenDistribution(f"r-{number}", state.encode(), ONE.encode())

    async def check(count: int) -> None:
        assert await statuses(ledger, AN, coupon()) == [PartStatus.OPEN] * count
        assert await statuses(ledger, CN_B, coupon()) == [PartStatus.OPEN] * count

    return AN, following, check


async def pay_batch(ledger: LedgerNetwork) -> Opened:
    await members(ledger)
    await ledger.issue(YEN)
    keys = sorted(holder(number).key.encoded() for number in range(BATCHES))
    lines = Lines(1, tuple(Line(key, EACH) for key in keys))
    subject = coupon()
    await opened_part(ledger, subject, lines)

    async def following(number: int) -> AnyRequest:
        return PayBatch(f"r-{number}", subject.distribution_id, 0, number, SC, CN_A.name)

    async def check(count: int) -> None:
        """The holders of the first batches have their lines, nobody else has anything."""
        found = {line.account.key: line.balance.free for line in await ledger.operations(CN_A).balances("", b"")}
        assert found == dict.fromkeys(keys[:count], EACH)
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == YEN - EACH * count

    return CN_B, following, check


async def cancel_distribution(ledger: LedgerNetwork) -> Opened:
    await members(ledger)
    subject = coupon()

    async def following(number: int) -> AnyRequest:
        await opened_part(ledger, subject, ONE, number)
        return CancelDistribution(f"r-{number}", subject.distribution_id, number)

    async def check(count: int) -> None:
        assert await statuses(ledger, AN, subject) == [PartStatus.CANCELLED] * count

    return AN, following, check


async def use_utility(ledger: LedgerNetwork) -> Opened:
    await members(ledger)
    await ledger.done(AN, IssueToken("units", UT, UTILITY_ID, UNITS, SELLER_ACCOUNT))

    async def following(number: int) -> AnyRequest:
        return UseUtility(f"r-{number}", UTILITY_ID, AN.name, 1, SELLER_ACCOUNT.key, f"ticket-{number}")

    async def check(count: int) -> None:
        assert await units(ledger, CN_A) == await units(ledger, AN) == UNITS - count

    return CN_A, following, check


async def expire_utility(ledger: LedgerNetwork) -> Opened:
    """Units granted for a second each: every expiry destroys what was granted just before."""
    await members(ledger)
    lines = lines_of([5, 6], batch_lines=1)
    expiries: dict[int, int] = {}

    async def following(number: int) -> AnyRequest:
        expires_s = expiries.setdefault(number, ledger.clock.now_s() + 2)
        subject = grant(f"grant {number}", expires_s)
        await opened_part(ledger, subject, lines)
        for batch in range(2):
            paying = PayBatch(f"grant-{number}-{batch}", subject.distribution_id, 0, batch, UT, CN_A.name)
            await ledger.done(AN, paying)
        assert await units(ledger, AN) == lines.total
        ledger.clock.advance_ms(3000)
        return ExpireUtility(f"r-{number}", UTILITY_ID)

    async def check(_count: int) -> None:
        assert await units(ledger, AN) == 0

    return AN, following, check


async def statuses(ledger: LedgerNetwork, party: LedgerParty, subject: Subject) -> list[PartStatus]:
    """Of a distribution's parts as a node has recorded them."""
    database = ledger.vault(party).node.parts.database
    return [part.status for part in await database.read(partial(parts_of, distribution_id=subject.distribution_id))]


async def units(ledger: LedgerNetwork, party: LedgerParty) -> int:
    """All units of the utility token in a node's vault."""
    tokens = TokenOperations(ledger.vault(party).node, ledger.operations(party))
    return sum(line.balance.total for line in await tokens.balances(UTILITY_ID, b""))
