from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.evm.client.json_fields import as_data
from chains.evm.errors import NodeMisbehaved
from chains.evm.json_value import MAX_DEPTH, Json, parse_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(value=JSON)
def test_whatever_json_writes_is_read_back(value: Json) -> None:
    assert parse_json(json.dumps(value).encode()) == value


def test_brackets_in_strings_are_not_nesting() -> None:
    text = '\\"' + "[" * 1000 + "{" * 1000 + "\\\\"
    assert parse_json(f'["{text}"]'.encode()) == ['"' + "[" * 1000 + "{" * 1000 + "\\"]


def test_the_deepest_allowed_is_read_and_one_more_is_not() -> None:
    assert parse_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    with pytest.raises(ValueError, match="nested deeper"):
        parse_json(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1))


@pytest.mark.parametrize(
    "text", [b"", b"NaN", b"-Infinity", b"\xff", b"[1] 2", b"{'a': 1}", b'{"a" 1}', b'"' + b"[" * 9]
)
def test_what_is_not_json_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_json(text)


@pytest.mark.parametrize("value", ["0x 00", "0x00 11", "0x0", "0xzz", "00", "", "0X00", None, 7, "0x\u0661\u0661"])
def test_what_is_not_hex_data_to_the_letter_is_refused(value: Json) -> None:
    with pytest.raises(NodeMisbehaved, match="hex data"):
        as_data(value, "word")


def test_hex_data_of_either_case_is_read() -> None:
    assert as_data("0xAbcD", "word", 2) == b"\xab\xcd"
    assert as_data("0x", "word") == b""


@given(st.text('[]{}"\\a,:', max_size=200))
def test_brackets_are_counted_as_the_parser_nests_whatever_is_written(text: str) -> None:
    try:
        json.loads(text)
    except ValueError:
        return
    assert parse_json(text.encode()) == json.loads(text)
