"""Asking a notary, from a node or a Validator."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from chains.progmat.node.peers import PeerNetwork
from chains.progmat.notary import codec
from chains.progmat.notary.service import NOTARISE, READ_JOURNAL
from chains.progmat.transactions.filtered import FilteredTransaction
from chains.progmat.transactions.model import Party
from chains.progmat.transactions.signature import TransactionSignature
from chains.progmat.transactions.signed_codec import decode_signature, encode_signature
from primitives.errors import DecodeError

NOTARISE_TIMEOUT_S: Final = 30.0
_ANSWER_MARGIN_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class NotaryAnswer:
    """A transaction is final: the notary's signature, verified; its journal position (0 without writes) and time."""

    signature: TransactionSignature
    position: int
    time_s: int


class NotaryClient:
    """One notary, asked over the peer network.

    Every answer is checked: the signature is the notary's own and over the transaction asked for.
    """

    def __init__(self, network: PeerNetwork, notary: Party) -> None:
        self._network = network
        self._notary = notary

    async def notarise(
        self,
        tear_off: FilteredTransaction,
        validator_signatures: Iterable[TransactionSignature] = (),
        *,
        timeout_s: float = NOTARISE_TIMEOUT_S,
    ) -> NotaryAnswer:
        """Make a transaction final. Safe to repeat; after an UnavailableError it must be repeated to know the outcome.

        Raises NotarisationConflict (final), RemoteCallerError and RemotePeerError for other refusals, SignatureRefused or
        DecodeError when the notary answers badly, UnavailableError.
        """
        request = codec.NotariseRequest(tear_off.encode(), tuple(encode_signature(s) for s in validator_signatures))
        body = await self._network.request(self._notary.name, NOTARISE, codec.encode_request(request), timeout_s)
        notarised = codec.decode_response(body)
        signature = decode_signature(notarised.signature)
        if signature.by != self._notary.key:
            raise DecodeError(
                "the notary answers with another key", expected=repr(self._notary.key), found=repr(signature.by)
            )
        signature.verify(tear_off.id)
        return NotaryAnswer(signature, notarised.position, notarised.time_s)

    async def read_journal(self, after_position: int, max_entries: int, wait_ms: int) -> codec.JournalPage:
        """Entries after a position, waiting for the first; an empty page when none came. Nothing in it is verified.

        Raises DecodeError, RemoteCallerError when this node may not read, UnavailableError.
        """
        request = codec.encode_read_request(codec.ReadRequest(after_position, max_entries, wait_ms))
        timeout_s = wait_ms / 1000 + _ANSWER_MARGIN_S
        return codec.decode_page(await self._network.request(self._notary.name, READ_JOURNAL, request, timeout_s))
