"""Configuration of the relayer and gateway processes: one TOML file each, checked whole before anything starts."""

from __future__ import annotations

import tomllib
from enum import Enum
from pathlib import Path
from typing import Annotated, Self, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError, model_validator

from chains.evm.client.adapter_family import AdapterFamily
from light_clients.progmat import ValidatorSet
from light_clients.registry import RegistryProfile
from primitives.errors import CrossDvpError
from primitives.secp256k1 import address_of
from relayer.core.crash_points import CrashPoint
from relayer.database import is_url
from relayer.evm_config import ConsensusKind, EvmSection
from relayer.gateway.call_config import CallsSection
from relayer.gateway.crash_points import GatewayCrashPoint
from relayer.gateway.http.section import HttpSection
from relayer.gateway.services_config import CustodySection
from relayer.gateway.settlement_config import CutOffSection, TolerancesSection
from relayer.gateway.tenants import TenantSection
from relayer.gateway.webhooks.section import WebhooksSection
from relayer.peer_config import ConfigInvalid, HostAndPort, PartyName, Peer, Section, TlsFiles, file_content
from relayer.planning_config import PlanningSection
from relayer.proof_config import DirectProof, ProofSection
from relayer.telemetry.config import TelemetrySection


def _known_line(points: type[Enum]) -> AfterValidator:
    known = [point.value for point in points]

    def check(text: str) -> str:
        if text and text not in known:
            raise ValueError(f"expected one of {', '.join(known)}, found {text[:80]!r}")
        return text

    return AfterValidator(check)


def _adapter_family(text: str) -> str:
    known = [family.value for family in AdapterFamily]
    if text not in known:
        raise ValueError(f"expected one of {', '.join(known)}, found {text[:80]!r}")
    return text


def _database_location(found: object) -> Path | str:
    if not isinstance(found, str | Path):
        raise ValueError(f"expected the path of a SQLite file or a postgresql:// URL, found {found!r}")  # noqa: TRY004  # pydantic wants a ValueError
    return found if isinstance(found, str) and is_url(found) else Path(found)


DatabaseLocation = Annotated[Path | str, BeforeValidator(_database_location)]
"""A SQLite file, or a ``postgresql://`` URL."""
PathName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]


class LedgerSection(Section):
    """The Progmat ledger: its issuer's node, custodians, Validators, and the light client it hosts of the EVM chain."""

    ledger_id: Annotated[str, Field(min_length=1, max_length=64)]
    client_id: Annotated[str, Field(min_length=2, max_length=64)]
    issuer: Peer
    custodians: tuple[Peer, ...] = ()
    validators: Annotated[tuple[Peer, ...], Field(min_length=1, max_length=64)]
    threshold: Annotated[int, Field(ge=1, le=64)]
    validator_addresses: Annotated[
        tuple[Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{40}$")], ...], Field(min_length=1, max_length=64)
    ]

    @model_validator(mode="after")
    def _threshold_can_be_reached(self) -> LedgerSection:
        distinct = {address.lower() for address in self.validator_addresses}
        if len(distinct) != len(self.validator_addresses):
            raise ValueError("validator_addresses: an address is listed twice")
        if self.threshold > min(len(distinct), len(self.validators)):
            raise ValueError(
                f"threshold: {self.threshold} signatures cannot come from {len(self.validators)} validators "
                f"with {len(distinct)} validator_addresses"
            )
        return self

    @property
    def validator_set(self) -> ValidatorSet:
        """The configured set of Validators, with which whoever follows rotations begins."""
        addresses = sorted(bytes.fromhex(address.removeprefix("0x")) for address in self.validator_addresses)
        return ValidatorSet(self.threshold, tuple(addresses))


class _Proved(Section):
    """Two chains and what carries proofs between them."""

    evm: EvmSection
    proof: ProofSection = DirectProof()

    @model_validator(mode="after")
    def _others_verify_qbft_alone(self) -> Self:
        if self.evm.consensus is not ConsensusKind.QBFT and not isinstance(self.proof, DirectProof):
            raise ValueError(
                f'proof.kind: hub and enclaves verify qbft alone, and evm.consensus is "{self.evm.consensus.value}"; '
                'use proof.kind = "direct"'
            )
        return self


def _refuse_mock(evm: EvmSection, profile: RegistryProfile) -> None:
    if evm.consensus is ConsensusKind.MOCK and profile is not RegistryProfile.TEST:
        raise ValueError(
            'evm.consensus: expected "qbft", found "mock", which proves nothing: anybody can make its headers; '
            'leave the line out, or say profile = "test" at the head of a configuration that is for tests only'
        )


def _refuse_kill(kill_at: str, profile: RegistryProfile) -> None:
    if kill_at and profile is not RegistryProfile.TEST:
        raise ValueError(
            f'kill_at: expected nothing, found "{kill_at}": the process would kill itself there; '
            'leave the line out, or say profile = "test" at the head of a configuration that is for tests only'
        )


class PathSection(_Proved):
    """One path: an EVM chain, the ledger, and the proofs between them. Its name is kept with everything stored.

    ``evm_key_file``: 32 bytes in hex, the account that pays for EVM submissions. Paths to one chain with one key share
    the connection, the account and the order of its nonces, and are relayed by the same instance.
    ``proof``: the proof architecture, see ``relayer.proof_config``; direct unless it is given.
    """

    name: PathName
    evm_key_file: Path
    ledger: LedgerSection
    receive_margin_s: Annotated[int, Field(ge=0, le=3600)] = 3
    planning: PlanningSection = PlanningSection()

    def evm_secret(self) -> bytes:
        """The EVM account's secret. Raises ``ConfigInvalid``."""
        return read_secret(self.evm_key_file)


class LeaseSection(Section):
    """How several instances over one database share the work.

    ``ttl_s``: an instance that is silent for so long is taken for dead, and another goes on. ``instance``: this one's
    name among them, which no other may have; by default its machine's name and the address it listens on.
    """

    ttl_s: Annotated[float, Field(ge=1, le=300)] = 10.0
    instance: Annotated[str, Field(max_length=100)] = ""


class RelayerConfig(Section):
    """``crossdvp``'s relayer process.

    ``profile``: what the process is for. Only ``test`` admits a chain whose consensus is the mock's.
    ``archive_after_s``: a packet that ended longer ago is archived.
    ``evidence_directory``: where a file is kept for each Validator that signed twice; beside the database by default.
    ``telemetry``: see ``TelemetrySection``; nothing listens and nothing is traced unless it is given.
    ``kill_at`` is for kill tests, with profile ``test``: the process sends itself SIGKILL when it reaches that line.
    """

    profile: RegistryProfile = RegistryProfile.PRODUCTION
    name: str = "relayer"
    listen: HostAndPort
    database: DatabaseLocation
    tls: TlsFiles
    callers: tuple[PartyName, ...]
    paths: Annotated[tuple[PathSection, ...], Field(min_length=1, max_length=64)]
    lease: LeaseSection = LeaseSection()
    archive_after_s: Annotated[int, Field(ge=0, le=10 * 366 * 86_400)] = 7 * 86_400
    poll_interval_ms: Annotated[int, Field(ge=10, le=60_000)] = 100
    watch_interval_ms: Annotated[int, Field(ge=100, le=600_000)] = 2000
    evidence_directory: Path | None = None
    telemetry: TelemetrySection = TelemetrySection()
    kill_at: Annotated[str, _known_line(CrashPoint)] = ""

    @model_validator(mode="after")
    def _what_is_for_tests_is_for_tests(self) -> Self:
        for path in self.paths:
            _refuse_mock(path.evm, self.profile)
        _refuse_kill(self.kill_at, self.profile)
        return self

    @model_validator(mode="after")
    def _names_are_distinct(self) -> Self:
        names = [path.name for path in self.paths]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"paths: expected a name of its own for each path, found {twice[0]!r} twice")
        return self

    @property
    def evidence(self) -> Path:
        """Where evidence is kept."""
        if self.evidence_directory is not None:
            return self.evidence_directory
        return self.database.parent / "evidence" if isinstance(self.database, Path) else Path("evidence")


class GatewayConfig(_Proved):
    """``crossdvp``'s gateway process. ``profile`` and ``proof`` as the relayer's.

    ``tenants``: platforms that may call it, by the name in their certificates; ``calls``: what holds for every call.
    ``before_…_s``, ``…_to_settle_s``: see ``Margins``, of cash leading and of securities leading (payment).
    ``securities_lead``: families of adapters whose settlements the securities lead where an instruction does not say.
    ``tolerances``, ``cut_offs`` (by cash ledger): see ``settlement_config``.
    ``http``, ``webhooks``: the JSON face, and events posted to platforms; each is there if its section is.
    ``telemetry``: as the relayer's.
    ``custody``: see ``services_config``. ``relayer``: the one that preflight asks whether it is alive, if any.
    ``kill_at``: as the relayer's, the lines of ``gateway.crash_points``.
    """

    profile: RegistryProfile = RegistryProfile.PRODUCTION
    name: str = "gateway"
    listen: HostAndPort
    database: DatabaseLocation
    tls: TlsFiles
    tenants: Annotated[dict[PartyName, TenantSection], Field(min_length=1)]
    calls: CallsSection = CallsSection()
    ledger: LedgerSection
    poll_interval_ms: Annotated[int, Field(ge=10, le=60_000)] = 100
    before_lock_s: Annotated[int, Field(ge=0, le=86_400)] = 10
    lock_to_settle_s: Annotated[int, Field(ge=1, le=86_400)] = 10
    before_payment_s: Annotated[int, Field(ge=0, le=86_400)] = 20
    payment_to_settle_s: Annotated[int, Field(ge=1, le=86_400)] = 10
    securities_lead: tuple[Annotated[str, AfterValidator(_adapter_family)], ...] = ()
    tolerances: TolerancesSection = TolerancesSection()
    cut_offs: dict[Annotated[str, Field(min_length=1, max_length=64)], CutOffSection] = Field(default_factory=dict)
    watch_heartbeat_s: Annotated[float, Field(ge=0.1, le=3600)] = 15.0
    http: HttpSection | None = None
    webhooks: WebhooksSection | None = None
    telemetry: TelemetrySection = TelemetrySection()
    custody: CustodySection = CustodySection()
    relayer: Peer | None = None
    kill_at: Annotated[str, _known_line(GatewayCrashPoint)] = ""

    @model_validator(mode="after")
    def _what_is_for_tests_is_for_tests(self) -> Self:
        _refuse_mock(self.evm, self.profile)
        _refuse_kill(self.kill_at, self.profile)
        return self

    @model_validator(mode="after")
    def _keys_in_files_are_for_tests(self) -> Self:
        if self.profile is not RegistryProfile.TEST and any(each.kind == "file" for each in self.custody.signers):
            raise ValueError(
                'custody.signers: expected kind "aws-kms", found "file": a platform\'s key does not lie on this disk; '
                ' say profile = "test" at the head of a configuration that is for tests only'
            )
        return self


def read_secret(path: Path) -> bytes:
    """A secp256k1 secret from a file with 32 bytes in hex. Raises ``ConfigInvalid``."""
    text = file_content(path).decode(errors="replace").strip().removeprefix("0x")
    try:
        secret = bytes.fromhex(text)
        address_of(secret)
    except (ValueError, CrossDvpError):
        raise ConfigInvalid(str(path), "expected a secp256k1 secret: 32 bytes in hexadecimal") from None
    return secret


ConfigModel = TypeVar("ConfigModel", bound=BaseModel)


def load_config(model: type[ConfigModel], path: Path) -> ConfigModel:
    """Read and check a TOML file; relative paths in it are relative to the file. Raises ``ConfigInvalid``."""
    try:
        raw = tomllib.loads(file_content(path).decode())
        return model.model_validate(_anchored(raw, path.parent))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise ConfigInvalid(str(path), f"not TOML: {broken}") from None
    except ValidationError as invalid:
        problems = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in invalid.errors())
        places = [(tuple(error["loc"]), error["msg"]) for error in invalid.errors()]
        raise ConfigInvalid(str(path), problems, places) from None


_PATHS = {
    "authority",
    "certificate",
    "private_key",
    "database",
    "deployment_file",
    "evm_key_file",
    "evidence_directory",
    "simulated_root",
    "hub_key_file",
    "operator_key_file",
    "answer_file",
    "collateral_file",
    "public_key",
    "key_file",
    "authority_file",
    "traces_file",
}


def _anchored(section: dict[str, object], base: Path) -> dict[str, object]:
    """Make the file names of a configuration absolute."""
    anchored: dict[str, object] = {}
    for key, value in section.items():
        if isinstance(value, dict):
            anchored[key] = _anchored(value, base)
        elif isinstance(value, list):
            anchored[key] = [_anchored(each, base) if isinstance(each, dict) else each for each in value]
        elif key in _PATHS and isinstance(value, str) and not is_url(value):
            anchored[key] = base / value
        else:
            anchored[key] = value
    return anchored
