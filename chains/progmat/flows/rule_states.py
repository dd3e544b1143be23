"""Rule states that a node's flows reference: securities, transfer gates, network controls, coins and their holders.

A rule state is one contract's, has a key within it and a keeper, the party that alone changes it: a registrar, an
issuer, or the network operator (keeper ``""``). The vault indexes them by these three and by their standing (OPEN,
CLOSED, LISTED, ...). Nobody is sent them: whoever needs one asks its keeper's node (``current_states``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from chains.progmat.flows import peer_codec
from chains.progmat.flows.current_states import CurrentStates
from chains.progmat.flows.disclosing import Disclosing
from chains.progmat.flows.market_errors import NotAMember
from chains.progmat.flows.peer_codec import MAX_FETCHED_IDS
from chains.progmat.flows.seams import Directory, NodeSelf, Role
from chains.progmat.flows.securities_errors import RuleStateMissing, RuleStateOutdated
from chains.progmat.node.peers.seam import PeerIdentity
from chains.progmat.node.storage import NodeDatabase
from chains.progmat.transactions.model import StateAndRef
from chains.progmat.vault.indexing import IndexedRule
from chains.progmat.vault.queries import VaultState, is_member
from chains.progmat.vault.rules import rule_transactions, rules_of

OPERATOR = ""
"""The keeper of what the network operator alone changes."""
RuleName = tuple[str, str, str]
"""Contract, key, keeper."""
RuleStates = Mapping[RuleName, StateAndRef]


@dataclass(frozen=True, slots=True)
class RuleNeed:
    """A rule state that a transaction will reference; ``standing`` as the vault indexes it, empty: any.

    When the one known here stands otherwise the keeper is asked; what it has then is for the contracts to judge.
    """

    contract: str
    key: str
    keeper: str
    standing: str = ""

    @property
    def name(self) -> RuleName:
        """By which the state is found among those prepared."""
        return self.contract, self.key, self.keeper


class RuleKind:
    """``current_states.ReferencedKind``."""

    def __init__(self, me: NodeSelf, directory: Directory) -> None:
        self._me = me
        self._directory = directory

    def name_of(self, need: RuleNeed) -> RuleName:
        """Contract, key, keeper."""
        return need.name

    def rows(self, connection: Connection, need: RuleNeed) -> list[VaultState[IndexedRule]]:
        """States of that name, unconsumed."""
        return rules_of(connection, need.contract, need.key, need.keeper)

    def will_do(self, need: RuleNeed, known: VaultState[IndexedRule]) -> bool:
        """Standing as is needed."""
        return not need.standing or need.standing == known.indexed.standing

    def keeper_of(self, need: RuleNeed) -> str | None:
        """Its node, if that is not this one."""
        if need.keeper != OPERATOR:
            return None if need.keeper == self._me.name else need.keeper
        operators = [name for name in self._directory.names_with(Role.OPERATOR) if name != self._me.name]
        return operators[0] if operators and Role.OPERATOR not in self._me.roles else None

    def question(self, need: RuleNeed) -> tuple[str, bytes]:
        """What the keeper's node is asked."""
        return peer_codec.FETCH_RULE_STATE, peer_codec.encode_fetch_rule_state(need.contract, need.key)

    def outdated(self, need: RuleNeed) -> RuleStateOutdated:
        """The keeper has no newer one."""
        return RuleStateOutdated(need.contract, need.key, need.keeper)

    def unfit(self, need: RuleNeed, found: VaultState[IndexedRule] | None, notary: str) -> RuleStateMissing | None:
        """There is none; one that stands otherwise is referenced as it is, and refused by its contract's rule."""
        return RuleStateMissing(need.contract, need.key, need.keeper, notary) if found is None else None


RuleStateBook = CurrentStates[RuleNeed, IndexedRule]


class RuleStateDesk:
    """The keeper's side: answers ``node.fetch_rule_state``."""

    def __init__(self, me: NodeSelf, database: NodeDatabase, directory: Directory, disclosing: Disclosing) -> None:
        self._keepers = (me.name, OPERATOR) if Role.OPERATOR in me.roles else (me.name,)
        self._database = database
        self._directory = directory
        self._disclosing = disclosing

    async def handle(self, asker: PeerIdentity, body: bytes) -> bytes:
        """Name what made the present states of a contract and key, and what consumed earlier ones.

        Members of any business network and Validators may ask; raises ``NotAMember``, ``DecodeError``.
        """
        contract, key = peer_codec.decode_fetch_rule_state(body)
        may_ask = asker.name in self._directory.names_with(Role.VALIDATOR)
        read = partial(self._transactions_of, contract=contract, key=key, asker=asker.name, may_ask=may_ask)
        found = await self._database.read(read)
        self._disclosing.disclose_ids(asker.name, found)
        return peer_codec.encode_rule_state_ids(found)

    def _transactions_of(
        self, connection: Connection, *, contract: str, key: str, asker: str, may_ask: bool
    ) -> tuple[bytes, ...]:
        if not may_ask and not is_member(connection, asker):
            raise NotAMember(asker, "any network")
        return tuple(rule_transactions(connection, contract, key, self._keepers)[:MAX_FETCHED_IDS])
