"""Whatever arrives, an answer of JSON-RPC 2.0 goes back and no traceback."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chains.evm.devnet.config import RpcLimits
from tests.fakes.evm_devnet_world import RECIPIENT, RICH, DevnetWorld, RpcFailure, devnet_config, hex_of

ADDRESS = hex_of(RECIPIENT)


@pytest.fixture(scope="module")
def world() -> DevnetWorld:
    world = DevnetWorld(devnet_config(limits=RpcLimits(max_batch=3, max_mined_blocks=5, max_proof_keys=2)))
    world.send(RICH, value=1)
    world.mine(2)
    return world


def answer_of(world: DevnetWorld, body: bytes) -> Any:  # noqa: ANN401 # JSON
    answer = world.devnet.dispatcher.answer(body)
    return None if answer is None else json.loads(answer)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"nonsense", b"\xff\xfe", b"[" * 100_000, b'{"id": NaN}', b"1" * 5000, b'{"a":1}{']
)
def test_what_is_not_json_is_a_parse_error(world: DevnetWorld, body: bytes) -> None:
    answer = answer_of(world, body)
    assert (answer["error"]["code"], answer["id"]) == (-32700, None)


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"1",
        b"null",
        b'"eth_chainId"',
        b"{}",
        b'{"jsonrpc":"1.0","id":1,"method":"eth_chainId"}',
        b'{"jsonrpc":"2.0","id":1}',
        b'{"jsonrpc":"2.0","id":1,"method":5}',
        b'{"jsonrpc":"2.0","id":{},"method":"eth_chainId"}',
        b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId","extra":1}',
    ],
)
def test_what_is_not_a_request_is_an_invalid_request(world: DevnetWorld, body: bytes) -> None:
    assert answer_of(world, body)["error"]["code"] == -32600


def test_an_unknown_method_is_named_but_not_at_length(world: DevnetWorld) -> None:
    with pytest.raises(RpcFailure) as failure:
        world.rpc("eth_" + "x" * 1000)
    assert failure.value.code == -32601
    assert len(failure.value.message) < 150


def test_a_batch_is_answered_in_order_and_each_on_its_own(world: DevnetWorld) -> None:
    requests = [
        {"jsonrpc": "2.0", "id": "a", "method": "eth_chainId"},
        {"jsonrpc": "2.0", "id": 2, "method": "no_such"},
        17,
    ]
    answers = answer_of(world, json.dumps(requests).encode())
    assert [answer.get("id") for answer in answers] == ["a", 2, None]
    assert answers[0]["result"] == "0xe0697"
    assert [answer["error"]["code"] for answer in answers[1:]] == [-32601, -32600]


def test_too_large_a_batch_is_refused_whole(world: DevnetWorld) -> None:
    requests = [{"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}] * 4
    assert answer_of(world, json.dumps(requests).encode())["error"]["code"] == -32600


def test_a_notification_is_carried_out_in_silence(world: DevnetWorld) -> None:
    height = int(world.rpc("eth_blockNumber"), 16)
    assert answer_of(world, b'{"jsonrpc":"2.0","method":"devnet_mine"}') is None
    assert int(world.rpc("eth_blockNumber"), 16) == height + 1


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("eth_chainId", [1]),
        ("eth_getBalance", []),
        ("eth_getBalance", [ADDRESS, "latest", 3]),
        ("eth_getBalance", ["0x12", "latest"]),
        ("eth_getBalance", [ADDRESS + "00", "latest"]),
        ("eth_getBalance", [17, "latest"]),
        ("eth_getBalance", [ADDRESS, "newest"]),
        ("eth_getBalance", [ADDRESS, "0x01"]),
        ("eth_getBalance", [ADDRESS, "0x"]),
        ("eth_getBalance", [ADDRESS, -1]),
        ("eth_getBalance", [ADDRESS, {"blockHash": "0x12"}]),
        ("eth_getBalance", [ADDRESS, {"blockHash": "0x" + "00" * 32, "blockNumber": "0x1"}]),
        ("eth_getBlockByNumber", ["0x1", "yes"]),
        ("eth_getBlockByHash", ["0x1", False]),
        ("eth_getStorageAt", [ADDRESS, "0x" + "0" * 65, "latest"]),
        ("eth_call", ["0x", "latest"]),
        ("eth_call", [{"to": ADDRESS, "colour": "0x1"}, "latest"]),
        ("eth_call", [{"to": ADDRESS, "data": "0x1"}, "latest"]),
        ("eth_call", [{"to": ADDRESS, "data": "0x11", "input": "0x12"}, "latest"]),
        ("eth_call", [{"to": ADDRESS, "value": "0x" + "f" * 65}, "latest"]),
        ("eth_call", [{"to": ADDRESS}, "latest", {ADDRESS: {"balance": "0x1"}}]),
        ("eth_getProof", [ADDRESS, "0x0", "latest"]),
        ("eth_getProof", [ADDRESS, ["0x"], "latest"]),
        ("eth_sendRawTransaction", ["c0"]),
        ("eth_getLogs", [[]]),
        ("eth_getLogs", [{"colour": 1}]),
        ("eth_getLogs", [{"topics": "0x00"}]),
        ("eth_getLogs", [{"topics": [None] * 5}]),
        ("eth_getLogs", [{"address": ["0x00"]}]),
        ("eth_getLogs", [{"blockHash": "0x" + "00" * 32, "fromBlock": "0x0"}]),
        ("devnet_setRound", [2**32]),
        ("devnet_equivocate", ["latest", {"number": "0x1"}]),
        ("devnet_increaseTime", ["tomorrow"]),
        ("eth_feeHistory", ["0x1", {"blockHash": "0x"}]),
    ],
)
def test_a_bad_parameter_is_named(world: DevnetWorld, method: str, params: list[Any]) -> None:
    with pytest.raises(RpcFailure) as failure:
        world.rpc(method, *params)
    assert failure.value.code == -32602


@pytest.mark.parametrize(
    ("method", "params"), [("devnet_mine", [6]), ("eth_getProof", [ADDRESS, ["0x0", "0x1", "0x2"], "latest"])]
)
def test_too_much_at_once_is_a_limit_error(world: DevnetWorld, method: str, params: list[Any]) -> None:
    with pytest.raises(RpcFailure) as failure:
        world.rpc(method, *params)
    assert failure.value.code == -32005


@pytest.mark.parametrize(
    ("method", "params"),
    [("eth_getBalance", [ADDRESS]), ("eth_getProof", [ADDRESS, []]), ("eth_call", [{"to": ADDRESS}])],
)
def test_a_block_that_does_not_exist_has_no_state(world: DevnetWorld, method: str, params: list[Any]) -> None:
    with pytest.raises(RpcFailure, match="header not found") as failure:
        world.rpc(method, *params, "0xffffff")
    assert failure.value.code == -32000


def test_named_parameters_are_refused(world: DevnetWorld) -> None:
    answer = answer_of(world, b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":{"a":1}}')
    assert answer["error"]["code"] == -32602


def test_a_bug_in_a_method_is_an_internal_error_without_its_traceback(
    world: DevnetWorld, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.devnet.chain.blocks, "head_height", lambda: 1 // 0)
    with caplog.at_level(logging.CRITICAL + 1), pytest.raises(RpcFailure) as failure:
        world.rpc("eth_blockNumber")
    assert failure.value.code == -32603
    assert "division" not in failure.value.message


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["latest", "pending", "0x0", "0x1", ADDRESS, "0x" + "00" * 32, "0x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["to", "data", "fromBlock", "topics", "blockHash", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_parameters_make_any_method_fail_in_an_unforeseen_way(world: DevnetWorld, data: st.DataObject) -> None:
    method = data.draw(st.sampled_from(sorted(world.devnet.dispatcher._methods)))
    params = data.draw(st.lists(JSON_VALUES, max_size=4))
    try:
        world.rpc(method, *params)
    except RpcFailure as failure:
        assert failure.code in {-32602, -32000, -32005, 3}  # noqa: PT017 # an answer is as good as an error here
