"""The model and the contracts with each family of tokens: one set of scenarios, and one machine that acts on all."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.fakes.adapter_worlds import FAMILIES, adapter_world, adapter_worlds
from tests.fakes.dvp_app_drivers import (
    ANSWERS,
    HOLDING,
    PAID,
    QUANTITY,
    RECLAIM_FROM_S,
    SETTLE_BY_S,
    ContractDriver,
    DvpAppDriver,
    ModelDriver,
)
from tests.fakes.evm_sandbox import GENESIS_TIME_S

pytestmark = pytest.mark.xdist_group("trex")
MODEL = "model"
CASH_LEADS, SECURITIES_LEAD = 1, 2
START, WITH_SELLER, WITH_BUYER = (HOLDING - QUANTITY, 0, QUANTITY), (HOLDING, 0, 0), (HOLDING - QUANTITY, QUANTITY, 0)
REFUSED, NONSENSE = ANSWERS["refused"], ANSWERS["nonsense"]


@pytest.fixture(params=[MODEL, *FAMILIES])
def app(request: pytest.FixtureRequest) -> DvpAppDriver:
    return ModelDriver() if request.param == MODEL else ContractDriver(adapter_world(request.param))


def test_cash_leading_settles_by_the_packet_and_only_once(app: DvpAppDriver) -> None:
    assert app.earmark(CASH_LEADS)
    assert app.units() == START
    assert app.receive(CASH_LEADS)
    assert not app.receive(CASH_LEADS)
    app.advance_to(RECLAIM_FROM_S + 100)
    assert not app.reclaim(CASH_LEADS)
    assert app.units() == WITH_BUYER


def test_an_earmark_goes_back_when_it_has_expired_and_not_before(app: DvpAppDriver) -> None:
    assert app.earmark(CASH_LEADS)
    app.advance_to(SETTLE_BY_S + 100)
    assert not app.reclaim(CASH_LEADS)
    assert not app.receive(CASH_LEADS)
    app.advance_to(RECLAIM_FROM_S + 100)
    assert app.reclaim(CASH_LEADS)
    assert not app.reclaim(CASH_LEADS)
    assert app.units() == WITH_SELLER


def test_a_trade_id_serves_once_in_whatever_order(app: DvpAppDriver) -> None:
    assert not app.lock_and_send(CASH_LEADS)
    assert not app.earmark(SECURITIES_LEAD)
    assert app.earmark(CASH_LEADS)
    assert not app.earmark(CASH_LEADS)
    assert app.receive(CASH_LEADS)
    assert not app.earmark(CASH_LEADS)


def test_a_halted_token_refuses_the_packet_for_good(app: DvpAppDriver) -> None:
    assert app.earmark(CASH_LEADS)
    app.halt()
    assert not app.receive(CASH_LEADS)
    app.resume()
    assert not app.receive(CASH_LEADS)
    assert app.units() == START


def test_securities_leading_settle_by_the_payment_and_only_once(app: DvpAppDriver) -> None:
    assert app.lock_and_send(SECURITIES_LEAD)
    assert not app.receive(SECURITIES_LEAD)
    assert app.answer(SECURITIES_LEAD, PAID)
    assert not app.answer(SECURITIES_LEAD, PAID)
    assert app.units() == WITH_BUYER


def test_a_refused_or_timed_out_packet_gives_back(app: DvpAppDriver) -> None:
    assert app.lock_and_send(SECURITIES_LEAD)
    assert app.answer(SECURITIES_LEAD, REFUSED)
    assert app.lock_and_send(SECURITIES_LEAD + 2)
    assert not app.time_out(SECURITIES_LEAD + 2)
    app.advance_to(SETTLE_BY_S + 100)
    assert app.time_out(SECURITIES_LEAD + 2)
    assert not app.time_out(SECURITIES_LEAD + 2)
    assert app.units() == WITH_SELLER


def test_a_paid_delivery_that_is_blocked_is_owed_until_the_token_agrees(app: DvpAppDriver) -> None:
    assert app.lock_and_send(SECURITIES_LEAD)
    app.halt()
    assert not app.answer(SECURITIES_LEAD, PAID)
    app.advance_to(RECLAIM_FROM_S + 100)
    assert not app.time_out(SECURITIES_LEAD)
    assert not app.reclaim(SECURITIES_LEAD)
    assert app.units() == START
    app.resume()
    assert app.answer(SECURITIES_LEAD, PAID)
    assert app.units() == WITH_BUYER


def test_an_answer_that_means_nothing_moves_nothing(app: DvpAppDriver) -> None:
    assert app.lock_and_send(SECURITIES_LEAD)
    assert not app.answer(SECURITIES_LEAD, NONSENSE)
    assert app.units() == START


trades = st.integers(1, 4)
families = st.sampled_from(FAMILIES)


class EveryFamilyAtOnce(RuleBasedStateMachine):
    """One app with all adapters beside one model a family: the same acts, the same outcomes, nothing lost or made."""

    def __init__(self) -> None:
        super().__init__()
        self.contracts = {family: ContractDriver(world) for family, world in adapter_worlds().items()}
        self.models = {family: ModelDriver() for family in self.contracts}
        self.now_s = GENESIS_TIME_S
        self.ends: dict[tuple[str, int], int] = {}

    @initialize(family=families, under_way=st.lists(trades, max_size=4, unique=True))
    def trades_are_under_way(self, family: str, under_way: list[int]) -> None:
        for trade in under_way:
            self._both(family, lambda app, trade=trade: app.earmark(trade) or app.lock_and_send(trade))  # type: ignore[misc]  # a default binds the loop's value

    @rule(family=families, trade=trades)
    def the_seller_begins(self, family: str, trade: int) -> None:
        self._both(family, lambda app: app.earmark(trade) or app.lock_and_send(trade))

    @rule(family=families, trade=trades)
    def a_packet_arrives(self, family: str, trade: int) -> None:
        self._end(family, trade, lambda app: app.receive(trade))

    @rule(family=families, trade=trades, answer=st.sampled_from(sorted(ANSWERS)))
    def an_answer_arrives(self, family: str, trade: int, answer: str) -> None:
        self._end(family, trade, lambda app: app.answer(trade, ANSWERS[answer]))

    @rule(family=families, trade=trades)
    def a_time_out_is_shown(self, family: str, trade: int) -> None:
        self._end(family, trade, lambda app: app.time_out(trade))

    @rule(family=families, trade=trades)
    def somebody_reclaims(self, family: str, trade: int) -> None:
        self._end(family, trade, lambda app: app.reclaim(trade))

    @rule(family=families)
    def the_issuer_halts_and_resumes_around_a_packet(self, family: str) -> None:
        self._both(family, lambda app: app.halt() or False)  # type: ignore[func-returns-value]  # halting answers nothing
        for trade in (1, 2):
            act: Callable[[DvpAppDriver], bool] = (
                (lambda app: app.receive(1)) if trade == 1 else (lambda app: app.answer(2, PAID))
            )
            self._end(family, trade, act)
        self._both(family, lambda app: app.resume() or False)  # type: ignore[func-returns-value]  # as above

    @rule(seconds=st.sampled_from([1000, 2000]))
    def time_passes(self, seconds: int) -> None:
        self.now_s += seconds
        for family in self.contracts:
            self.contracts[family].advance_to(self.now_s)
            self.models[family].advance_to(self.now_s)

    def teardown(self) -> None:
        for family in self.contracts:
            self._compare(family)

    def _compare(self, family: str) -> None:
        """Units are those of the model, and none is lost or made."""
        units = self.contracts[family].units()
        assert units == self.models[family].units()
        assert sum(units) == HOLDING

    @invariant()
    def no_trade_ends_twice(self) -> None:
        assert all(count == 1 for count in self.ends.values())

    def _both(self, family: str, act: Callable[[DvpAppDriver], bool]) -> bool:
        if family not in self.contracts:
            return False  # its genuine contracts could not be brought
        expected, found = act(self.models[family]), act(self.contracts[family])
        assert found == expected
        self._compare(family)
        return found

    def _end(self, family: str, trade: int, act: Callable[[DvpAppDriver], bool]) -> None:
        if self._both(family, act):
            self.ends[family, trade] = self.ends.get((family, trade), 0) + 1


EveryFamilyAtOnce.TestCase.settings = settings(
    max_examples=10,
    stateful_step_count=16,
    phases=[Phase.generate],
    print_blob=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestEveryFamilyAtOnce = EveryFamilyAtOnce.TestCase
