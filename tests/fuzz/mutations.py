"""Bytes like those a decoder knows, changed as an attacker or a bad line would change them."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

Mutation = Callable[[st.DataObject, bytes], bytes]

MOST_MUTATIONS = 3


@st.composite
def mutated(draw: st.DrawFn, seeds: tuple[bytes, ...]) -> bytes:
    """One of the seeds after one to three changes; now and then anything at all."""
    if not seeds or draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=300))
    data = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(1, MOST_MUTATIONS))):
        data = draw(st.sampled_from(MUTATIONS))(draw, data, seeds)
    return data


def _flip_a_bit(draw: st.DrawFn, data: bytes, seeds: tuple[bytes, ...]) -> bytes:
    del seeds
    at = draw(st.integers(0, max(0, len(data) - 1)))
    return data[:at] + bytes(((data[at] if data else 0) ^ 1 << draw(st.integers(0, 7)),)) + data[at + 1 :]


def _set_a_byte(draw: st.DrawFn, data: bytes, seeds: tuple[bytes, ...]) -> bytes:
    """Lengths, tags and counts live in single bytes: set them to their extremes."""
    del seeds
    at = draw(st.integers(0, max(0, len(data) - 1)))
    return data[:at] + draw(st.sampled_from((b"\0", b"\x01", b"\x7f", b"\x80", b"\xff"))) + data[at + 1 :]


def _truncate(draw: st.DrawFn, data: bytes, seeds: tuple[bytes, ...]) -> bytes:
    del seeds
    return data[: draw(st.integers(0, len(data)))]


def _append(draw: st.DrawFn, data: bytes, seeds: tuple[bytes, ...]) -> bytes:
    del seeds
    return data + draw(st.binary(min_size=1, max_size=40))


def _cut_out(draw: st.DrawFn, data: bytes, seeds: tuple[bytes, ...]) -> bytes:
    del seeds
    first, second = sorted((draw(st.integers(0, len(data))), draw(st.integers(0, len(data)))))
    return data[:first] + data[second:]


def _repeat(draw: st.DrawFn, data: bytes, seeds: tuple[bytes, ...]) -> bytes:
    del seeds
    first, second = sorted((draw(st.integers(0, len(data))), draw(st.integers(0, len(data)))))
    return data[:second] + data[first:second] + data[second:]


def _splice(draw: st.DrawFn, data: bytes, seeds: tuple[bytes, ...]) -> bytes:
    other = draw(st.sampled_from(seeds))
    return data[: draw(st.integers(0, len(data)))] + other[draw(st.integers(0, len(other))) :]


MUTATIONS = (_flip_a_bit, _set_a_byte, _truncate, _append, _cut_out, _repeat, _splice)
