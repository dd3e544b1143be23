from __future__ import annotations

import pytest
from eth_abi.abi import encode as abi_encode
from hypothesis import given
from hypothesis import strategies as st

from chains.evm.client.abi import AbiFunction
from chains.evm.client.revert_reason import is_of_router_or_client, known_errors, revert_reason
from primitives.keccak import keccak256
from tests.fakes.evm_devnet_world import words


@pytest.mark.parametrize(
    ("name", "types", "values", "said"),
    [
        ("Error", ("string",), ("too late",), "Error(message='too late')"),
        ("Panic", ("uint256",), (0x12,), "Panic(code='division by zero')"),
        ("Panic", ("uint256",), (0x99,), "Panic(code='0x99')"),
        (
            "IBCTimeoutElapsed",
            ("uint64", "uint256"),
            (5, 6),
            "IBCTimeoutElapsed(timeoutTimestamp=5, blockTimestamp=6)",
        ),
        ("ProgmatClientFrozen", (), (), "ProgmatClientFrozen()"),
        (
            "IBCCommitmentMismatch",
            ("bytes32", "bytes32"),
            (b"\x01" * 32, b"\x02" * 32),
            f"IBCCommitmentMismatch(stored=0x{'01' * 32}, found=0x{'02' * 32})",
        ),
    ],
)
def test_an_error_is_shown_with_its_arguments(
    name: str, types: tuple[str, ...], values: tuple[object, ...], said: str
) -> None:
    assert str(revert_reason(AbiFunction(name, types).encode(*values))) == said


def test_silence_and_strangers_are_shown_as_such() -> None:
    assert "no reason" in str(revert_reason(b""))
    assert str(revert_reason(b"\xde\xad\xbe\xef" + words(1))) == "an unknown error 0xdeadbeef" + words(1).hex()


def test_the_catalogue_holds_the_errors_of_all_contracts() -> None:
    names = {signature.name for signature in known_errors().values()}
    assert {"IBCReceiptConflict", "ProgmatConsensusUnknown", "DvpEarmarkMismatch", "ERC7943CannotReceive"} <= names


@given(
    data=st.binary(max_size=200)
    | st.sampled_from(sorted(known_errors())).flatmap(
        lambda selector: st.binary(max_size=200).map(lambda rest: selector + rest)
    )
)
def test_no_revert_data_can_break_the_message(data: bytes) -> None:
    assert revert_reason(data).data == data
    assert str(revert_reason(data))


def test_a_refusal_is_the_routers_or_clients_if_it_is_theirs_and_the_apps_otherwise() -> None:
    caller, other = b"\xaa" * 20, b"\xbb" * 20

    def missing_role(account: bytes) -> bytes:
        selector = keccak256(b"AccessControlUnauthorizedAccount(address,bytes32)")[:4]
        return selector + abi_encode(["address", "bytes32"], ["0x" + account.hex(), b"\x00" * 32])

    ours = keccak256(b"ProgmatClientFrozen()")[:4]
    of_the_token = keccak256(b"EnforcedPause()")[:4]
    of_the_app = keccak256(b"DvpEarmarkMismatch(bytes32,bytes32,bytes32)")[:4] + bytes(96)
    for data, expected in (
        (ours, True),
        (missing_role(caller), True),
        (missing_role(other), False),
        (of_the_token, False),
        (of_the_app, False),
        (b"", False),
    ):
        assert is_of_router_or_client(revert_reason(data), caller) is expected, data.hex()
