"""The ``[http]`` section of the gateway's configuration."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class HttpSection(BaseModel):
    """``listen``: ``host:port``; the certificate is the gateway's. ``heartbeat_s``: of event streams."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    listen: Annotated[str, Field(pattern=r"^[^\s/]+:[0-9]{1,5}$")]
    heartbeat_s: Annotated[float, Field(ge=1, le=120)] = 15.0
