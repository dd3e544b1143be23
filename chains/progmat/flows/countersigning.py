"""Answering ``node.countersign``: verify the whole transaction, then ask the role's policy whether to sign.

Source of the shape: Corda's ``SignTransactionFlow``. A custodian signs nothing for others: its own flows sign with its
keys, and nobody else's flow does. The issuer signs what moves, locks or redeems its own coin and verifies; it never
signs for another what only it may begin (issuing, unlocking).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from chains.progmat.flows import peer_codec
from chains.progmat.flows.back_chain import BackChain
from chains.progmat.flows.errors import CountersignRefused
from chains.progmat.flows.seams import KeyRing, NodeSelf, Role
from chains.progmat.flows.signed_records import decoded
from chains.progmat.flows.verification import LedgerVerifier
from chains.progmat.node.peers.seam import PeerIdentity
from chains.progmat.node.storage import NodeDatabase
from chains.progmat.transactions.signature import TransactionSignature, sign_transaction
from chains.progmat.transactions.signed_codec import encode_signature
from chains.progmat.transactions.wire import WireTransaction
from primitives.public_key import PublicKey

COUNTERSIGNED_BY_ISSUER: Final[Mapping[str, frozenset[str]]] = {
    "cash": frozenset({"Move", "Redeem"}),
    "dvp_lock": frozenset({"Lock"}),
}
"""Commands, by contract, that others begin and the issuer signs."""


class CountersignResponder:
    """Signs for this node what its role's policy allows."""

    def __init__(
        self,
        me: NodeSelf,
        database: NodeDatabase,
        verifier: LedgerVerifier,
        back_chain: BackChain,
        keys: KeyRing,
        disclose: Callable[[str, WireTransaction], None],
    ) -> None:
        self._me = me
        self._database = database
        self._verifier = verifier
        self._back_chain = back_chain
        self._keys = keys
        self._disclose = disclose

    async def handle(self, asker: PeerIdentity, body: bytes) -> bytes:
        """Handler of ``node.countersign``. Raises ``CountersignRefused`` and what verification refuses."""
        signed = decoded(peer_codec.decode_countersign_request(body))
        self._check_policy(signed.wire)
        parameters = self._verifier.pinned(signed.wire)
        apart = {self._own_key(signed.wire), parameters.validator_key, parameters.notary.key}
        self._verifier.verify_signatures(signed, apart)
        await self._back_chain.resolve(asker.name, signed.wire)
        await self._database.look_up(lambda connection: self._verifier.verify_contracts(connection, signed.wire))
        signature = self._sign(signed.wire)
        self._disclose(asker.name, signed.wire)
        return peer_codec.encode_countersign_response((encode_signature(signature),))

    def _own_key(self, wire: WireTransaction) -> PublicKey:
        """This node's key in the epoch that the transaction pins."""
        return self._verifier.pinned(wire).current(self._me.party).key

    def _sign(self, wire: WireTransaction) -> TransactionSignature:
        signer = self._keys.signer(self._own_key(wire))
        if signer is None:
            raise CountersignRefused(self._me.name, "its own key is not in its key store")
        signature = sign_transaction(signer, wire.id)
        self._verifier.remember_own(signature, wire.id)
        return signature

    def _check_policy(self, wire: WireTransaction) -> None:
        if Role.ISSUER not in self._me.roles:
            raise CountersignRefused(self._me.name, "a custodian signs only transactions it has built itself")
        for command in wire.commands:
            if command.name not in COUNTERSIGNED_BY_ISSUER.get(command.contract, ()):
                raise CountersignRefused(self._me.name, f"{command.contract} {command.name} is not others' to begin")
        if self._own_key(wire) not in wire.required_signers:
            raise CountersignRefused(self._me.name, "its signature is not required: none of its coin is involved")
