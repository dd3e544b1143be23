"""``FreshKeyStatement``: a key of one payment belongs to an account, by the word of both keys.

The account's signature keeps others from putting their coins on it; the fresh key's own keeps others from claiming it.
The tag ties the statement to one output of one transaction: it follows from the transaction's salt, so whoever has the
transaction can tell, and a statement that was shown once proves nothing about another transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chains.progmat.transactions.model import check_name, check_range
from primitives.hashing import sha256
from primitives.public_key import PublicKey
from primitives.signatures import SIGNATURE_SIZE, Signer, verify

TAG_BYTES: Final = 32
_TAG_DOMAIN: Final = b"crossdvp/fresh-key-tag/1"
_DOMAIN: Final = b"crossdvp/fresh-key/1"


def tag_of_output(ledger_id: str, salt: bytes, index: int) -> bytes:
    """The tag, 32 bytes, of the fresh key of output ``index`` in a transaction with this salt.

    One way: who is asked for a key before there is a transaction does not learn the salt by it.
    """
    return sha256(_TAG_DOMAIN + _joined(ledger_id.encode(), salt) + index.to_bytes(2, "big"))


@dataclass(frozen=True, slots=True)
class FreshKeyStatement:
    """``fresh_key`` is a key of the account ``account_key`` at custodian ``node``, for the output with ``tag``."""

    node: str
    account_key: PublicKey
    fresh_key: PublicKey
    tag: bytes
    account_signature: bytes
    fresh_signature: bytes

    def __post_init__(self) -> None:
        check_name("FreshKeyStatement.node", self.node)
        check_range("FreshKeyStatement.tag length", len(self.tag), TAG_BYTES, TAG_BYTES)
        for name in ("account_signature", "fresh_signature"):
            check_range(f"FreshKeyStatement.{name} length", len(getattr(self, name)), SIGNATURE_SIZE, SIGNATURE_SIZE)

    @classmethod
    def agreed(cls, ledger_id: str, node: str, account: Signer, fresh: Signer, tag: bytes) -> FreshKeyStatement:
        """The statement, signed by both keys."""
        said = _said(ledger_id, node, account.public_key, fresh.public_key, tag)
        return cls(node, account.public_key, fresh.public_key, tag, account.sign(said), fresh.sign(said))

    def verify(self, ledger_id: str) -> None:
        """Return if both keys signed it on this ledger; raises BadSignature."""
        said = _said(ledger_id, self.node, self.account_key, self.fresh_key, self.tag)
        verify(self.account_key, said, self.account_signature)
        verify(self.fresh_key, said, self.fresh_signature)


def _said(ledger_id: str, node: str, account_key: PublicKey, fresh_key: PublicKey, tag: bytes) -> bytes:
    return _DOMAIN + _joined(ledger_id.encode(), node.encode(), account_key.encoded(), fresh_key.encoded(), tag)


def _joined(*parts: bytes) -> bytes:
    """Each part behind its 2-byte length."""
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)
