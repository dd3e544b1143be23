"""What is erased, on which ground: the words of the API."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum

from chains.progmat.market.master_data.fields import RecordKind
from chains.progmat.market.people.canonical_request import canonical
from primitives.errors import DecodeError


class Ground(Enum):
    """Why a person is erased."""

    REQUEST = "REQUEST"
    """The person asked for it: refused while there are obstacles."""
    LEGAL_ORDER = "LEGAL_ORDER"
    """An order that forces it, named by its reference, whatever is held."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """What is proposed. ``reference``: a case number, never a name; required for an order."""

    kind: RecordKind
    record_id: str
    ground: Ground
    reference: str = ""

    def encoded(self) -> bytes:
        """As an approver reads it."""
        return canonical(
            {"kind": self.kind.value, "id": self.record_id, "ground": self.ground.value, "reference": self.reference}
        )

    @classmethod
    def decode(cls, request: bytes) -> Erasure:
        """As it was encoded, of no other bytes; raises ``DecodeError``."""
        try:
            told = json.loads(request)
            erasure = cls(RecordKind(told["kind"]), told["id"], Ground(told["ground"]), told["reference"])
            again = erasure.encoded()
        except (ValueError, TypeError, KeyError) as error:
            raise DecodeError("erasure", expected="kind, id, ground, reference", found=request[:64]) from error
        if again != request:
            raise DecodeError("erasure is canonical", expected=again[:64], found=request[:64])
        return erasure
