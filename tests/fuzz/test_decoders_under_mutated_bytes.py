"""No bytes crash a decoder, and what it accepts it would have written itself: one value, one encoding."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings

from tests.fuzz.corpus import read_corpus
from tests.fuzz.decoders import Decoder, all_decoders
from tests.fuzz.mutations import mutated

EXAMPLES = int(os.environ.get("CROSSDVP_FUZZ_EXAMPLES", "30"))
"""A decoder; `make fuzz` sets more."""

DECODERS = {decoder.name: decoder for decoder in all_decoders()}
CORPUS = read_corpus()


def take(decoder: Decoder, data: bytes) -> None:
    """Any exception but the project's own goes through; an accepted value must encode to the same bytes."""
    if decoder.takes(data) and decoder.encode is not None:
        assert decoder.encode(decoder.decode(data)) == data


@pytest.mark.parametrize("name", DECODERS)
def test_the_corpus_is_still_read(name: str) -> None:
    for seed in CORPUS.get(name, ()):
        assert DECODERS[name].takes(seed)
        take(DECODERS[name], seed)


@pytest.mark.parametrize("name", DECODERS)
def test_no_bytes_crash_a_decoder_and_none_have_a_second_encoding(name: str) -> None:
    @settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
    @given(mutated(CORPUS.get(name, ())))
    def attack(data: bytes) -> None:
        take(DECODERS[name], data)

    attack()


def test_most_decoders_begin_with_real_bytes() -> None:
    without = [name for name in DECODERS if name not in CORPUS]
    assert len(without) <= MOST_WITHOUT_SEEDS, without


MOST_WITHOUT_SEEDS = 12
"""Those that few tests reach; random bytes alone must do there."""
