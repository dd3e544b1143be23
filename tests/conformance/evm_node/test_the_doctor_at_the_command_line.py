"""`crossdvp doctor` as people and programs run it, against the devnet and against anvil, with our contracts on both."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from relayer.cli.main import main
from tests.fakes.anvil_world import AnvilSetting, anvil_world
from tests.fakes.evm_devnet_world import CHAIN_ID
from tests.fakes.evm_settlement_world import DeployedWorld, LedgerSide, settlement_world

CAN_SERVE, CANNOT_SERVE, MISUSED = 0, 1, 2
MOCK = ("--consensus", "mock")
ONE_GWEI = 10**9
BEGUN_AGO_S = 30
QUESTIONS = [
    *("chain id", "software", "newest block", "finality", "EVM rules", "gas price", "state proofs", "depth of proofs"),
    *("range of getLogs", "revert reasons", "large requests", "batches"),
]


class Ended(NamedTuple):
    """How the command ended: exit code and what it wrote."""

    code: int
    out: str
    err: str

    def document(self) -> Any:  # noqa: ANN401 # JSON
        """Standard output, which must be exactly one JSON document."""
        return json.loads(self.out)

    def fitness(self, question: str) -> str:
        (finding,) = (each for each in self.document()["findings"] if each["question"] == question)
        return str(finding["fitness"])


class Doctor:
    """The real entry point in this process, beside the loop that the devnet runs on."""

    def __init__(self, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self._patch, self._capture = patch, capture

    async def __call__(self, url: str, *options: str) -> Ended:
        self._patch.setattr(sys, "argv", ["crossdvp", "doctor", "--evm", url, *options])
        self._capture.readouterr()
        code = await asyncio.to_thread(_exit_code)
        return Ended(code, *self._capture.readouterr())


def _exit_code() -> int:
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code if isinstance(ended.value.code, int) else 0


@pytest.fixture
def doctor(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Doctor:
    return Doctor(monkeypatch, capsys)


@asynccontextmanager
async def node(name: str) -> AsyncIterator[DeployedWorld]:
    ledger = LedgerSide(int(time.time()) - BEGUN_AGO_S)  # the command holds a chain's clock against this machine's
    async with settlement_world(ledger=ledger) if name == "devnet" else anvil_world(ledger=ledger) as world:
        yield world


@pytest.mark.parametrize("name", ["devnet", "anvil"])
async def test_a_node_with_our_contracts_can_serve_if_its_consensus_is_the_one_wanted(
    name: str, doctor: Doctor, tmp_path: Path
) -> None:
    consensus = MOCK if name == "anvil" else ()
    async with node(name) as world:
        world.deployment.write(tmp_path / "deployment.json")
        options = ("--deployment", str(tmp_path / "deployment.json"), *consensus)
        told = await doctor(world.rpc.url, *options, "--json")
        people = await doctor(world.rpc.url, *options)
    assert (told.code, told.err) == (CAN_SERVE, "")
    assert told.document()["canServe"] is True
    assert told.document()["url"] == world.rpc.url
    assert [finding["question"] for finding in told.document()["findings"]] == QUESTIONS
    assert told.fitness("state proofs") == "good"  # of the router's storage, with an absent account beside it
    assert (people.code, people.out.splitlines()[-1]) == (CAN_SERVE, "this node can serve")
    assert all(question in people.out for question in QUESTIONS)


async def test_a_chain_that_nobody_seals_cannot_serve_and_the_advice_says_what_is_for_tests_only(
    doctor: Doctor,
) -> None:
    async with node("anvil") as world:
        told, people = await doctor(world.rpc.url, "--json"), await doctor(world.rpc.url)
    assert (told.code, told.document()["canServe"], told.fitness("finality")) == (CANNOT_SERVE, False, "unfit")
    assert people.code == CANNOT_SERVE
    assert "for tests only: --consensus mock" in people.out
    assert people.out.splitlines()[-1] == "this node cannot serve"


async def test_a_price_for_gas_is_a_limit_that_says_what_to_configure(doctor: Doctor) -> None:
    setting = AnvilSetting("london", ONE_GWEI, 10 * ONE_GWEI)
    async with anvil_world(setting) as world:
        told = await doctor(world.rpc.url, *MOCK, "--json")
    assert (told.code, told.fitness("gas price")) == (CAN_SERVE, "limited")
    assert "max_gas_price_wei" in told.out


async def test_another_chain_a_silent_address_and_a_nonsensical_question_end_with_their_own_codes(
    doctor: Doctor,
) -> None:
    async with node("devnet") as world:
        other = await doctor(world.rpc.url, "--chain-id", str(CHAIN_ID + 1), "--json")
    assert (other.code, other.fitness("chain id")) == (CANNOT_SERVE, "unfit")
    away = await doctor(world.rpc.url, "--json")
    assert (away.code, away.document()["error"]["reason"]) == (CANNOT_SERVE, "EVM_NODE_UNAVAILABLE")
    assert (await doctor(world.rpc.url, "--consensus", "trust me", "--json")).code == MISUSED
