"""A running devnet in the hands of a scenario: balances, settlements followed, processes stopped and started."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from crossdvp.gateway.v1 import settlement_service_pb2 as pb

from chains.evm.client.abi import EvmCall
from chains.evm.client.account import EvmAccount
from chains.evm.client.adapter_family import AdapterFamily
from chains.evm.client.deployment import Deployment, address_bytes
from chains.evm.client.rpc import EvmRpc
from chains.evm.client.token import TokenBinding
from ibc.dvp import LeadLeg, SettlementTerms
from primitives.errors import UnavailableError
from relayer.client import RelayerClient
from relayer.devnet import processes
from relayer.devnet.access import gateway_client, relayer_client
from relayer.devnet.chain_access import deployment_of, ledger_client
from relayer.devnet.instruments import instrument_of, read_secret, units_of
from relayer.devnet.layout import EVM_CLIENT_ID, LEDGER_CLIENT_ID, DevnetState, Party, Process, write_state
from relayer.devnet.trading import (
    TradePlan,
    earmark,
    instruct,
    plan_terms,
    reclaim_expired,
    release_refused,
)
from relayer.gateway.client import GatewayClient
from relayer.gateway.matching import Side

REGISTRAR_KEY_FILE = "keys/registrar.hex"
FINAL = {pb.SETTLEMENT_STATE_SETTLED, pb.SETTLEMENT_STATE_RETURNED, pb.SETTLEMENT_STATE_CANCELLED}


class ScenarioTookTooLong(UnavailableError):
    """A settlement did not reach the awaited state in time."""

    reason = "SCENARIO_TOOK_TOO_LONG"


@dataclass(frozen=True)
class Holdings:
    """What both parties hold: units of the security, yen of coin (free and locked together)."""

    seller_units: int
    buyer_units: int
    seller_yen: int
    buyer_yen: int


@dataclass
class Followed:
    """A settlement as it is watched from its beginning: when each fact was first seen, on this process's clock."""

    terms: SettlementTerms
    settlement: pb.Settlement = field(default_factory=pb.Settlement)
    seen_s: dict[str, float] = field(default_factory=dict)
    proofs: dict[str, int] = field(default_factory=dict)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def watch(self, gateway: GatewayClient) -> None:
        """Take in every event of the gateway's stream, for ever."""
        async for event in gateway.watch(f"settlements/{self.terms.trade_id.hex()}"):
            async with self.changed:
                self.settlement = event.settlement
                for fact in event.settlement.facts:
                    self.seen_s.setdefault(fact.what, time.monotonic())
                self.changed.notify_all()

    def elapsed_periods(self, block_period_ms: int) -> dict[str, float]:
        """Each fact's time after the first, in block periods."""
        first_s = min(self.seen_s.values(), default=0.0)
        return {what: (at_s - first_s) * 1000 / block_period_ms for what, at_s in self.seen_s.items()}


class Stage:
    """Use as an asynchronous context manager."""

    def __init__(self, directory: Path, state: DevnetState) -> None:
        self.directory = directory
        self.state = state
        self.deployment: Deployment = deployment_of(directory, state)
        self._token = TokenBinding(address_bytes(self.deployment.token))
        self._watches: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self.gateway: GatewayClient = gateway_client(self.directory, self.state)
        self.relayer: RelayerClient = relayer_client(self.directory, self.state)
        self.rpc = EvmRpc(self.state.rpc_url)
        self._nodes = {name: ledger_client(self.directory, self.state.nodes[name]) for name in ("cn-a", "cn-b")}
        return self

    async def __aexit__(self, *_exception: object) -> None:
        for watch in self._watches:
            watch.cancel()
        await asyncio.gather(*self._watches, return_exceptions=True)
        await asyncio.gather(self.gateway.close(), self.relayer.close(), self.rpc.close())
        await asyncio.gather(*(node.close() for node in self._nodes.values()))

    async def holdings(self, family: AdapterFamily = AdapterFamily.ESCROW) -> Holdings:
        """Read both ledgers; the units are of the family's token."""
        instrument = instrument_of(self.state, family)
        units = [
            await units_of(self.rpc, instrument, address_bytes(party.evm_address))
            for party in (self.state.seller, self.state.buyer)
        ]
        yen = [await self._yen(party) for party in (self.state.seller, self.state.buyer)]
        return Holdings(units[0], units[1], yen[0], yen[1])

    async def _yen(self, party: Party) -> int:
        balances = await self._nodes[party.node].balances(self.state.coin_id, bytes.fromhex(party.cash_key))
        return sum(balance.free_yen + balance.reserved_yen + balance.locked_yen for balance in balances)

    async def start_trade(self, plan: TradePlan, sides: Sequence[Side] = tuple(Side)) -> Followed:
        """The instructions, then the seller's earmark, or lock."""
        terms = plan_terms(self.directory, self.state, plan)
        await instruct(self.directory, self.state, terms, sides)
        followed = Followed(terms)
        self._watches.append(asyncio.create_task(followed.watch(self.gateway)))
        await earmark(self.directory, self.state, terms)
        return followed

    async def follow(self, followed: Followed, until: Callable[[pb.Settlement], bool], timeout_s: float) -> None:
        """Wait until the settlement is as awaited. Raises ``ScenarioTookTooLong``, saying where it stands."""
        try:
            async with asyncio.timeout(timeout_s), followed.changed:
                await followed.changed.wait_for(lambda: until(followed.settlement))
        except TimeoutError:
            waiting = followed.settlement.waiting
            raise ScenarioTookTooLong(
                f"trade {followed.terms.trade_id.hex()} is {pb.SettlementState.Name(followed.settlement.state)} "
                f"after {timeout_s:.0f} s, waits for {waiting.on}: {waiting.what} {waiting.last_error}"
            ) from None
        await self._read_proof_sizes(followed)

    async def _read_proof_sizes(self, followed: Followed) -> None:
        """The relayer knows how many bytes it carried; a relayer that is away leaves them out."""
        sequence = followed.settlement.packet_sequence
        source = LEDGER_CLIENT_ID if followed.terms.lead_leg is LeadLeg.CASH else EVM_CLIENT_ID
        try:
            packet = await self.relayer.packet(source, sequence) if sequence else None
        except UnavailableError:
            return
        carried = {step.what: step.proof_bytes for step in packet.steps if step.proof_bytes} if packet else {}
        wanted = {
            "delivered": "receive",
            "refused": "receive",
            "cash released to seller": "acknowledge",
            "cash returned to buyer": "time_out" if "time_out" in carried else "acknowledge",
            "cash paid": "receive",
            "securities delivered": "acknowledge",
            "securities returned after refusal": "acknowledge",
            "securities returned after the time-out": "time_out",
        }
        followed.proofs.update({what: carried[step] for what, step in wanted.items() if step in carried})

    async def take_earmark_back(self, followed: Followed) -> None:
        """The seller's right after a refusal (at once) or a time-out (when the earmark has expired)."""
        sequence = followed.settlement.packet_sequence
        if any(fact.what == "refused" for fact in followed.settlement.facts):
            await release_refused(self.directory, self.state, followed.terms, sequence)
        else:
            await reclaim_expired(self.directory, self.state, followed.terms)

    async def let_buyer_receive(self, allowed: Callable[[TokenBinding, bytes], EvmCall]) -> None:
        """The token's registrar changes the allow-list: ``TokenBinding.allow`` or ``TokenBinding.disallow``."""
        await self.registrar_sends(allowed(self._token, address_bytes(self.state.buyer.evm_address)))

    async def registrar_sends(self, call: EvmCall) -> None:
        """What the tokens' issuer, agent or registrar does: on a devnet one account is all of these."""
        account = EvmAccount(self.rpc, read_secret(self.directory, REGISTRAR_KEY_FILE), self.deployment.chain_id)
        await account.execute(call, timeout_s=30.0)

    def process(self, name: str) -> Process:
        """A process of the devnet by name."""
        return next(process for process in self.state.processes if process.name == name)

    def stop(self, name: str) -> None:
        """Ask a process to end, and wait."""
        processes.stop([self.process(name)])

    def start(self, name: str, arguments: tuple[str, ...]) -> Process:
        """Start a process anew under its name."""
        started = processes.start(self.directory, name, arguments)
        others = tuple(process for process in self.state.processes if process.name != name)
        self.state = self.state.model_copy(update={"processes": (*others, started)})
        write_state(self.directory, self.state)
        return started
