"""Page tokens: they go on where the page ended, with the query that made them, and with nothing else."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from chains.progmat.vault.errors import BadPageToken, PageTokenOfAnotherQuery
from chains.progmat.vault.pages import Cursor
from chains.progmat.vault.paging import MAX_TOKEN_CHARACTERS, PageTokens, page_token_key

TOKENS = PageTokens(b"\x01" * 32)
KEYS = st.lists(st.one_of(st.integers(0, 2**64 - 1), st.text(max_size=40), st.binary(max_size=40)), max_size=5)


@given(st.integers(0, 2**63), KEYS, st.binary(max_size=50))
def test_a_token_says_what_was_put_in(sequence: int, key: list[int | str | bytes], query: bytes) -> None:
    cursor = Cursor(sequence, tuple(key))
    assert TOKENS.read("List", query, TOKENS.make(query, cursor)) == cursor


@given(st.binary(max_size=30), st.binary(max_size=30))
def test_a_token_of_another_query_is_told_apart(one: bytes, other: bytes) -> None:
    token = TOKENS.make(one, Cursor(1, (2,)))
    if one == other:
        assert TOKENS.read("List", other, token) == Cursor(1, (2,))
    else:
        with pytest.raises(PageTokenOfAnotherQuery):
            TOKENS.read("List", other, token)


@given(st.integers(min_value=0), st.integers(1, 255))
def test_a_token_with_any_byte_changed_is_refused(position: int, difference: int) -> None:
    token = TOKENS.make(b"query", Cursor(9, (b"\x05" * 32, 1)))
    raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    raw[position % len(raw)] ^= difference
    with pytest.raises(BadPageToken):
        TOKENS.read("List", b"query", base64.urlsafe_b64encode(bytes(raw)).decode())


@given(st.text(max_size=200).filter(bool))
def test_no_text_whatever_is_taken_for_a_token(text: str) -> None:
    with pytest.raises(BadPageToken):
        TOKENS.read("List", b"query", text)


def test_a_token_of_another_node_is_refused() -> None:
    with pytest.raises(BadPageToken):
        TOKENS.read("List", b"query", PageTokens(b"\x02" * 32).make(b"query", Cursor(1, ())))


def test_a_long_text_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(BadPageToken, match="at most"):
        TOKENS.read("List", b"query", "A" * (MAX_TOKEN_CHARACTERS + 1))


def test_the_key_is_made_once_and_outlives_the_process(connection: Connection) -> None:
    first = page_token_key(connection, lambda size: b"\x07" * size)
    assert page_token_key(connection, lambda size: b"\x08" * size) == first == b"\x07" * 32
