"""The ``[http]`` section of the gateway's configuration."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class HttpSection(BaseModel):
    """``listen``: ``host:port`` of the HTTP face, with the gateway's certificate. ``heartbeat_s``: of streams."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    listen: Annotated[str, Field(pattern=r"^[^\s/]+:[0-9]{1,5}$")]
    heartbeat_s: Annotated[float, Field(ge=1, le=120)] = 15.0
