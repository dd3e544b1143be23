"""Questions to the ledger, to both light clients and to the relayer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from crossdvp.relayer.v1 import relayer_service_pb2

from chains.evm.client.deployment import Deployment, address_bytes
from chains.evm.client.progmat_light_client import ProgmatLightClientBinding
from chains.evm.client.rpc import EvmRpc
from chains.progmat.client.ledger_client import CashBalance, LightClientInfo
from chains.progmat.client.nouns import TradeRecord
from chains.rpc_status import RemoteCallerError
from ibc.dvp import SettlementTerms, terms_hash
from light_clients.qbft.codec import decode_client_state
from relayer.gateway.preflight.checks import Finding, failed, passed, unknown, warned

_REFRESH = "a relayer has to refresh it: see `crossdvp relayer clients`"


class CustodianNode(Protocol):
    """What is asked of a custodian's node; a ``LedgerClient`` is one."""

    async def balances(self, coin_id: str = "", account_key: bytes = b"") -> tuple[CashBalance, ...]:
        """Balances of an account, if it tells."""
        ...

    async def trade(self, trade_id: bytes) -> TradeRecord | None:
        """A trade, if it knows it."""
        ...

    async def light_client(self, client_id: str) -> LightClientInfo | None:
        """A light client, if it has it."""
        ...


class RelayerStatus(Protocol):
    """A relayer that can be asked; a ``RelayerClient`` is one."""

    async def status(self) -> relayer_service_pb2.GetStatusResponse:
        """Both chains as it sees them."""
        ...


@dataclass(frozen=True)
class LedgerSources:
    """Whom to ask. ``client_id`` is the light client of the EVM chain on the ledger; no relayer may be configured."""

    custodians: Mapping[str, CustodianNode]
    rpc: EvmRpc
    deployment: Deployment
    client_id: str
    relayer: RelayerStatus | None


class LedgerChecks:
    """Terms held against what nodes of the ledger say at ``now_s``, Unix seconds. Reads only."""

    def __init__(self, terms: SettlementTerms, sources: LedgerSources, now_s: int) -> None:
        self._terms = terms
        self._cash = terms.cash
        self._sources = sources
        self._now_s = now_s

    @property
    def _node(self) -> CustodianNode:
        return self._sources.custodians[self._cash.buyer.node]

    async def buyer_funds(self) -> Finding:
        """Has the buyer the cash, as far as its custodian node tells this gateway?"""
        node, coin = self._cash.buyer.node, self._cash.coin_id
        try:
            lines = await self._node.balances(coin, self._cash.buyer.key)
        except RemoteCallerError as refusal:
            return unknown(
                f"{node} does not tell this gateway its accounts' balances [{refusal.reason}]",
                f"the buyer's platform asks {node} itself: NodeService.GetBalance",
            )
        free = sum(line.free_yen for line in lines if line.account == self._cash.buyer)
        evidence = f"{free} yen of {coin} free, {self._cash.amount_yen} needed, {node} at {self._now_s}"
        if free < self._cash.amount_yen:
            return failed("the buyer has too little cash", evidence, "bring cash to the account before lock-by")
        return passed("the buyer has the cash", evidence)

    async def trade_unused(self) -> Finding:
        """Is the trade id free on the ledger, or used for exactly these terms?"""
        record = await self._node.trade(self._terms.trade_id)
        evidence = f"trades of {self._cash.buyer.node}"
        if record is None:
            return passed("the trade id was never used on the ledger", evidence)
        evidence = f"{evidence}: {record.status.value}, journal position {record.opening_position}"
        if record.terms_hash != terms_hash(self._terms):
            return failed("the trade id was used for other terms", evidence, "use a new trade id")
        if record.status.value == "CANCELLED":
            return failed("the trade was cancelled", evidence, "use a new trade id")
        return passed("the ledger has these very terms", evidence)

    async def light_client_on_ledger(self) -> Finding:
        """Can the ledger still verify the EVM chain?"""
        found = await self._node.light_client(self._sources.client_id)
        where = f"light client {self._sources.client_id} on {self._cash.buyer.node}"
        if found is None or not found.heights:
            return failed("the ledger has no light client of the chain", where, "the ledger's issuer creates it")
        height, time_s = found.heights[0]
        age_s = self._now_s - time_s
        evidence = f"{where}: {found.status}, height {height}, {age_s} s old"
        if found.is_frozen or found.status != "active":
            return failed(f"the ledger's light client is {found.status}", evidence, "the ledger's issuer recovers it")
        if found.client_type != "qbft":
            return passed("the ledger's light client is active", evidence)
        return _aged(age_s, decode_client_state(found.client_state).trusting_period_s, evidence)

    async def light_client_on_evm(self) -> Finding:
        """Can the EVM chain still verify the ledger?"""
        sources = self._sources
        binding = ProgmatLightClientBinding(address_bytes(sources.deployment.light_client))
        block = await sources.rpc.get_block()
        state = await binding.client_state(sources.rpc, block.height)
        age_s = block.timestamp_s - await binding.latest_timestamp_s(sources.rpc, block.height)
        evidence = f"light client {sources.deployment.client_id}, block {block.height}: {age_s} s old"
        if state.frozen:
            return failed("the EVM chain's light client is frozen", evidence, "its registrar replaces it")
        return _aged(age_s, state.trusting_period_s, evidence)

    async def relayer_alive(self) -> Finding:
        """Does a relayer run, and do both its chains answer it?"""
        if self._sources.relayer is None:
            return unknown("no relayer is named in this gateway's configuration", "ask whoever runs one for you")
        status = await self._sources.relayer.status()
        errors = sorted({chain.last_error for chain in status.chains if chain.last_error})
        heads = ", ".join(f"{chain.chain} at {chain.height}" for chain in status.chains)
        if errors or not status.chains:
            return failed(
                "the relayer is stuck", f"{heads or 'no chains'}: {'; '.join(errors)[:300]}", "see the relayer's page"
            )
        if status.alarms:
            alarms = ", ".join(sorted({alarm.kind for alarm in status.alarms}))
            return warned("the relayer raises alarms", f"{heads}: {alarms}", "see `crossdvp relayer alarms`")
        return passed("a relayer runs and sees both chains", heads)


def _aged(age_s: int, trusting_period_s: int, evidence: str) -> Finding:
    """A client past its trusting period proves nothing; relayers refresh it at a third of it."""
    evidence = f"{evidence}, trusted for {trusting_period_s} s"
    if age_s >= trusting_period_s:
        return failed("the light client has expired", evidence, "governance has to recover it first")
    if age_s * 3 >= trusting_period_s * 2:
        return warned("the light client expires soon", evidence, _REFRESH)
    return passed("the light client is fresh enough", evidence)
