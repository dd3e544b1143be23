"""What a relayer needs of its own machine: certificates, keys, deployment files, the database, room on the disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509

from chains.evm.client.deployment import read_deployment
from chains.evm.client.examination import Finding, Fitness
from primitives.errors import CrossDvpError
from relayer.config import RelayerConfig
from relayer.peer_config import ConfigInvalid
from relayer.store import RelayerStore

SOON_DAYS: Final = 30
LITTLE_ROOM_BYTES, NO_ROOM_BYTES = 2 * 1024**3, 200 * 1024**2


def examine_files(config: RelayerConfig, now_s: float) -> list[Finding]:
    """Everything that needs no connection; the database's is opened if it is there. May block."""
    found = [_asked("certificate and key", lambda: _tls(config))]
    found += [_certificate(what, path, now_s) for what, path in _certificates(config)]
    for path in config.paths:
        found.append(_asked(f"{path.name}: account key", lambda path=path: _key(path.evm_secret())))  # type: ignore[misc] # bound now
        found.append(_asked(f"{path.name}: deployment", lambda path=path: _deployment(path.evm.deployment_file)))  # type: ignore[misc] # as above
    found += [_asked("database", lambda: _database(config)), _room(config)]
    return found


def _asked(question: str, answer: Callable[[], str]) -> Finding:
    try:
        return Finding(question, Fitness.GOOD, answer())
    except CrossDvpError as failure:
        return Finding(question, Fitness.UNFIT, failure.reason, str(failure))


def _tls(config: RelayerConfig) -> str:
    config.tls.load()
    return f"{config.tls.certificate} and its key fit"


def _certificates(config: RelayerConfig) -> tuple[tuple[str, Path], ...]:
    return ("certificate's end", config.tls.certificate), ("authority's end", config.tls.authority)


def _certificate(question: str, path: Path, now_s: float) -> Finding:
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as broken:
        return Finding(question, Fitness.UNFIT, "unreadable", f"{path}: {broken}")
    ends = certificate.not_valid_after_utc
    days = (ends - datetime.fromtimestamp(now_s, UTC)).days
    told = f"{ends:%Y-%m-%d}, in {days} days"
    if days < 0:
        return Finding(question, Fitness.UNFIT, told, f"{path} is over: nobody answers it; have it issued again")
    if days < SOON_DAYS:
        return Finding(question, Fitness.LIMITED, told, f"have {path} issued again before")
    return Finding(question, Fitness.GOOD, told)


def _key(secret: bytes) -> str:
    return f"{len(secret)} bytes"


def _deployment(path: Path) -> str:
    deployment = read_deployment(path)
    return f"chain {deployment.chain_id}, router {deployment.router}, light client {deployment.client_id}"


def _database(config: RelayerConfig) -> str:
    location = config.database
    if isinstance(location, Path) and not location.exists():
        if not (location.parent.is_dir() and os.access(location.parent, os.W_OK)):
            raise ConfigInvalid(str(location), "its directory is not there, or cannot be written")
        return f"{location} is not there yet: made at the first start"
    store = RelayerStore(location)
    try:
        counts = store.counts()
        return f"{store.database.shown}: {sum(counts.values())} packets"
    finally:
        store.close()


def _room(config: RelayerConfig) -> Finding:
    place = config.database.parent if isinstance(config.database, Path) else config.evidence
    while not place.exists() and place != place.parent:
        place = place.parent
    free = shutil.disk_usage(place).free
    told = f"{free / 1024**3:.1f} GiB free in {place}"
    if free < NO_ROOM_BYTES:
        return Finding("disk", Fitness.UNFIT, told, "make room: a full disk stops the relayer")
    if free < LITTLE_ROOM_BYTES:
        return Finding("disk", Fitness.LIMITED, told, "make room soon")
    return Finding("disk", Fitness.GOOD, told)
