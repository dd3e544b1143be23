"""The documents that order something: an instruction, or the cancellation of one."""

from __future__ import annotations

from typing import TypeAlias

from relayer.gateway.iso20022.cancellation import Cancellation, read_cancellation
from relayer.gateway.iso20022.errors import NotAnOrder
from relayer.gateway.iso20022.instruction import Instruction, read_instruction
from relayer.gateway.iso20022.schemas import MessageType, read

Order: TypeAlias = Instruction | Cancellation


def read_document(xml: bytes) -> tuple[MessageType, Order | None]:
    """A document's type, and what it orders; None for one that orders nothing here, which its schema allows.

    Raises ``NotAMessage``, ``SchemaViolated``, ``ProfileViolated``. The first document of a process takes a second or
    two: call it in a thread.
    """
    kind, body = read(xml)
    if kind is MessageType.INSTRUCTION:
        return kind, read_instruction(body)
    if kind is MessageType.CANCELLATION:
        return kind, read_cancellation(body)
    return kind, None


def read_order(xml: bytes) -> Order:
    """As ``read_document``. Raises ``NotAnOrder``, too."""
    kind, order = read_document(xml)
    if order is None:
        raise NotAnOrder(kind.identifier)
    return order
