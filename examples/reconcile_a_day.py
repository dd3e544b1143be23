"""What became of a platform's settlements: counts by state, and each that has not ended with what it waits for.

    python examples/reconcile_a_day.py --dir .devnet --as broker-a --stuck-for 600

Exit code 1 if anything has waited longer than --stuck-for seconds.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from crossdvp.sdk import SettlementState, SyncGateway, Tls

from relayer.devnet.layout import read_state


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", type=Path, default=Path(".devnet"), help="directory of the devnet")
    parser.add_argument("--as", dest="caller", default="broker-a", help="whose certificate to use")
    parser.add_argument("--stuck-for", type=int, default=600, help="seconds")
    options = parser.parse_args()
    folder = options.dir / "network"
    own = folder / options.caller
    tls = Tls.from_files(folder / "authority.pem", own / "certificate.pem", own / "private-key.pem")
    with SyncGateway.connect(read_state(options.dir).gateway.target, tls) as gateway:
        counts = Counter(SettlementState.Name(each.state) for each in gateway.settlements())
        stuck = list(gateway.settlements(stuck_for_s=options.stuck_for))
    for state, count in sorted(counts.items()):
        print(f"{count:6} {state.removeprefix('SETTLEMENT_STATE_').lower()}")
    for each in stuck:
        print(f"STUCK {each.name} waits for {each.waiting.on}: {each.waiting.what}; {each.waiting.last_error}")
    return 1 if stuck else 0


if __name__ == "__main__":
    sys.exit(main())
