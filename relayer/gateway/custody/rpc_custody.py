"""CustodyService over gRPC."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import grpc.aio
from crossdvp.gateway.v1 import custody_service_pb2 as pb
from crossdvp.gateway.v1 import custody_service_pb2_grpc as pb_grpc
from google.protobuf.timestamp_pb2 import Timestamp

from chains.evm.client.holding import Plan, Step
from chains.evm.client.rpc import EvmRpc
from chains.evm.client.unsigned_tx import UnsignedEvmTx
from relayer.gateway.access import Role, Speaker, Speakers
from relayer.gateway.crash_points import Crash, GatewayCrashPoint, unharmed
from relayer.gateway.custody.judging import require_prepared
from relayer.gateway.custody.planning import Action, Planner
from relayer.gateway.custody.sending import OperationSender
from relayer.gateway.custody.signers import DelegatedSigners
from relayer.gateway.custody.tables import Operation, OperationState, Prepared
from relayer.gateway.errors import BadRequest
from relayer.gateway.service_errors import (
    AlreadyExecuted,
    GasPriceAboveCeiling,
    OperationUnknown,
    PreparedTransactionExpired,
    PreparedTransactionUnknown,
)
from relayer.gateway.settlement_codec import trade_id_of
from relayer.gateway.settlement_tables import CUSTODY
from relayer.gateway.store import GatewayStore
from relayer.rpc_server import caller_of

Context = grpc.aio.ServicerContext[Any, Any]
GAS_PRICE_MARGIN_PERCENT = 50  # the base fee rises by an eighth a block at most: room for three full blocks
_PREPARED = re.compile(r"preparedTransactions/([0-9a-f]{32})")
_OPERATION = re.compile(r"operations/0x([0-9a-f]{64})")
_ACTIONS = {
    pb.CUSTODY_ACTION_HOLD: Action.HOLD,
    pb.CUSTODY_ACTION_RECLAIM: Action.RECLAIM,
    pb.CUSTODY_ACTION_RELEASE_REFUSED: Action.RELEASE_REFUSED,
    pb.CUSTODY_ACTION_RELEASE_CANCELLED: Action.RELEASE_CANCELLED,
}
_STATES = {
    OperationState.PENDING: pb.OPERATION_STATE_PENDING,
    OperationState.INCLUDED: pb.OPERATION_STATE_INCLUDED,
    OperationState.FAILED: pb.OPERATION_STATE_FAILED,
}


class _SignedBy(Enum):
    """Whose signature a call asks to hand in: one that the platform brings, or one of its delegated signer."""

    PLATFORM = "signed_transaction"
    DELEGATE = "use_delegated_signer"


@dataclass(frozen=True)
class CustodyDesk:
    """What custody stands on. ``new_id`` gives 32 hexadecimal digits that nobody guesses. ``crash``: for kill tests."""

    store: GatewayStore
    speakers: Speakers
    planner: Planner
    rpc: EvmRpc
    signers: DelegatedSigners
    sender: OperationSender
    now_s: Callable[[], int]
    max_gas_price_wei: int = 0
    prepared_for_s: int = 600
    new_id: Callable[[], str] = lambda: secrets.token_hex(16)
    crash: Crash = unharmed


class CustodyRpc(pb_grpc.CustodyServiceServicer):
    """One per gateway process."""

    def __init__(self, desk: CustodyDesk) -> None:
        self._desk = desk

    def _trader(self, context: Context) -> Speaker:
        """Whoever proposes or affirms for a platform. Raises ``RoleMissing``."""
        speaker = self._desk.speakers.speaker(caller_of(context))
        if Role.AFFIRMER not in speaker.roles:
            speaker.require_role(Role.PROPOSER)
        return speaker

    async def PrepareTransaction(  # noqa: N802  # the name in the .proto
        self, request: pb.PrepareTransactionRequest, context: Context
    ) -> pb.PrepareTransactionResponse:
        """See the .proto."""
        desk, speaker = self._desk, self._trader(context)
        action = _ACTIONS.get(request.action)
        if action is None:
            raise BadRequest("action", "a CustodyAction", request.action)
        trade_id = trade_id_of(request.settlement)
        settlement = speaker.require_either(await asyncio.to_thread(desk.store.get, trade_id))
        plan = await desk.planner.plan(speaker, settlement, action)
        price_wei = await self._gas_price_wei()
        nonce = await desk.rpc.nonce(plan.sender)
        prepared = [
            self._prepared(speaker.name, trade_id, plan, step, nonce + at, price_wei)
            for at, step in enumerate(plan.steps)
        ]
        if not request.validate_only:
            await asyncio.to_thread(self._remember, prepared)
        return pb.PrepareTransactionResponse(
            prepared_transactions=[_encode(each, step) for each, step in zip(prepared, plan.steps, strict=True)],
            then=plan.then,
        )

    async def _gas_price_wei(self) -> int:
        """What to propose. Raises ``GasPriceAboveCeiling``."""
        most_wei = self._desk.max_gas_price_wei
        if most_wei == 0:
            return 0
        asked_wei = await self._desk.rpc.gas_price_wei()
        if asked_wei > most_wei:
            raise GasPriceAboveCeiling(asked_wei, most_wei)
        return min(asked_wei * (100 + GAS_PRICE_MARGIN_PERCENT) // 100, most_wei)

    def _prepared(self, platform: str, trade_id: bytes, plan: Plan, step: Step, nonce: int, price_wei: int) -> Prepared:
        desk, gas = self._desk, step.call.gas or 0
        chain_id = desk.planner.deployment.chain_id
        return Prepared(
            prepared_id=desk.new_id(),
            platform=platform,
            trade_id=trade_id,
            step=step.name,
            sender=plan.sender,
            content=UnsignedEvmTx(chain_id, nonce, price_wei, gas, step.call.to, step.call.data),
            most_gas_price_wei=desk.max_gas_price_wei,
            expires_s=desk.now_s() + desk.prepared_for_s,
        )

    def _remember(self, prepared: list[Prepared]) -> None:
        with self._desk.store.database.transaction() as connection:
            CUSTODY.replace_steps(connection, prepared, self._desk.now_s())

    async def ExecuteTransaction(  # noqa: N802  # the name in the .proto
        self, request: pb.ExecuteTransactionRequest, context: Context
    ) -> pb.ExecuteTransactionResponse:
        """See the .proto."""
        desk, speaker, signed_by = self._desk, self._trader(context), _signed_by(request)
        prepared = await asyncio.to_thread(self._required, speaker.name, request.prepared_transaction)
        if prepared.evm_tx_hash and signed_by is _SignedBy.DELEGATE:
            known = await asyncio.to_thread(self._operation, prepared.evm_tx_hash)
            if known is not None:
                return pb.ExecuteTransactionResponse(operation=_encode_operation(known))
        raw = await self._signed(speaker.name, prepared, request)
        found, now_s = require_prepared(raw, prepared), desk.now_s()
        operation = Operation(
            evm_tx_hash=found.signed.evm_tx_hash,
            platform=speaker.name,
            prepared_id=prepared.prepared_id,
            trade_id=prepared.trade_id,
            step=prepared.step,
            sender=prepared.sender,
            nonce=prepared.content.nonce,
            raw=raw,
            state=OperationState.PENDING,
            created_s=now_s,
            updated_s=now_s,
        )
        if request.validate_only:
            _require_open(prepared, operation, now_s)
            return pb.ExecuteTransactionResponse(operation=_encode_operation(operation))
        desk.crash(GatewayCrashPoint.BEFORE_HAND_IN)
        stored = await asyncio.to_thread(self._hand_in, operation, signed_by)
        desk.crash(GatewayCrashPoint.AFTER_HAND_IN)
        desk.sender.wake()
        return pb.ExecuteTransactionResponse(operation=_encode_operation(stored))

    def _required(self, platform: str, name: str) -> Prepared:
        """Raises ``BadRequest``, ``PreparedTransactionUnknown``."""
        found = _PREPARED.fullmatch(name)
        if found is None:
            raise BadRequest("prepared_transaction", "preparedTransactions/ and 32 hexadecimal digits", name[:100])
        with self._desk.store.database.reading() as connection:
            prepared = CUSTODY.prepared(connection, found[1])
        if prepared is None or prepared.platform != platform:
            raise PreparedTransactionUnknown(name, "prepare it again")
        return prepared

    async def _signed(self, platform: str, prepared: Prepared, request: pb.ExecuteTransactionRequest) -> bytes:
        """The platform's own bytes, or those that its delegated signer signs."""
        if _signed_by(request) is _SignedBy.PLATFORM:
            return request.signed_transaction
        signer = self._desk.signers.of(platform, prepared.sender)
        return prepared.content.signed(await signer.sign(prepared.content.digest)).raw

    def _hand_in(self, operation: Operation, signed_by: _SignedBy) -> Operation:
        """One transaction: what was handed in before is answered. Raises ``AlreadyExecuted``, …``Expired``.

        A delegated signer may sign otherwise each time: of its signatures the first one counts, and a repeat is no
        other transaction.
        """
        with self._desk.store.database.transaction() as connection:
            prepared = CUSTODY.prepared_alone(connection, operation.prepared_id)
            if prepared is None:
                raise PreparedTransactionUnknown(f"preparedTransactions/{operation.prepared_id}", "prepare it again")
            if prepared.evm_tx_hash:
                if signed_by is _SignedBy.PLATFORM:
                    _require_open(prepared, operation, operation.created_s)
                return CUSTODY.operation(connection, prepared.evm_tx_hash) or operation
            _require_open(prepared, operation, operation.created_s)
            CUSTODY.hand_in(connection, operation)
            return operation

    async def GetOperation(  # noqa: N802  # the name in the .proto
        self, request: pb.GetOperationRequest, context: Context
    ) -> pb.GetOperationResponse:
        """See the .proto."""
        found = _OPERATION.fullmatch(request.name)
        if found is None:
            raise BadRequest("name", "operations/0x and 64 hexadecimal digits", request.name[:100])
        operation = await asyncio.to_thread(self._operation, bytes.fromhex(found[1]))
        if operation is None or operation.platform != caller_of(context):
            raise OperationUnknown(request.name, "use the name that ExecuteTransaction has answered")
        return pb.GetOperationResponse(operation=_encode_operation(operation))

    def _operation(self, evm_tx_hash: bytes) -> Operation | None:
        with self._desk.store.database.reading() as connection:
            return CUSTODY.operation(connection, evm_tx_hash)


def _signed_by(request: pb.ExecuteTransactionRequest) -> _SignedBy:
    """Raises ``BadRequest``."""
    match request.WhichOneof("authority"):
        case "signed_transaction":
            return _SignedBy.PLATFORM
        case "use_delegated_signer" if request.use_delegated_signer:
            return _SignedBy.DELEGATE
        case _:
            raise BadRequest("authority", "a signed transaction, or use_delegated_signer", "neither")


def _require_open(prepared: Prepared, operation: Operation, now_s: int) -> None:
    """A repeat is answered for ever; anything else only in time, and once."""
    if prepared.evm_tx_hash == operation.evm_tx_hash:
        return
    if prepared.evm_tx_hash:
        raise AlreadyExecuted(prepared.name, replace(operation, evm_tx_hash=prepared.evm_tx_hash).name)
    if now_s >= prepared.expires_s:
        raise PreparedTransactionExpired(prepared.name, prepared.expires_s)


def _encode(prepared: Prepared, step: Step) -> pb.PreparedTransaction:
    content = prepared.content
    return pb.PreparedTransaction(
        name=prepared.name,
        step=prepared.step,
        summary=step.summary,
        evm_chain_id=content.chain_id,
        sender=prepared.sender,
        to=content.to,
        nonce=content.nonce,
        gas=content.gas,
        gas_price_wei=str(content.gas_price_wei),
        most_gas_price_wei=str(prepared.most_gas_price_wei),
        data=content.data,
        unsigned_rlp=content.unsigned_rlp,
        signing_digest=content.digest,
        function=step.function,
        arguments=[pb.DecodedArgument(name=name, value=value) for name, value in step.arguments],
        expire_time=Timestamp(seconds=prepared.expires_s),
    )


def _encode_operation(operation: Operation) -> pb.Operation:
    return pb.Operation(
        name=operation.name,
        state=_STATES[operation.state],
        prepared_transaction=f"preparedTransactions/{operation.prepared_id}",
        settlement=f"settlements/{operation.trade_id.hex()}",
        step=operation.step,
        height=operation.height,
        gas_used=operation.gas_used,
        error_reason=operation.error_reason,
        error_message=operation.error_message,
        create_time=Timestamp(seconds=operation.created_s),
        update_time=Timestamp(seconds=operation.updated_s),
    )
