"""Two persons behind a change: whoever asks for it, and another one who agrees."""

from __future__ import annotations

from dataclasses import dataclass

from chains.progmat.market.trades.errors import ActIncomplete


@dataclass(frozen=True, slots=True)
class TwoPersons:
    """Staff ids of author and approver; raises ``ActIncomplete`` unless they are two."""

    author: str
    approver: str

    def __post_init__(self) -> None:
        for staff_id in (self.author, self.approver):
            if not 1 <= len(staff_id) <= 64 or not staff_id.isprintable() or staff_id.strip() != staff_id:
                raise ActIncomplete(self.author, self.approver)
        if self.author.casefold() == self.approver.casefold():
            raise ActIncomplete(self.author, self.approver)
