"""Bodies of the peer method ``network.read``, and signed network maps, strictly decoded into plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from crossdvp.ledger.v1 import network_peers_pb2 as pb

from chains.progmat.transactions.component_codec import decode_single_key
from chains.progmat.transactions.network_parameters_codec import MAX_SIGNED_BYTES
from primitives.codec import deterministic_bytes, strict_parse
from primitives.errors import DecodeError
from primitives.public_key import PublicKey

READ_NETWORK: Final = "network.read"
MAX_EPOCHS_TOLD: Final = 16
MAX_MAP_BYTES: Final = 1024 * 1024
MAX_SIGNED_MAP_BYTES: Final = MAX_MAP_BYTES + 256
_MAX_REQUEST_BYTES: Final = 64
_MAX_RESPONSE_BYTES: Final = MAX_EPOCHS_TOLD * (MAX_SIGNED_BYTES + 8) + MAX_SIGNED_MAP_BYTES + 64


@dataclass(frozen=True, slots=True)
class WhatIsKnown:
    """What the asker has: the number of its newest epoch, the serial of its map."""

    epoch: int
    map_serial: int


@dataclass(frozen=True, slots=True)
class WhatIsNewer:
    """Signed epochs and a signed map (empty: none), all still encoded, and the peer's own word on what it accepted."""

    epochs: tuple[bytes, ...]
    network_map: bytes
    accepted_epoch: int


def encode_known(known: WhatIsKnown) -> bytes:
    """Bytes of the question."""
    return deterministic_bytes(pb.ReadNetworkRequest(after_epoch=known.epoch, after_map=known.map_serial))


def decode_known(body: bytes) -> WhatIsKnown:
    """The question; raises DecodeError."""
    message = strict_parse(pb.ReadNetworkRequest, body, max_bytes=_MAX_REQUEST_BYTES)
    return WhatIsKnown(message.after_epoch, message.after_map)


def encode_newer(newer: WhatIsNewer) -> bytes:
    """Bytes of the answer."""
    return deterministic_bytes(
        pb.ReadNetworkResponse(epochs=newer.epochs, network_map=newer.network_map, accepted_epoch=newer.accepted_epoch)
    )


def decode_newer(body: bytes) -> WhatIsNewer:
    """The answer, no signature verified; raises DecodeError."""
    message = strict_parse(pb.ReadNetworkResponse, body, max_bytes=_MAX_RESPONSE_BYTES)
    if len(message.epochs) > MAX_EPOCHS_TOLD:
        raise DecodeError("too many epochs", expected=f"at most {MAX_EPOCHS_TOLD}", found=len(message.epochs))
    return WhatIsNewer(tuple(message.epochs), message.network_map, message.accepted_epoch)


def encode_signed_map(network_map: bytes, by: PublicKey, signature: bytes) -> bytes:
    """Bytes of a map with its signature."""
    return deterministic_bytes(pb.SignedNetworkMap(map=network_map, by=by.encoded(), signature=signature))


def decode_signed_map(data: bytes) -> tuple[bytes, PublicKey, bytes]:
    """The map's JSON, the signing key and the signature, none of them checked; raises DecodeError."""
    message = strict_parse(pb.SignedNetworkMap, data, max_bytes=MAX_SIGNED_MAP_BYTES)
    return message.map, decode_single_key(message.by), message.signature
