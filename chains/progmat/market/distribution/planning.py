"""From dues to the parts that are opened on the ledger: by custodian node, in pieces of some thousand lines. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from chains.progmat.contracts.distribution import DistributionState, Subject
from chains.progmat.contracts.distribution_lines import Line, Lines
from chains.progmat.market.distribution.arithmetic import Due
from chains.progmat.market.distribution.terms import Terms
from chains.progmat.transactions.model import Party
from ibc.dvp import CashAccount

NO_MEMBER: Final = "NODE_NOT_A_MEMBER"


@dataclass(frozen=True, slots=True)
class Sizes:
    """How lines are cut; as measured, see docs/ledger/distributions.md. Parts are paid side by side."""

    part_lines: int = 2_000
    batch_lines: int = 200


@dataclass(frozen=True, slots=True)
class HeldLine:
    """A line that cannot be paid now, and why; it is paid in a later part."""

    node: str
    account_key: bytes
    amount: int
    why: str = NO_MEMBER


@dataclass(frozen=True, slots=True)
class Totals:
    """Of all lines, held ones included; money in yen, of a grant in units."""

    holders: int
    units: int
    gross: int
    national_tax: int
    local_tax: int
    net: int

    @classmethod
    def of(cls, dues: Sequence[Due]) -> Totals:
        """The sums of these lines."""
        return cls(
            holders=len(dues),
            units=sum(due.units for due in dues),
            gross=sum(due.gross for due in dues),
            national_tax=sum(due.national_tax for due in dues),
            local_tax=sum(due.local_tax for due in dues),
            net=sum(due.net for due in dues),
        )


@dataclass(frozen=True, slots=True)
class OrderPart:
    """A part to be opened."""

    state: DistributionState
    lines: Lines


def subject_of(terms: Terms, registrar: Party, payer_party: Party) -> Subject:
    """What all parts say; ``payer_party`` is the node that pays or issues."""
    payer = terms.payer or CashAccount(payer_party.name, payer_party.key.encoded())
    return Subject(
        distribution_id=terms.distribution_id(registrar.name),
        security_id=terms.security_id,
        registrar=registrar,
        record_date=int(terms.record_date.strftime("%Y%m%d")),
        medium=terms.medium,
        asset_id=terms.asset_id,
        keeper=terms.keeper,
        payer=payer,
        expires_s=terms.expires_s,
        rate_numerator=terms.rate.numerator,
        rate_denominator=terms.rate.denominator,
    )


def held_of(dues: Iterable[Due], unpayable_nodes: Collection[str]) -> list[HeldLine]:
    """The lines of nodes that cannot be paid now."""
    return [HeldLine(due.account[0], due.account[1], due.net) for due in dues if due.account[0] in unpayable_nodes]


def parts_of_lines(
    subject: Subject, lines: Iterable[tuple[str, Line]], sizes: Sizes, first_part: int = 0
) -> list[OrderPart]:
    """Parts of these (node, line)s, numbered from ``first_part``: each of one node, pieces as equal as can be."""
    by_node: dict[str, list[Line]] = defaultdict(list)
    for node, line in lines:
        by_node[node].append(line)
    parts: list[OrderPart] = []
    for node in sorted(by_node):
        for piece in _pieces(sorted(by_node[node]), sizes.part_lines):
            cut = Lines(sizes.batch_lines, piece)
            number = first_part + len(parts)
            state = DistributionState(subject, number, node, cut.total, cut.batch_count, 0, cut.root)
            parts.append(OrderPart(state, cut))
    return parts


def _pieces(lines: Sequence[Line], most: int) -> list[tuple[Line, ...]]:
    count = -(-len(lines) // most)
    size = -(-len(lines) // count)
    return [tuple(lines[start : start + size]) for start in range(0, len(lines), size)]
