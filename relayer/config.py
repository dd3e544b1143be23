"""Configuration of the relayer and gateway processes: one TOML file each, checked whole before anything starts."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chains.progmat.client import ApiEndpoint, ApiTls
from primitives.errors import CallerError


class ConfigInvalid(CallerError):
    """The configuration file cannot be used; every problem is listed."""

    reason = "CONFIG_INVALID"

    def __init__(self, path: str, problems: str) -> None:
        self.path, self.problems = path, problems
        super().__init__(f"{path}: {problems}")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TlsFiles(_Section):
    """PEM files: the authority that both sides trust, our certificate and its key."""

    authority: Path
    certificate: Path
    private_key: Path

    def load(self) -> ApiTls:
        """Read the files. Raises ``ConfigInvalid`` naming the one that cannot be read."""
        return ApiTls(*(_read(path) for path in (self.authority, self.certificate, self.private_key)))


class Peer(_Section):
    """A ledger party's API: the name in its certificate, and ``host:port``."""

    name: Annotated[str, Field(min_length=1, max_length=63)]
    target: Annotated[str, Field(pattern=r"^[^:]+:\d{1,5}$")]

    def endpoint(self) -> ApiEndpoint:
        """As the ledger's client takes it."""
        return ApiEndpoint(self.name, self.target)


class EvmSection(_Section):
    """The EVM chain: its JSON-RPC endpoint and where the IBC contracts were deployed."""

    rpc_url: Annotated[str, Field(pattern=r"^https?://")]
    deployment_file: Path


class LedgerSection(_Section):
    """The Progmat ledger: its issuer's node, custodians, Validators, and the light client it hosts of the EVM chain."""

    ledger_id: Annotated[str, Field(min_length=1, max_length=64)]
    client_id: Annotated[str, Field(min_length=2, max_length=64)]
    issuer: Peer
    custodians: tuple[Peer, ...] = ()
    validators: Annotated[tuple[Peer, ...], Field(min_length=1, max_length=64)]
    threshold: Annotated[int, Field(ge=1, le=64)]
    validator_addresses: Annotated[tuple[str, ...], Field(min_length=1, max_length=64)]


class RelayerConfig(_Section):
    """``crossdvp``'s relayer process. ``evm_key_file``: 32 bytes in hex, the account that pays for EVM submissions.

    ``kill_at`` is for kill tests only: the process sends itself SIGKILL when it reaches that line.
    """

    name: str = "relayer"
    listen: str
    database: Path
    tls: TlsFiles
    callers: tuple[str, ...]
    evm: EvmSection
    evm_key_file: Path
    ledger: LedgerSection
    poll_interval_ms: Annotated[int, Field(ge=10, le=60_000)] = 100
    receive_margin_s: Annotated[int, Field(ge=0, le=3600)] = 3
    kill_at: str = ""

    def evm_secret(self) -> bytes:
        """The EVM account's secret. Raises ``ConfigInvalid``."""
        text = _read(self.evm_key_file).decode(errors="replace").strip().removeprefix("0x")
        try:
            secret = bytes.fromhex(text)
        except ValueError:
            secret = b""
        if len(secret) != 32:
            raise ConfigInvalid(str(self.evm_key_file), "expected 32 bytes in hexadecimal")
        return secret


class GatewayConfig(_Section):
    """``crossdvp``'s gateway process. ``callers`` are the certificate names that may call it."""

    name: str = "gateway"
    listen: str
    database: Path
    tls: TlsFiles
    callers: tuple[str, ...]
    evm: EvmSection
    ledger: LedgerSection
    poll_interval_ms: Annotated[int, Field(ge=10, le=60_000)] = 100
    before_lock_s: Annotated[int, Field(ge=0, le=86_400)] = 10
    lock_to_settle_s: Annotated[int, Field(ge=1, le=86_400)] = 10


ConfigModel = TypeVar("ConfigModel", bound=BaseModel)


def load_config(model: type[ConfigModel], path: Path) -> ConfigModel:
    """Read and check a TOML file; relative paths in it are relative to the file. Raises ``ConfigInvalid``."""
    try:
        raw = tomllib.loads(_read(path).decode())
        return model.model_validate(_anchored(raw, path.parent))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise ConfigInvalid(str(path), f"not TOML: {broken}") from None
    except ValidationError as invalid:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in invalid.errors())
        raise ConfigInvalid(str(path), problems) from None


_PATHS = {"authority", "certificate", "private_key", "database", "deployment_file", "evm_key_file"}


def _anchored(section: dict[str, object], base: Path) -> dict[str, object]:
    """Make the file names of a configuration absolute."""
    anchored: dict[str, object] = {}
    for key, value in section.items():
        if isinstance(value, dict):
            anchored[key] = _anchored(value, base)
        elif key in _PATHS and isinstance(value, str):
            anchored[key] = base / value
        else:
            anchored[key] = value
    return anchored


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as failure:
        raise ConfigInvalid(str(path), f"cannot be read: {failure.strerror}") from None
