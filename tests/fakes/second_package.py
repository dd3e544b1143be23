"""A second version of the program, as far as verdicts go: contract ``cash`` with another state layout.

The layout differs by a leading byte, so neither version reads the other's by chance. The second version *reads* both,
because a vault keeps what it recorded before; its contract *takes* only its own. What a node of the second version runs
is ``second_package`` with the codec of ``second_version``: the same contracts, another layout of coins.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from chains.progmat.contracts import cash as cash_module
from chains.progmat.contracts.cash import CashContract
from chains.progmat.contracts.cash_codec import CoinKind, OwnerKind, decode_cash, encode_cash
from chains.progmat.contracts.dvp_lock_contract import DvpLockContract
from chains.progmat.contracts.errors import CashViolation
from chains.progmat.contracts.ibc_client import IbcClientContract
from chains.progmat.contracts.membership import BusinessNetwork, MembershipContract
from chains.progmat.contracts.names import CASH, DVP_LOCK, SECURITY_TOKEN
from chains.progmat.contracts.native_dvp import NativeDvpContract
from chains.progmat.contracts.package import ContractPackage, Conversion, unchanged
from chains.progmat.contracts.proposal import ProposalContract
from chains.progmat.contracts.rules import RuleBook
from chains.progmat.contracts.token import TokenContract
from chains.progmat.contracts.trade import TradeContract
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import Party, ProvableWrite, TransactionState
from chains.progmat.transactions.network_parameters import NetworkParameters
from light_clients.registry import LightClientRegistry
from primitives.public_key import PublicKey
from primitives.types import Hash32

MARK: Final = b"\x02"
_rules = RuleBook(CashViolation)


class SecondCashContract(CashContract):
    """Contract ``cash``, of coins in the second layout."""

    version = 3

    def verify(
        self, ledger_tx: LedgerTransaction, package: ContractPackage, parameters: NetworkParameters
    ) -> tuple[ProvableWrite, ...]:
        for state in (*(item.state for item in ledger_tx.inputs_of(CASH)), *ledger_tx.outputs_of(CASH)):
            _rules.equal("coins are in the second layout: upgrade them", expected=MARK, found=state.data[:1])
        return super().verify(ledger_tx, package, parameters)


def in_second_layout(state: TransactionState) -> TransactionState:
    """The conversion of coins; refuses what is in the second layout already."""
    decode_cash(state.data)
    return replace(state, data=MARK + state.data)


def second_package(first: Hash32, registry: LightClientRegistry) -> ContractPackage:
    """The second version's package, with conversions of coins, locks and security tokens of the ``first``."""
    contracts = (
        SecondCashContract(),
        DvpLockContract(),
        IbcClientContract(),
        MembershipContract(),
        TradeContract(),
        TokenContract(BusinessNetwork.ST),
        TokenContract(BusinessNetwork.UT),
        NativeDvpContract(),
        ProposalContract(),
    )
    conversions = (
        Conversion(first, CASH, 1, in_second_layout),
        Conversion(first, DVP_LOCK, 1, unchanged),
        Conversion(first, SECURITY_TOKEN, 1, unchanged),
    )
    return ContractPackage.seal(contracts, registry, conversions)


@contextmanager
def second_version() -> Iterator[None]:
    """This process is of the second version: it writes coins in the second layout, and reads both."""
    _install(_encode_second, _decode_either)
    try:
        yield
    finally:
        _install(encode_cash, decode_cash)


def _install(encode: object, decode: object) -> None:
    vars(cash_module).update(encode_cash=encode, decode_cash=decode)
    cash_module._decoded.cache_clear()  # what the other version has read


def _encode_second(
    coin_id: str,
    issuer: Party,
    amount_yen: int,
    owner: PublicKey,
    node: str,
    owner_kind: OwnerKind,
    kind: CoinKind,
    *,
    frozen: bool,
) -> bytes:
    return MARK + encode_cash(coin_id, issuer, amount_yen, owner, node, owner_kind, kind, frozen=frozen)


def _decode_either(data: bytes) -> tuple[str, Party, int, PublicKey, str, OwnerKind, CoinKind, bool]:
    return decode_cash(data.removeprefix(MARK))
