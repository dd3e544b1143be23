"""Three readers of trie proofs asked the same: the Python verifier, the tight library, its plain reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from primitives.errors import DecodeError, MptError
from primitives.mpt import verify_mpt
from tests.fakes.evm_sandbox import Contract, EvmSandbox, Reverted

REFUSED: Final = "refused"
Verdict = bytes | str | None
"""The value, None for absence, or REFUSED."""


@cache
def trie_probe() -> Contract:
    """One deployment for all: its functions change nothing."""
    return EvmSandbox().deploy("TrieProbe")


@dataclass(frozen=True)
class Verdicts:
    """What each of the three says."""

    python: Verdict
    tight: Verdict
    plain: Verdict

    @property
    def agreed(self) -> Verdict:
        """The one answer; fails if there are several."""
        assert self.python == self.tight == self.plain, self
        return self.python


def judge(root: bytes, key: bytes, nodes: Sequence[bytes]) -> Verdicts:
    """Ask all three for the value at ``key``."""
    try:
        python: Verdict = verify_mpt(root, key, nodes)
    except (MptError, DecodeError):
        python = REFUSED
    return Verdicts(python, _ask("valueAt", root, key, nodes), _ask("valueAtPlain", root, key, nodes))


def require_named(refusal: Reverted, *prefixes: str) -> None:
    """A refusal has a name: a panic or an empty revert would be an accident."""
    if not refusal.error.startswith(prefixes):
        raise AssertionError(f"expected an error of {prefixes}, found {refusal}")


def _ask(function: str, root: bytes, key: bytes, nodes: Sequence[bytes]) -> Verdict:
    try:
        value: bytes = trie_probe().call(function, root, key, list(nodes))
    except Reverted as refusal:
        require_named(refusal, "Mpt", "Rlp")
        return REFUSED
    return value or None
