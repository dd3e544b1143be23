"""Answering ``node.countersign``: verify the whole transaction, then ask the role's policy whether to sign.

Source of the shape: Corda's ``SignTransactionFlow``. A custodian signs for others one thing only: the native trade that
its customer's platform authorised and for which it has offered these coins; everything else its own flows sign. The
issuer signs what moves, locks, pays or redeems its own coin and verifies, the registrar what moves or redeems its
tokens, and both what replaces them by their equals; neither signs for another what only it may begin (issuing,
unlocking).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from sqlalchemy import Connection

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.names import (
    CASH,
    DISTRIBUTION,
    DVP_LOCK,
    DVP_RECEIPT,
    SECURITY_TOKEN,
    UTILITY_TOKEN,
    UTILITY_USE,
)
from chains.progmat.contracts.native_dvp import settled_terms
from chains.progmat.contracts.native_terms import NativeTerms, account_key
from chains.progmat.contracts.notary_change import CHANGE
from chains.progmat.contracts.package_upgrade import UPGRADE
from chains.progmat.contracts.token import TokenState
from chains.progmat.flows import peer_codec
from chains.progmat.flows.back_chain import BackChain
from chains.progmat.flows.clock import Clock
from chains.progmat.flows.dvp_answers import note_signature
from chains.progmat.flows.errors import CountersignRefused
from chains.progmat.flows.fresh_key_register import FreshKeyRegister
from chains.progmat.flows.frozen_accounts import require_not_frozen
from chains.progmat.flows.own_signatures import OwnSignatures
from chains.progmat.flows.pending import PendingWatch
from chains.progmat.flows.pending_book import Countersigned
from chains.progmat.flows.seams import NodeSelf, Role
from chains.progmat.flows.signed_records import decoded
from chains.progmat.flows.verification import LedgerVerifier
from chains.progmat.node.peers.seam import PeerIdentity
from chains.progmat.node.storage import NodeDatabase
from chains.progmat.transactions.model import TransactionState
from chains.progmat.transactions.other_notaries import NOTARY_CHANGE
from chains.progmat.transactions.replacing import PACKAGE_UPGRADE, replaces_states
from chains.progmat.transactions.signature import TransactionSignature
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.signed_codec import encode_signature
from chains.progmat.transactions.wire import WireTransaction
from primitives.composite_key import Key
from primitives.public_key import PublicKey

_HOLDERS: Final = frozenset({"Move", "Redeem"})
_REPLACEMENTS: Final = {NOTARY_CHANGE: frozenset({CHANGE}), PACKAGE_UPGRADE: frozenset({UPGRADE})}
_NODE_OF: Final[Mapping[str, Callable[[TransactionState], str]]] = {
    CASH: lambda state: CashState.of(state).node,
    SECURITY_TOKEN: lambda state: TokenState.of(state).node,
    UTILITY_TOKEN: lambda state: TokenState.of(state).node,
}
COUNTERSIGNED: Final[Mapping[Role, Mapping[str, frozenset[str]]]] = {
    Role.ISSUER: {
        CASH: _HOLDERS,
        DVP_LOCK: frozenset({"Lock"}),
        DVP_RECEIPT: frozenset({"Pay"}),
        DISTRIBUTION: frozenset({"Pay"}),
        **_REPLACEMENTS,
    },
    Role.REGISTRAR: {
        SECURITY_TOKEN: _HOLDERS,
        UTILITY_TOKEN: _HOLDERS,
        UTILITY_USE: frozenset({"Use"}),
        **_REPLACEMENTS,
    },
}
"""By role: commands, by contract, that others begin and this node signs with its own key."""


class CountersignResponder:
    """Signs for this node what its roles' policy allows."""

    def __init__(
        self,
        me: NodeSelf,
        database: NodeDatabase,
        verifier: LedgerVerifier,
        back_chain: BackChain,
        own: OwnSignatures,
        disclose: Callable[[str, WireTransaction], None],
        clock: Clock,
        register: FreshKeyRegister,
        pending: PendingWatch,
    ) -> None:
        self._me = me
        self._database = database
        self._verifier = verifier
        self._back_chain = back_chain
        self._own = own
        self._disclose = disclose
        self._clock = clock
        self._register = register
        self._pending = pending

    async def handle(self, asker: PeerIdentity, body: bytes) -> bytes:
        """Handler of ``node.countersign``. Raises ``CountersignRefused``, ``AccountFrozen``, a rule's refusal."""
        signed_bytes, statements = peer_codec.decode_countersign_request(body)
        signed = decoded(signed_bytes)
        terms = settled_terms(signed.wire)
        keys = self._keys_to_sign_with(signed.wire, terms)
        self._verifier.verify_signatures(signed, self._signed_later(signed, terms))
        if (given := await self._given_to_another(asker.name, signed, terms, keys)) is not None:
            return given
        await self._back_chain.resolve(asker.name, signed.wire)
        await self._database.look_up(partial(self._verify, asker=asker.name, terms=terms, wire=signed.wire))
        await self._register.require_disclosed(asker.name, signed.wire, statements)
        if terms is not None and account_key(terms.buyer_cash) in keys:
            await self._database.submit(partial(self._note_trade, asker=asker.name, terms=terms, wire=signed.wire))
        signatures = tuple([await self._sign(key, signed.wire) for key in keys])
        self._disclose(asker.name, signed.wire)
        self._pending.book.countersigned(Countersigned(asker.name, signed, signatures, self._clock.now_ms()))
        return peer_codec.encode_countersign_response(tuple(map(encode_signature, signatures)))

    async def _given_to_another(
        self, asker: str, signed: SignedTransaction, terms: NativeTerms | None, keys: tuple[PublicKey, ...]
    ) -> bytes | None:
        """The answer to a party that completes what another began (see ``pending``): what that one got, no more."""
        seller_node = asker if terms is None else terms.seller_node
        if (self._pending.book.asker_of(signed.id) or seller_node) == asker:
            return None
        given = {signature.by: signature for signature in await self._pending.signatures_of(signed.id)}
        if not given.keys() >= set(keys):
            return None
        return peer_codec.encode_countersign_response(tuple(encode_signature(given[key]) for key in keys))

    def _signed_later(self, signed: SignedTransaction, terms: NativeTerms | None) -> frozenset[Key]:
        """Whose signatures may be missing: ours, the Validators' and the notary's.

        In a native trade everybody but the seller is asked at the same time: no signature is of use without the others.
        """
        if terms is not None:
            return signed.wire.required_signers - {account_key(terms.seller_tokens)}
        pinned = self._verifier.pinned(signed.wire)
        notary = self._verifier.notary_keys(signed.wire)
        return frozenset({self._own_key(signed.wire), pinned.validator_key}) | notary

    def _own_key(self, wire: WireTransaction) -> PublicKey:
        """This node's key in the epoch that the transaction pins."""
        return self._verifier.pinned(wire).current(self._me.party).key

    def _keys_to_sign_with(self, wire: WireTransaction, terms: NativeTerms | None) -> tuple[PublicKey, ...]:
        """This node's keys that are wanted and may sign; raises ``CountersignRefused`` if there are none."""
        keys = []
        own_key = self._own_key(wire)
        if own_key in wire.required_signers:
            self._check_policy(wire, terms)
            keys.append(own_key)
        if terms is not None and terms.buyer_node == self._me.name:
            keys.append(account_key(terms.buyer_cash))
        if not keys:
            rule = "a custodian signs only transactions it has built itself, and trades it has offered coins for"
            raise CountersignRefused(self._me.name, rule)
        return tuple(keys)

    def _check_policy(self, wire: WireTransaction, terms: NativeTerms | None) -> None:
        """Of a native trade the contracts demand the one form it has; of all else each command must be allowed."""
        allowed = [COUNTERSIGNED[role] for role in self._me.roles if role in COUNTERSIGNED]
        if not allowed:
            raise CountersignRefused(self._me.name, "it is neither issuer nor registrar")
        if terms is not None:
            return
        for command in wire.commands:
            if not any(command.name in commands.get(command.contract, ()) for commands in allowed):
                raise CountersignRefused(self._me.name, f"{command.contract} {command.name} is not others' to begin")

    def _verify(self, connection: Connection, *, asker: str, terms: NativeTerms | None, wire: WireTransaction) -> None:
        self._verifier.verify_contracts(connection, wire)
        if Role.REGISTRAR in self._me.roles:
            require_not_frozen(connection, self._verifier.recorded, self._me.name, wire)
        replaces = replaces_states(wire.commands)
        if replaces:
            self._require_somebody_elses(connection, wire)
        if replaces or (terms is None and any(command.name in _HOLDERS for command in wire.commands)):
            self._require_custodian(connection, asker, wire)

    def _require_somebody_elses(self, connection: Connection, wire: WireTransaction) -> None:
        """What nobody but this node has a say in (a gate, a security, an admission) is its own to take elsewhere.

        At another notary a gate that was open would go on standing open, whatever its registrar closes here. Raises
        ``CountersignRefused``.
        """
        pinned, own_key = self._verifier.pinned(wire), self._own_key(wire)
        for ref, state in self._verifier.recorded.of(connection, wire.inputs).items():
            keys = self._verifier.package.contract(state.contract).participants(state, pinned)
            if all(pinned.key_heirs.get(key, key) == own_key for key in keys):
                raise CountersignRefused(self._me.name, f"{state.contract} {ref} is nobody else's to replace")

    def _require_custodian(self, connection: Connection, asker: str, wire: WireTransaction) -> None:
        """A move or redemption is asked for by the node that keeps the account: a stolen key alone is no custodian.

        Raises ``CountersignRefused``.
        """
        for state in self._verifier.recorded.of(connection, wire.inputs).values():
            if state.contract not in _NODE_OF:
                continue
            node = _NODE_OF[state.contract](state)
            if node != asker:
                raise CountersignRefused(self._me.name, f"an account of {node} is spent, and {asker} asks")

    def _note_trade(self, connection: Connection, *, asker: str, terms: NativeTerms, wire: WireTransaction) -> None:
        """Write before sign."""
        inputs = self._verifier.recorded.of(connection, wire.inputs)
        coins = {ref for ref, state in inputs.items() if state.contract == CASH}
        now_s = self._clock.now_ms() // 1000
        note_signature(connection, self._me.name, asker, terms, wire, coins, now_s)

    async def _sign(self, key: PublicKey, wire: WireTransaction) -> TransactionSignature:
        signature = await self._own.sign(key, wire)
        if signature is None:
            raise CountersignRefused(self._me.name, "the key is not in its key store")
        return signature
