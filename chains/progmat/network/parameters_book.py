"""The epochs one node knows, and which of them its operator accepted, in a folder of small files.

``000002.signed`` holds the signed epoch, ``000002.accepted`` the hash that was accepted. Every file is checked again at
each start against the first epoch, which the node's configuration names; files that are lost are learnt again, and
accepted again. Files, because notary, Validators and vaults keep different databases and all need the same epochs.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import structlog

from chains.progmat.network.errors import (
    EpochNotNext,
    EpochUnknown,
    NetworkFilesFailed,
    ParametersBackdated,
    ParametersNotAccepted,
    ParametersStoreBroken,
)
from chains.progmat.network.keeping import keep
from chains.progmat.transactions.errors import ParametersForked
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.network_parameters_codec import MAX_SIGNED_BYTES
from chains.progmat.transactions.parameters_history import ParametersHistory, SignedParameters
from primitives.errors import CrossDvpError

AcceptanceCheck = Callable[[NetworkParameters, NetworkParameters], Awaitable[None]]
"""Of the epoch before and the one to be accepted; raises a named error if this node must not accept it."""

JudgedUntil = Callable[[], int]
"""Up to which time on the notary's clock a part of this node has judged for good (0: nothing yet)."""

_EPOCH_FILES: Final = "[0-9][0-9][0-9][0-9][0-9][0-9].signed"
"""The signed map lies in the same folder."""

_FORKED: Final = "forked"

_log = structlog.get_logger(__name__)


class ParametersBook:
    """``ParametersSource`` of a running node. Use ``open``; blocking file writes in ``learn`` and ``accept`` only.

    Guarantees: an epoch that ``learn`` took, or ``accept`` returned for, is on disk and found again after any crash.
    """

    def __init__(
        self, node: str, folder: Path, history: ParametersHistory, accepted: int, clock_s: Callable[[], int]
    ) -> None:
        self._node = node
        self._folder = folder
        self._history = history
        self._accepted = accepted
        self._clock_s = clock_s
        self._judged_until: list[JudgedUntil] = []
        self._checks: list[AcceptanceCheck] = []
        self._changing = threading.Lock()

    @classmethod
    def open(cls, node: str, folder: Path, first: NetworkParameters, clock_s: Callable[[], int]) -> ParametersBook:
        """What the folder, made if need be, holds on top of the first epoch; raises ``ParametersStoreBroken``."""
        folder.mkdir(parents=True, exist_ok=True)
        return cls._found(node, folder, first, clock_s)

    @classmethod
    def look(cls, node: str, folder: Path, first: NetworkParameters) -> ParametersBook:
        """As ``open``, of a folder that may not be there, for reading only."""
        return cls._found(node, folder, first, lambda: 0)

    @classmethod
    def _found(cls, node: str, folder: Path, first: NetworkParameters, clock_s: Callable[[], int]) -> ParametersBook:
        history = ParametersHistory.of(first)
        accepted = 1
        for path in sorted(folder.glob(_EPOCH_FILES)):
            try:
                history = history.extended(SignedParameters.decode(_read(path)))
            except CrossDvpError as error:
                raise ParametersStoreBroken(str(path), f"{error.reason}: {error}") from error
        for epoch in history.epochs[1:]:
            marker = _marker(folder, epoch.epoch)
            if epoch.epoch == accepted + 1 and marker.exists() and marker.read_bytes() == epoch.hash.hex().encode():
                accepted = epoch.epoch
        return cls(node, folder, history, accepted, clock_s)

    # ---- what counts ----

    @property
    def history(self) -> ParametersHistory:
        """All epochs known, accepted or not."""
        return self._history

    @property
    def accepted_epoch(self) -> int:
        """The highest epoch that this node's operator has accepted."""
        return self._accepted

    def in_force(self) -> NetworkParameters:
        """By this node's clock; raises ``ParametersNotAccepted``."""
        history = self._history
        return self.at(self._clock_s()) if history.later else history.first

    def at(self, time_s: int) -> NetworkParameters:
        """At a time on the notary's clock; raises ``ParametersNotAccepted``."""
        return self._usable(self._history.at(time_s))

    def pinned(self, parameters_hash: bytes | None) -> NetworkParameters:
        """The epoch that a transaction names; raises ``ParametersUnknown``, ``ParametersNotAccepted``."""
        return self._usable(self._history.pinned(parameters_hash))

    def _usable(self, epoch: NetworkParameters) -> NetworkParameters:
        if epoch.epoch > self._accepted:
            raise ParametersNotAccepted(self._node, epoch.epoch, epoch.effective_from_s)
        return epoch

    # ---- what changes ----

    def guard(self, judged_until: JudgedUntil) -> None:
        """Let a part of this node that has judged up to a time refuse epochs that began before it."""
        self._judged_until.append(judged_until)

    def before_accepting(self, check: AcceptanceCheck) -> None:
        """Let a part of this node that has the ledger look at an epoch before it is accepted."""
        self._checks.append(check)

    async def accept_checked(self, epoch: int, parameters_hash: bytes) -> NetworkParameters:
        """As ``accept``, after every check; raises what they raise, too."""
        known = self._known(epoch, parameters_hash)
        if epoch > 1:
            for check in self._checks:
                await check(self._history.epochs[epoch - 2], known)
        return await asyncio.to_thread(self.accept, epoch, parameters_hash)

    def learn(self, signed: SignedParameters) -> bool:
        """Take an epoch from whoever sent it; False if it was known. Durable on return.

        Raises what ``ParametersHistory.extended`` refuses; ``ParametersForked`` is kept beside the epochs, both signed
        versions in one file, as the proof against the operator. Raises ``ParametersBackdated``, ``NetworkFilesFailed``.
        """
        with self._changing:
            try:
                extended = self._history.extended(signed)
            except ParametersForked as fork:
                self._keep_fork(fork)
                raise
            if extended is self._history:
                return False
            found = signed.parameters
            judged_until_s = max((judged() for judged in self._judged_until), default=0)
            if found.effective_from_s <= judged_until_s:
                raise ParametersBackdated(found.epoch, found.effective_from_s, judged_until_s)
            keep(self._folder / f"{found.epoch:06}.signed", signed.encode())
            self._history = extended
        _log.info(
            "parameters learnt", epoch=found.epoch, hash=found.hash.hex(), effective_from_s=found.effective_from_s
        )
        return True

    def accept(self, epoch: int, parameters_hash: bytes) -> NetworkParameters:
        """The operator of this node agrees to an epoch, by number and hash; again is harmless. Not checked further.

        Raises ``EpochUnknown`` also for another hash, ``EpochNotNext``, ``NetworkFilesFailed``.
        """
        with self._changing:
            known = self._known(epoch, parameters_hash)
            if epoch > self._accepted + 1:
                raise EpochNotNext(epoch, self._accepted + 1)
            if epoch == self._accepted + 1:
                keep(_marker(self._folder, epoch), known.hash.hex().encode())
                self._accepted = epoch
        _log.info("parameters accepted", epoch=epoch, hash=known.hash.hex())
        return known

    def _known(self, epoch: int, parameters_hash: bytes) -> NetworkParameters:
        known = self._history.epochs[epoch - 1] if 1 <= epoch <= len(self._history.epochs) else None
        if known is None or known.hash != parameters_hash:
            raise EpochUnknown(f"{epoch} with hash {parameters_hash.hex()}", self._history.newest.epoch)
        return known

    @property
    def fork(self) -> Path | None:
        """Where the proof is that the operator signed two epochs of one number, if it ever did."""
        return next(iter(sorted(self._folder.glob(f"*.{_FORKED}"))), None)

    def _keep_fork(self, fork: ParametersForked) -> None:
        path = self._folder / f"{fork.epoch:06}.{_FORKED}"
        if not path.exists():
            both = (len(item).to_bytes(4, "big") + item for item in (fork.known, fork.other))
            try:
                keep(path, b"".join(both))
            except NetworkFilesFailed as error:  # the fork itself is told all the same
                _log.error("the evidence of a fork is not kept", reason=error.reason, detail=str(error))
        _log.critical("the operator signed two epochs of one number", epoch=fork.epoch, evidence=str(path))


def _marker(folder: Path, epoch: int) -> Path:
    return folder / f"{epoch:06}.accepted"


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_SIGNED_BYTES:
            raise ParametersStoreBroken(str(path), f"longer than {MAX_SIGNED_BYTES} bytes")
        return path.read_bytes()
    except OSError as error:
        raise ParametersStoreBroken(str(path), f"cannot be read: {error}") from error
