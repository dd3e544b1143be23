"""Which network parameters count, as the parts of a node ask it."""

from __future__ import annotations

from typing import Protocol

from chains.progmat.transactions.errors import ParametersUnknown
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.parameters_history import ParametersHistory


class ParametersSource(Protocol):
    """The epochs a node knows and has accepted. Safe to call from any thread; never waits.

    Guarantees: the same time and the same hash give the same epoch for ever, in every node that gives one at all.
    """

    @property
    def history(self) -> ParametersHistory:
        """All epochs known, accepted or not."""
        ...

    def in_force(self) -> NetworkParameters:
        """The epoch in force by this node's clock; raises ``ParametersNotAccepted``."""
        ...

    def at(self, time_s: int) -> NetworkParameters:
        """The epoch in force at a time on the notary's clock; raises ``ParametersNotAccepted``."""
        ...

    def pinned(self, parameters_hash: bytes | None) -> NetworkParameters:
        """The epoch that a transaction names; raises ``ParametersUnknown``, ``ParametersNotAccepted``."""
        ...


class FixedParameters:
    """``ParametersSource`` of a network that stays in its first epoch."""

    def __init__(self, parameters: NetworkParameters) -> None:
        self._parameters = parameters

    @property
    def history(self) -> ParametersHistory:
        """One epoch."""
        return ParametersHistory(self._parameters)

    def in_force(self) -> NetworkParameters:
        """The only one."""
        return self._parameters

    def at(self, time_s: int) -> NetworkParameters:  # noqa: ARG002 # the protocol's signature
        """The only one."""
        return self._parameters

    def pinned(self, parameters_hash: bytes | None) -> NetworkParameters:
        """The only one; raises ``ParametersUnknown``."""
        if parameters_hash != self._parameters.hash:
            raise ParametersUnknown(parameters_hash or b"", self._parameters.epoch)
        return self._parameters


def source_of(parameters: NetworkParameters | ParametersSource) -> ParametersSource:
    """A source: the one given, or that of a network which stays as it is."""
    return FixedParameters(parameters) if isinstance(parameters, NetworkParameters) else parameters
