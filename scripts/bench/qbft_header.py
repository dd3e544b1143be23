"""How fast a QBFT header of four validators is verified, against the three signature recoveries it cannot do without.

Measured: decoding the header, both digests, quorum, overlap with the trusted set and the time rules; the client
message's own decoding and the proof of the router's account are reported on stderr besides. Both sides run in turns
and the best round of each counts, so that a busy machine changes the ratio little.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import coincurve

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "proto" / "gen")]

from ibc.light_client import ConsensusAt, TimeBounds  # noqa: E402 # the checkout must be importable first
from light_clients.qbft import (  # noqa: E402 # as above
    IBC_STORE_SLOT,
    QbftClientState,
    QbftConsensusState,
    QbftHeader,
    QbftLightClient,
    read_qbft_header,
)
from light_clients.qbft.codec import (  # noqa: E402 # as above
    encode_client_state,
    encode_consensus_state,
    encode_header,
)
from light_clients.qbft.verify import TrustAnchor, validate_header  # noqa: E402 # as above

RECORDED = ROOT / "tests" / "vectors" / "evm_headers" / "besu_qbft_e2e_blocks27_28_4vals_with_proofs.json"
BOUND = {"ratio": {"least": 0.4}}


def calls_per_second(action: Callable[[], None], calls: int) -> float:
    """Of one round."""
    begin = time.perf_counter()
    for _ in range(calls):
        action()
    return calls / (time.perf_counter() - begin)


def best_rates(actions: list[Callable[[], None]], rounds: int, calls: int) -> list[float]:
    """The best round of each action, all in turns."""
    best = [0.0] * len(actions)
    for number in range(rounds):
        for place, action in enumerate(actions):
            best[place] = max(best[place], calls_per_second(action, calls))
        print(f"round {number + 1}/{rounds}: " + ", ".join(f"{rate:,.0f}/s" for rate in best), file=sys.stderr)
    return best


def actions_on_recorded_block() -> list[Callable[[], None]]:
    """Header verification, bare recoveries, and the whole client message, on a block of a live network."""
    recorded = json.loads(RECORDED.read_text())
    trusted, block = recorded["trusted"], recorded["header_b"]
    header_rlp = bytes.fromhex(block["header_rlp"][2:])
    validators = tuple(bytes.fromhex(validator[2:]) for validator in trusted["validators"])
    anchor = TrustAnchor(trusted["height"], trusted["timestamp"], validators)
    sealed = read_qbft_header(header_rlp)
    now = TimeBounds.at(sealed.header.timestamp_s)
    client_state = encode_client_state(
        QbftClientState(
            chain_id=1,
            router_address=bytes.fromhex(block["account"]["address"][2:]),
            store_slot=IBC_STORE_SLOT,
            latest_height=anchor.height,
            trusting_period_s=trusted["trusting_period"],
            max_clock_drift_s=trusted["max_clock_drift"],
            frozen=False,
        )
    )
    consensus = ConsensusAt(
        anchor.height,
        encode_consensus_state(QbftConsensusState(anchor.timestamp_s, bytes(32), bytes(32), validators, bytes(32))),
    )
    account_proof = tuple(bytes.fromhex(node[2:]) for node in block["account"]["proof"])
    message = encode_header(QbftHeader(header_rlp, anchor.height, account_proof))
    light_client = QbftLightClient()

    def verify_header() -> None:
        validate_header(read_qbft_header(header_rlp), anchor, trusted["max_clock_drift"], now)

    def recover_only() -> None:
        for seal in sealed.seals:
            coincurve.PublicKey.from_signature_and_message(seal, sealed.seal_digest, hasher=None)

    def verify_message() -> None:
        light_client.verify_client_message(client_state, consensus, message, now)

    return [verify_header, recover_only, verify_message]


def main() -> int:
    """Command line; prints figures beside their bound, which ``run`` judges."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--calls", type=int, default=300)
    arguments = parser.parse_args()
    value, baseline, message = best_rates(actions_on_recorded_block(), arguments.rounds, arguments.calls)
    ratio = value / baseline
    print(f"with client message and account proof: {message:,.0f}/s, {message / baseline:.2f}", file=sys.stderr)
    line = {"name": "qbft_header", "value": round(value, 1), "unit": "headers/s"}
    print(json.dumps(line | {"baseline": round(baseline, 1), "ratio": round(ratio, 3), "bound": BOUND}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
