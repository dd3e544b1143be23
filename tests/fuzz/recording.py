"""A pytest plugin that notes what every decoder was given while other tests ran: the fuzzer's corpus.

    python -m pytest -q -n 0 -p tests.fuzz.recording tests/unit tests/integration/ledger …

adds to tests/fuzz/corpus.json what was not there; shorter bytes take the place of longer ones.
"""

from __future__ import annotations

import sys
import threading
from types import FrameType
from typing import Any, Final

import pytest

from tests.fuzz.corpus import SEEDS_A_DECODER, read_corpus, write_corpus
from tests.fuzz.decoders import all_decoders, code_of

MOST_SEED_BYTES: Final = 6144


class Recorder:
    """Looks at every call that Python makes; only a decoder's is noted."""

    def __init__(self) -> None:
        self._names = {code_of(decoder): decoder.name for decoder in all_decoders()}
        self.seen: dict[str, set[bytes]] = {name: set(seeds) for name, seeds in read_corpus().items()}

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:  # noqa: ANN401  # the interpreter's own
        if event != "call" or frame.f_code not in self._names:
            return
        name = self._names[frame.f_code]
        if name.endswith("]"):  # by kind
            name = f"{name.partition('[')[0]}[{frame.f_locals['kind'].value}]"
        given = next((value for value in frame.f_locals.values() if isinstance(value, bytes)), b"")
        if 0 < len(given) <= MOST_SEED_BYTES:
            self.seen.setdefault(name, set()).add(given)


RECORDER: Final = Recorder()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Begin to look."""
    del session
    threading.setprofile(RECORDER)
    sys.setprofile(RECORDER)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Keep of each decoder what it takes, of different lengths, short ones first."""
    del session
    sys.setprofile(None)
    chosen = {}
    for decoder in all_decoders():
        seeds = filter(decoder.takes, RECORDER.seen.get(decoder.name, ()))
        by_length = {len(seed): seed for seed in sorted(seeds, reverse=True)}
        chosen[decoder.name] = tuple(by_length[length] for length in sorted(by_length))[:SEEDS_A_DECODER]
    write_corpus(chosen)
