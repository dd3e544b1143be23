from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.evm.client.abi import AbiFunction
from chains.evm.client.revert_reason import known_errors, revert_reason
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
