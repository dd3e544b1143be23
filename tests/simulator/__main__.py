"""``python -m tests.simulator``: replay one seed with its trace, or run many and say how fast."""

from __future__ import annotations

import argparse
import sys
import time

from tests.simulator.schedule import Verdict, run_schedule


def main() -> int:
    """Exit code 1 when a rule is broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulator", description=__doc__)
    parser.add_argument("--seed", type=int, help="replay this one and print what happens")
    parser.add_argument("--schedules", type=int, default=200, help="how many seeds to run (default 200)")
    parser.add_argument("--first", type=int, default=0, help="the first seed (default 0)")
    parser.add_argument("--stop", action="store_true", help="stop at the first broken rule")
    arguments = parser.parse_args()
    if arguments.seed is not None:
        return _replay(arguments.seed)
    broken = 0
    began_s = time.process_time()
    for seed in range(arguments.first, arguments.first + arguments.schedules):
        verdict = run_schedule(seed)
        if verdict.violations:
            broken += 1
            print_verdict(verdict)
            if arguments.stop:
                break
    spent_s = time.process_time() - began_s
    sys.stdout.write(
        f"{arguments.schedules} schedules, {broken} broken, {spent_s:.1f} s of processor time, "
        f"{1000 * spent_s / arguments.schedules:.1f} ms a schedule\n"
    )
    return 1 if broken else 0


def print_verdict(verdict: Verdict) -> None:
    """What was broken, and how to see it again."""
    sys.stdout.write(f"seed {verdict.seed}: {len(verdict.violations)} violations; replay: {verdict.replay}\n")
    for violation in verdict.violations:
        sys.stdout.write(f"  {violation}\n")


def _replay(seed: int) -> int:
    lines: list[str] = []
    verdict = run_schedule(seed, lines)
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.write(
        f"digest {verdict.digest}, {verdict.events} events in {verdict.virtual_s:.0f} virtual seconds, "
        f"{verdict.flows_done} flows done, {verdict.flows_failed} failed\n"
    )
    print_verdict(verdict)
    return 1 if verdict.violations else 0


if __name__ == "__main__":
    sys.exit(main())
