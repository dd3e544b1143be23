"""A proof bundle as JSON: what ``relayer.cli.verify.bundle`` reads. Bytes are hexadecimal with 0x."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chains.progmat.client.ledger_client import TornEvidence
from ibc.dvp import CashAccount, LeadLeg, SettlementTerms
from relayer.cli.verify.bundle import BUNDLE_FORMAT, BUNDLE_VERSION, Ending

Document = dict[str, object]


@dataclass(frozen=True)
class EvmPart:
    """Headers by height, and per proof its height and the nodes of account and slot."""

    headers: Mapping[int, bytes]
    proofs: Mapping[str, tuple[int, Sequence[bytes], Sequence[bytes]]]


@dataclass(frozen=True)
class LedgerPart:
    """Checkpoints in order with their heights, and per proof its height and the packed sparse Merkle proof."""

    checkpoints: Sequence[tuple[int, bytes]]
    proofs: Mapping[str, tuple[int, bytes]]
    transactions: Sequence[TornEvidence]


@dataclass(frozen=True)
class PacketEnds:
    """The settlement's packet by name."""

    sequence: int
    source_client: str
    destination_client: str


def bundle_document(
    terms: SettlementTerms, ending: Ending, packet: PacketEnds | None, router: bytes, evm: EvmPart, ledger: LedgerPart
) -> Document:
    """The whole document."""
    evm_at = {height: number for number, height in enumerate(sorted(evm.headers))}
    ledger_at = {height: number for number, (height, _) in enumerate(ledger.checkpoints)}
    return {
        "format": BUNDLE_FORMAT,
        "version": BUNDLE_VERSION,
        "settlement": f"settlements/{terms.trade_id.hex()}",
        "ending": ending.value,
        "terms": _terms(terms),
        "packet": None if packet is None else {**vars(packet), "sequence": str(packet.sequence)},
        "evm": {
            "router": _hex(router),
            "headers": [_hex(evm.headers[height]) for height in sorted(evm.headers)],
            "proofs": {
                name: {
                    "header": evm_at[height],
                    "account_proof": list(map(_hex, account)),
                    "storage_proof": list(map(_hex, storage)),
                }
                for name, (height, account, storage) in evm.proofs.items()
            },
        },
        "ledger": {
            "checkpoints": [_hex(header) for _, header in ledger.checkpoints],
            "proofs": {
                name: {"checkpoint": ledger_at[height], "proof": _hex(proof)}
                for name, (height, proof) in ledger.proofs.items()
            },
            "transactions": [_tx(torn) for torn in ledger.transactions],
        },
    }


def bundle_bytes(document: Document) -> bytes:
    """UTF-8, for people to look at and for machines to hash."""
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def _tx(torn: TornEvidence) -> Document:
    return {
        "position": torn.journal_position,
        "tear_off": _hex(torn.tear_off),
        "notary_signature": _hex(torn.notary_signature),
        "paid_output": _hex(torn.paid_output),
    }


def _terms(terms: SettlementTerms) -> Document:
    security, cash = terms.security, terms.cash
    return {
        "trade_id": _hex(terms.trade_id),
        "evm_chain_id": security.chain_id,
        "token": _hex(security.token),
        "adapter": _hex(security.adapter),
        "quantity": str(security.quantity),
        "seller_address": _hex(security.seller),
        "buyer_address": _hex(security.buyer),
        "ledger_id": cash.ledger_id,
        "coin_id": cash.coin_id,
        "issuer": cash.issuer,
        "amount_yen": cash.amount_yen,
        "seller_account": _account(cash.seller),
        "buyer_account": _account(cash.buyer),
        "salt": _hex(cash.salt),
        "lock_by": terms.lock_by_s,
        "settle_by": terms.settle_by_s,
        "lead_leg": "cash" if terms.lead_leg is LeadLeg.CASH else "securities",
    }


def _account(account: CashAccount) -> Document:
    return {"node": account.node, "account_key": _hex(account.key)}


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
