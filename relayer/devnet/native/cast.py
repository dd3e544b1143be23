"""Who takes part in the day: brokers and their nodes, investors by their ids, and what is known of them as persons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from relayer.devnet.native.network import BROKER_A, BROKER_B, CUSTODIAN

SECURITY_ID, GATE_ID, TRUST_CONTRACT_ID, ISIN = "ST-1", "GATE-1", "TRUST-1", "JP3046310003"
COIN_ID, RETAIL_COIN_ID = "PGC-1", "PGC-R"
"""Wholesale: brokers pay each other. Retail: coupons reach whoever holds the security."""
CLERK, APPROVER = "clerk-1", "approver-1"
"""Staff ids: they act at every node, always two where two are wanted."""
AUTHOR_OF_OUTAGE, APPROVER_OF_OUTAGE = "a.sato", "k.mori"
"""Two of the trustee's people who sign moves by hand while the ledger is down."""


@dataclass(frozen=True, slots=True)
class Broker:
    """A broker: its program's certificate, the node that keeps its customers' accounts, its yen at the start."""

    name: str
    node: str
    deposit_yen: int

    @property
    def house_id(self) -> str:
        """The id under which its own cash account is opened."""
        return f"INV-HOUSE-{self.name[-1].upper()}"


@dataclass(frozen=True, slots=True)
class Investor:
    """An investor by its id, whose customer it is, and the units it is issued."""

    investor_id: str
    broker: Broker
    units: int


A: Final = Broker("broker-a", BROKER_A, 2_000_000)
B: Final = Broker("broker-b", BROKER_B, 6_000_000)
C: Final = Broker("broker-c", CUSTODIAN, 1_000_000)
D: Final = Broker("broker-d", CUSTODIAN, 4_000_000)
BROKERS: Final = (A, B, C, D)
A1, A2 = Investor("INV-A001", A, 401), Investor("INV-A002", A, 199)
B1, B2 = Investor("INV-B001", B, 53), Investor("INV-B002", B, 0)
C1, D1 = Investor("INV-C001", C, 250), Investor("INV-D001", D, 97)
INVESTORS: Final = (A1, A2, B1, B2, C1, D1)
UNITS: Final = sum(investor.units for investor in INVESTORS)


def personal_record(investor: Investor) -> dict[str, str]:
    """What a node's master data (マスタ) hold of an investor. Invented, and told apart by its number."""
    number = 100_000 + INVESTORS.index(investor)
    kana = "".join("アイウエオカキクケコ"[int(digit)] for digit in str(number))
    return {
        "id": investor.investor_id,
        "name": f"架空投資家{number}",
        "name_kana": f"カクウトウシカ{kana}",
        "registered_address": f"東京都千代田区架空町{number}番地",
        "contact.name": f"架空担当者{number}",
        "contact.post_code": f"9{number}",
        "contact.address": f"大阪府大阪市架空町{number}",
        "contact.phone": f"0398{number}",
        "contact.email": f"investor{number}@example.jp",
        "bank.code": "0009",
        "bank.branch_code": "123",
        "bank.deposit_kind": "1",
        "bank.number": f"7{number}",
        "bank.holder_kana": f"カクウ {kana}",
    }
