"""The ``[evm]`` section of a configuration file: the chain's endpoints, what is read of it, what is paid on it."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from chains.evm.client.endpoint_health import BenchTimes
from chains.evm.client.fees import FeeMarket, FeeRules
from chains.evm.client.node_check import ExpectedChain, Finality
from relayer.chains.evm_batches import BatchLimits
from relayer.chains.evm_node import NodeSettings
from relayer.evm_account import AccountRules

Url = Annotated[str, Field(pattern=r"^https?://", max_length=2048)]
WebSocketUrl = Annotated[str, Field(pattern=r"^wss?://", max_length=2048)]
Wei = Annotated[int, Field(ge=0, lt=2**64)]


class ConsensusKind(Enum):
    """What makes the EVM chain's blocks final: the light client that the ledger hosts of it, by its type."""

    QBFT = "qbft"
    MOCK = "mock"


class EvmSection(BaseModel):
    """The EVM chain. Only ``rpc_urls`` and ``deployment_file`` have no default.

    Endpoints
        ``rpc_urls``: JSON-RPC endpoints in the order of preference; the next is asked where one fails.
        ``ws_url``: announces new blocks, so that nothing is asked while there are none; without it the chain is polled.
        ``ws_silence_ms``: how long it may say nothing before the chain is polled all the same.
        ``genesis_hash``: of the genesis block; without it the first answer is believed and remembered.
        ``max_lag_blocks``: how far an endpoint may be behind the best one.
        ``request_timeout_ms``, ``survey_interval_ms``: for one answer; between two checks of all endpoints.
        ``bench_first_ms``, ``bench_most_ms``: how long a failing endpoint is set aside, at first and at most.
    Observation
        ``confirmations``: blocks on top of one before it counts; 0 where blocks are final when made (QBFT, IBFT).
        ``page_blocks``: how many blocks are read at once.
    Money
        ``fee_market``: ``legacy``, or ``eip1559`` for chains with a base fee.
        ``max_gas_price_wei``: the most that the account pays for a unit of gas; 0 where gas is free.
        ``max_priority_fee_wei``: the most of it that is the tip, until it has to be raised (``eip1559``).
        ``gas_price_margin_percent``, ``gas_margin_percent``: what is offered above the price and the gas needed now.
        ``max_wei_a_day``: the most that the account may pay in a day (UTC); 0 for no limit.
        ``low_balance_wei``: below it there is an alarm.
    Transactions
        ``resend_after_s``, ``replace_after_s``: when one that is in no block is sent again, and outbid.
        ``max_batch_messages``, ``max_batch_calldata_bytes``, ``max_batch_gas``: of one transaction; gas 0 means half
        of what a block may use.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rpc_urls: Annotated[tuple[Url, ...], Field(min_length=1, max_length=8)]
    deployment_file: Path
    consensus: ConsensusKind = ConsensusKind.QBFT
    ws_url: WebSocketUrl | None = None
    ws_silence_ms: Annotated[int, Field(ge=100, le=600_000)] = 5000
    genesis_hash: Annotated[str, Field(pattern=r"^0x[0-9a-f]{64}$")] | None = None
    max_lag_blocks: Annotated[int, Field(ge=0, le=10_000)] = 10
    request_timeout_ms: Annotated[int, Field(ge=100, le=300_000)] = 10_000
    survey_interval_ms: Annotated[int, Field(ge=100, le=3_600_000)] = 10_000
    bench_first_ms: Annotated[int, Field(ge=10, le=60_000)] = 500
    bench_most_ms: Annotated[int, Field(ge=10, le=3_600_000)] = 60_000
    confirmations: Annotated[int, Field(ge=0, le=1000)] = 0
    page_blocks: Annotated[int, Field(ge=1, le=10_000)] = 1000
    fee_market: FeeMarket = FeeMarket.LEGACY
    max_gas_price_wei: Wei = 0
    max_priority_fee_wei: Wei = 2_000_000_000
    gas_price_margin_percent: Annotated[int, Field(ge=0, le=1000)] = 50
    gas_margin_percent: Annotated[int, Field(ge=0, le=400)] = 25
    max_wei_a_day: Annotated[int, Field(ge=0, lt=2**96)] = 0
    low_balance_wei: Annotated[int, Field(ge=0, lt=2**96)] = 0
    resend_after_s: Annotated[int, Field(ge=1, le=3600)] = 10
    replace_after_s: Annotated[int, Field(ge=1, le=86_400)] = 60
    max_batch_messages: Annotated[int, Field(ge=1, le=1000)] = 50
    max_batch_calldata_bytes: Annotated[int, Field(ge=4096, le=127 * 1024)] = 96 * 1024
    max_batch_gas: Annotated[int, Field(ge=0, lt=2**40)] = 0

    @model_validator(mode="after")
    def _sealed_blocks_need_no_confirmations(self) -> EvmSection:
        if self.consensus is ConsensusKind.QBFT and self.confirmations:
            raise ValueError(
                f"confirmations: expected 0, found {self.confirmations}: QBFT's blocks are final when they are made"
            )
        return self

    @model_validator(mode="after")
    def _an_endpoint_is_listed_once(self) -> EvmSection:
        if len(set(self.rpc_urls)) != len(self.rpc_urls):
            raise ValueError("rpc_urls: an endpoint is listed twice")
        return self

    def node_settings(self, chain_id: int) -> NodeSettings:
        """How the endpoints are opened and judged."""
        return NodeSettings(
            self.rpc_urls,
            ExpectedChain(
                chain_id,
                None if self.genesis_hash is None else bytes.fromhex(self.genesis_hash[2:]),
                self.max_lag_blocks,
                Finality.LATER if self.confirmations else Finality.AT_ONCE,
            ),
            self.request_timeout_ms / 1000,
            self.survey_interval_ms / 1000,
            BenchTimes(self.bench_first_ms / 1000, self.bench_most_ms / 1000),
        )

    def fee_rules(self) -> FeeRules:
        """What the account pays."""
        return FeeRules(
            self.fee_market, self.max_gas_price_wei, self.gas_price_margin_percent, self.max_priority_fee_wei
        )

    def account_rules(self) -> AccountRules:
        """How the account sends, and what it may spend."""
        return AccountRules(
            fees=self.fee_rules(),
            gas_margin_percent=self.gas_margin_percent,
            max_wei_a_day=self.max_wei_a_day,
            low_balance_wei=self.low_balance_wei,
            resend_after_s=self.resend_after_s,
            replace_after_s=self.replace_after_s,
        )

    def batch_limits(self) -> BatchLimits:
        """What goes into one transaction."""
        return BatchLimits(self.max_batch_messages, self.max_batch_calldata_bytes, self.max_batch_gas)
