"""Yen counted twice, coin out of nowhere, and what is refused at the trustee's desk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from chains.progmat.flows.coin_errors import CoinDepositMissing, CoinIssueHalted
from chains.progmat.flows.issue_permits import halt_of, require_permit
from chains.progmat.flows.steps import FlowStep
from chains.progmat.market.bank.desk import import_statement, read_file
from chains.progmat.market.trust import deposits, redemptions
from chains.progmat.market.trust.deposits import Announcement, DepositStatus
from chains.progmat.market.trust.errors import (
    BankReferenceUsed,
    DepositRefused,
    NotReconciled,
    RedemptionPaid,
)
from chains.progmat.market.trust.holder_lines import as_csv
from chains.progmat.market.trust.holders import holders
from chains.progmat.market.trust.legs import Leg, LegKind, legs_of
from chains.progmat.market.trust.reconciling import resume_issues
from chains.progmat.market.trust.redemptions import RedemptionStatus
from chains.progmat.market.trust.tables import mismatches, postings
from chains.progmat.node.database_location import DatabaseLocation
from ibc.dvp import CashAccount
from tests.fakes.ledger_parties import BUYER, CN_A, CN_B, COIN_ID, SELLER, SN
from tests.fakes.trust_world import CLERK, PLACES, TrustWorld, trust_at

BUYERS, SELLERS, _ = PLACES
OTHER = "PGC-2"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[TrustWorld]:
    with trust_at(tmp_path / "node.sqlite3") as connection:
        yield TrustWorld.of(connection)


def test_a_deposit_confirmed_twice_counts_once(world: TrustWorld) -> None:
    announced = world.announce(100, BUYERS)
    confirmed = world.confirm(announced)
    assert world.confirm(announced) == confirmed
    world.issue(confirmed)
    world.follow()
    assert world.confirm(announced).status is DepositStatus.ISSUED
    assert world.reconcile().bank_yen == 100
    deposit_id = announced.announced.deposit_id
    with pytest.raises(DepositRefused, match="another movement"):
        deposits.confirm(world.connection, deposit_id, 100, "bank again", CLERK, 0)


def test_one_movement_of_money_does_not_stand_for_two_deposits(world: TrustWorld) -> None:
    world.register(OTHER)
    first, second, elsewhere = (
        world.announce(100, BUYERS),
        world.announce(100, BUYERS),
        world.announce(9, BUYERS, OTHER),
    )
    world.confirm(first)
    reference = f"bank {first.announced.deposit_id}"
    with pytest.raises(BankReferenceUsed, match="movement of money"):
        deposits.confirm(world.connection, second.announced.deposit_id, 100, reference, CLERK, 0)
    of_another_trust = deposits.confirm(world.connection, elsewhere.announced.deposit_id, 9, reference, CLERK, 0)
    assert of_another_trust.status is DepositStatus.CONFIRMED


def test_another_amount_than_was_announced_confirms_nothing(world: TrustWorld) -> None:
    announced = world.announce(100, BUYERS)
    with pytest.raises(DepositRefused, match="exactly what was announced"):
        deposits.confirm(world.connection, announced.announced.deposit_id, 99, "bank", CLERK, 0)
    changed = Announcement(announced.announced.deposit_id, COIN_ID, 101, announced.announced.to)
    with pytest.raises(DepositRefused, match="announced before"):
        deposits.announce(world.connection, changed, "clerk-1", 0)
    deposits.cancel(world.connection, announced.announced.deposit_id)
    with pytest.raises(DepositRefused, match="cancelled"):
        world.confirm(announced)
    assert world.reconcile().bank_yen == 0


def test_a_deposit_is_confirmed_by_the_statement_that_names_it_and_by_no_other(world: TrustWorld) -> None:
    announced = world.announce(100, BUYERS).announced
    with pytest.raises(DepositRefused, match="imported statement"):
        deposits.confirm_by_statement(world.connection, announced.deposit_id, CLERK, 0)
    reference = deposits.payment_reference(announced.deposit_id)
    for number, (named, amount_yen) in enumerate(((reference, 99), ("SCAAAAAAAAAAAA", 100))):
        _import_statement(world, f"{number}.csv", named, amount_yen)
        with pytest.raises(DepositRefused, match="imported statement"):
            deposits.confirm_by_statement(world.connection, announced.deposit_id, CLERK, 0)
    _import_statement(world, "right.csv", reference, 100)
    confirmed = deposits.confirm_by_statement(world.connection, announced.deposit_id, CLERK, 0)
    assert confirmed.status is DepositStatus.CONFIRMED
    assert confirmed.bank_reference.startswith("statement line")
    assert deposits.confirm_by_statement(world.connection, announced.deposit_id, CLERK, 0) == confirmed


def _import_statement(world: TrustWorld, name: str, reference: str, amount_yen: int) -> None:
    """One line of the trust's account; each file goes on from the balance of the last."""
    world.in_bank_yen += amount_yen
    line = f"2026-11-27,2026-11-27,DEPOSIT,{amount_yen},{world.in_bank_yen},フリコミ {reference}"
    content = f"date,value_date,direction,amount_yen,balance_yen,text\r\n{line}\r\n".encode()
    import_statement(world.connection, read_file("trust account", name, content), "clerk-1", 0)


def test_a_permit_is_good_for_its_flow_amount_and_account_alone(world: TrustWorld) -> None:
    confirmed = world.confirm(world.announce(100, BUYERS))
    to = confirmed.announced.to
    require_permit(world.connection, confirmed.flow_id, COIN_ID, 100, to)
    stranger = CashAccount(CN_A.name, SELLER.key.encoded())
    for flow_id, coin_id, amount_yen, account in (
        ("another flow", COIN_ID, 100, to),
        (confirmed.flow_id, OTHER, 100, to),
        (confirmed.flow_id, COIN_ID, 101, to),
        (confirmed.flow_id, COIN_ID, 100, stranger),
    ):
        with pytest.raises(CoinDepositMissing):
            require_permit(world.connection, flow_id, coin_id, amount_yen, account)


def test_an_issue_that_failed_is_tried_again_and_the_failed_flow_counts_no_more(world: TrustWorld) -> None:
    confirmed = world.confirm(world.announce(100, BUYERS))
    with pytest.raises(DepositRefused, match="after it failed"):
        deposits.retry(world.connection, confirmed.announced.deposit_id)
    world.flow(confirmed.flow_id, FlowStep.FAILED)
    again = deposits.retry(world.connection, confirmed.announced.deposit_id)
    assert again.flow_id != confirmed.flow_id
    assert [each.flow_id for each in deposits.to_be_issued(world.connection)] == [again.flow_id]
    world.issue(again)
    world.follow()
    assert deposits.to_be_issued(world.connection) == []
    assert world.reconcile().difference_yen == 0


def test_coin_that_no_deposit_stands_behind_halts_the_coin_until_it_is_explained(world: TrustWorld) -> None:
    good = world.confirm(world.announce(100, BUYERS))
    world.issue(good)
    rogue = world.make([], world.coin(7, BUYERS))
    (done,) = world.follow()
    (found,) = done.differences
    assert (found.node, found.trust_yen, found.unspent_yen) == (CN_B.name, 100, 107)
    assert world.connection.execute(select(mismatches.c.unspent_yen)).scalar_one() == 107
    assert "7 yen" in (halt_of(world.connection, COIN_ID) or "")
    waiting = world.confirm(world.announce(5, BUYERS))
    with pytest.raises(CoinIssueHalted, match="reconcile"):
        require_permit(world.connection, waiting.flow_id, COIN_ID, 5, waiting.announced.to)
    with pytest.raises(NotReconciled, match="7 yen"):
        resume_issues(world.connection, SN.name, COIN_ID)
    world.make([rogue.ref(0)])  # it is redeemed: the coin is gone, and the trust owes for what it never got
    world.follow()
    with pytest.raises(NotReconciled):
        resume_issues(world.connection, SN.name, COIN_ID)


def test_a_lost_deposit_found_again_explains_its_issue(world: TrustWorld) -> None:
    """A trustee's records restored from an older copy: the ledger has the issue, the deposit is entered again."""
    announced = world.announce(50, BUYERS)
    made = world.make([], world.coin(50, BUYERS))
    world.follow()
    confirmed = world.confirm(announced)
    world.flow(confirmed.flow_id, FlowStep.DONE, bytes(made.id))
    world.follow()
    resume_issues(world.connection, SN.name, COIN_ID)
    found = world.reconcile()
    assert (found.difference_yen, found.halted_because) == (0, "")


def test_two_coins_have_two_trusts(world: TrustWorld) -> None:
    world.register(OTHER)
    world.issue(world.confirm(world.announce(100, BUYERS)))
    world.issue(world.confirm(world.announce(30, SELLERS, OTHER)))
    world.make([], world.coin(1, SELLERS, "unregistered"))
    world.follow()
    assert [(line.node, line.trust_yen) for line in world.reconcile().lines] == [(CN_B.name, 100)]
    assert [(line.node, line.trust_yen) for line in world.reconcile(OTHER).lines] == [(CN_A.name, 30)]


def test_a_redemption_is_paid_once(database_at: DatabaseLocation) -> None:
    with trust_at(database_at) as connection:
        _redeem_and_pay(TrustWorld.of(connection))


def _redeem_and_pay(world: TrustWorld) -> None:
    made = world.issue(world.confirm(world.announce(100, BUYERS)))
    world.make([made.ref(0)], world.coin(40, BUYERS))
    world.follow()
    (owed,) = redemptions.list_redemptions(world.connection, COIN_ID, RedemptionStatus.PENDING, 10)
    assert (owed.amount_yen, owed.node) == (60, CN_B.name)
    paid = redemptions.confirm_paid(world.connection, owed.redemption_id, "out 1", CLERK, 0)
    assert redemptions.confirm_paid(world.connection, owed.redemption_id, "out 1", CLERK, 1) == paid
    with pytest.raises(RedemptionPaid, match="do not pay it again"):
        redemptions.confirm_paid(world.connection, owed.redemption_id, "out 2", CLERK, 0)
    world.make([next(iter(world.held))])
    world.follow()
    (other,) = redemptions.list_redemptions(world.connection, COIN_ID, RedemptionStatus.PENDING, 10)
    with pytest.raises(BankReferenceUsed):
        redemptions.confirm_paid(world.connection, other.redemption_id, "out 1", CLERK, 0)
    assert world.reconcile().bank_yen == 40
    causes = world.connection.execute(select(postings.c.cause)).scalars().all()
    assert len(causes) == len(set(causes))


def test_the_register_of_holders_is_as_of_a_time(world: TrustWorld) -> None:
    made = world.issue(world.confirm(world.announce(100, BUYERS)))
    before_ms = world.now_ms
    world.make([made.ref(0)], world.coin(60, SELLERS), world.coin(40, BUYERS))
    then = holders(world.connection, SN.name, COIN_ID, as_of_ms=before_ms)
    assert [(line.account.node, line.balance_yen) for line in then] == [(CN_B.name, 100)]
    now = holders(world.connection, SN.name, COIN_ID)
    assert {line.account.node: line.balance_yen for line in now} == {CN_A.name: 60, CN_B.name: 40}
    (only,) = holders(world.connection, SN.name, COIN_ID, CN_B.name)
    assert as_csv([only]) == f"仲介者,口座,残高(円),うち拘束(円)\r\ncn-b,{BUYER.key.encoded().hex()},40,0\r\n"


def test_legs_account_for_every_yen() -> None:
    assert legs_of({"a": -5, "b": 3, "c": 2}) == (
        Leg(LegKind.MOVE, "a", "b", 3),
        Leg(LegKind.MOVE, "a", "c", 2),
    )
    assert legs_of({"a": -5, "b": 3}) == (Leg(LegKind.MOVE, "a", "b", 3), Leg(LegKind.REDEEM, "a", "", 2))
    assert legs_of({"a": 5}) == (Leg(LegKind.ISSUE, "", "a", 5),)
