"""Configuration of an operator's process: one TOML file, checked whole before anything starts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from relayer.config import LedgerSection
from relayer.enclave.config import LOCAL_LISTEN
from relayer.evm_config import EvmSection
from relayer.peer_config import TlsFiles


class OperatorConfig(BaseModel):
    """``operator_key_file``: 32 bytes in hex, the key that answers for the enclave and pays for registrations.

    ``answer_file`` is written for relayers and gateways. An SGX quote's collateral comes from ``collateral_file``, kept
    fresh by a provisioning service, or from the ``simulated_root``; a Nitro document needs none. ``renew_before_s``: a
    key that has less to live is registered again.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    enclave: Annotated[str, Field(pattern=LOCAL_LISTEN)]
    operator_key_file: Path
    answer_file: Path
    collateral_file: Path | None = None
    simulated_root: Path | None = None
    renew_before_s: Annotated[int, Field(ge=1)] = 3600
    poll_interval_ms: Annotated[int, Field(ge=100, le=600_000)] = 2000
    tls: TlsFiles
    evm: EvmSection
    ledger: LedgerSection

    @model_validator(mode="after")
    def _collateral_has_one_source(self) -> Self:
        if self.collateral_file is not None and self.simulated_root is not None:
            raise ValueError("collateral_file and simulated_root: collateral has one source, two are given")
        return self
