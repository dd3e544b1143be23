"""A registrar that takes another one's distribution id, so that the payer's node takes its part for the honest one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chains.progmat.contracts.distribution import DistributionState, distribution_id_of
from chains.progmat.contracts.errors import DistributionViolation
from chains.progmat.contracts.membership import MemberRole
from chains.progmat.contracts.names import DISTRIBUTION
from chains.progmat.contracts.standard_package import standard_package
from light_clients.registry import LightClientRegistry
from tests.fakes.distribution_parties import coupon, lines_of, opening, part_of
from tests.fakes.ledger_model import LedgerModel
from tests.fakes.ledger_parties import AN, STRANGER, membership_issue
from tests.fakes.token_parties import NOW_S, ST, TokenWorld, member

LINES = lines_of([100, 50])


def test_a_registrar_opens_no_part_under_anothers_distribution_id() -> None:
    ledger = TokenWorld(LedgerModel(standard_package(LightClientRegistry.builder().seal()), NOW_S)).ledger
    ledger.commit(membership_issue(ledger.frame, member(ST, STRANGER, MemberRole.REGISTRAR)))

    def opened_by_the_other(distribution_id: bytes) -> DistributionState:
        subject = replace(coupon(), registrar=STRANGER.party, distribution_id=distribution_id)
        builder = opening(ledger.frame, part_of(subject, LINES), LINES)
        (command,) = builder.commands
        signed_by_it = (replace(command, signers=(STRANGER.key,)),)
        members = ledger.frame.refs(ST, STRANGER.name)
        (part,) = ledger.commit(replace(builder, commands=signed_by_it, references=members))
        return DistributionState.of(part.state)

    with pytest.raises(DistributionViolation, match="the id is the registrar's"):
        opened_by_the_other(distribution_id_of(AN.name, "coupon"))
    assert ledger.unspent(DISTRIBUTION) == []
    assert opened_by_the_other(distribution_id_of(STRANGER.name, "coupon")).subject.registrar == STRANGER.party
