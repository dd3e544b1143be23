"""A node's configuration: one TOML file, every field checked, overridable by environment (``CROSSDVP_NODE_<FIELD>``).

Nested fields are joined by two underscores: ``CROSSDVP_NODE_LISTEN__PORT=9001``. Relative paths are the file's.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from chains.progmat.flows.history_policy import DEFAULT_EVERY, HistoryPolicy
from chains.progmat.identity import Role, node_name
from chains.progmat.identity.errors import BadNodeName
from chains.progmat.market.people.rules import IdentityProvider, PasswordPolicy, PeopleRules
from chains.progmat.node.database_location import BadDatabaseUrl, DatabaseLocation, database_location, postgres_database
from chains.progmat.node.keys_config import KeysSection
from primitives.errors import CallerError

MAX_FILE_BYTES = 256 * 1024


class BadNodeConfig(CallerError):
    """The configuration cannot be used."""

    reason = "BAD_NODE_CONFIG"

    def __init__(self, source: str, problems: tuple[str, ...]) -> None:
        self.source = source
        self.problems = problems
        super().__init__(f"{source}: " + "; ".join(problems))


def _checked_name(name: str) -> str:
    try:
        return node_name(name)
    except BadNodeName as error:
        raise ValueError(str(error)) from error


def _role(value: object) -> object:
    return Role(value) if isinstance(value, str) else value


NodeName = Annotated[str, AfterValidator(_checked_name)]
Seconds = Annotated[float, Field(gt=0, le=86400)]
RootPin = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Listen(_Section):
    """Where the node answers peers and its API's users."""

    host: Annotated[str, Field(min_length=1, max_length=253)] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)]


class TlsFiles(_Section):
    """PEM files: the network's authority, this node's certificate (its common name is the node's) and private key."""

    authority: Path
    certificate: Path
    private_key: Path


def _database_url(url: str | None) -> str | None:
    if url is not None:
        try:
            postgres_database(url, Path())
        except BadDatabaseUrl as error:
            raise ValueError(str(error)) from error
    return url


class Database(_Section):
    """Where the node keeps what it knows: PostgreSQL by its URL, else a SQLite file in ``data_dir``.

    libpq's options may follow the URL (``?sslmode=verify-full&passfile=...``); the password may also come from
    ``CROSSDVP_NODE_DATABASE__URL`` or libpq's ``PGPASSFILE``.
    """

    url: Annotated[str | None, AfterValidator(_database_url)] = None


class VaultUpkeepConfig(_Section):
    """What a node does to its vault by itself; accounts with more small coins than that are groomed, 0: none are."""

    every_s: Annotated[int, Field(ge=1, le=86400)] = 10
    updates_kept: Annotated[int, Field(ge=1, le=10**9)] = 1_000_000  # of the update stream, the newest
    deliveries_kept_s: Annotated[int, Field(ge=60, le=10**9)] = 7 * 86_400  # once acknowledged, since they were owed
    groom_above_coins: Annotated[int, Field(ge=0, le=10**6)] = 0
    groom_below_yen: Annotated[int, Field(ge=2, le=10**15)] = 10_000
    groom_max_coins: Annotated[int, Field(ge=2, le=128)] = 64


class NotarySection(_Section):
    """Only for NN. ``store``: postgresql://user@host/database without a password, or none for a file in ``data_dir``.

    The password is in ``passfile`` (libpq's format, readable by the owner only) or in the environment's ``PGPASSWORD``.
    """

    store: Annotated[str, Field(min_length=1, max_length=2048)] | None = None
    passfile: Path | None = None
    lease_s: Annotated[float, Field(ge=1, le=600)] = 5.0  # how long a silent worker keeps the standby waiting
    verify_workers: Annotated[int, Field(ge=0, le=64)] = 1  # processes that verify requests' signatures; 0: none


class IdentityProviderSection(_Section):
    """An OpenID Connect provider whose ID tokens log users in; ``audience`` is this node's client id there."""

    issuer: Annotated[str, Field(pattern=r"^https://[!-~]{1,290}$")]
    audience: Annotated[str, Field(min_length=1, max_length=200)]
    keys_url: Annotated[str, Field(pattern=r"^https://[!-~]{1,290}$")]


class PeopleSection(_Section):
    """Rules for the node's users: passwords, failures, sessions, identity providers."""

    password_min_chars: Annotated[int, Field(ge=8, le=64)] = 12
    password_max_age_days: Annotated[int, Field(ge=1, le=3650)] = 90
    lock_after_failures: Annotated[int, Field(ge=3, le=100)] = 10
    session_s: Annotated[int, Field(ge=60, le=86_400)] = 8 * 3600
    providers: tuple[IdentityProviderSection, ...] = ()

    def rules(self) -> PeopleRules:
        """As the node's people take them."""
        policy = PasswordPolicy(
            min_chars=self.password_min_chars,
            max_age_s=self.password_max_age_days * 86_400,
            lock_after=self.lock_after_failures,
            session_s=self.session_s,
        )
        return PeopleRules(policy, tuple(IdentityProvider(**each.model_dump()) for each in self.providers))


class NodeConfig(BaseSettings):
    """All a node needs to start; whom it knows is in the network map, what it agrees to in the parameters file."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix="CROSSDVP_NODE_", env_nested_delimiter="__"
    )

    name: NodeName
    roles: Annotated[frozenset[Annotated[Role, BeforeValidator(_role)]], Field(min_length=1)]
    listen: Listen
    tls: TlsFiles
    keys: KeysSection
    network_map: Path
    parameters: Path
    data_dir: Path  # the node keeps its database files there
    database: Database = Database()
    operators: frozenset[NodeName] = frozenset()  # certificates that may call everything of the node's API
    platforms: frozenset[NodeName] = frozenset()  # ... that speak for the accounts kept here: cash, trades, reads
    gateways: frozenset[NodeName] = frozenset()  # ... locks of authorised trades, cancellations and reads
    relayers: frozenset[NodeName] = frozenset()  # ... light clients, packets, events and reads
    notary: NotarySection = NotarySection()
    request_timeout_s: Seconds = 10.0
    history: HistoryPolicy = HistoryPolicy.ATTESTED  # of coin that is received; an issuer keeps all of it anyway
    attest_every: Annotated[int, Field(ge=0, le=10_000)] = DEFAULT_EVERY  # steps; an issuer's coin; 0: never
    soft_lock_s: Annotated[int, Field(ge=5, le=86400)] = 120
    vault: VaultUpkeepConfig = VaultUpkeepConfig()
    people: PeopleSection = PeopleSection()
    attestation_roots: frozenset[RootPin] = frozenset()  # of enclaves, beside the makers'; alike on a whole network

    @property
    def attestation_root_pins(self) -> frozenset[bytes]:
        """SHA-256 of root certificates, 32 bytes each."""
        return frozenset(bytes.fromhex(pin) for pin in self.attestation_roots)

    @property
    def database_at(self) -> DatabaseLocation:
        """Where the node's database is."""
        return database_location(self.data_dir, self.database.url)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file (which comes in as constructor arguments)."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings


def load_node_config(path: Path) -> NodeConfig:
    """Read and check a node's TOML file; raises ``BadNodeConfig`` naming every wrong field."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise BadNodeConfig(str(path), (f"longer than {MAX_FILE_BYTES} bytes",))
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise BadNodeConfig(str(path), (f"cannot be read: {error}",)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadNodeConfig(str(path), (f"is not TOML: {error}",)) from error
    try:
        config = NodeConfig(**content)
    except ValidationError as error:
        raise BadNodeConfig(str(path), _problems(error)) from error
    return _anchored(config, path.resolve().parent)


def _problems(error: ValidationError) -> tuple[str, ...]:
    found = error.errors(include_url=False, include_input=False)
    return tuple(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in found)


def _anchored(config: NodeConfig, base: Path) -> NodeConfig:
    changed: dict[str, Any] = {name: base / getattr(config, name) for name in ("network_map", "parameters", "data_dir")}
    changed["keys"] = config.keys.anchored(base)
    for section_name in ("tls", "notary"):
        section: BaseModel = getattr(config, section_name)
        paths = {field: base / value for field, value in section if isinstance(value, Path)}
        changed[section_name] = section.model_copy(update=paths)
    return config.model_copy(update=changed)
