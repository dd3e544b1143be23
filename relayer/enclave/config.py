"""Configuration of the enclave process: one TOML file, checked whole before a key is made."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

LOCAL_LISTEN = r"^(unix:/.{1,100}|127\.0\.0\.1:\d{1,5})$"


class Backend(Enum):
    """What makes the process an enclave."""

    SIMULATION = "simulation"
    GRAMINE = "gramine"
    NITRO = "nitro"


class EnclaveConfig(BaseModel):
    """`listen` is local: ``unix:/path`` or ``127.0.0.1:port``. `simulated_root`: file of `SimulatedRoot.to_bytes`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    listen: Annotated[str, Field(pattern=LOCAL_LISTEN)]
    operator: Annotated[str, Field(pattern=r"^0x[0-9a-f]{40}$")]
    backend: Backend
    simulated_root: Path | None = None

    @model_validator(mode="after")
    def _root_belongs_to_the_simulation(self) -> EnclaveConfig:
        if (self.simulated_root is not None) != (self.backend is Backend.SIMULATION):
            raise ValueError("simulated_root goes with backend = 'simulation', and only with it")
        return self

    @property
    def operator_address(self) -> bytes:
        """20 bytes."""
        return bytes.fromhex(self.operator[2:])
