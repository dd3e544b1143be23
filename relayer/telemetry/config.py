"""The ``[telemetry]`` section of relayer and gateway: what is exported where, and when something counts as broken."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

LISTEN: Final = r"^[^\s/]+:[0-9]{1,5}$"


class LogLevel(Enum):
    """How much a package says."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


PackageName = Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]{0,127}$")]


class TelemetrySection(BaseModel):
    """All of it is optional; without a line nothing listens and no span is made.

    ``metrics_listen``: host:port of /metrics, /healthz and /readyz, plain HTTP without callers' names: bind it where
    only the operator's network reaches. ``otlp_endpoint``: an OTLP collector's gRPC address, http:// for plain text.
    ``traces_file``: spans as JSON lines. ``check_interval_s``: pause between two looks at every dependency, each of
    which has ``check_timeout_s``. ``most_still_periods``: block periods for which a head may stand;
    ``ledger_period_s``: the notary's pause between ticks. ``max_clock_skew_s``: between this machine and the chains.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    metrics_listen: Annotated[str, Field(pattern=LISTEN)] | None = None
    otlp_endpoint: Annotated[str, Field(pattern=r"^https?://[^\s/@]+$")] | None = None
    traces_file: Path | None = None
    log_levels: Annotated[dict[PackageName, LogLevel], Field(max_length=64)] = {}
    check_interval_s: Annotated[float, Field(ge=0.05, le=600)] = 5.0
    check_timeout_s: Annotated[float, Field(ge=0.05, le=60)] = 5.0
    most_still_periods: Annotated[int, Field(ge=2, le=10_000)] = 20
    ledger_period_s: Annotated[float, Field(gt=0, le=3600)] = 1.0
    max_clock_skew_s: Annotated[float, Field(gt=0, le=3600)] = 30.0

    @property
    def is_exported(self) -> bool:
        """Whether anybody reads what is measured."""
        return bool(self.metrics_listen or self.otlp_endpoint or self.traces_file)
