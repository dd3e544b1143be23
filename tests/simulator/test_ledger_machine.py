"""Operations and faults one by one, as hypothesis likes them: what breaks a rule is shrunk to its shortest story."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from chains.progmat.flows.requests import IssueCash, MoveCash, RedeemCash
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, SN, LedgerParty
from tests.simulator.faults import Mishaps
from tests.simulator.ledger import FUNDS, SimulatedLedger, genesis
from tests.simulator.network import Weather
from tests.simulator.parties import ACCOUNTS, CASH_NODES
from tests.simulator.properties import RULES, CommitWatcher, is_quiet
from tests.simulator.records import Records
from tests.simulator.workload import Operation, Users

PAYERS = st.sampled_from((CN_A, CN_B))
AMOUNTS = st.sampled_from((1, 100, 250, 380))
WEATHERS = st.sampled_from(
    (
        Weather(),
        Weather(lose_request=0.5),
        Weather(lose_answer=0.5),
        Weather(lose_answer=0.5, half_open=1.0),
        Weather(duplicate=0.7, slow=0.5),
        Weather(replay=0.7, replay_s=60, cut_off=0.3),
    )
)
DISKS = st.sampled_from(
    (Mishaps(), Mishaps(untold=0.3), Mishaps(lost=0.3), Mishaps(crash_before=0.2), Mishaps(crash_after=0.2))
)


class LedgerMachine(RuleBasedStateMachine):
    """A ledger that lives between the rules: time passes only by ``time_passes`` and at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = SimulatedLedger("hypothesis", images=genesis())
        self.users = Users(self.ledger, self.ledger.chance("users"))
        self.insisting: list[asyncio.Task[None]] = []
        self.operations = 0
        self.issued_yen = sum(amount_yen for _, amount_yen in FUNDS)
        self.watcher = CommitWatcher(self.ledger, self.issued_yen)
        self.ledger.setting.watcher = self.watcher
        self._run(self._begin())

    @rule(payer=PAYERS, payee=PAYERS, amount_yen=AMOUNTS, times=st.integers(1, 2))
    def move(self, payer: LedgerParty, payee: LedgerParty, amount_yen: int, times: int) -> None:
        source = ACCOUNTS[payer][0].key.encoded()
        to = ACCOUNTS[payee][0].account_at(payee)
        self._ask(payer, MoveCash(self._name(), COIN_ID, SN.name, amount_yen, source, to), times)

    @rule(payer=PAYERS, amount_yen=AMOUNTS)
    def redeem(self, payer: LedgerParty, amount_yen: int) -> None:
        source = ACCOUNTS[payer][0].key.encoded()
        self._ask(payer, RedeemCash(self._name(), COIN_ID, SN.name, amount_yen, source), 1)

    @rule(payee=PAYERS, amount_yen=AMOUNTS)
    def issue(self, payee: LedgerParty, amount_yen: int) -> None:
        self.issued_yen += amount_yen
        self.watcher.issued_yen = self.issued_yen
        self._ask(SN, IssueCash(self._name(), COIN_ID, amount_yen, ACCOUNTS[payee][0].account_at(payee)), 1)

    @rule(weather=WEATHERS, mishaps=DISKS)
    def trouble(self, weather: Weather, mishaps: Mishaps) -> None:
        self.ledger.trouble(weather, mishaps)

    @rule(party=st.sampled_from(CASH_NODES))
    def crash(self, party: LedgerParty) -> None:
        self._run(self._crash(party))

    @rule(seconds=st.sampled_from((0.001, 0.01, 0.3, 20.0, 130.0)))
    def time_passes(self, seconds: float) -> None:
        self._run(asyncio.sleep(seconds))

    @invariant()
    def no_vault_shows_too_much(self) -> None:
        assert self.watcher.violations == []

    def teardown(self) -> None:
        try:
            self.ledger.calm()
            self._run(self._become_quiet())
            records = Records.of(self.ledger)
            broken = [text for rule_ in RULES for text in rule_(self.ledger, records, self.users)]
            assert broken == []
        finally:
            self.ledger.close()

    def _run(self, main: Coroutine[Any, Any, None]) -> None:
        self.ledger.run(main)

    def _name(self) -> str:
        self.operations += 1
        return f"op-{self.operations}"

    def _ask(self, party: LedgerParty, request: IssueCash | MoveCash | RedeemCash, times: int) -> None:
        insist = self.users.insist(Operation(0.0, party, request, times))
        self.insisting.append(self.ledger.loop.create_task(insist))

    async def _begin(self) -> None:
        self.ledger.start()
        await self.ledger.started()

    async def _crash(self, party: LedgerParty) -> None:
        self.ledger.machines[party].crash()

    async def _become_quiet(self) -> None:
        await asyncio.gather(*self.insisting)
        for _ in range(1000):
            if is_quiet(self.ledger):
                return
            await asyncio.sleep(5)


TestLedgerMachine = LedgerMachine.TestCase
TestLedgerMachine.settings = settings(
    max_examples=60, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
