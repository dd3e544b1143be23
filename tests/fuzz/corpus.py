"""What decoders were really given, by name: where the fuzzer begins."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_name("corpus.json")
SEEDS_A_DECODER: Final = 4


def read_corpus() -> dict[str, tuple[bytes, ...]]:
    """Seeds by decoder."""
    if not FILE.exists():
        return {}
    return {name: tuple(bytes.fromhex(seed) for seed in seeds) for name, seeds in json.loads(FILE.read_text()).items()}


def write_corpus(corpus: Mapping[str, tuple[bytes, ...]]) -> None:
    """The file, so that equal corpora are equal bytes."""
    text = {name: [seed.hex() for seed in corpus[name]] for name in sorted(corpus) if corpus[name]}
    FILE.write_text(json.dumps(text, indent=0) + "\n")
