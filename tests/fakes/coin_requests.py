"""A request of every kind about registered coins."""

from __future__ import annotations

from typing import Final

from chains.progmat.contracts.cash_codec import CoinKind
from chains.progmat.flows.coin_requests import (
    AdmitHolder,
    AmendCoin,
    ForceCash,
    FreezeCash,
    RegisterCoin,
    RemoveHolder,
    ThawCash,
)
from tests.fakes.ledger_parties import AN, BUYER, CN_A, CN_B, SELLER

_BUYERS = BUYER.account_at(CN_B)
_WHY: Final = ("COURT_ORDER", "2026-17", "clerk-1", "approver-1")
COIN_REQUESTS: Final = (
    RegisterCoin("r", "PGC-1", CoinKind.WHOLESALE, (AN.key.encoded(),), "clerk-1", "approver-1"),
    AmendCoin("r", "PGC-1", (AN.key.encoded(),), "clerk-1", "approver-1"),
    AdmitHolder("r", "PGC-1", _BUYERS, "clerk-1"),
    RemoveHolder("r", "PGC-1", _BUYERS, "clerk-1"),
    FreezeCash("r", "PGC-1", _BUYERS, 100, *_WHY),
    ThawCash("r", "PGC-1", _BUYERS, 0, *_WHY),
    ForceCash("r", "PGC-1", _BUYERS, 7, *_WHY, SELLER.account_at(CN_A)),
)
