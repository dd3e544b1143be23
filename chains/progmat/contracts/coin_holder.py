"""Contract ``holder``: which accounts may receive a wholesale coin (WS型), as its issuer decides.

``Admit`` makes an admission of one account to one wholesale coin, ``Remove`` consumes it; the issuer signs both. Other
contracts ask for the admission of each account that *gets* a wholesale coin: one that has more of it after a
transaction than before. Who only gives or takes change back needs none, so an account that was removed can still pay
all it has out, and nothing is shut in.

Cash under a DvP lock is admitted when it is *locked*: the lock names the only two accounts it can come to, the
seller's, which must be admitted then, and the buyer's, whose coin it was. The unlock asks for nothing: once the other
chain delivered, an admission withdrawn in between must not keep the seller's cash from him, nor the buyer's refund from
the buyer. What is paid for never becomes an abort. A payment on the arrival of a packet asks, for it is locked nowhere:
the securities wait, and are given back if it does not come.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol

from chains.progmat.contracts.cash_codec import CoinKind, OwnerKind
from chains.progmat.contracts.coin import referenced_coin
from chains.progmat.contracts.coin_codec import decode_holder, encode_holder
from chains.progmat.contracts.errors import CoinHolderViolation
from chains.progmat.contracts.names import HOLDER
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.contracts.rules import RuleBook
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import Party, ProvableWrite, TransactionState, check_name
from chains.progmat.transactions.network_parameters import NetworkParameters
from primitives.composite_key import Key
from primitives.hashing import sha256
from primitives.public_key import PublicKey

ADMIT: Final = "Admit"
REMOVE: Final = "Remove"

_rules = RuleBook(CoinHolderViolation)


@dataclass(frozen=True, slots=True)
class HolderState:
    """Account ``owner`` at custodian ``node`` may receive coin ``coin_id`` of ``issuer``."""

    coin_id: str
    issuer: Party
    owner: PublicKey
    node: str

    def __post_init__(self) -> None:
        check_name("HolderState.coin_id", self.coin_id)
        check_name("HolderState.node", self.node)

    def encode(self) -> bytes:
        """Canonical bytes."""
        return encode_holder(self.coin_id, self.issuer, self.owner, self.node)

    def as_output(self, notary: Party) -> TransactionState:
        """This admission as an output of a transaction."""
        return TransactionState(HOLDER, self.encode(), notary)

    @classmethod
    def of(cls, state: TransactionState) -> HolderState:
        """The admission in a state of this contract; raises CoinHolderViolation for another's, DecodeError."""
        _rules.equal("the state is a holder's admission", expected=HOLDER, found=state.contract)
        return _decoded(state.data)


@lru_cache(maxsize=1024)
def _decoded(data: bytes) -> HolderState:
    return HolderState(*decode_holder(data))


class CoinHolderContract:
    """See the module's docstring."""

    name = HOLDER
    version = 1

    def verify(
        self,
        ledger_tx: LedgerTransaction,
        package: ContractPackage,  # noqa: ARG002 # the protocol's signature; no light client is asked
        parameters: NetworkParameters,  # noqa: ARG002 # as above
    ) -> tuple[ProvableWrite, ...]:
        """Nothing provable is written: always the empty tuple. Raises CoinHolderViolation."""
        command = _rules.one("a transaction changes one admission", ledger_tx.commands_of(HOLDER))
        _rules.equal("nothing else happens", expected=frozenset({HOLDER}), found=ledger_tx.contract_names)
        _rules.equal("an admission's command carries no data", expected=b"", found=command.data)
        before = [HolderState.of(state.state) for state in ledger_tx.inputs_of(HOLDER)]
        after = [HolderState.of(state) for state in ledger_tx.outputs_of(HOLDER)]
        match command.name:
            case "Admit":
                _rules.none("an admission consumes none", before)
                holder = _rules.one("one account is admitted", after)
                coin = referenced_coin(_rules, ledger_tx, holder.coin_id, holder.issuer)
                rule = "holders are admitted to wholesale coins"
                _rules.equal(rule, expected=CoinKind.WHOLESALE.name, found=coin.kind.name)
            case "Remove":
                holder = _rules.one("one account is removed", before)
                _rules.none("a removed admission leaves nothing", after)
            case _:
                known = f"{ADMIT}, {REMOVE}"
                raise _rules.broken("the holder's command is known", expected=known, found=command.name)
        issuer = holder.issuer
        _rules.signed_by(f"the issuer {issuer.name} signs", signer=issuer.key, signers=ledger_tx.signers)
        return ()

    def participants(
        self,
        state: TransactionState,
        parameters: NetworkParameters,  # noqa: ARG002 # the protocol's signature
    ) -> tuple[Key, ...]:
        """The issuer, who alone admits."""
        return (HolderState.of(state).issuer.key,)


class HeldCoin(Protocol):
    """An amount of coin in an account, as contract ``cash`` has it."""

    @property
    def coin_id(self) -> str:
        """The coin."""

    @property
    def issuer(self) -> Party:
        """Whose coin it is."""

    @property
    def amount_yen(self) -> int:
        """How much."""

    @property
    def owner(self) -> PublicKey:
        """The key that owns it."""

    @property
    def node(self) -> str:
        """The custodian node that keeps the account."""

    @property
    def owner_kind(self) -> OwnerKind:
        """What kind of key ``owner`` is."""

    @property
    def kind(self) -> CoinKind:
        """The coin's kind."""


def require_receivers_admitted(
    ledger_tx: LedgerTransaction, inputs: Iterable[HeldCoin], outputs: Iterable[HeldCoin]
) -> None:
    """Each account with more of a wholesale coin after than before is admitted to it; raises CoinHolderViolation."""
    gains: dict[HolderState, int] = defaultdict(int)
    for sign, side in ((-1, inputs), (1, outputs)):
        for coin in side:
            if coin.kind is CoinKind.WHOLESALE:
                gains[_holder_of(coin)] += sign * coin.amount_yen
                _rules.equal(
                    "a wholesale coin is held under its account's own key",
                    expected="ACCOUNT",
                    found=coin.owner_kind.name,
                )
    require_admitted(ledger_tx, [holder for holder, gained_yen in gains.items() if gained_yen > 0])


def require_admitted(ledger_tx: LedgerTransaction, wanted: Iterable[HolderState]) -> None:
    """Each of these admissions is referenced: same coin, issuer (name and key), account and node."""
    admitted = {HolderState.of(reference.state) for reference in ledger_tx.references_of(HOLDER)}
    for holder in wanted:
        if holder not in admitted:
            rule = f"an account that gets wholesale coin {holder.coin_id} of {holder.issuer.name} is admitted to it"
            raise _rules.broken(rule, expected="its admission among the references", found=holder.owner.encoded())


def holder_key(coin_id: str, node: str, account_key: bytes) -> str:
    """What an admission is looked up by, of one issuer: 64 hexadecimal digits, however long the names are."""
    parts = (coin_id.encode(), node.encode(), account_key)
    return sha256(b"".join(len(part).to_bytes(2, "big") + part for part in parts)).hex()


def _holder_of(coin: HeldCoin) -> HolderState:
    return HolderState(coin.coin_id, coin.issuer, coin.owner, coin.node)
