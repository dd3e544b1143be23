"""How fast a QBFT header of 4, 7 and 16 validators is verified, each against the recoveries it cannot do without.

Measured is what the light client does for a header that a quorum sealed: finding the engine, decoding, both digests,
proposer, quorum, overlap with the trusted set and the time rules. The client message's own decoding and the proof of
the router's account are reported on stderr besides. All sides run in turns and the best round of each counts, so that
a busy machine changes the ratios little. ``ratio`` is the worst of the three.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import coincurve

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "proto" / "gen")]

from light_clients.qbft import QbftLightClient, read_qbft_header  # noqa: E402 # the checkout must be importable first
from light_clients.qbft.codec import encode_header  # noqa: E402 # as above
from light_clients.qbft.own_validators import anchor_of, read_client_header  # noqa: E402 # as above
from light_clients.qbft.verify import quorum_of, validate_header, validate_proposer  # noqa: E402 # as above
from tests.fakes.qbft_client import NOW, TRUSTED_HEIGHT, QbftScenario  # noqa: E402 # as above
from tests.fakes.qbft_headers import validator_keys  # noqa: E402 # as above

SIZES = (4, 7, 16)
LEAST = 0.45
BOUND = {f"ratio_{size}": {"least": LEAST} for size in SIZES}
Action = Callable[[], None]


@dataclass(frozen=True)
class Contest:
    """One size of validator set: the header's verification, the bare recoveries, the whole client message."""

    size: int
    header: Action
    recoveries: Action
    message: Action


def contest_of(size: int) -> Contest:
    """A block that exactly a quorum of so many validators sealed, on a client that trusts them."""
    scenario = QbftScenario(keys=validator_keys(size))
    header = scenario.header(scenario.next_block, scenario.keys[: quorum_of(size)])
    sealed, message = read_qbft_header(header.header_rlp), encode_header(header)
    client, trusted, light_client = scenario.client, scenario.consensus_state, QbftLightClient()
    client_state, consensus = scenario.client_state, scenario.trusted

    def verify_header() -> None:
        read = read_client_header(client, header)
        anchor = anchor_of(client, read, TRUSTED_HEIGHT, trusted)
        validate_header(read, anchor, client.max_clock_drift_s, NOW)
        validate_proposer(read)

    def recover_only() -> None:
        for seal in sealed.seals:
            coincurve.PublicKey.from_signature_and_message(seal, sealed.seal_digest, hasher=None)

    def verify_message() -> None:
        light_client.verify_client_message(client_state, consensus, message, NOW)

    return Contest(size, verify_header, recover_only, verify_message)


def calls_per_second(action: Action, calls: int) -> float:
    """Of one round."""
    begin = time.perf_counter()
    for _ in range(calls):
        action()
    return calls / (time.perf_counter() - begin)


def best_rates(actions: list[Action], rounds: int, calls: int) -> list[float]:
    """The best round of each action, all in turns."""
    best = [0.0] * len(actions)
    for _ in range(rounds):
        for place, action in enumerate(actions):
            best[place] = max(best[place], calls_per_second(action, calls))
    return best


def main() -> int:
    """Command line; prints figures beside their bounds, which ``run`` judges."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--calls", type=int, default=200)
    arguments = parser.parse_args()
    line: dict[str, object] = {"name": "qbft_header", "unit": "headers/s of 4"}
    ratios = []
    for contest in map(contest_of, SIZES):
        actions = [contest.header, contest.recoveries, contest.message]
        value, baseline, message = best_rates(actions, arguments.rounds, arguments.calls)
        ratios.append(value / baseline)
        line[f"ratio_{contest.size}"] = round(value / baseline, 3)
        if contest.size == SIZES[0]:
            line |= {"value": round(value, 1), "baseline": round(baseline, 1)}
        print(
            f"n = {contest.size:2}: {value:,.0f}/s, {quorum_of(contest.size)} bare recoveries {baseline:,.0f}/s, ratio "
            f"{value / baseline:.3f}; with message and account proof {message:,.0f}/s",
            file=sys.stderr,
        )
    print(json.dumps(line | {"ratio": round(min(ratios), 3), "bound": BOUND}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
