"""Merkle-Patricia proofs a second: our verifier against `trie.HexaryTrie.get_from_proof`, on the same proofs.

Both start from the nodes' bytes as a node of the chain would answer them. The proofs are shaped like those of a large
state: branches with all sixteen children, then one with a few, then an account's leaf; 6 to 9 nodes.

Progress on standard error, one JSON line on standard output. Exit status 1 if a verifier is wrong.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import rlp
from trie.hexary import HexaryTrie

from primitives.mpt import verify_mpt

TARGETS = 48
NODE_COUNTS = (6, 7, 8, 9)
ROUNDS = 9
ROUND_TIME_S = 0.25
BOUND = {"ratio": {"least": 12}}

Proof = tuple[bytes, list[bytes], bytes]
"""Key, nodes, expected value."""


def main() -> int:
    """Measure, alternating between the two so that noise of the machine meets both."""
    report("building a trie with proofs of 6 to 9 nodes")
    root, proofs = build_proofs(random.Random(7))  # noqa: S311  # reproducible data, not a secret
    for name, verify in (("ours", verify_ours), ("trie", verify_trie)):
        for key, nodes, value in proofs:
            if verify(root, key, nodes) != value:
                report(f"{name} verifier does not find the value at {key.hex()}")
                return 1
    rounds: list[tuple[float, float, float]] = []
    for number in range(ROUNDS):
        ours_now, baseline_now = rate(verify_ours, root, proofs), rate(verify_trie, root, proofs)
        report(f"round {number + 1} of {ROUNDS}: {ours_now:.0f} and {baseline_now:.0f} proofs/s")
        rounds.append((ours_now / baseline_now, ours_now, baseline_now))
    ratio, ours, baseline = sorted(rounds)[ROUNDS // 2]  # the median round
    line = {"name": "mpt_verify", "value": round(ours), "unit": "proofs/s", "baseline": round(baseline)}
    print(json.dumps(line | {"ratio": round(ratio, 2), "bound": BOUND}))
    return 0


def build_proofs(dice: random.Random) -> tuple[bytes, list[Proof]]:
    """The root of one trie, and a proof for each of the target keys."""
    trie = HexaryTrie({})
    targets = [dice.randbytes(32) for _ in range(TARGETS)]
    for number, target in enumerate(targets):
        branches = NODE_COUNTS[number % len(NODE_COUNTS)] - 1
        trie[target] = account_value(dice)
        for level in range(branches):
            nibbles = [nibble for nibble in range(16) if nibble != int(target.hex()[level], 16)]
            for nibble in nibbles if level < branches - 1 else dice.sample(nibbles, 4):
                trie[sibling_key(dice, target, level, nibble)] = account_value(dice)
    proofs: list[Proof] = []
    for key in targets:
        nodes = trie.get_proof(key)  # type: ignore[no-untyped-call]  # the library has no annotations here
        proofs.append((key, [rlp.encode(node) for node in nodes], trie[key]))
    return trie.root_hash, [proof for proof in proofs if len(proof[1]) in NODE_COUNTS]


def sibling_key(dice: random.Random, target: bytes, level: int, nibble: int) -> bytes:
    """A key that leaves `target`'s path at `level` towards `nibble`."""
    return bytes.fromhex(target.hex()[:level] + f"{nibble:x}" + dice.randbytes(32).hex()[level + 1 :])


def account_value(dice: random.Random) -> bytes:
    """An account with a nonce, a balance, a storage root and a code hash."""
    return bytes(rlp.encode([b"\x01", dice.randbytes(8), dice.randbytes(32), dice.randbytes(32)]))


def verify_ours(root: bytes, key: bytes, nodes: list[bytes]) -> bytes | None:
    """The measured verifier."""
    return verify_mpt(root, key, nodes)


def verify_trie(root: bytes, key: bytes, nodes: list[bytes]) -> bytes | None:
    """The library's, which takes decoded nodes."""
    decoded = [rlp.decode(node) for node in nodes]
    return bytes(HexaryTrie.get_from_proof(root, key, decoded))  # type: ignore[no-untyped-call]  # no annotations


def rate(verify: Callable[[bytes, bytes, list[bytes]], bytes | None], root: bytes, proofs: list[Proof]) -> float:
    """Proofs a second over about `ROUND_TIME_S`."""
    count = 0
    start = time.perf_counter()
    while (elapsed := time.perf_counter() - start) < ROUND_TIME_S:
        for key, nodes, _ in proofs:
            verify(root, key, nodes)
        count += len(proofs)
    return count / elapsed


def report(text: str) -> None:
    """Progress, out of the way of the JSON line."""
    print(text, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
