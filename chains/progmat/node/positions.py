"""Nodes remember for each other how far a node's database had come; each position is signed by the node it is of.

A database and its witness that are brought back together, as by a snapshot of the machine, agree with each other. The
peers still know better. Nobody makes a node doubt itself by a lie: only its own signature over a later position does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import Final

from crossdvp.ledger.v1 import position_peers_pb2 as pb
from sqlalchemy import Connection, func, select

from chains.progmat.flows.seams import Directory
from chains.progmat.node.errors import BadPosition
from chains.progmat.node.peers import PeerIdentity
from chains.progmat.node.storage import NodeDatabase, insert
from chains.progmat.node.storage.schema import peer_heads, transactions
from chains.progmat.validators.schema import heights
from primitives.codec import deterministic_bytes, strict_parse
from primitives.errors import BadSignature
from primitives.public_key import PublicKey
from primitives.signatures import verify

POSITION: Final = "node.position"
MAX_BODY_BYTES: Final = 4096
MAX_NUMBER: Final = 2**63 - 1
_DOMAIN: Final = b"crossdvp/node-position/1\n"


@dataclass(frozen=True, slots=True)
class Position:
    """How far a node's database has come: see ``storage.standing.Head``."""

    node: str
    database_id: str
    incarnation: int
    nonce: str
    number: int

    def statement(self) -> bytes:
        """What the node signs. No field holds a line end, so the text is unambiguous."""
        return _DOMAIN + "\n".join(map(str, astuple(self))).encode()

    def is_later_than(self, other: Position) -> bool:
        """Whether a database at ``other`` is an old copy of the one at this position, or a second one.

        A copy that was started once more has the higher start and the lower commit: each is later than the other then.
        """
        if self.incarnation == other.incarnation and (self.database_id, self.nonce) != (other.database_id, other.nonce):
            return True
        return self.incarnation > other.incarnation or self.number > other.number

    def follows(self, other: Position) -> bool:
        """Whether a node that was at ``other`` may be here now without having forgotten anything."""
        return self.is_later_than(other) and not other.is_later_than(self)


@dataclass(frozen=True, slots=True)
class SignedPosition:
    """A position with its node's signature."""

    position: Position
    signature: bytes

    def check(self, key: PublicKey) -> None:
        """Raises ``BadSignature``."""
        verify(key, self.position.statement(), self.signature)


@dataclass(frozen=True, slots=True)
class PositionAnswer:
    """What a peer knows: our latest position, and the highest journal position it has seen (0: none)."""

    latest: SignedPosition | None
    journal_height: int


class PositionKeeper:
    """The handler of ``node.position``."""

    def __init__(self, database: NodeDatabase, directory: Directory, now_s: Callable[[], int]) -> None:
        self._database = database
        self._directory = directory
        self._now_s = now_s

    async def handle(self, asker: PeerIdentity, body: bytes) -> bytes:
        """Keep a later position, answer with the latest. Raises ``BadPosition``, ``DecodeError``, storage errors."""
        told = decode_request(body)
        known, height = await self._database.read(
            lambda connection: (_latest(connection, asker.name), _height(connection))
        )
        if told is not None and (known is None or told.position.is_later_than(known.position)):
            self._check(asker.name, told)
            known = await self._database.submit(lambda connection: _keep(connection, told, self._now_s()))
        return encode_answer(PositionAnswer(known, height))

    def _check(self, asker: str, told: SignedPosition) -> None:
        party = self._directory.party(asker)
        if told.position.node != asker or party is None or not isinstance(party.key, PublicKey):
            raise BadPosition(asker, f"it is of {told.position.node!r}")
        try:
            told.check(party.key)
        except BadSignature as error:
            raise BadPosition(asker, "its signature is not that node's") from error


def _latest(connection: Connection, peer: str) -> SignedPosition | None:
    row = connection.execute(select(peer_heads).where(peer_heads.c.peer == peer)).one_or_none()
    if row is None:
        return None
    return SignedPosition(Position(peer, row.database_id, row.incarnation, row.nonce, row.number), row.signature)


def _keep(connection: Connection, told: SignedPosition, now_s: int) -> SignedPosition:
    """The latest after this one was told; what contradicts the one that is kept is not believed over it."""
    known = _latest(connection, told.position.node)
    if known is not None and not told.position.follows(known.position):
        return known
    position = told.position
    new = {
        "database_id": position.database_id,
        "incarnation": position.incarnation,
        "nonce": position.nonce,
        "number": position.number,
        "signature": told.signature,
        "at_s": now_s,
    }
    statement = insert(peer_heads).values(peer=position.node, **new)
    connection.execute(statement.on_conflict_do_update(index_elements=[peer_heads.c.peer], set_=new))
    return told


def _height(connection: Connection) -> int:
    """The highest journal position seen here, by a Validator's tree or in a recorded ledger_tx."""
    applied = connection.execute(select(func.max(heights.c.height))).scalar() or 0
    recorded = connection.execute(select(func.max(transactions.c.journal_position))).scalar() or 0
    return max(applied, recorded)


def encode_request(own: SignedPosition | None) -> bytes:
    """The body of a request."""
    if own is None:
        return b""
    return deterministic_bytes(pb.PositionRequest(own=_to_proto(own.position), signature=own.signature))


def decode_request(body: bytes) -> SignedPosition | None:
    """What is told; raises ``DecodeError``, ``BadPosition``."""
    parsed = strict_parse(pb.PositionRequest, body, max_bytes=MAX_BODY_BYTES)
    return _signed(parsed.own, parsed.signature) if parsed.HasField("own") else None


def encode_answer(answer: PositionAnswer) -> bytes:
    """The body of an answer."""
    message = pb.PositionResponse(journal_height=answer.journal_height)
    if answer.latest is not None:
        message.latest.CopyFrom(_to_proto(answer.latest.position))
        message.signature = answer.latest.signature
    return deterministic_bytes(message)


def decode_answer(body: bytes) -> PositionAnswer:
    """What a peer knows; raises ``DecodeError``, ``BadPosition``."""
    parsed = strict_parse(pb.PositionResponse, body, max_bytes=MAX_BODY_BYTES)
    latest = _signed(parsed.latest, parsed.signature) if parsed.HasField("latest") else None
    if parsed.journal_height > MAX_NUMBER:
        raise BadPosition("a peer", "its journal height has more than 63 bits")
    return PositionAnswer(latest, parsed.journal_height)


def _to_proto(position: Position) -> pb.Position:
    return pb.Position(
        node=position.node,
        database_id=position.database_id,
        incarnation=position.incarnation,
        nonce=position.nonce,
        number=position.number,
    )


def _signed(message: pb.Position, signature: bytes) -> SignedPosition:
    position = Position(message.node, message.database_id, message.incarnation, message.nonce, message.number)
    if max(position.incarnation, position.number) > MAX_NUMBER:
        raise BadPosition(position.node, "its numbers have more than 63 bits")
    if not all(
        name.isprintable() and len(name) <= 256 for name in (position.node, position.database_id, position.nonce)
    ):
        raise BadPosition(position.node, "its names are not printable")
    return SignedPosition(position, signature)
