"""What a devnet is made of, and how its blocks get their time.

Block time is in whole seconds and strictly increasing (a rule of every Ethereum client), so a chain with more than one
block a second cannot follow the wall clock. Hence:

- `clock = "wall"` (default): a block's timestamp is the wall clock's, at least the parent's + 1. With interval mining
  the period is a multiple of 1000 ms and a block is made when the wall clock reaches parent + period, so block time
  never runs ahead. With instant or manual mining, more than one block a second runs ahead by a second a block and is
  caught up with while the chain is idle.
- `clock = "virtual"`: a block's timestamp is the parent's + `virtual_step_s`, whatever the wall clock says: fast chains
  and deterministic tests. Light clients of such a chain need the chain's own clock.
"""

from __future__ import annotations

import tomllib
from enum import Enum
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from chains.evm.devnet.errors import DevnetConfigError
from primitives.keccak import keccak256
from primitives.secp256k1 import ORDER

_MAX_CONFIG_BYTES: Final = 1 << 20
_DEFAULT_BALANCE_WEI: Final = 10**24

HexAddress = Annotated[str, StringConstraints(pattern=r"^0x[0-9a-fA-F]{40}$")]
HexSecret = Annotated[str, StringConstraints(pattern=r"^0x[0-9a-fA-F]{64}$")]


class MiningMode(Enum):
    """When blocks are made."""

    INTERVAL = "interval"  # one each block period, empty or not
    INSTANT = "instant"  # one for each accepted transaction, before its hash is returned
    MANUAL = "manual"  # only on devnet_mine


class ClockMode(Enum):
    """Where block time comes from; see the module's docstring."""

    WALL = "wall"
    VIRTUAL = "virtual"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Prefunded(_Model):
    """An account of the genesis state."""

    address: HexAddress
    balance_wei: Annotated[int, Field(ge=0, lt=2**256)] = _DEFAULT_BALANCE_WEI


class RpcLimits(_Model):
    """Bounds of what one request may ask and one answer may hold."""

    max_body_bytes: Annotated[int, Field(gt=0)] = 4 << 20
    max_batch: Annotated[int, Field(gt=0)] = 100
    max_log_range_blocks: Annotated[int, Field(gt=0)] = 10_000
    max_logs: Annotated[int, Field(gt=0)] = 10_000
    max_proof_keys: Annotated[int, Field(gt=0)] = 256
    max_mined_blocks: Annotated[int, Field(gt=0)] = 10_000


class DevnetConfig(_Model):
    """One chain and its endpoint. Port 0 lets the system choose; `ready_file` then tells where the node listens."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    chain_id: Annotated[int, Field(ge=1, lt=2**53)] = 919_191  # nobody's network
    mining: MiningMode = MiningMode.INTERVAL
    block_period_ms: Annotated[int, Field(ge=10, le=3_600_000)] = 1000
    clock: ClockMode = ClockMode.WALL
    virtual_step_s: Annotated[int, Field(ge=1, le=86_400)] = 1
    gas_limit: Annotated[int, Field(ge=5_000_000, le=1_000_000_000)] = 100_000_000
    genesis_time_s: Annotated[int, Field(ge=1, lt=2**63)] | None = None
    validator_seed: str = "crossdvp"
    validator_count: Annotated[int, Field(ge=1, le=64)] = 4
    validator_secrets: tuple[HexSecret, ...] = ()
    prefunded: tuple[Prefunded, ...] = ()
    data_dir: Path | None = None
    ready_file: Path | None = None
    limits: RpcLimits = RpcLimits()

    @model_validator(mode="after")
    def _time_does_not_run_away(self) -> Self:
        interval_on_wall_clock = self.mining is MiningMode.INTERVAL and self.clock is ClockMode.WALL
        if interval_on_wall_clock and self.block_period_ms % 1000:
            message = (
                f"block_period_ms = {self.block_period_ms}: block time is in whole seconds, so the wall clock needs"
                ' a multiple of 1000; set clock = "virtual" for faster blocks'
            )
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _keys_are_distinct_secrets(self) -> Self:
        secrets = self.validator_keys()
        if len(set(secrets)) != len(secrets):
            raise ValueError("validator_secrets holds a key twice")
        if any(not 0 < int.from_bytes(secret, "big") < ORDER for secret in secrets):
            raise ValueError("validator_secrets holds a number that is no secp256k1 key")
        addresses = [account.address.lower() for account in self.prefunded]
        if len(set(addresses)) != len(addresses):
            raise ValueError("prefunded names an address twice")
        return self

    def validator_keys(self) -> tuple[bytes, ...]:
        """Give the secrets: those configured, else `validator_count` of them derived from the seed."""
        if self.validator_secrets:
            return tuple(bytes.fromhex(secret[2:]) for secret in self.validator_secrets)
        return tuple(derive_secret(self.validator_seed, index) for index in range(self.validator_count))


def derive_secret(seed: str, index: int) -> bytes:
    """Derive a devnet key from a public seed: reproducible, and worthless anywhere else."""
    return keccak256(b"crossdvp/devnet-key/1" + keccak256(seed.encode()) + index.to_bytes(4, "big"))


def load_config(path: Path) -> DevnetConfig:
    """Read a TOML file; raises `DevnetConfigError` naming every wrong field."""
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_CONFIG_BYTES + 1)
    except OSError as error:
        raise DevnetConfigError(f"{path}: {error.strerror}") from error
    if len(raw) > _MAX_CONFIG_BYTES:
        raise DevnetConfigError(f"{path}: larger than {_MAX_CONFIG_BYTES} bytes")
    try:
        return DevnetConfig.model_validate(tomllib.loads(raw.decode("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DevnetConfigError(f"{path}: not TOML: {error}") from error
    except ValidationError as error:
        found = "; ".join(f"{'.'.join(map(str, item['loc'])) or 'devnet'}: {item['msg']}" for item in error.errors())
        raise DevnetConfigError(f"{path}: {found}") from error
