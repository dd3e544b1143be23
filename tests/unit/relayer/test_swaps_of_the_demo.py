"""Which swaps the demo plays, what it refuses and why, and that it believes no end that the ledgers do not show."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from crossdvp.gateway.v1 import settlement_service_pb2 as pb
from crossdvp.relayer.v1 import relayer_service_pb2 as relayer_pb

from chains.evm.client.adapter_capabilities import AdapterCapabilities, OrderSupport, Support, adapter_capabilities
from chains.evm.client.adapter_family import AdapterFamily
from chains.evm.devnet import trex_suite
from chains.evm.errors import ArtifactInvalid
from ibc.dvp import LeadLeg
from relayer.cli.adapters import AdapterChoice, Order, chosen_families
from relayer.cli.demo import Choice, chosen_swaps
from relayer.cli.relayer import alarms_of
from relayer.cli.settlement_view import alarm_lines
from relayer.devnet.boot import boot
from relayer.devnet.scenarios import AMOUNT_YEN, QUANTITY, AtomicityBroken
from relayer.devnet.stage import Followed, Holdings
from relayer.devnet.swaps import Settled, Swap, SwapNotPossible, SwapRun, require_conserved, require_possible
from relayer.devnet.trading import BuyerMustConfirm, require_sides
from relayer.gateway.matching import Side
from tests.fakes.settlement_terms import some_terms

BEFORE = Holdings(seller_units=100, buyer_units=0, seller_yen=0, buyer_yen=AMOUNT_YEN * 10)
PAID = Holdings(100 - QUANTITY, QUANTITY, AMOUNT_YEN, AMOUNT_YEN * 9)
CASH = Swap(AdapterFamily.ESCROW, LeadLeg.CASH)
TOKENS = {AdapterFamily.ESCROW: "0x01", AdapterFamily.ERC7943: "0x01"}


def run_of(state: pb.SettlementState, after: Holdings) -> SwapRun:
    followed = Followed(some_terms(), pb.Settlement(state=state))
    return SwapRun((Settled(CASH, followed, 1.0),), {CASH.family: BEFORE}, {CASH.family: after})


def only_cash_leads(family: AdapterFamily) -> AdapterCapabilities:
    refused = OrderSupport(Support.REFUSED, "its tokens cannot be held back")
    table = adapter_capabilities(family)
    return replace(table, orders=MappingProxyType({**table.orders, LeadLeg.SECURITIES: refused}))


def test_a_kind_of_swap_that_the_table_excludes_is_refused_with_its_reason() -> None:
    swap = Swap(AdapterFamily.IBET_LOCK, LeadLeg.SECURITIES)
    with pytest.raises(SwapNotPossible, match=r"ibet-lock, securities first.*its tokens cannot be held back"):
        require_possible(swap, only_cash_leads(swap.family))
    require_possible(replace(swap, lead=LeadLeg.CASH), only_cash_leads(swap.family))


def test_without_options_there_are_the_scenarios_with_one_option_one_swap_with_all_every_kind() -> None:
    families = list(AdapterFamily)
    assert chosen_swaps(None, None, Choice.ONE, families) == []
    assert chosen_swaps(None, Order.CASH, Choice.ONE, families) == [CASH]
    assert chosen_swaps(AdapterFamily.ESCROW, None, Choice.ONE, families) == [CASH]
    every = chosen_swaps(None, None, Choice.ALL, families)
    assert len(set(every)) == len(every) == 2 * len(families)
    there = [AdapterFamily.ESCROW, AdapterFamily.ERC7943]
    assert {swap.family for swap in chosen_swaps(None, None, Choice.ALL, there)} == set(there)


def test_a_devnet_gets_the_families_that_were_named_each_once_or_all() -> None:
    assert chosen_families(None) == ()
    twice = [AdapterChoice.IBET_LOCK, AdapterChoice.ERC3643, AdapterChoice.IBET_LOCK]
    assert chosen_families(twice) == (AdapterFamily.ERC3643, AdapterFamily.IBET_LOCK)
    assert chosen_families([AdapterChoice.ALL]) == tuple(AdapterFamily)


def test_units_or_yen_that_do_not_fit_the_end_are_a_broken_swap() -> None:
    settled = pb.SETTLEMENT_STATE_SETTLED
    require_conserved(run_of(settled, PAID), TOKENS)
    wrong = (
        replace(PAID, buyer_units=QUANTITY - 1),
        replace(PAID, seller_units=100),
        replace(PAID, seller_yen=0),
        replace(PAID, buyer_yen=0),
    )
    for after in wrong:
        with pytest.raises(AtomicityBroken, match="expected"):
            require_conserved(run_of(settled, after), TOKENS)
    with pytest.raises(AtomicityBroken, match="RETURNED"):
        require_conserved(run_of(pb.SETTLEMENT_STATE_RETURNED, PAID), TOKENS)


async def test_a_devnet_whose_tokens_need_npm_says_so_in_one_command_and_starts_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trex_suite, "PACKAGES", tmp_path / "not-there")
    monkeypatch.setenv("PATH", "")
    trex_suite.install_trex.cache_clear()
    with pytest.raises(ArtifactInvalid, match="apt-get install npm"):
        await boot(tmp_path / "devnet", lambda _: None, families=[AdapterFamily.ERC3643])
    trex_suite.install_trex.cache_clear()
    assert not (tmp_path / "devnet").exists()


def test_one_side_alone_cannot_begin_what_the_buyer_must_confirm() -> None:
    with pytest.raises(BuyerMustConfirm, match="instruct both sides"):
        require_sides(AdapterFamily.IBET_DVP, [Side.SELLER])
    require_sides(AdapterFamily.IBET_DVP, list(Side))
    require_sides(AdapterFamily.IBET_LOCK, [Side.SELLER])


def test_blocked_packets_are_alarms_of_the_relayer_beside_those_of_its_watch() -> None:
    quiet = relayer_pb.GetStatusResponse(packets_by_state={"acknowledged": 3, "delivery_blocked": 0})
    assert alarms_of(quiet) == []
    watched = relayer_pb.Alarm(kind="client_frozen", subject="qbft-0", detail="misbehaviour")
    loud = relayer_pb.GetStatusResponse(alarms=[watched], packets_by_state={"delivery_blocked": 2, "return_blocked": 1})
    kinds = [(kind, subject) for kind, subject, _ in alarms_of(loud)]
    assert kinds == [("client_frozen", "qbft-0"), ("delivery_blocked", "2 packets"), ("return_blocked", "1 packet")]


def test_what_a_token_says_cannot_colour_the_screen_or_hide_the_advice() -> None:
    alarm = pb.Alarm(name="AdapterShortfall", detail="[red]all is well[/red]", advice="ask", height=7)
    (line,) = alarm_lines(pb.Settlement(alarms=[alarm]))
    assert r"\[red]all is well\[/red]" in line
    assert line.endswith(": ask")
