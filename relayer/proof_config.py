"""The ``[proof]`` section of relayer and gateway: which proof architecture carries headers and proofs."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from relayer.enclave.config import LOCAL_LISTEN

MOST_OPERATORS: Final = 16
REFRESH_FRACTION: Final = 3
"""An idle path is refreshed when 1/3 of the trusting period has passed; see ``relayer.core.plan``."""


class Architecture(Enum):
    """Who verifies the far chain: the near chain itself, a chain between, or enclaves."""

    DIRECT = "direct"
    HUB = "hub"
    ENCLAVE = "enclave"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DirectProof(_Section):
    """Each chain verifies the other's own headers and proofs."""

    kind: Literal["direct"] = "direct"


class HubProof(_Section):
    """A QBFT chain between verifies both ends; ``deployment_file`` is of ``HubDeployment``.

    ``hub_key_file``: 32 bytes in hex, the account that brings headers to the hub; each process needs one of its own.
    """

    kind: Literal["hub"]
    rpc_url: Annotated[str, Field(pattern=r"^https?://")]
    deployment_file: Path
    hub_key_file: Path


class EnclaveOperator(_Section):
    """One operator's enclave, on a local socket, and the file with the operator's answer for its key."""

    address: Annotated[str, Field(pattern=r"^0x[0-9a-f]{40}$")]
    enclave: Annotated[str, Field(pattern=LOCAL_LISTEN)]
    answer_file: Path


class EnclaveProof(_Section):
    """Enclaves of distinct operators verify both ends, and ``threshold`` of them sign what they verified.

    ``ledger_…`` and ``evm_trusting_period_s``, ``max_clock_drift_s``: of the light clients inside, as the chains'
    enclave clients were made for them; with others every statement is refused. A key that has less than
    ``renew_before_s`` to live is registered again.
    """

    kind: Literal["enclave"]
    threshold: Annotated[int, Field(ge=2, le=MOST_OPERATORS)]
    operators: Annotated[dict[str, EnclaveOperator], Field(min_length=2, max_length=MOST_OPERATORS)]
    ledger_trusting_period_s: Annotated[int, Field(ge=1)]
    evm_trusting_period_s: Annotated[int, Field(ge=1)]
    max_clock_drift_s: Annotated[int, Field(ge=0, le=3600)]
    renew_before_s: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _operators_are_distinct_and_enough(self) -> Self:
        for what in ("address", "enclave", "answer_file"):
            values = [getattr(operator, what) for operator in self.operators.values()]
            if len(set(values)) != len(values):
                raise ValueError(f"operators: two of them have the same {what}")
        if self.threshold > len(self.operators):
            raise ValueError(f"threshold: {self.threshold} signatures cannot come from {len(self.operators)} operators")
        return self

    @model_validator(mode="after")
    def _keys_outlive_the_pause_between_two_updates(self) -> Self:
        pause_s = self.evm_trusting_period_s // REFRESH_FRACTION
        if self.renew_before_s <= pause_s:
            raise ValueError(
                f"renew_before_s: an idle path is updated every {pause_s} s (1/{REFRESH_FRACTION} of "
                f"evm_trusting_period_s), so that a key could expire unrenewed: more than that is needed, "
                f"found {self.renew_before_s}"
            )
        return self


ProofSection = Annotated[DirectProof | HubProof | EnclaveProof, Field(discriminator="kind")]


def architecture_of(section: DirectProof | HubProof | EnclaveProof) -> Architecture:
    """The architecture that a section configures."""
    return Architecture(section.kind)
