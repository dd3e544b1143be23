"""The market's nouns for other programs: what its clients are asked with, and what they answer."""

from chains.progmat.client.coin_client import CoinClient, CoinTrust
from chains.progmat.client.distribution_client import DistributionClient
from chains.progmat.client.exchange_client import ExchangeClient, ExecutionView
from chains.progmat.client.key_client import KeyClient
from chains.progmat.client.master_data_client import MasterDataClient
from chains.progmat.client.order_client import OrderClient
from chains.progmat.client.register_client import RegisterClient
from chains.progmat.client.securities_client import SecuritiesClient
from chains.progmat.client.trade_client import TradeClient
from chains.progmat.client.user_client import UserClient
from chains.progmat.contracts.cash_codec import CoinKind
from chains.progmat.contracts.distribution import DistributionMedium
from chains.progmat.contracts.network_control import Opening
from chains.progmat.contracts.security import SecurityStatus
from chains.progmat.contracts.security_terms import HolidayAdjustment, SecurityKind, SecurityTerms
from chains.progmat.contracts.transfer_note import TransferNote
from chains.progmat.flows.coin_requests import AdmitHolder, RegisterCoin
from chains.progmat.flows.securities_requests import (
    ForceToken,
    FreezeToken,
    RegisterSecurity,
    SetGate,
    SetNetworkControl,
    ThawToken,
)
from chains.progmat.market.distribution.terms import AmountKind, Terms
from chains.progmat.market.exchange.assigning import BrokerOrder
from chains.progmat.market.exchange.order_ids import new_order_id
from chains.progmat.market.exchange.resolved import TradeSide
from chains.progmat.market.exchange.venue.model import Listing, Security, Side
from chains.progmat.market.master_data.fields import RecordKind
from chains.progmat.market.people.statuses import Decision
from chains.progmat.market.register.details import RegisterKind
from chains.progmat.vault.indexing import Asset

__all__ = [
    "AdmitHolder",
    "AmountKind",
    "Asset",
    "BrokerOrder",
    "CoinClient",
    "CoinKind",
    "CoinTrust",
    "Decision",
    "DistributionClient",
    "DistributionMedium",
    "ExchangeClient",
    "ExecutionView",
    "ForceToken",
    "FreezeToken",
    "HolidayAdjustment",
    "KeyClient",
    "Listing",
    "MasterDataClient",
    "Opening",
    "OrderClient",
    "RecordKind",
    "RegisterClient",
    "RegisterCoin",
    "RegisterKind",
    "RegisterSecurity",
    "SecuritiesClient",
    "Security",
    "SecurityKind",
    "SecurityStatus",
    "SecurityTerms",
    "SetGate",
    "SetNetworkControl",
    "Side",
    "Terms",
    "ThawToken",
    "TradeClient",
    "TradeSide",
    "TransferNote",
    "UserClient",
    "new_order_id",
]
