"""The load, driven inside the node that bears it: flows go in through ``NodeOperations``, as from the node's API."""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

import grpc.aio

from chains.progmat.contracts.membership import BusinessNetwork, MemberRole
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.requests import AnyRequest, IssueCash, IssueMembership, MoveCash
from chains.progmat.flows.steps import ENDS, FlowStep
from chains.progmat.node.operations import NodeOperations
from chains.progmat.node.peers import PeerIdentity, PeerRouter
from chains.progmat.node.roles import Surroundings, VaultRole
from ibc.dvp import CashAccount
from scripts.bench.ledger_net.network import ISSUER

COIN = "JPY-BENCH"
AMOUNT_YEN = 1_000
ISSUE = "bench.issue"
FLOW_S = 60.0


class Load:
    """Commands of a benchmark to one node; a role of the node besides its own."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._around: Surroundings | None = None
        self._vault: VaultRole | None = None
        self._accounts: list[CashAccount] = []
        self._commands: dict[str, Callable[..., Awaitable[Any]]] = {
            "cpu": self.cpu_s,
            "memory": self.memory_bytes,
            "admit_issuer": self.admit_issuer,
            "open_accounts": self.open_accounts,
            "pairs": self.pairs,
        }

    # ---- a role of the node ----

    def attach(self, around: Surroundings, vault: VaultRole | None) -> None:
        """What commands work on; a notary has no vault."""
        self._around, self._vault = around, vault

    def answer_peers(self, router: PeerRouter) -> None:
        """The payer asks the issuer for coin, as an exchange of yen against coin would."""
        router.register(ISSUE, self._issue)

    def serve(self, _server: grpc.aio.Server) -> tuple[str, ...]:
        """No API."""
        return ()

    async def start(self) -> None:
        """Nothing to start."""

    async def stop(self) -> None:
        """Nothing to stop."""

    # ---- commands ----

    async def carry_out(self, do: str, arguments: dict[str, Any]) -> object:
        """One command's answer."""
        return await self._commands[do](**arguments)

    async def cpu_s(self) -> float:
        """Processor seconds of this process."""
        return time.process_time()

    async def memory_bytes(self) -> int:
        """Resident bytes now, where the system tells; otherwise the most there ever were."""
        try:
            with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: ASYNC230, PTH123 - a file in memory
                return int(statm.read().split()[1]) * resource.getpagesize()
        except OSError:
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    async def admit_issuer(self) -> str:
        """The operator's first act."""
        roles = (MemberRole.SC_ISSUER,)
        done = await self._end_of(IssueMembership("admit-issuer", ISSUER, BusinessNetwork.SC, roles))
        return done.step.value

    async def open_accounts(self, count: int) -> list[str]:
        """Open accounts; returns their keys in hexadecimal."""
        operations = self._operations
        self._accounts = [await operations.open_account(f"bench-{number}") for number in range(count)]
        return [account.key.hex() for account in self._accounts]

    async def pairs(
        self, name: str, seconds: float, in_flight: int, payee: str, payee_accounts: list[str]
    ) -> dict[str, float]:
        """Pairs of issue and pay for some seconds; a pair ends when everybody it concerns has recorded both."""
        latencies_ms: list[float] = []
        started_s = time.monotonic()

        async def lane(number: int) -> None:
            source = self._accounts[number % len(self._accounts)]
            target = CashAccount(payee, bytes.fromhex(payee_accounts[number % len(payee_accounts)]))
            turn = 0
            while (begun_s := time.monotonic()) - started_s < seconds:
                turn += 1
                await self._pair(f"{name}-{number}-{turn}", source, target)
                latencies_ms.append((time.monotonic() - begun_s) * 1000)

        await asyncio.gather(*(lane(number) for number in range(in_flight)))
        elapsed_s = time.monotonic() - started_s
        percentiles = statistics.quantiles(latencies_ms, n=100)
        return {
            "pairs": len(latencies_ms),
            "elapsed_s": elapsed_s,
            "p50_ms": percentiles[49],
            "p99_ms": percentiles[98],
        }

    # ---- parts ----

    @property
    def _operations(self) -> NodeOperations:
        if self._vault is None or self._around is None:
            raise RuntimeError(f"{self._name} has no vault")
        return NodeOperations(self._vault.node, self._around.keys)

    async def _pair(self, name: str, source: CashAccount, target: CashAccount) -> None:
        if self._around is None:
            raise RuntimeError("not attached")
        wanted = {"request_id": f"issue-{name}", "node": source.node, "key": source.key.hex()}
        await self._around.network.request(ISSUER, ISSUE, json.dumps(wanted).encode(), FLOW_S)
        await self._end_of(MoveCash(f"pay-{name}", COIN, ISSUER, AMOUNT_YEN, source.key, target))

    async def _issue(self, _asker: PeerIdentity, body: bytes) -> bytes:
        wanted = json.loads(body)
        account = CashAccount(wanted["node"], bytes.fromhex(wanted["key"]))
        await self._end_of(IssueCash(wanted["request_id"], COIN, AMOUNT_YEN, account))
        return b""

    async def _end_of(self, request: AnyRequest) -> FlowRecord:
        """The flow at its end; raises when it failed."""
        record = await self._operations.submit(request, 0)
        if record.step not in ENDS and self._vault is not None:
            record = await self._vault.node.engine.outcome(request.request_id, FLOW_S, ENDS)
        if record.step is not FlowStep.DONE:
            raise RuntimeError(f"{request.request_id} is {record.step.value}: {record.last_error}")
        return record
