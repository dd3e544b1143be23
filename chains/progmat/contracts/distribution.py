"""``DistributionState``: one part of a coupon, a distribution or a grant, and how far it has been paid.

A distribution to the holders of a record date (利払, 分配) is cut into parts, each the payees of one custodian node: no
node sees another one's holders. A part is cut into batches, and a chain of states counts them: what pays batch ``n``
consumes the state whose ``next_batch`` is ``n`` and makes the one with ``n + 1``. So each batch is paid once, in order.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from math import gcd
from typing import Final

from crossdvp.ledger.v1 import distribution_states_pb2 as pb

from chains.progmat.contracts.errors import DistributionViolation
from chains.progmat.contracts.names import DISTRIBUTION
from chains.progmat.contracts.rules import RuleBook
from chains.progmat.contracts.terms_codec import account_from_message, account_to_message
from chains.progmat.transactions.component_codec import decode_single_key, party_from_message, party_to_message
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.model import (
    MAX_STATE_DATA_BYTES,
    MAX_TIME_S,
    Party,
    TransactionState,
    check_hash,
    check_name,
    check_range,
)
from ibc.dvp import CashAccount
from primitives.codec import deterministic_bytes, strict_parse
from primitives.hashing import sha256
from primitives.public_key import PublicKey

OPEN: Final = "Open"
PAY: Final = "Pay"
CANCEL: Final = "Cancel"
MAX_PARTS: Final = 10_000
MAX_BATCHES: Final = 4_000
MAX_TOTAL: Final = 10**15
MAX_RATE: Final = 10**18
_ID_DOMAIN: Final = b"crossdvp/distribution/2"
_MARK_BYTES: Final = 16

_rules = RuleBook(DistributionViolation)


class DistributionMedium(IntEnum):
    """What payees are given; the value is the encoding's number."""

    COIN = 1
    UTILITY = 2


def distribution_id_of(registrar: str, name: str) -> bytes:
    """The 32 bytes that name a registrar's order: its mark, and what follows from both."""
    return registrars_mark(registrar) + _marked(registrar, name)


def registrars_mark(registrar: str) -> bytes:
    """How the ids of all distributions of a registrar begin: nobody opens a part under another's id."""
    return _marked(registrar, "")


def _marked(registrar: str, name: str) -> bytes:
    named = len(registrar.encode()).to_bytes(2, "big") + registrar.encode() + name.encode()
    return bytes(sha256(_ID_DOMAIN + named)[:_MARK_BYTES])


@dataclass(frozen=True, slots=True)
class Subject:
    """What is distributed to whom: the same in all parts of a distribution.

    ``record_date`` is yyyymmdd; ``rate_numerator / rate_denominator`` is what one unit of the security gets, in lowest
    terms, 0 / 1 where there is no one rate. ``payer`` is the paying account, or of a utility token its registrar's node
    and node key; ``expires_s`` is the utility token's, 0 for none. Raises MalformedComponent.
    """

    distribution_id: bytes
    security_id: str
    registrar: Party
    record_date: int
    medium: DistributionMedium
    asset_id: str
    keeper: str
    payer: CashAccount
    expires_s: int = 0
    rate_numerator: int = 0
    rate_denominator: int = 1

    def __post_init__(self) -> None:
        check_hash("DistributionState.distribution_id", self.distribution_id)
        if not any(self.distribution_id):
            raise MalformedComponent("DistributionState.distribution_id", expected="not zero", found=0)
        for name in ("security_id", "asset_id", "keeper"):
            check_name(f"DistributionState.{name}", getattr(self, name))
        check_range("DistributionState.record_date", self.record_date, 1900_01_01, 9999_12_31)
        check_range("DistributionState.expires_s", self.expires_s, 0, MAX_TIME_S)
        check_range("DistributionState.rate_numerator", self.rate_numerator, 0, MAX_RATE)
        check_range("DistributionState.rate_denominator", self.rate_denominator, 1, MAX_RATE)
        if gcd(self.rate_numerator, self.rate_denominator) != 1:
            raise MalformedComponent("the rate is in lowest terms", expected=1, found=self.rate_numerator)
        if self.medium is DistributionMedium.COIN and self.expires_s:
            raise MalformedComponent("coins do not expire", expected=0, found=self.expires_s)

    @property
    def has_its_registrars_mark(self) -> bool:
        """Whether the id is one of its registrar's."""
        return self.distribution_id.startswith(registrars_mark(self.registrar.name))

    @property
    def payer_key(self) -> PublicKey:
        """The key that signs each payment; raises DecodeError."""
        return decode_single_key(self.payer.key)


@dataclass(frozen=True, slots=True)
class DistributionState:
    """A part of a distribution: ``next_batch`` of ``batches`` is the next to be paid; equal to it when all is paid.

    ``total`` is in yen or units, ``lines_root`` (32 bytes) the root over the batches' hashes. Raises
    MalformedComponent.
    """

    subject: Subject
    part: int
    node: str
    total: int
    batches: int
    next_batch: int
    lines_root: bytes

    def __post_init__(self) -> None:
        check_range("DistributionState.part", self.part, 0, MAX_PARTS - 1)
        check_name("DistributionState.node", self.node)
        check_range("DistributionState.total", self.total, 1, MAX_TOTAL)
        check_range("DistributionState.batches", self.batches, 1, MAX_BATCHES)
        check_range("DistributionState.next_batch", self.next_batch, 0, self.batches)
        check_hash("DistributionState.lines_root", self.lines_root)

    @property
    def is_paid(self) -> bool:
        """Whether all batches are paid: nothing consumes the state any more."""
        return self.next_batch == self.batches

    def encode(self) -> bytes:
        """Canonical bytes."""
        subject = self.subject
        return deterministic_bytes(
            pb.DistributionState(
                distribution_id=subject.distribution_id,
                part=self.part,
                security_id=subject.security_id,
                registrar=party_to_message(subject.registrar),
                record_date=subject.record_date,
                medium=int(subject.medium),  # type: ignore[arg-type] # enum values are ints at run time
                asset_id=subject.asset_id,
                keeper=subject.keeper,
                payer=account_to_message(subject.payer),
                expires_s=subject.expires_s,
                rate_numerator=subject.rate_numerator,
                rate_denominator=subject.rate_denominator,
                node=self.node,
                total=self.total,
                batches=self.batches,
                next_batch=self.next_batch,
                lines_root=self.lines_root,
            )
        )

    def as_output(self, notary: Party) -> TransactionState:
        """This part as an output of a transaction."""
        return TransactionState(DISTRIBUTION, self.encode(), notary)

    @classmethod
    def of(cls, state: TransactionState) -> DistributionState:
        """The part in a state of this contract; raises DistributionViolation for another contract's, DecodeError."""
        _rules.equal("the state is a distribution's", expected=DISTRIBUTION, found=state.contract)
        return cls.decode(state.data)

    @classmethod
    def decode(cls, data: bytes) -> DistributionState:
        """The part in canonical bytes; raises DecodeError."""
        message = strict_parse(pb.DistributionState, data, max_bytes=MAX_STATE_DATA_BYTES)
        try:
            medium = DistributionMedium(int(message.medium))
        except ValueError as error:
            raise MalformedComponent(
                "DistributionState.medium", expected="1 or 2", found=int(message.medium)
            ) from error
        subject = Subject(
            distribution_id=message.distribution_id,
            security_id=message.security_id,
            registrar=party_from_message(message.registrar),
            record_date=message.record_date,
            medium=medium,
            asset_id=message.asset_id,
            keeper=message.keeper,
            payer=account_from_message(message.payer),
            expires_s=message.expires_s,
            rate_numerator=message.rate_numerator,
            rate_denominator=message.rate_denominator,
        )
        return cls(
            subject,
            message.part,
            message.node,
            message.total,
            message.batches,
            message.next_batch,
            message.lines_root,
        )
