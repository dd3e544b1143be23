"""The network map: every node's name, roles, address, number and signing key, from one JSON file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chains.progmat.identity.errors import BadNetworkMap, BadNodeName
from chains.progmat.identity.names import Role, node_name
from chains.progmat.transactions.model import Party
from primitives.composite_key import decode_key
from primitives.errors import DecodeError
from primitives.public_key import PublicKey

MAX_FILE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class NodeEntry:
    """One node. ``index`` (1..65535, unique) is the upper 16 bits of the packet sequences it composes."""

    party: Party
    roles: frozenset[Role]
    host: str
    port: int
    index: int
    also_at: tuple[str, ...] = ()
    """``host:port`` of further workers of the same node (a notary's standby), dialled when the first refuses."""

    @property
    def name(self) -> str:
        """Name in its certificate."""
        return self.party.name

    @property
    def endpoint(self) -> str:
        """``host:port`` to dial first."""
        return f"{self.host}:{self.port}"

    @property
    def endpoints(self) -> tuple[str, ...]:
        """All of them, in the order in which they are tried."""
        return (self.endpoint, *self.also_at)


class NetworkMap:
    """Look-ups over the entries. Raises ``BadNetworkMap`` when entries contradict each other.

    ``serial`` grows with each version that the operator gives out.
    """

    def __init__(self, entries: Iterable[NodeEntry], source: str = "network map", serial: int = 1) -> None:
        self.serial = serial
        self.entries = tuple(sorted(entries, key=lambda entry: entry.name))
        for what, values in (
            ("name", [entry.name.lower() for entry in self.entries]),  # TLS does not tell case apart
            ("key", [entry.party.key for entry in self.entries]),
            ("index", [entry.index for entry in self.entries]),
            ("endpoint", [endpoint for entry in self.entries for endpoint in entry.endpoints]),
        ):
            if len(set(values)) != len(values):
                raise BadNetworkMap(source, f"two nodes have one {what}")
        self._index()

    def _index(self) -> None:
        """Whatever is looked up, once the entries are others."""
        self._by_name = {entry.name: entry for entry in self.entries}
        self._by_key = {entry.party.key: entry for entry in self.entries}
        self._names_with = {role: tuple([entry.name for entry in self.entries if role in entry.roles]) for role in Role}

    def entry(self, name: str) -> NodeEntry | None:
        """The node of that name."""
        return self._by_name.get(name)

    def party(self, name: str) -> Party | None:
        """The party of that name."""
        entry = self._by_name.get(name)
        return None if entry is None else entry.party

    def holder_of(self, key: PublicKey) -> str | None:
        """Name of the node whose signing key this is."""
        entry = self._by_key.get(key)
        return None if entry is None else entry.name

    def names_with(self, role: Role) -> tuple[str, ...]:
        """Names of the nodes with a role, ascending."""
        return self._names_with[role]

    def names(self) -> frozenset[str]:
        """All names: who may open a peer stream."""
        return frozenset(self._by_name)

    def endpoints_of_others(self, own_name: str) -> dict[str, tuple[str, ...]]:
        """What ``GrpcPeerNetwork`` dials."""
        return {entry.name: entry.endpoints for entry in self.entries if entry.name != own_name}

    def to_json(self) -> str:
        """The file's content."""
        return _MapFile(
            version=1,
            serial=self.serial,
            nodes=[
                _NodeInFile(
                    name=entry.name,
                    roles=sorted(role.value for role in entry.roles),
                    host=entry.host,
                    port=entry.port,
                    index=entry.index,
                    also_at=list(entry.also_at),
                    key=entry.party.key.encoded().hex(),
                )
                for entry in self.entries
            ],
        ).model_dump_json(indent=2)

    @classmethod
    def from_json(cls, text: str, source: str = "network map") -> NetworkMap:
        """The map in a file's content; raises ``BadNetworkMap``."""
        try:
            parsed = _MapFile.model_validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise BadNetworkMap(source, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
        return NetworkMap((_entry(node, source) for node in parsed.nodes), source, parsed.serial)

    @classmethod
    def load(cls, path: Path) -> NetworkMap:
        """The map in a file; raises ``BadNetworkMap``."""
        try:
            if path.stat().st_size > MAX_FILE_BYTES:
                raise BadNetworkMap(str(path), f"longer than {MAX_FILE_BYTES} bytes")
            return cls.from_json(path.read_text("utf-8"), str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise BadNetworkMap(str(path), f"cannot be read: {error}") from error


class _NodeInFile(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str
    roles: Annotated[list[str], Field(min_length=1)]
    host: Annotated[str, Field(min_length=1, max_length=253)]
    port: Annotated[int, Field(ge=1, le=65535)]
    index: Annotated[int, Field(ge=1, le=65535)]
    key: str
    also_at: Annotated[
        list[Annotated[str, Field(pattern=r"^[^:\s]{1,253}:[1-9][0-9]{0,4}$")]], Field(max_length=8)
    ] = []


class _MapFile(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    version: Annotated[int, Field(ge=1, le=1)]
    serial: Annotated[int, Field(ge=1, le=2**53)] = 1
    nodes: Annotated[list[_NodeInFile], Field(min_length=1, max_length=4096)]


def _entry(node: _NodeInFile, source: str) -> NodeEntry:
    try:
        key = decode_key(bytes.fromhex(node.key))
        roles = frozenset(Role(role) for role in node.roles)
        name = node_name(node.name)
    except (ValueError, DecodeError, BadNodeName) as error:
        raise BadNetworkMap(source, f"node {node.name!r}: {error}") from error
    if not isinstance(key, PublicKey):
        raise BadNetworkMap(source, f"node {node.name!r}: a node signs with a single key, found a composite one")
    return NodeEntry(Party(name, key), roles, node.host, node.port, node.index, tuple(node.also_at))
