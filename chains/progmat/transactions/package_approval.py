"""``PackageApproval``: the members' agreement to a contract package, as an epoch of the network parameters names it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chains.progmat.transactions.model import check_hash
from primitives.types import Hash32

MAX_APPROVALS: Final = 192


@dataclass(frozen=True, slots=True, order=True)
class PackageApproval:
    """``result_tx`` is the ledger transaction that closed the proposal of ``package_hash`` as approved."""

    package_hash: Hash32
    result_tx: Hash32

    def __post_init__(self) -> None:
        check_hash("PackageApproval.package_hash", self.package_hash)
        check_hash("PackageApproval.result_tx", self.result_tx)
