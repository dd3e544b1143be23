"""How long database transactions take, told by the engine's own events: the stores know nothing of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import sqlalchemy as sa

from relayer.telemetry import names
from relayer.telemetry.metrics import Metrics

_BEGAN: Final = "crossdvp_began_s"


def watch_database(engine: sa.Engine, metrics: Metrics, timer_s: Callable[[], float]) -> None:
    """Time every transaction of an engine from begin to its end. ``timer_s`` never goes back."""

    def began(connection: sa.Connection) -> None:
        connection.info[_BEGAN] = timer_s()

    def ended(connection: sa.Connection, end: str) -> None:
        began_s: Any = connection.info.pop(_BEGAN, None)
        if began_s is not None:
            metrics.observe(names.DATABASE_SECONDS, end, seconds=timer_s() - began_s)

    sa.event.listen(engine, "begin", began)
    sa.event.listen(engine, "commit", lambda connection: ended(connection, "commit"))
    sa.event.listen(engine, "rollback", lambda connection: ended(connection, "rollback"))
