"""What a verifier believes beforehand: the trust file. Nothing of it is taken from a bundle.

``{"evm": {"chain_id": number, "router": address, "store_slot"?: word, "client_id": text, "engine"?: "qbft" | "ibft2" |
"ibft1", "header"?: hex | "validators"?: [address, …], "height"?: number, "timestamp"?: number}, "ledger": {"ledger_id":
text, "client_id": text, "validators": [address, …], "threshold": number, "notary_key": hex}}``.

``router`` is the contract whose storage holds the IBC commitments. Either a header that you trust (its RLP), older than
the settlement, or the set of validators who sealed at a height and time. ``client_id`` is, on the EVM chain, the light
client that follows this ledger, and on the ledger the one that follows this chain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chains.progmat.transactions.component_codec import decode_single_key
from light_clients.progmat import ValidatorSet
from light_clients.qbft import IBC_STORE_SLOT, ConsensusEngine, read_sealed_header
from light_clients.qbft.verify import TrustAnchor
from primitives.errors import CrossDvpError
from primitives.public_key import PublicKey
from relayer.cli.verify.errors import Unreadable
from relayer.cli.verify.json_reader import JsonField

_MAX_VALIDATORS: Final = 1024


@dataclass(frozen=True, slots=True)
class EvmTrust:
    """The EVM chain and the contract that keeps its IBC commitments."""

    chain_id: int
    router: bytes
    store_slot: bytes
    client_id: str
    engine: ConsensusEngine
    anchor: TrustAnchor


@dataclass(frozen=True, slots=True)
class LedgerTrust:
    """The ledger, its Validators and its notary; None trusts no notary: then no transaction holds."""

    ledger_id: str
    client_id: str
    validator_set: ValidatorSet
    notary_key: PublicKey | None


@dataclass(frozen=True, slots=True)
class Trust:
    """Both."""

    evm: EvmTrust
    ledger: LedgerTrust


def read_trust(document: object) -> Trust:
    """The trust in a JSON document. Raises ``Unreadable`` naming the place."""
    file = JsonField(document)
    evm, ledger = file.at("evm"), file.at("ledger")
    store_slot = evm.get("store_slot")
    engine = _engine(evm.get("engine"))
    try:
        return Trust(
            EvmTrust(
                chain_id=evm.at("chain_id").integer(),
                router=evm.at("router").hex(20),
                store_slot=bytes(IBC_STORE_SLOT) if store_slot is None else store_slot.hex(32),
                client_id=evm.at("client_id").text(),
                engine=engine,
                anchor=_anchor(evm, engine),
            ),
            LedgerTrust(
                ledger_id=ledger.at("ledger_id").text(),
                client_id=ledger.at("client_id").text(),
                validator_set=ValidatorSet(ledger.at("threshold").integer(), ledger.at("validators").hex_list(20)),
                notary_key=decode_single_key(ledger.at("notary_key").hex()),
            ),
        )
    except Unreadable:
        raise
    except CrossDvpError as error:
        raise Unreadable(f"nothing that can be trusted: {error}", place=file.place) from error


def _engine(field: JsonField | None) -> ConsensusEngine:
    if field is None:
        return ConsensusEngine.QBFT
    try:
        return ConsensusEngine(field.text())
    except ValueError:
        known = ", ".join(engine.value for engine in ConsensusEngine)
        raise Unreadable(f"expected one of {known}", place=field.place) from None


def _anchor(evm: JsonField, engine: ConsensusEngine) -> TrustAnchor:
    header = evm.get("header")
    if header is not None:
        sealed = read_sealed_header(engine, header.hex())
        return TrustAnchor(sealed.header.number, sealed.header.timestamp_s, sealed.validators)
    validators = evm.at("validators").hex_list(20)
    if not 0 < len(validators) <= _MAX_VALIDATORS or len(set(validators)) != len(validators):
        raise Unreadable("expected distinct validators, at least one", place=f"{evm.place}.validators")
    height, timestamp = evm.get("height"), evm.get("timestamp")
    return TrustAnchor(
        0 if height is None else height.integer(), 0 if timestamp is None else timestamp.integer(), validators
    )
