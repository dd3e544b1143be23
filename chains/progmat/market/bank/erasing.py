"""Taking a payer's name out of what was imported and of what was waited for; days, amounts and balances stay."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection, or_, update

from chains.progmat.market.bank.tables import expected, lines

ERASED: Final = "*"
"""What stands where a name, or the bank's description with a name in it, stood."""


def erase_payer(connection: Connection, references: Collection[str], names: Collection[str]) -> None:
    """Of the payments with these references, and of every line and payment whose payer goes by one of ``names``.

    ``names`` as names are compared. A statement adds up as before: what is erased is who paid.
    """
    of_line = or_(lines.c.matched.in_(references), lines.c.payer_name.in_(names))
    connection.execute(update(lines).where(of_line).values(text=ERASED, payer_name=ERASED))
    of_payment = or_(expected.c.reference.in_(references), expected.c.payer_name.in_(names))
    connection.execute(update(expected).where(of_payment, expected.c.payer_name != "").values(payer_name=ERASED))
