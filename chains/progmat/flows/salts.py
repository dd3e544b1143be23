"""The salt of every transaction a node builds follows from the flow that builds it, and from a secret of the node.

A node that is restored from a backup has forgotten flows whose transactions are final; asked again for the same request
it would build, and pay, a second time. Peers give the transactions back (see ``recovery``), and their salts tell
which requests made them. To everybody else a salt is as good as random: HMAC-SHA256 under a secret key.
"""

from __future__ import annotations

import hmac
from typing import Final

from chains.progmat.keys.errors import KeyKindNotHere
from primitives.hashing import sha256
from primitives.signatures import Signer

_SECRET_DOMAIN: Final = b"crossdvp/salt-secret/1"
_SALT_DOMAIN: Final = b"crossdvp/transaction-salt/1"


class Salts:
    """One node's salts."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    @classmethod
    def of_node(cls, signer: Signer) -> Salts:
        """The secret is drawn from the node's key by a signature that nobody else ever sees.

        Node keys sign deterministically (Ed25519; secp256k1 by RFC 6979), so that the secret survives the database.
        Raises ``KeyKindNotHere`` for one that does not: ECDSA in an HSM.
        """
        drawn = signer.sign(_SECRET_DOMAIN)
        if signer.sign(_SECRET_DOMAIN) != drawn:
            raise KeyKindNotHere("a node's key signs alike each time, this one does not: use Ed25519 for it in an HSM")
        return cls(sha256(_SECRET_DOMAIN + drawn))

    def of_flow(self, flow_id: str) -> bytes:
        """32 bytes; at most one transaction of a flow is ever final, so one salt a flow is enough."""
        return hmac.digest(self._secret, _SALT_DOMAIN + flow_id.encode(), "sha256")
