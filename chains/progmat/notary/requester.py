"""The requester's signature on a notarisation request: how the notary can show, later, who asked. Pure.

Peers are authenticated by mTLS as well, but a TLS session proves nothing to anybody else. Signed is
``b"crossdvp/notarisation-request/1" | transaction id (32)`` with the node key on the network map; the id binds the
whole transaction, its notary and its network parameters.
"""

from __future__ import annotations

from typing import Final

from chains.progmat.notary.errors import RequesterSignatureRefused
from chains.progmat.notary.model import Requester
from primitives.errors import BadSignature
from primitives.public_key import PublicKey
from primitives.signatures import Signer, verify
from primitives.types import Hash32

_DOMAIN: Final = b"crossdvp/notarisation-request/1"


def signable_bytes(tx_id: Hash32) -> bytes:
    """What a requester signs."""
    return _DOMAIN + tx_id


def sign_request(signer: Signer, tx_id: Hash32) -> bytes:
    """``signer``'s request for a transaction, 64 bytes."""
    return signer.sign(signable_bytes(tx_id))


def has_asked(key: PublicKey, tx_id: bytes, signature: bytes) -> bool:
    """Whether ``signature`` is ``key``'s request for a transaction."""
    try:
        verify(key, _DOMAIN + tx_id, signature)
    except BadSignature:
        return False
    return True


def verify_requester(requester: Requester, tx_id: Hash32) -> None:
    """Return if ``requester`` asked for this transaction; raises RequesterSignatureRefused."""
    if not has_asked(requester.key, tx_id, requester.signature):
        raise RequesterSignatureRefused(requester.name, requester.key.encoded())
