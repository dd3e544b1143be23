"""Checks everything a node's configuration names, one finding each, without opening a database or a port."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from chains.progmat.identity import NetworkMap, Role
from chains.progmat.network.parameters_book import ParametersBook
from chains.progmat.node.config import NodeConfig, NotarySection
from chains.progmat.node.key_opening import open_key_store
from chains.progmat.node.package_hash import package_hash
from chains.progmat.notary.opening import NotaryOptions, describe_store
from chains.progmat.transactions.network_parameters import NetworkParameters
from primitives.errors import CrossDvpError


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what was found, or the problem with what to do about it."""

    what: str
    found: str
    problem: str | None = None


class _Wrong(Exception):  # never leaves this module: a finding's text on its way up
    """A check that failed in words of its own."""


def check_configuration(config: NodeConfig) -> tuple[Finding, ...]:
    """All findings, in the order in which a starting node would meet them."""
    return tuple(_findings(config))


def _findings(config: NodeConfig) -> Iterator[Finding]:
    yield _looked_at("certificate", lambda: _certificate(config))
    yield _looked_at("network map", lambda: _on_map(config))
    yield _looked_at("keys", lambda: _keys(config))
    yield _looked_at("parameters", lambda: _parameters(config))
    yield _looked_at("data folder", lambda: _folder(config.data_dir))
    if Role.NOTARY in config.roles:
        yield _looked_at("notary store", lambda: _notary_store(config.notary))


def _looked_at(what: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(what, check())
    except CrossDvpError as error:
        return Finding(what, "", f"{error.reason}: {error}")
    except (OSError, ValueError, _Wrong) as error:
        return Finding(what, "", str(error))


def _certificate(config: NodeConfig) -> str:
    certificate = x509.load_pem_x509_certificate(config.tls.certificate.read_bytes())
    authority = x509.load_pem_x509_certificate(config.tls.authority.read_bytes())
    names = [str(item.value) for item in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if names != [config.name]:
        raise _Wrong(f"it is for {', '.join(names) or 'nobody'}, the node is {config.name}: ask for one of its own")
    if certificate.issuer != authority.subject:
        raise _Wrong("another authority issued it: use the network's authority file")
    config.tls.private_key.read_bytes()
    return f"{config.name}, until {certificate.not_valid_after_utc:%Y-%m-%d}"


def _on_map(config: NodeConfig) -> str:
    entry = NetworkMap.load(config.network_map).entry(config.name)
    if entry is None:
        raise _Wrong(f"{config.name} is not listed: have the network operator add it")
    if entry.roles != config.roles:
        listed = ", ".join(sorted(role.value for role in entry.roles))
        raise _Wrong(f"it is listed with roles {listed}: let both say the same")
    return f"listed as number {entry.index}, {entry.endpoint}"


def _keys(config: NodeConfig) -> str:
    store = open_key_store(config.keys, config.name)
    entry = NetworkMap.load(config.network_map).entry(config.name)
    if entry is not None and store.signer(entry.party.key) is None:
        raise _Wrong("the key that the network map lists is not in the key file: use this node's key file")
    return "the listed node key is in the key file"


def _parameters(config: NodeConfig) -> str:
    parameters = NetworkParameters.decode(config.parameters.read_bytes())
    book = ParametersBook.look(config.name, config.data_dir / "network", parameters)
    epochs = book.history.epochs
    mine = package_hash(config.attestation_root_pins)
    if all(mine not in epoch.contract_packages for epoch in epochs):
        named = ", ".join(sorted({item.hex() for epoch in epochs for item in epoch.contract_packages}))
        raise _Wrong(
            f"they name contract package {named}, this program with these attestation_roots is {mine.hex()}: "
            "install that one, or pin the same roots"
        )
    newest = book.history.newest
    accepted = "" if newest.epoch == book.accepted_epoch else f" (accepted: up to {book.accepted_epoch})"
    return f"epoch {newest.epoch} of {newest.ledger_id}, hash {newest.hash.hex()}{accepted}"


def _notary_store(section: NotarySection) -> str:
    """Said without its URL where that has a problem: it may hold a secret."""
    if section.store is None:
        return "a file in the data folder"
    passfile = section.passfile
    described = describe_store(NotaryOptions(section.store, passfile))
    if passfile is not None and passfile.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise _Wrong(f"{passfile} can be read by others, so libpq ignores it: chmod 600 {passfile}")
    return described


def _folder(folder: Path) -> str:
    at = folder
    while not at.exists():
        at = at.parent
    if not os.access(at, os.W_OK | os.X_OK):
        raise _Wrong(f"{at} cannot be written by this user")
    return "writable"
