"""The contract package of this code base."""

from __future__ import annotations

from chains.progmat.contracts.cash import CashContract
from chains.progmat.contracts.coin import CoinContract
from chains.progmat.contracts.coin_holder import CoinHolderContract
from chains.progmat.contracts.distribution_contract import DistributionContract
from chains.progmat.contracts.dvp_lock_contract import DvpLockContract
from chains.progmat.contracts.dvp_receipt_contract import DvpReceiptContract
from chains.progmat.contracts.execution import ExecutionContract
from chains.progmat.contracts.ibc_client import IbcClientContract
from chains.progmat.contracts.membership import BusinessNetwork, MembershipContract
from chains.progmat.contracts.native_dvp import NativeDvpContract
from chains.progmat.contracts.network_control import NetworkControlContract
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.contracts.proposal import ProposalContract
from chains.progmat.contracts.security import SecurityContract
from chains.progmat.contracts.token import TokenContract
from chains.progmat.contracts.trade import TradeContract
from chains.progmat.contracts.transfer_gate import TransferGateContract
from chains.progmat.contracts.utility_use import UtilityUseContract
from light_clients.registry import LightClientRegistry


def standard_package(light_clients: LightClientRegistry) -> ContractPackage:
    """All contracts of this code base over a sealed registry of light clients."""
    contracts = (
        CashContract(),
        CoinContract(),
        CoinHolderContract(),
        DvpLockContract(),
        DvpReceiptContract(),
        IbcClientContract(),
        MembershipContract(),
        TradeContract(),
        TokenContract(BusinessNetwork.ST),
        TokenContract(BusinessNetwork.UT),
        NativeDvpContract(),
        ProposalContract(),
        ExecutionContract(),
        DistributionContract(),
        UtilityUseContract(),
        SecurityContract(),
        TransferGateContract(),
        NetworkControlContract(),
    )
    return ContractPackage.seal(contracts, light_clients)
