"""The ``[webhooks]`` section of the gateway's configuration."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class WebhooksSection(BaseModel):
    """Without it the gateway posts nothing, and has no WebhookService.

    ``key_file``: 32 bytes in hexadecimal, with which the stored signing secrets are sealed; keep it away from backups
    of the database. ``allowed_networks``: private networks that may be posted to. ``authority_file``: PEM certificates
    that targets' certificates may be signed by, beside the system's. ``first_pause_s``, ``most_pause_s``: between
    attempts at a target that fails. ``timeout_s``: of an attempt.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    key_file: Path
    allowed_networks: Annotated[tuple[IPv4Network | IPv6Network, ...], Field(max_length=64)] = ()
    authority_file: Path | None = None
    first_pause_s: Annotated[int, Field(ge=1, le=3600)] = 2
    most_pause_s: Annotated[int, Field(ge=1, le=86_400)] = 3600
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 10.0
