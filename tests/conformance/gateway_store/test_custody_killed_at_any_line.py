"""Custody killed at each line between what is stored and what is sent: each transaction is on the chain exactly once.

Over both databases; started again over its store, or while a second instance answers and sends as well.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from chains.evm.client.node_types import EvmReceipt
from chains.evm.errors import NodeMisbehaved
from primitives.hashing import sha256
from primitives.secp256k1 import address_of
from relayer.gateway.audit import AuditedCall, AuditLog
from relayer.gateway.crash_points import GatewayCrashPoint
from relayer.gateway.custody.tables import OperationState
from relayer.gateway.settlement_tables import AUDIT_TABLE
from relayer.gateway.store import GatewayStore
from tests.fakes.evm_devnet_world import ALSO_RICH, RICH
from tests.fakes.mortal_custody import CUSTODY_POINTS, CustodyInstance, CustodyWorld, Meanwhile, custody_world

IN_A_CALL = {
    GatewayCrashPoint.AFTER_AUDIT_ENTRIES,
    GatewayCrashPoint.BEFORE_HAND_IN,
    GatewayCrashPoint.AFTER_HAND_IN,
}
ENDS = [OperationState.INCLUDED, OperationState.INCLUDED, OperationState.INCLUDED, OperationState.FAILED]


async def assert_all_is_on_the_chain_once(world: CustodyWorld) -> None:
    """One operation a step, the bytes that it stored and no others at the node, one nonce used for each."""
    operations = world.operations()
    assert [each.state for each in operations] == ENDS
    assert [each.error_reason for each in operations] == ["", "", "", "EVM_TX_FAILED"]
    assert {name: set(answers) for name, answers in world.answers.items()} == {
        f"preparedTransactions/{each.prepared_id}": {each.name} for each in operations
    }
    assert set(world.rpc.handed_in) == {each.raw for each in operations}
    assert [world.chain.nonce(secret) - begun for secret, begun in ((RICH, 2), (ALSO_RICH, 0))] == [2, 2]
    for operation in operations:
        receipt = await world.rpc.receipt(operation.evm_tx_hash)
        assert receipt is not None
        assert (receipt.height, receipt.gas_used) == (operation.height, operation.gas_used)
    assert {each.sender for each in operations} == {address_of(RICH), address_of(ALSO_RICH)}


def audited_calls(world: CustodyWorld) -> list[AuditedCall]:
    """The log is whole, nothing was handed in without an intent, and at most the killed call has no outcome."""
    log = AuditLog(world.store.database, AUDIT_TABLE)
    log.verify()
    calls = log.calls(None, 0, 1000)
    asked = {sha256(each.SerializeToString(deterministic=True)) for each in world.requests}
    assert {call.entry.record.request_hash for call in calls} == asked
    outcomes = [call.outcome.record.outcome if call.outcome else "" for call in calls]
    assert set(outcomes) <= {"OK", ""}
    assert outcomes.count("") <= 1
    return calls


@pytest.mark.parametrize("meanwhile", list(Meanwhile))
@pytest.mark.parametrize(("point", "nth"), CUSTODY_POINTS)
async def test_custody_killed_at_any_line_and_started_again(
    open_store: Callable[[], GatewayStore], point: GatewayCrashPoint, nth: int, meanwhile: Meanwhile
) -> None:
    async with custody_world(open_store, meanwhile) as world:
        mortal = CustodyInstance(world, point, nth)
        await world.run([mortal], lambda: CustodyInstance(world))
        assert mortal.is_dead, "the line was never reached"
        await assert_all_is_on_the_chain_once(world)
        assert len(set(world.signer.signed)) == len(world.signer.signed) == 2, "a repeat needs no other signature"
        assert len(audited_calls(world)) == len(world.requests) + (point in IN_A_CALL), "an entry a call that began"


@pytest.mark.parametrize(("point", "nth"), CUSTODY_POINTS)
async def test_custody_killed_at_any_line_while_another_instance_answers_and_sends(
    open_store: Callable[[], GatewayStore], point: GatewayCrashPoint, nth: int
) -> None:
    async with custody_world(open_store) as world:
        mortal, other = CustodyInstance(world, point, nth), CustodyInstance(world)
        await world.run([mortal, other], lambda: CustodyInstance(world))
        assert mortal.is_dead, "the line was never reached"
        await assert_all_is_on_the_chain_once(world)
        assert audited_calls(world)


async def test_two_instances_that_are_asked_at_once_hand_in_one_of_two_signatures(
    open_store: Callable[[], GatewayStore],
) -> None:
    """As when a caller whose first gateway is slow asks another: both read that nothing was handed in, if they can."""
    async with custody_world(open_store) as world:
        world.requests = world.requests[2:3]
        instances, both = [CustodyInstance(world), CustodyInstance(world)], threading.Barrier(2)

        def wait_for_the_other(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
            if statement.startswith("SELECT prepared_transactions"):
                with contextlib.suppress(threading.BrokenBarrierError):
                    both.wait(0.5)

        for instance in instances:
            sa.event.listen(instance.store.database.engine, "after_cursor_execute", wait_for_the_other)
        await world.run(instances, lambda: CustodyInstance(world))
        (operation,) = world.operations()
        assert world.answers == {world.requests[0].prepared_transaction: [operation.name] * 2}
        assert set(world.rpc.handed_in) == {operation.raw}


async def test_a_node_that_talks_nonsense_for_a_while_ends_no_sending(
    open_store: Callable[[], GatewayStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with custody_world(open_store) as world:
        honest, asked = world.rpc.receipt, 0

        async def receipt(evm_tx_hash: bytes) -> EvmReceipt | None:
            nonlocal asked
            asked += 1
            if asked <= 3:
                raise NodeMisbehaved("eth_getTransactionReceipt", "a receipt or null", "nonsense")
            return await honest(evm_tx_hash)

        monkeypatch.setattr(world.rpc, "receipt", receipt)
        await world.run([CustodyInstance(world)], lambda: CustodyInstance(world))
        await assert_all_is_on_the_chain_once(world)
