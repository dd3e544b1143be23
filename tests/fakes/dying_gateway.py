"""``python dying_gateway.py DATABASE…``: applies two batches of audited works to each, and kills itself on the way.

At the n-th database the process that works on it (a fork of this one) dies before its n-th statement or commit. Says
for each ``killed`` or ``finished``, a line each.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "proto" / "gen")]

import sqlalchemy as sa  # noqa: E402 # the checkout must be importable first
from crossdvp.gateway.v1 import settlement_service_pb2 as pb  # noqa: E402 # as above

from relayer.gateway.audit_entries import AuditKind, AuditRecord  # noqa: E402 # as above
from relayer.gateway.audit_riding import RidingEntries  # noqa: E402 # as above
from relayer.gateway.instructing import instruct  # noqa: E402 # as above
from relayer.gateway.matching import Side  # noqa: E402 # as above
from relayer.gateway.requests import Request, RequestKey  # noqa: E402 # as above
from relayer.gateway.settlement_writes import Work  # noqa: E402 # as above
from relayer.gateway.store import GatewayStore  # noqa: E402 # as above
from tests.fakes.settlement_terms import T0_S, some_terms  # noqa: E402 # as above


def audited_work(trade: int, side: Side, request_id: str, *, reference: str = "") -> Work:
    """An instruction of one side, with the entries of the call that asks for it."""
    terms = some_terms(trade)
    body = pb.CreateSettlementRequest(reference=reference).SerializeToString()
    request = Request(RequestKey("house", request_id), "CreateSettlement", body)
    intent = AuditRecord(AuditKind.INTENT, T0_S, "house", "", "/x/Create", request_id, bytes(32))
    return Work(terms.trade_id, instruct(side, terms, T0_S), T0_S, request=request, audit=RidingEntries(intent))


BATCHES = (
    [audited_work(trade, Side.SELLER, f"s{trade}") for trade in (1, 2)],
    [
        audited_work(1, Side.BUYER, "b1"),
        audited_work(3, Side.SELLER, "s1", reference="another body"),
        audited_work(4, Side.SELLER, "s4"),
    ],
)
"""The second work of the second batch is refused: its request id was used for another one."""


def work_on(database: Path, steps: int) -> None:
    """Both batches, or death before step ``steps``."""
    store, taken = GatewayStore(database), [0]

    def step(*_arguments: object, **_more: object) -> None:
        taken[0] += 1
        if taken[0] > steps:
            os.kill(os.getpid(), signal.SIGKILL)

    for event in ("before_cursor_execute", "commit"):
        sa.event.listen(store.database.engine, event, step)
    for batch in BATCHES:
        store.apply(batch)
        step()


def main() -> None:
    """See the module."""
    for steps, database in enumerate(sys.argv[1:]):
        child = os.fork()
        if not child:
            work_on(Path(database), steps)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status) and os.WEXITSTATUS(status):
            sys.exit(f"{database}: the gateway failed")
        print("killed" if os.WIFSIGNALED(status) else "finished", flush=True)  # noqa: T201  # what it is for


if __name__ == "__main__":
    main()
