"""The documents that order something: an instruction, or the cancellation of one."""

from __future__ import annotations

from typing import TypeAlias

from relayer.gateway.iso20022.cancellation import Cancellation, read_cancellation
from relayer.gateway.iso20022.errors import NotAnOrder
from relayer.gateway.iso20022.instruction import Instruction, read_instruction
from relayer.gateway.iso20022.schemas import MessageType, read

Order: TypeAlias = Instruction | Cancellation


def read_order(xml: bytes) -> Order:
    """What a document orders, held against its schema and the profile.

    Raises ``NotAMessage``, ``SchemaViolated``, ``ProfileViolated``, ``NotAnOrder``. The first document of a process
    takes a second or two: call it in a thread.
    """
    kind, body = read(xml)
    if kind is MessageType.INSTRUCTION:
        return read_instruction(body)
    if kind is MessageType.CANCELLATION:
        return read_cancellation(body)
    raise NotAnOrder(kind.identifier)
