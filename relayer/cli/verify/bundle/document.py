"""A proof bundle as read: every member known, every size bounded, nothing believed yet."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ibc.dvp import CashAccount, CashLeg, LeadLeg, SecurityLeg, SettlementTerms
from primitives.errors import CrossDvpError
from primitives.types import UINT64_MAX, Address
from relayer.cli.verify.errors import Unreadable
from relayer.cli.verify.json_reader import JsonField

BUNDLE_FORMAT: Final = "crossdvp/proof-bundle"
BUNDLE_VERSION: Final = 1
MAX_BUNDLE_BYTES: Final = 1 << 20
MAX_HEADERS: Final = 8
MAX_CHECKPOINTS: Final = 72
MAX_TRANSACTIONS: Final = 2
_MAX_PROOF_NODES: Final = 65
_DECIMAL: Final = re.compile(r"[1-9][0-9]{0,77}")
_LEADS: Final = {"cash": LeadLeg.CASH, "securities": LeadLeg.SECURITIES}


class Ending(StrEnum):
    """How a settlement ended."""

    SETTLED = "settled"
    REFUSED = "refused"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class PacketName:
    """The settlement's packet: the rest of it follows from the terms."""

    sequence: int
    source_client: str
    destination_client: str


@dataclass(frozen=True, slots=True)
class StorageProof:
    """A slot of a contract under header number ``header`` of the bundle; nodes root first."""

    place: str
    header: int
    account_proof: tuple[bytes, ...]
    storage_proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class PathProof:
    """A path of the ledger under checkpoint number ``checkpoint`` of the bundle; a packed sparse Merkle proof."""

    place: str
    checkpoint: int
    proof: bytes


@dataclass(frozen=True, slots=True)
class LedgerTx:
    """A torn transaction of the ledger. ``position`` is its journal position; ``paid_output`` may be empty."""

    place: str
    position: int
    tear_off: bytes
    notary_signature: bytes
    paid_output: bytes


@dataclass(frozen=True, slots=True)
class Bundle:
    """Everything that a bundle claims, by name. Untrusted."""

    name: str
    ending: Ending
    terms: SettlementTerms
    packet: PacketName | None
    router: bytes
    headers: tuple[bytes, ...]
    evm_proofs: Mapping[str, StorageProof]
    checkpoints: tuple[bytes, ...]
    ledger_proofs: Mapping[str, PathProof]
    transactions: tuple[LedgerTx, ...]


def read_bundle(document: object) -> Bundle:
    """The bundle in a JSON document. Raises ``Unreadable`` naming the place."""
    file = JsonField(document)
    _exactly(file, ("format", "version", "settlement", "ending", "terms", "packet", "evm", "ledger"))
    if file.at("format").text() != BUNDLE_FORMAT or file.at("version").integer() != BUNDLE_VERSION:
        raise Unreadable(f"expected format {BUNDLE_FORMAT!r} of version {BUNDLE_VERSION}", place=file.place)
    evm, ledger = file.at("evm"), file.at("ledger")
    _exactly(evm, ("router", "headers", "proofs"))
    _exactly(ledger, ("checkpoints", "proofs", "transactions"))
    headers = _bounded(evm.at("headers"), MAX_HEADERS)
    checkpoints = _bounded(ledger.at("checkpoints"), MAX_CHECKPOINTS)
    evm_proofs, ledger_proofs = evm.at("proofs"), ledger.at("proofs")
    return Bundle(
        name=file.at("settlement").text(),
        ending=_ending(file.at("ending")),
        terms=_terms(file.at("terms")),
        packet=None if file.get("packet") is None else _packet(file.at("packet")),
        router=evm.at("router").hex(20),
        headers=tuple(field.hex() for field in headers),
        evm_proofs={name: _storage_proof(evm_proofs.at(name), len(headers)) for name in evm_proofs.names()},
        checkpoints=tuple(field.hex() for field in checkpoints),
        ledger_proofs={name: _path_proof(ledger_proofs.at(name), len(checkpoints)) for name in ledger_proofs.names()},
        transactions=tuple(_ledger_tx(field) for field in _bounded(ledger.at("transactions"), MAX_TRANSACTIONS)),
    )


def _exactly(field: JsonField, names: Collection[str]) -> None:
    """The members of an object are these and no others: what nobody checks is not to be there."""
    found = set(field.names())
    if found != set(names):
        wrong = sorted(found ^ set(names))
        raise Unreadable(
            f"expected exactly {', '.join(names)}; wrong or missing: {', '.join(wrong)}", place=field.place
        )


def _bounded(field: JsonField, most: int) -> list[JsonField]:
    items = field.items()
    if len(items) > most:
        raise Unreadable(f"expected at most {most} elements, found {len(items)}", place=field.place)
    return items


def _ending(field: JsonField) -> Ending:
    try:
        return Ending(field.text())
    except ValueError:
        raise Unreadable(f"expected one of {', '.join(Ending)}", place=field.place) from None


def _packet(field: JsonField) -> PacketName:
    _exactly(field, ("sequence", "source_client", "destination_client"))
    sequence = field.at("sequence")
    if not _DECIMAL.fullmatch(sequence.text()) or int(sequence.text()) > UINT64_MAX:
        raise Unreadable("expected a sequence as a decimal number", place=sequence.place)
    return PacketName(int(sequence.text()), field.at("source_client").text(), field.at("destination_client").text())


def _terms(field: JsonField) -> SettlementTerms:
    names = ("trade_id", "evm_chain_id", "token", "adapter", "quantity", "seller_address", "buyer_address", "ledger_id")
    more = ("coin_id", "issuer", "amount_yen", "seller_account", "buyer_account", "salt", "lock_by", "settle_by")
    _exactly(field, (*names, *more, "lead_leg"))
    quantity, lead = field.at("quantity"), field.at("lead_leg")
    if not _DECIMAL.fullmatch(quantity.text()):
        raise Unreadable("expected a positive decimal number", place=quantity.place)
    if lead.text() not in _LEADS:
        raise Unreadable("expected cash or securities", place=lead.place)
    try:
        return SettlementTerms(
            trade_id=field.at("trade_id").hex(32),
            security=SecurityLeg(
                chain_id=field.at("evm_chain_id").integer(),
                token=Address(field.at("token").hex(20)),
                adapter=Address(field.at("adapter").hex(20)),
                quantity=int(quantity.text()),
                seller=Address(field.at("seller_address").hex(20)),
                buyer=Address(field.at("buyer_address").hex(20)),
            ),
            cash=CashLeg(
                ledger_id=field.at("ledger_id").text(),
                coin_id=field.at("coin_id").text(),
                issuer=field.at("issuer").text(),
                amount_yen=field.at("amount_yen").integer(),
                buyer=_account(field.at("buyer_account")),
                seller=_account(field.at("seller_account")),
                salt=field.at("salt").hex(32),
            ),
            lead_leg=_LEADS[lead.text()],
            lock_by_s=field.at("lock_by").integer(),
            settle_by_s=field.at("settle_by").integer(),
        )
    except Unreadable:
        raise
    except CrossDvpError as error:
        raise Unreadable(f"no settlement terms: {error}", place=field.place) from error


def _account(field: JsonField) -> CashAccount:
    _exactly(field, ("node", "account_key"))
    return CashAccount(field.at("node").text(), field.at("account_key").hex())


def _storage_proof(field: JsonField, header_count: int) -> StorageProof:
    _exactly(field, ("header", "account_proof", "storage_proof"))
    nodes = [_bounded(field.at(name), _MAX_PROOF_NODES) for name in ("account_proof", "storage_proof")]
    account, storage = (tuple(node.hex() for node in listed) for listed in nodes)
    return StorageProof(field.place, _index(field.at("header"), header_count), account, storage)


def _path_proof(field: JsonField, checkpoint_count: int) -> PathProof:
    _exactly(field, ("checkpoint", "proof"))
    return PathProof(field.place, _index(field.at("checkpoint"), checkpoint_count), field.at("proof").hex())


def _index(field: JsonField, count: int) -> int:
    index = field.integer()
    if index >= count:
        raise Unreadable(f"expected a number below {count}", place=field.place)
    return index


def _ledger_tx(field: JsonField) -> LedgerTx:
    _exactly(field, ("position", "tear_off", "notary_signature", "paid_output"))
    raw = (field.at(name).hex() for name in ("tear_off", "notary_signature", "paid_output"))
    return LedgerTx(field.place, field.at("position").integer(), *raw)
