"""Requests about distributions and utility tokens. Continues ``requests``, under its rules."""

from __future__ import annotations

from dataclasses import dataclass

from chains.progmat.contracts.distribution import MAX_BATCHES, MAX_PARTS
from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.contracts.utility_use import encode_use
from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.request_base import FlowRequest, check_quantity
from chains.progmat.transactions.model import MAX_COMMAND_DATA_BYTES, MAX_STATE_DATA_BYTES
from primitives.errors import DecodeError

_ID_BYTES = 32


@dataclass(frozen=True)
class OpenDistribution(FlowRequest):
    """A part of a distribution, by the registrar: a state not yet paid, and its lines, as the contract encodes both."""

    kind = FlowKind.OPEN_DISTRIBUTION

    state: bytes
    lines: bytes

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, value, most in (
            ("state", self.state, MAX_STATE_DATA_BYTES),
            ("lines", self.lines, MAX_COMMAND_DATA_BYTES),
        ):
            if not 1 <= len(value) <= most:
                raise InvalidRequest(name, f"1 to {most} bytes are wanted, not {len(value)}")


@dataclass(frozen=True)
class PayBatch(FlowRequest):
    """A batch of a part, out of the payer's account; of a grant, by issuing units.

    ``network`` is SC for yen, UT for units; ``node`` is the payees' custodian.
    """

    kind = FlowKind.PAY_BATCH

    distribution_id: bytes
    part: int
    batch: int
    network: BusinessNetwork
    node: str

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_part(self.distribution_id, self.part)
        if not 0 <= self.batch < MAX_BATCHES:
            raise InvalidRequest("batch", f"0 to {MAX_BATCHES - 1} are possible, not {self.batch}")
        if self.network not in (BusinessNetwork.SC, BusinessNetwork.UT):
            raise InvalidRequest("network", f"yen of SC or units of UT are distributed, not {self.network.name}")


@dataclass(frozen=True)
class CancelDistribution(FlowRequest):
    """A part taken back before its first payment, by the registrar."""

    kind = FlowKind.CANCEL_DISTRIBUTION

    distribution_id: bytes
    part: int

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_part(self.distribution_id, self.part)


@dataclass(frozen=True)
class UseUtility(FlowRequest):
    """Units of one of this node's accounts used for something, whose reference this is."""

    kind = FlowKind.USE_UTILITY

    token_id: str
    registrar: str
    quantity: int
    from_account_key: bytes
    reference: str

    def __post_init__(self) -> None:
        super().__post_init__()
        check_quantity(self.quantity)
        try:
            encode_use(self.reference)
        except DecodeError as error:
            raise InvalidRequest("reference", str(error)) from error


@dataclass(frozen=True)
class ExpireUtility(FlowRequest):
    """Units of this registrar's utility token whose time is over, destroyed: as many as one transaction takes."""

    kind = FlowKind.EXPIRE_UTILITY

    token_id: str


def _check_part(distribution_id: bytes, part: int) -> None:
    if len(distribution_id) != _ID_BYTES:
        raise InvalidRequest("distribution_id", f"{_ID_BYTES} bytes are wanted, not {len(distribution_id)}")
    if not 0 <= part < MAX_PARTS:
        raise InvalidRequest("part", f"0 to {MAX_PARTS - 1} are possible, not {part}")
