"""Ends a signing log's doubt: takes the highest height that the notary and all other Validators show."""

from __future__ import annotations

from collections.abc import Collection

import structlog

from chains.progmat.validators.signing_log import SigningLog

_log = structlog.get_logger(__name__)


class SigningFloor:
    """``shown`` for every answer. All of ``witnesses`` must have answered: one alone could be an old copy itself."""

    def __init__(self, log: SigningLog, witnesses: Collection[str]) -> None:
        self._signing_log = log
        self._witnesses = frozenset(witnesses)
        self._heights: dict[str, int] = {}

    def shown(self, peer: str, height: int) -> None:
        """``peer`` has shown that the journal has come to ``height``."""
        if peer not in self._witnesses or not self._signing_log.is_in_doubt:
            return
        self._heights[peer] = max(height, self._heights.get(peer, 0))
        if self._heights.keys() == self._witnesses:
            floor = max(self._heights.values())
            self._signing_log.set_floor(floor)
            self._heights.clear()  # a later doubt asks everybody anew
            _log.warning("signing log takes a floor", floor=floor)
