"""Makes the files of a new network on one machine: certificates, keys, network map, parameters, a TOML for each node.

``python -m chains.progmat.bootstrap SPEC.json DIRECTORY``. For devnets and tests: one machine sees every key here. In a
production network each member makes its own keys and the operator signs what members send in; the files look the same.
"""

from __future__ import annotations

import json
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chains.progmat.identity import (
    CertifiedKey,
    KeyPurpose,
    KeyStore,
    NetworkMap,
    NodeEntry,
    Role,
    ScryptCost,
    create_authority,
    issue_node_certificate,
    replace_privately,
)
from chains.progmat.node.config import RootPin
from chains.progmat.node.package_hash import package_hash
from chains.progmat.transactions.model import Party
from chains.progmat.transactions.network_parameters import CheckpointSigners, NetworkParameters
from chains.progmat.transactions.other_notaries import NotaryService, OtherNotary
from chains.progmat.transactions.signature import PLATFORM_VERSION
from primitives.composite_key import CompositeKey, Key
from primitives.errors import CallerError, CrossDvpError
from primitives.public_key import PublicKey, SignatureScheme
from primitives.secp256k1 import address_of_public_key

DEVNET_SCRYPT = ScryptCost(log2_n=14)
"""Least cost the key file allows: a devnet starts eight nodes at once and protects nothing."""


class BadNetworkSpec(CallerError):
    """The description of the network cannot be used."""

    reason = "BAD_NETWORK_SPEC"


class NodeSpec(BaseModel):
    """One node; one with role BNO also keeps the network operator's key. ``platforms`` speak for its customers."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    roles: Annotated[tuple[str, ...], Field(min_length=1)]
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)]
    platforms: tuple[str, ...] = ()


class NetworkSpec(BaseModel):
    """A network: its nodes, how many Validators must sign, and programs that may call the nodes.

    ``journal_notary`` names the notary that takes provable writes, where there are several. ``attestation_roots`` are
    SHA-256 of roots that vouch for enclaves beside the makers': a simulation's.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    ledger_id: str
    threshold: Annotated[int, Field(ge=1)]
    nodes: Annotated[tuple[NodeSpec, ...], Field(min_length=1, max_length=1024)]
    operators: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    relayers: tuple[str, ...] = ()
    journal_notary: str = ""
    attestation_roots: tuple[RootPin, ...] = ()

    def api_clients(self) -> tuple[str, ...]:
        """Every program's name once."""
        platforms = (name for node in self.nodes for name in node.platforms)
        return tuple(dict.fromkeys((*self.operators, *self.gateways, *self.relayers, *platforms)))


def create_network(spec: NetworkSpec, directory: Path, now: datetime) -> None:
    """Write everything under ``directory``, which must not exist yet. Raises ``BadNetworkSpec`` and identity errors."""
    directory.mkdir(parents=True)
    authority = create_authority(spec.ledger_id, now)
    (directory / "authority.pem").write_bytes(authority.certificate_pem)
    entries, validator_keys, operator_key = [], [], None
    for index, node in enumerate(spec.nodes, 1):
        keys = _make_keys(node, directory / node.name)
        roles = frozenset(Role(role) for role in node.roles)
        entries.append(NodeEntry(Party(node.name, keys["node"]), roles, node.host, node.port, index))
        if Role.VALIDATOR in roles:
            validator_keys.append(keys["node"])
        operator_key = keys.get("operator", operator_key)
    for name in (*(node.name for node in spec.nodes), *spec.api_clients()):
        _write_certificate(directory / name, issue_node_certificate(authority, name, now))
    network_map = NetworkMap(entries)
    (directory / "network-map.json").write_text(network_map.to_json())
    parameters = _parameters(spec, network_map, validator_keys, operator_key)
    (directory / "parameters.bin").write_bytes(parameters.encode())
    checkpoint_signers = {
        "threshold": parameters.validators.threshold,
        "validators": ["0x" + address.hex() for address in parameters.validators.addresses],
    }
    (directory / "checkpoint-signers.json").write_text(json.dumps(checkpoint_signers, indent=2) + "\n")
    for node in spec.nodes:
        (directory / node.name / "node.toml").write_text(_node_toml(node, spec))


def _make_keys(node: NodeSpec, directory: Path) -> dict[str, PublicKey]:
    directory.mkdir()
    passphrase = secrets.token_hex(32).encode()
    replace_privately(directory / "passphrase", passphrase)
    store = KeyStore.create(directory / "keys.db", passphrase, DEVNET_SCRYPT, node.name)
    # A Validator signs checkpoints that EVM chains verify: its one key is of their curve.
    validates = Role.VALIDATOR.value in node.roles
    kind = (
        (KeyPurpose.VALIDATOR, SignatureScheme.SECP256K1) if validates else (KeyPurpose.NODE, SignatureScheme.ED25519)
    )
    wanted = {"node": kind}
    if Role.OPERATOR.value in node.roles:
        wanted["operator"] = (KeyPurpose.OPERATOR, SignatureScheme.ED25519)
    return {label: store.generate(label, *kind).public_key for label, kind in wanted.items()}


def _write_certificate(directory: Path, certified: CertifiedKey) -> None:
    directory.mkdir(exist_ok=True)
    (directory / "certificate.pem").write_bytes(certified.certificate_pem)
    replace_privately(directory / "private-key.pem", certified.private_key_pem)


def _parameters(
    spec: NetworkSpec, network_map: NetworkMap, validators: list[PublicKey], operator_key: PublicKey | None
) -> NetworkParameters:
    notaries = network_map.names_with(Role.NOTARY)
    journal = notaries[0] if len(notaries) == 1 else spec.journal_notary
    notary = network_map.party(journal) if journal in notaries else None
    others = (network_map.party(name) for name in sorted(notaries) if name != journal)
    operators = network_map.names_with(Role.OPERATOR)
    if notary is None or operator_key is None or len(operators) != 1 or not spec.threshold <= len(validators):
        raise BadNetworkSpec(
            "a network has a notary (of several `journal_notary`), one operator and at least `threshold` Validators; "
            f"found {len(notaries)} notaries, {len(validators)} Validators, "
            f"{len(operators)} operators"
        )
    key: Key = validators[0]
    if len(validators) > 1:
        key = CompositeKey(spec.threshold, tuple((1, validator) for validator in validators))
    addresses = sorted(address_of_public_key(validator.data) for validator in validators)
    return NetworkParameters(
        epoch=1,
        ledger_id=spec.ledger_id,
        notary=notary,
        validator_key=key,
        validators=CheckpointSigners(spec.threshold, tuple(addresses)),
        operator_key=operator_key,
        contract_packages=(package_hash(frozenset(map(bytes.fromhex, spec.attestation_roots))),),
        platform_version=PLATFORM_VERSION,
        other_notaries=tuple(OtherNotary(party, NotaryService.OPEN) for party in others if party is not None),
    )


def _node_toml(node: NodeSpec, spec: NetworkSpec) -> str:
    quoted = json.dumps  # TOML's basic strings and arrays of them are JSON's
    return "\n".join(
        (
            f"name = {quoted(node.name)}",
            f"roles = {quoted(list(node.roles))}",
            'network_map = "../network-map.json"',
            'parameters = "../parameters.bin"',
            'data_dir = "data"',
            f"operators = {quoted(spec.operators)}",
            f"platforms = {quoted(node.platforms)}",
            f"gateways = {quoted(spec.gateways)}",
            f"relayers = {quoted(spec.relayers)}",
            f"attestation_roots = {quoted(spec.attestation_roots)}",
            "",
            "[listen]",
            f"host = {quoted(node.host)}",
            f"port = {node.port}",
            "",
            "[tls]",
            'authority = "../authority.pem"',
            'certificate = "certificate.pem"',
            'private_key = "private-key.pem"',
            "",
            "[keys]",
            'path = "keys.db"',
            'passphrase_file = "passphrase"',
            "",
        )
    )


def main(arguments: list[str]) -> int:
    """Command line; 0 = made, 1 = refused, 2 = wrong arguments."""
    if len(arguments) != 2:
        sys.stderr.write("usage: python -m chains.progmat.bootstrap SPEC.json DIRECTORY\n")
        return 2
    try:
        spec = NetworkSpec.model_validate_json(Path(arguments[0]).read_bytes())
        create_network(spec, Path(arguments[1]), datetime.now(UTC))
    except (CrossDvpError, ValidationError, OSError) as failure:
        sys.stderr.write(f"network not made: {failure}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
