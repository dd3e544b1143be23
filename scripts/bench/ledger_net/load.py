"""The load, driven inside the node that bears it: flows go in through ``NodeOperations``, as from the node's API."""

from __future__ import annotations

import json
import resource
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from math import inf
from typing import Any

import grpc.aio

from chains.progmat.contracts import holdings
from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.membership import BusinessNetwork, MemberRole
from chains.progmat.contracts.names import CASH
from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.market_requests import ChangeMembership, MembershipChange
from chains.progmat.flows.record import FlowKind, FlowRecord
from chains.progmat.flows.requests import IssueCash, MoveCash
from chains.progmat.flows.signed_records import with_signed
from chains.progmat.flows.steps import ENDS, FlowStep
from chains.progmat.ibc_host.frame import TransactionFrame
from chains.progmat.node.ledger_node import LedgerNode
from chains.progmat.node.operations import NodeOperations
from chains.progmat.node.peers import PeerIdentity, PeerRouter
from chains.progmat.node.roles import Surroundings, VaultRole
from chains.progmat.node.standing import NodePart
from chains.progmat.transactions.component_codec import decode_single_key
from chains.progmat.transactions.model import Command, TimeWindow
from chains.progmat.transactions.signature import sign_transaction
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.vault.queries import membership
from ibc.dvp import CashAccount
from primitives.public_key import PublicKey
from primitives.types import UnixSeconds
from scripts.bench.ledger_net.coupons import CouponLoad
from scripts.bench.ledger_net.lanes import in_lanes
from scripts.bench.ledger_net.native_trades import TradeLoad
from scripts.bench.ledger_net.network import COIN, ISSUER

AMOUNT_YEN = 1_000
ISSUE = "bench.issue"
FLOW_S = 60.0
MOVE_S = 30


class Load:
    """Commands of a benchmark to one node; a role of the node besides its own."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._around: Surroundings | None = None
        self._vault: VaultRole | None = None
        self._accounts: list[CashAccount] = []
        self._commands: dict[str, Callable[..., Awaitable[Any]]] = {
            "memory": self.memory_bytes,
            "admit": self.admit,
            "open_accounts": self.open_accounts,
            "pairs": self.pairs,
            "many_outputs": self.many_outputs,
            "chain": self.chain,
            "pay": self.pay,
        }
        self._trades = TradeLoad(lambda: self._node, lambda: self._operations, self._end_of)
        self._commands.update(self._trades.commands)
        self._commands.update(CouponLoad(lambda: self._role, self._ended).commands)

    # ---- a role of the node ----

    def attach(self, around: Surroundings, vault: VaultRole | None) -> None:
        """What commands work on; a notary has no vault."""
        self._around, self._vault = around, vault

    def answer_peers(self, router: PeerRouter) -> None:
        """The payer asks the issuer for coin, as an exchange of yen against coin would."""
        router.register(ISSUE, self._issue)
        self._trades.answer_peers(router)

    def serve(self, _server: grpc.aio.Server) -> tuple[str, ...]:
        """No API."""
        return ()

    def parts(self) -> tuple[NodePart, ...]:
        """None."""
        return ()

    async def start(self) -> None:
        """Nothing to start."""

    async def stop(self) -> None:
        """Nothing to stop."""

    # ---- commands ----

    async def carry_out(self, do: str, arguments: dict[str, Any]) -> object:
        """One command's answer."""
        return await self._commands[do](**arguments)

    async def memory_bytes(self) -> int:
        """Resident bytes now, where the system tells; otherwise the most there ever were."""
        try:
            with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: ASYNC230, PTH123 - a file in memory
                return int(statm.read().split()[1]) * resource.getpagesize()
        except OSError:
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    async def admit(self, party: str, network: str, role: str) -> str:
        """The operator's first acts."""
        roles, admit = (MemberRole[role],), MembershipChange.ADMIT
        admission = ChangeMembership(f"admit-{network}-{party}", admit, BusinessNetwork[network], party, roles)
        done = await self._end_of(admission)
        return done.step.value

    async def open_accounts(self, count: int) -> list[str]:
        """Open accounts; returns their keys in hexadecimal."""
        operations = self._operations
        self._accounts = [await operations.open_account(f"bench-{number}") for number in range(count)]
        return [account.key.hex() for account in self._accounts]

    async def pairs(
        self, name: str, in_flight: int, payee: str, payee_accounts: list[str], seconds: float = inf, count: float = inf
    ) -> dict[str, float]:
        """Pairs of issue and pay, for some seconds or so many; a pair ends when all it concerns have recorded both."""

        async def pair(lane: int, turn: int) -> None:
            source = self._accounts[lane % len(self._accounts)]
            target = CashAccount(payee, bytes.fromhex(payee_accounts[lane % len(payee_accounts)]))
            await self._pair(f"{name}-{lane}-{turn}", source, target)

        return await in_lanes(pair, in_flight, seconds, count)

    async def many_outputs(
        self, name: str, in_flight: int, seconds: float, outputs: int, node: str, accounts: list[str]
    ) -> dict[str, float]:
        """Issues of ``outputs`` states each to accounts at another node; each ends when both have recorded it."""
        owners = [decode_single_key(bytes.fromhex(key)) for key in accounts]

        async def issue(lane: int, turn: int) -> None:
            flow_id = f"{name}-{lane}-{turn}"
            record = await self._built(flow_id, [owners[(lane + at) % len(owners)] for at in range(outputs)], node)
            await self._ended(await self._node.engine.submit(record))

        return await in_lanes(issue, in_flight, seconds, inf)

    async def chain(self, length: int) -> int:
        """One coin moved to and fro between two accounts of this node, each time by a ledger transaction of its own."""
        await self._ask_for_coin("chain", self._accounts[0])
        for number in range(length - 1):
            here, there = self._accounts[number % 2], self._accounts[(number + 1) % 2]
            move = MoveCash(f"chain-{number}", COIN, ISSUER, AMOUNT_YEN, here.key, there)
            await self._operations.submit(move, MOVE_S)
        return (length - 1) % 2

    async def pay(self, name: str, account: int, payee: str, payee_account: str) -> float:
        """Pay what an account has; returns the seconds until everybody it concerns has recorded it."""
        begun_s = time.monotonic()
        target = CashAccount(payee, bytes.fromhex(payee_account))
        await self._end_of(MoveCash(name, COIN, ISSUER, AMOUNT_YEN, self._accounts[account].key, target))
        return time.monotonic() - begun_s

    # ---- parts ----

    @property
    def _role(self) -> VaultRole:
        if self._vault is None:
            raise RuntimeError(f"{self._name} has no vault")
        return self._vault

    @property
    def _node(self) -> LedgerNode:
        return self._role.node

    @property
    def _operations(self) -> NodeOperations:
        if self._around is None:
            raise RuntimeError("not attached")
        return NodeOperations(self._node, self._around.keys)

    async def _pair(self, name: str, source: CashAccount, target: CashAccount) -> None:
        await self._ask_for_coin(name, source)
        await self._end_of(MoveCash(f"pay-{name}", COIN, ISSUER, AMOUNT_YEN, source.key, target))

    async def _ask_for_coin(self, name: str, account: CashAccount) -> None:
        wanted = {"request_id": f"issue-{name}", "node": account.node, "key": account.key.hex()}
        await self._node.parts.network.request(ISSUER, ISSUE, json.dumps(wanted).encode(), FLOW_S)

    async def _issue(self, _asker: PeerIdentity, body: bytes) -> bytes:
        wanted = json.loads(body)
        account = CashAccount(wanted["node"], bytes.fromhex(wanted["key"]))
        await self._end_of(IssueCash(wanted["request_id"], COIN, AMOUNT_YEN, account))
        return b""

    async def _built(self, flow_id: str, owners: list[PublicKey], node: str) -> FlowRecord:
        """A flow at BUILT that issues one coin to each owner: the API's request for an issue knows one only."""
        parts = self._node.parts
        me, verifier, now_ms = parts.me.party, parts.verifier, parts.clock.now_ms()
        notary = verifier.parameters.notary
        names = dict.fromkeys((me.name, node))
        found = [
            await parts.database.look_up(
                partial(membership, network=BusinessNetwork.SC.name, party=name, notary=notary.name)
            )
            for name in names
        ]
        members = [member for member in found if member is not None]
        signer = parts.keys.signer(me.key)
        if len(members) < len(names) or signer is None:
            raise RuntimeError(f"{self._name} is no issuer, or {node} no custodian")
        built = replace(
            TransactionFrame(verifier.parameters, verifier.package.hash).start(),
            outputs=tuple(CashState(COIN, me, AMOUNT_YEN, owner, node).as_output(notary) for owner in owners),
            commands=(Command(CASH, holdings.ISSUE, b"", (me.key,)),),
            references=tuple(member.ref for member in members),
            time_window=TimeWindow(None, UnixSeconds(now_ms // 1000 + 120)),
        )
        wire = built.to_wire(secrets.token_bytes(32))
        await parts.database.look_up(lambda connection: verifier.verify_contracts(connection, wire))
        signed = SignedTransaction.of(wire, [sign_transaction(signer, wire.id)])
        record = FlowRecord(flow_id, FlowKind.ISSUE_CASH, b"", FlowStep.BUILT, now_ms, now_ms, now_ms)
        return with_signed(record, signed)

    async def _end_of(self, request: AnyRequest) -> FlowRecord:
        return await self._ended(await self._operations.submit(request, 0))

    async def _ended(self, record: FlowRecord) -> FlowRecord:
        """The flow at its end; raises when it failed."""
        if record.step not in ENDS:
            record = await self._node.engine.outcome(record.flow_id, FLOW_S, ENDS)
        if record.step is not FlowStep.DONE:
            raise RuntimeError(f"{record.flow_id} is {record.step.value}: {record.last_error}")
        return record
