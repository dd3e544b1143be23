"""Why a request cannot be built where the network has several notaries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from primitives.errors import CallerError


class NotaryNotServing(CallerError):
    """A request names a notary that the network does not have, or that is retiring."""

    reason = "NOTARY_NOT_SERVING"

    def __init__(self, notary: str, serving: Iterable[str]) -> None:
        self.notary = notary
        self.serving = tuple(serving)
        super().__init__(
            f"notary: {notary} does not serve in the epoch in force: choose from {', '.join(self.serving)}"
        )


class HeldAtSeveralNotaries(CallerError):
    """An account holds enough, but not at one notary that can be used."""

    reason = "HELD_AT_SEVERAL_NOTARIES"

    def __init__(self, asset_id: str, needed: int, held: Mapping[str, int], usable: Iterable[str]) -> None:
        self.asset_id = asset_id
        self.needed = needed
        self.held = dict(held)
        self.usable = tuple(usable)
        where = ", ".join(f"{amount} at {notary}" for notary, amount in sorted(held.items()))
        super().__init__(
            f"{needed} of {asset_id} needed at one notary of {', '.join(self.usable)}; there are {where}: change the "
            "notary of the others first, `crossdvp ledger network change-notary`"
        )


class HoldingsLeftBehind(CallerError):
    """An epoch drops a notary at which this node still has holdings."""

    reason = "HOLDINGS_LEFT_BEHIND"

    def __init__(self, epoch: int, notary: str, holdings: int) -> None:
        self.epoch = epoch
        self.notary = notary
        self.holdings = holdings
        super().__init__(
            f"epoch {epoch} drops notary {notary}, at which {holdings} unspent coins and tokens known here still are: "
            "have them moved first, `crossdvp ledger network change-notary`"
        )
