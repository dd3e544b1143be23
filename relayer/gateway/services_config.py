"""Configuration of the services beside SettlementService: custody, and the relayer that preflight asks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Platform = Annotated[str, Field(min_length=1, max_length=63)]


class FileSignerSection(BaseModel):
    """A key in a file of the gateway's machine: for test networks; a production profile refuses it.

    ``evm_key_file``: 32 bytes in hexadecimal. ``platform``: whose transactions it may sign.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["file"]
    platform: Platform
    evm_key_file: Path


class KmsSignerSection(BaseModel):
    """A secp256k1 key that never leaves AWS KMS (or what speaks its protocol at ``endpoint_url``)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["aws-kms"]
    platform: Platform
    key_id: Annotated[str, Field(min_length=1, max_length=2048)]
    region: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]
    endpoint_url: Annotated[str, Field(pattern=r"^https?://")] | None = None


SignerSection = Annotated[FileSignerSection | KmsSignerSection, Field(discriminator="kind")]


class CustodySection(BaseModel):
    """``max_gas_price_wei``: the most that is proposed to a platform; 0 is for networks on which gas is free.

    ``prepared_for_s``: how long a prepared transaction may be handed in.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_gas_price_wei: Annotated[int, Field(ge=0, lt=2**64)] = 0
    prepared_for_s: Annotated[int, Field(ge=10, le=86_400)] = 600
    signers: tuple[SignerSection, ...] = ()
