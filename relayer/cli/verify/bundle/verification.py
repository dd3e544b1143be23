"""Both legs against each other: what a bundle proves of a settlement, in sentences, or why it proves nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ibc.dvp import LeadLeg, packet_of, terms_hash
from ibc.packet import Packet
from primitives.errors import PeerError
from relayer.cli.verify.bundle.cash_leads import verify_cash_led, verify_cash_refused, verify_cash_timed_out
from relayer.cli.verify.bundle.document import Bundle, Ending
from relayer.cli.verify.bundle.evm_leg import verified_headers
from relayer.cli.verify.bundle.ledger_leg import verified_checkpoints
from relayer.cli.verify.bundle.parts import Legs, Statements
from relayer.cli.verify.bundle.securities_lead import (
    verify_cancelled,
    verify_securities_led,
    verify_securities_refused,
    verify_securities_timed_out,
)
from relayer.cli.verify.bundle.trust import Trust
from relayer.cli.verify.errors import Refused


@dataclass(frozen=True, slots=True)
class BundleReport:
    """What is proved, what was believed beforehand, and what is not proved: sentences for people."""

    proved: tuple[str, ...]
    believed: tuple[str, ...]
    not_proved: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Shape:
    """The parts that an ending needs, no more and no fewer, and what holds them together."""

    evm_proofs: frozenset[str]
    ledger_proofs: frozenset[str]
    transactions: int
    verify: Callable[[Legs], Statements]


_LOCKED: Final = frozenset({"lock", "packet", "packet_ended"})
_SHAPES: Final[Mapping[tuple[LeadLeg, Ending], _Shape]] = MappingProxyType(
    {
        (LeadLeg.CASH, Ending.SETTLED): _Shape(
            frozenset({"earmark", "receipt", "acknowledgement"}), _LOCKED, 2, verify_cash_led
        ),
        (LeadLeg.CASH, Ending.REFUSED): _Shape(
            frozenset({"receipt", "acknowledgement"}), _LOCKED, 2, verify_cash_refused
        ),
        (LeadLeg.CASH, Ending.TIMED_OUT): _Shape(frozenset({"receipt_absent"}), _LOCKED, 2, verify_cash_timed_out),
        (LeadLeg.SECURITIES, Ending.SETTLED): _Shape(
            frozenset({"packet", "packet_ended"}),
            frozenset({"payment", "receipt", "acknowledgement"}),
            1,
            verify_securities_led,
        ),
        (LeadLeg.SECURITIES, Ending.REFUSED): _Shape(
            frozenset({"packet", "packet_ended"}),
            frozenset({"receipt", "acknowledgement"}),
            0,
            verify_securities_refused,
        ),
        (LeadLeg.SECURITIES, Ending.TIMED_OUT): _Shape(
            frozenset({"packet", "packet_ended"}), frozenset({"receipt_absent"}), 0, verify_securities_timed_out
        ),
        **{
            (lead, Ending.CANCELLED): _Shape(frozenset(), frozenset({"cancellation"}), 1, verify_cancelled)
            for lead in LeadLeg
        },
    }
)


def verify_bundle(bundle: Bundle, trust: Trust) -> BundleReport:
    """Hold a bundle against what its reader trusts. Raises ``Refused`` naming what does not hold."""
    terms = bundle.terms
    _require("settlement", f"settlements/{terms.trade_id.hex()}", bundle.name, "WRONG_TRADE")
    _require("terms.evm_chain_id", trust.evm.chain_id, terms.security.chain_id, "WRONG_CHAIN")
    _require("terms.ledger_id", trust.ledger.ledger_id, terms.cash.ledger_id, "WRONG_LEDGER")
    shape = _SHAPES[terms.lead_leg, bundle.ending]
    _require_parts("evm.proofs", shape.evm_proofs, bundle.evm_proofs)
    _require_parts("ledger.proofs", shape.ledger_proofs, bundle.ledger_proofs)
    _require("ledger.transactions", shape.transactions, len(bundle.transactions), "BUNDLE_PART_MISSING")
    legs = Legs(
        bundle=bundle,
        terms_hash=terms_hash(terms),
        packet=_packet(bundle, trust),
        evm=verified_headers(trust.evm, bundle),
        ledger=verified_checkpoints(trust.ledger, bundle),
    )
    found = shape.verify(legs)
    return BundleReport(found.proved, _believed(trust), found.not_proved)


def _packet(bundle: Bundle, trust: Trust) -> Packet | None:
    """The settlement's one packet, between the two light clients that the verifier names."""
    named, terms = bundle.packet, bundle.terms
    if (named is None) != (bundle.ending is Ending.CANCELLED):
        raise Refused("$.packet: a settlement has a packet unless it was cancelled", cause="BUNDLE_PART_MISSING")
    if named is None:
        return None
    ends = (trust.ledger.client_id, trust.evm.client_id)
    source, destination = ends if terms.lead_leg is LeadLeg.CASH else ends[::-1]
    _require("packet.source_client", source, named.source_client, "WRONG_CLIENT")
    _require("packet.destination_client", destination, named.destination_client, "WRONG_CLIENT")
    try:
        return packet_of(terms, named.sequence, source, destination)
    except PeerError as error:
        raise Refused(f"$.packet is none: {error}", cause=error.reason) from error


def _require(place: str, expected: str | int, found: str | int, cause: str) -> None:
    if expected != found:
        raise Refused(f"$.{place} does not fit", cause=cause, expected=expected, found=found)


def _require_parts(place: str, expected: frozenset[str], found: Mapping[str, object]) -> None:
    wrong = sorted(expected ^ set(found))
    if wrong:
        raise Refused(
            f"$.{place}: this ending is proved by exactly these parts",
            cause="BUNDLE_PART_MISSING" if wrong[0] in expected else "BUNDLE_PART_UNUSED",
            expected=", ".join(sorted(expected)) or "none",
            found=", ".join(sorted(found)) or "none",
        )


def _believed(trust: Trust) -> tuple[str, ...]:
    evm, ledger = trust.evm, trust.ledger
    notary = "none" if ledger.notary_key is None else ledger.notary_key.encoded().hex()
    threshold, count = ledger.validator_set.threshold, len(ledger.validator_set.validators)
    return (
        (
            f"more than two thirds of the {len(evm.anchor.validators)} validators of EVM chain {evm.chain_id} that you "
            f"named at height {evm.anchor.height} are honest, and their keys were theirs when they sealed"
        ),
        (
            f"the contract 0x{evm.router.hex()} is a correct IBC router whose client {evm.client_id} follows "
            f"{ledger.ledger_id}, and whose port dvp is our app"
        ),
        (
            f"fewer than {threshold} of the {count} Validators of {ledger.ledger_id} lie; they check every contract "
            f"before "
            "the notary commits"
        ),
        f"the notary with the key {notary} commits no state twice",
    )
