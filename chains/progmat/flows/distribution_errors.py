"""What can go wrong when a distribution is opened, paid or cancelled on the ledger. Continues ``errors``.

CrossDvpError
└── CallerError
    ├── DistributionUnknown        there is no distribution, or no part, of that id here
    ├── DistributionIdReused       another distribution has this id
    ├── DistributionUnderWay       it cannot be cancelled any more: something of it was paid
    ├── BatchNotNext               another batch of the part is the next one to be paid
    └── NothingToExpire            no unit of the token has expired
"""

from __future__ import annotations

from primitives.errors import CallerError


class DistributionUnknown(CallerError):
    """Nothing of that id is known here."""

    reason = "DISTRIBUTION_UNKNOWN"

    def __init__(self, distribution_id: bytes) -> None:
        self.distribution_id = distribution_id
        super().__init__(f"this node knows no distribution {distribution_id.hex()}: list those it knows")


class DistributionIdReused(CallerError):
    """A name names one distribution."""

    reason = "DISTRIBUTION_ID_REUSED"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"another distribution is called {name}: repeat it with its own terms, or choose a new name")


class DistributionUnderWay(CallerError):
    """Too late to cancel."""

    reason = "DISTRIBUTION_UNDER_WAY"

    def __init__(self, distribution_id: bytes, part: int, next_batch: int) -> None:
        self.distribution_id = distribution_id
        self.part = part
        super().__init__(
            f"part {part} of {distribution_id.hex()} can be cancelled before its first payment: "
            f"expected no batch paid, found {next_batch}; let it be paid to its end"
        )


class BatchNotNext(CallerError):
    """Batches are paid in order, of a part that is open."""

    reason = "BATCH_NOT_NEXT"

    def __init__(self, part: int, wanted: int, found: str) -> None:
        self.part = part
        super().__init__(
            f"batch {wanted} of part {part} is not the next to be paid: found {found}; read its state again"
        )


class NothingToExpire(CallerError):
    """Nothing is over."""

    reason = "NOTHING_TO_EXPIRE"

    def __init__(self, token_id: str, now_s: int) -> None:
        self.token_id = token_id
        super().__init__(f"no unit of {token_id} here has an expiry before {now_s}: expire it when its time is over")
