"""The other parties' signatures: whose are missing, who has them, and asking all of them at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from chains.progmat.contracts.native_dvp import settled_terms
from chains.progmat.contracts.native_terms import account_key
from chains.progmat.flows import peer_codec
from chains.progmat.flows.errors import BadCountersignature, KeyHolderUnknown
from chains.progmat.flows.seams import Directory
from chains.progmat.flows.verification import LedgerVerifier
from chains.progmat.node.peers.seam import PeerNetwork
from chains.progmat.transactions.fresh_keys import FreshKeyStatement
from chains.progmat.transactions.signature import TransactionSignature
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.signed_codec import decode_signature
from chains.progmat.transactions.wire import WireTransaction
from primitives.composite_key import leaf_keys
from primitives.errors import Refusal
from primitives.public_key import PublicKey

COUNTERSIGN_TIMEOUT_S: Final = 15.0


class Countersignatures:
    """Collects them for one node. Asking again is safe: a party that has signed signs again."""

    def __init__(
        self,
        network: PeerNetwork,
        directory: Directory,
        verifier: LedgerVerifier,
        disclose: Callable[[str, WireTransaction], None],
    ) -> None:
        self._network = network
        self._directory = directory
        self._verifier = verifier
        self._disclose = disclose

    def missing(self, signed: SignedTransaction) -> list[PublicKey]:
        """Keys that have not signed, but for the Validators' and the notary's."""
        pinned = self._verifier.pinned(signed.wire)
        apart = {pinned.validator_key} if signed.wire.notary is None else {pinned.validator_key, signed.wire.notary.key}
        missing = signed.missing_signers() - apart
        return sorted((leaf for key in missing for leaf in leaf_keys(key)), key=PublicKey.encoded)

    def holders(self, keys: Iterable[PublicKey], wire: WireTransaction) -> tuple[str, ...]:
        """Names of those that have some keys, as far as they are known."""
        holders = {self._holder_of(key, wire) or "" for key in keys}
        return tuple(sorted(filter(None, holders)))

    async def collect(
        self, signed: SignedTransaction, told: Mapping[str, tuple[FreshKeyStatement, ...]] = MappingProxyType({})
    ) -> SignedTransaction:
        """The transaction with all of them. ``told``: whose fresh keys it has, by the party that is to know.

        Raises ``KeyHolderUnknown``, ``BadCountersignature``, a party's refusal, and ``UnavailableError``.
        """
        by_party: dict[str, set[PublicKey]] = {}
        for key in self.missing(signed):
            holder = self._holder_of(key, signed.wire)
            if holder is None:
                raise KeyHolderUnknown(key.encoded())
            by_party.setdefault(holder, set()).add(key)
        if not by_party:
            return signed
        signed_bytes = signed.encode()
        bodies = {party: peer_codec.encode_countersign_request(signed_bytes, told.get(party, ())) for party in by_party}
        answers = await asyncio.gather(
            *(self._ask(party, keys, signed, bodies[party]) for party, keys in by_party.items())
        )
        return signed.with_signatures(*(signature for answer in answers for signature in answer))

    def _holder_of(self, key: PublicKey, wire: WireTransaction) -> str | None:
        """A node's key is on the map; whose customer the buyer of a native trade is, its terms say."""
        terms = settled_terms(wire)
        if terms is not None and key == account_key(terms.buyer_cash):
            return terms.buyer_node
        return self._directory.holder_of(key)

    async def _ask(
        self, party: str, keys: set[PublicKey], signed: SignedTransaction, body: bytes
    ) -> tuple[TransactionSignature, ...]:
        self._disclose(party, signed.wire)
        answer = await self._network.request(party, peer_codec.COUNTERSIGN, body, COUNTERSIGN_TIMEOUT_S)
        signatures = tuple(decode_signature(item) for item in peer_codec.decode_countersign_response(answer))
        if {signature.by for signature in signatures} != keys:
            raise BadCountersignature(party, "it has other keys than were asked for")
        try:
            for signature in signatures:
                self._verifier.verify_signature(signature, signed.id)
        except Refusal as error:
            raise BadCountersignature(party, str(error)) from error
        return signatures
