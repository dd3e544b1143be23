"""Statements about fresh keys, and the bodies of ``node.fresh_key`` and ``node.show_fresh_keys``, strictly decoded."""

from __future__ import annotations

from typing import Final

from crossdvp.ledger.v1 import node_peers_pb2 as pb

from chains.progmat.transactions.component_codec import decode_single_key
from chains.progmat.transactions.fresh_keys import TAG_BYTES, FreshKeyStatement
from primitives.codec import deterministic_bytes, strict_parse
from primitives.errors import DecodeError

FRESH_KEY: Final = "node.fresh_key"
SHOW_FRESH_KEYS: Final = "node.show_fresh_keys"

MAX_STATEMENT_BYTES: Final = 512
MAX_SHOWN_KEYS: Final = 64
_MAX_KEY_BYTES: Final = 64


def statement_to_message(statement: FreshKeyStatement) -> pb.FreshKeyStatement:
    """A statement as part of a body."""
    return pb.FreshKeyStatement(
        node=statement.node,
        account_key=statement.account_key.encoded(),
        fresh_key=statement.fresh_key.encoded(),
        tag=statement.tag,
        account_signature=statement.account_signature,
        fresh_signature=statement.fresh_signature,
    )


def statement_from_message(message: pb.FreshKeyStatement) -> FreshKeyStatement:
    """As ``statement_to_message``; its signatures are not verified. Raises ``DecodeError``."""
    return FreshKeyStatement(
        message.node,
        decode_single_key(message.account_key),
        decode_single_key(message.fresh_key),
        message.tag,
        message.account_signature,
        message.fresh_signature,
    )


def encode_statement(statement: FreshKeyStatement) -> bytes:
    """For an issuer's records."""
    return deterministic_bytes(statement_to_message(statement))


def encode_fresh_key_request(account_key: bytes, tag: bytes) -> bytes:
    """Ask for the key of a payment to an account."""
    return deterministic_bytes(pb.FreshKeyRequest(account_key=account_key, tag=tag))


def decode_fresh_key_request(body: bytes) -> tuple[bytes, bytes]:
    """Account key and tag; raises ``DecodeError``."""
    message = strict_parse(pb.FreshKeyRequest, body, max_bytes=256)
    if len(message.tag) != TAG_BYTES:
        raise DecodeError("tag has the wrong size", expected=TAG_BYTES, found=len(message.tag))
    return decode_single_key(message.account_key).encoded(), message.tag


def encode_fresh_key_response(statement: FreshKeyStatement) -> bytes:
    """Answer with the key, by its statement."""
    return deterministic_bytes(pb.FreshKeyResponse(statement=statement_to_message(statement)))


def decode_fresh_key_response(body: bytes) -> FreshKeyStatement:
    """The statement; raises ``DecodeError``."""
    return statement_from_message(strict_parse(pb.FreshKeyResponse, body, max_bytes=MAX_STATEMENT_BYTES + 16).statement)


def encode_show_request(keys: tuple[bytes, ...]) -> bytes:
    """Ask whose some keys are, at most 64."""
    return deterministic_bytes(pb.ShowFreshKeysRequest(fresh_keys=keys))


def decode_show_request(body: bytes) -> tuple[bytes, ...]:
    """1 to 64 distinct keys; raises ``DecodeError``."""
    message = strict_parse(pb.ShowFreshKeysRequest, body, max_bytes=MAX_SHOWN_KEYS * _MAX_KEY_BYTES)
    keys = tuple(message.fresh_keys)
    if not 1 <= len(keys) <= MAX_SHOWN_KEYS or len(set(keys)) != len(keys):
        raise DecodeError("fresh keys asked for", expected=f"1 to {MAX_SHOWN_KEYS} distinct keys", found=len(keys))
    return keys


def encode_show_response(statements: tuple[FreshKeyStatement, ...]) -> bytes:
    """Answer with what is known."""
    return deterministic_bytes(pb.ShowFreshKeysResponse(statements=map(statement_to_message, statements)))


def decode_show_response(body: bytes) -> tuple[FreshKeyStatement, ...]:
    """The statements; raises ``DecodeError``."""
    message = strict_parse(pb.ShowFreshKeysResponse, body, max_bytes=MAX_SHOWN_KEYS * (MAX_STATEMENT_BYTES + 8))
    return tuple(statement_from_message(item) for item in message.statements)
