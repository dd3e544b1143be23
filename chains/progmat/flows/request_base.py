"""What every request to a node has: an id, and checks that name the field."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.flows.record import FlowKind
from chains.progmat.transactions.model import check_name
from primitives.errors import DecodeError

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/-]{1,128}")
MOST = 10**15


class KeyChoice(Enum):
    """Under which key an account receives in a transaction; the value is the number in messages."""

    AS_SET = 0
    """As the account is set (``fresh_accounts``)."""
    ACCOUNT = 1
    """The account's own."""
    FRESH = 2
    """One of this transaction alone."""


def check_request_id(request_id: str) -> None:
    """Raises ``InvalidRequest``."""
    if not _REQUEST_ID.fullmatch(request_id):
        raise InvalidRequest("request_id", "1 to 128 characters of A-Z a-z 0-9 . _ : / - are wanted")


@dataclass(frozen=True)
class FlowRequest:
    """Base of all requests."""

    kind: ClassVar[FlowKind]

    request_id: str

    def __post_init__(self) -> None:
        check_request_id(self.request_id)


def check_notary(notary: str) -> None:
    """A notary's name, or nothing for the journal's notary; raises ``InvalidRequest``."""
    if notary:
        try:
            check_name("notary", notary)
        except DecodeError as error:
            raise InvalidRequest("notary", str(error)) from error


def check_amount(amount_yen: int) -> None:
    """Raises ``InvalidRequest``."""
    if not 1 <= amount_yen <= MOST:
        raise InvalidRequest("amount_yen", f"1 to 10^15 yen are possible, not {amount_yen}")


def check_quantity(quantity: int) -> None:
    """Raises ``InvalidRequest``."""
    if not 1 <= quantity <= MOST:
        raise InvalidRequest("quantity", f"1 to 10^15 units are possible, not {quantity}")
