"""Protobuf with one encoding for one meaning.

The bytes received are what is hashed and stored, so two encodings of one message would be two identities of one thing.
A message is accepted only if writing it again, without what its type does not know, gives the very same bytes.
"""

from __future__ import annotations

from typing import Final, TypeVar

from google.protobuf.message import DecodeError as ProtobufDecodeError
from google.protobuf.message import Message

from primitives.errors import DecodeError

_LENGTH_DELIMITED: Final = 2
_SEVEN_BITS: Final = 0x7F
_MORE_FOLLOWS: Final = 0x80

MessageT = TypeVar("MessageT", bound=Message)


def strict_parse(message_cls: type[MessageT], data: bytes, *, max_bytes: int) -> MessageT:
    """The `message_cls` that `data` is the deterministic encoding of.

    Raises `DecodeError` for more than `max_bytes`, malformed bytes, fields unknown to the type at any depth, and any
    other encoding (order of fields, repeated scalars, long varints, written defaults).
    """
    if len(data) > max_bytes:
        raise DecodeError(f"{_name(message_cls)} is too long", expected=f"at most {max_bytes} bytes", found=len(data))
    try:
        message = message_cls.FromString(data)
    except ProtobufDecodeError as error:
        raise DecodeError(f"{_name(message_cls)} is malformed: {error}", found=data) from error
    message.DiscardUnknownFields()
    canonical = message.SerializeToString(deterministic=True)
    if canonical != data:
        raise DecodeError(
            f"{_name(message_cls)} is not in its canonical encoding or has unknown fields",
            expected=canonical,
            found=data,
        )
    return message


def deterministic_bytes(message: Message) -> bytes:
    """The encoding of `message` that `strict_parse` takes."""
    return message.SerializeToString(deterministic=True)


def embedded(field: int, data: bytes) -> bytes:
    """What a message with `data` in its `field` (1..15) has of it.

    So goes a message that is bytes already into another: protobuf would parse it first, and write it again.
    """
    size, head = len(data), [field << 3 | _LENGTH_DELIMITED]
    while size > _SEVEN_BITS:
        head.append(size & _SEVEN_BITS | _MORE_FOLLOWS)
        size >>= 7
    head.append(size)
    return bytes(head) + data


def _name(message_cls: type[Message]) -> str:
    return message_cls.DESCRIPTOR.full_name
