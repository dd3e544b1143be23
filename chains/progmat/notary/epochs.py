"""Which network parameters the notary works under, and the key it signs with in each epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from chains.progmat.transactions.network_parameters import NetworkParameters
from primitives.signatures import Signer


@dataclass(frozen=True)
class Epoch:
    """Parameters, and the signer of the notary key they name."""

    parameters: NetworkParameters
    signer: Signer


class Epochs(Protocol):
    """The epochs a notary can answer for. A new transaction must name the one in force.

    A transaction names its notary with the key of its own epoch, and is final only with that key's signature. So old
    answers are given again under the key of the transaction's epoch, for as long as the notary holds it.
    """

    def in_force(self) -> Epoch:
        """The epoch that new transactions must name now."""
        ...

    def named(self, parameters_hash: bytes | None) -> Epoch | None:
        """The epoch of these parameters, or None when the notary does not hold its key (any more)."""
        ...


class KnownEpochs:
    """``Epochs`` that are all known from the start; the last one is in force."""

    def __init__(self, epochs: Sequence[Epoch]) -> None:
        self._last = epochs[-1]
        self._by_hash = {bytes(epoch.parameters.hash): epoch for epoch in epochs}

    def in_force(self) -> Epoch:
        """The last one."""
        return self._last

    def named(self, parameters_hash: bytes | None) -> Epoch | None:
        """One of those given."""
        return None if parameters_hash is None else self._by_hash.get(bytes(parameters_hash))
