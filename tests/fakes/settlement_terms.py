"""Valid settlement terms for tests, varied by keyword."""

from __future__ import annotations

from ibc.dvp import CashAccount, CashLeg, LeadLeg, SecurityLeg, SettlementTerms
from primitives.signatures import SignatureScheme, SoftwareSigner
from primitives.types import Address

T0_S = 1_700_000_000


def account(node: str, seed: int) -> CashAccount:
    """A cash account with a real key."""
    signer = SoftwareSigner.from_seed(SignatureScheme.ED25519, bytes([seed]) * 32)
    return CashAccount(node, signer.public_key.encoded())


def some_terms(
    trade: int = 1,
    *,
    quantity: int = 10,
    amount_yen: int = 1_000_000,
    lock_by_s: int = T0_S + 300,
    settle_s: int = 300,
    nodes: tuple[str, str] = ("cn-a", "cn-b"),
) -> SettlementTerms:
    """Terms of trade number ``trade``, between ``nodes`` (seller's, buyer's); equal arguments give equal terms."""
    seller_node, buyer_node = nodes
    return SettlementTerms(
        trade_id=trade.to_bytes(32, "big"),
        security=SecurityLeg(
            chain_id=1337,
            token=Address(b"\x11" * 20),
            adapter=Address(b"\x22" * 20),
            quantity=quantity,
            seller=Address(b"\x33" * 20),
            buyer=Address(b"\x44" * 20),
        ),
        cash=CashLeg(
            ledger_id="progmat-test",
            coin_id="PGC-1",
            issuer="sn",
            amount_yen=amount_yen,
            buyer=account(buyer_node, 1),
            seller=account(seller_node, 2),
            salt=b"\x55" * 32,
        ),
        lead_leg=LeadLeg.CASH,
        lock_by_s=lock_by_s,
        settle_by_s=lock_by_s + settle_s,
    )
