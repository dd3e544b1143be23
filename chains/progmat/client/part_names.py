"""The parts of a node that stand by themselves: by these names its standing and gRPC's health service speak of them."""

from __future__ import annotations

from typing import Final

RECORDS: Final = "records"
"""Its database, which can be written and is current."""
KEYS: Final = "keys"
"""What keeps its keys answers. Unable some time before the node stops signing."""
NOTARY: Final = "notary"
"""The notary's store takes what is to be final."""
VALIDATOR: Final = "validator"
"""The Validator signs: it has seen no misbehaviour."""
JOURNAL: Final = "journal"
"""The Validator can read the notary's journal."""
