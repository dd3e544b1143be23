"""What goes wrong around network parameters and map; what an epoch itself may break is in ``transactions.errors``.

CrossDvpError
├── CallerError
│   ├── EpochUnknown           there is no such epoch here to be accepted
│   ├── EpochNotNext           epochs are accepted one after the other
│   ├── KeyNotKept             no key of that label in the key file
│   ├── NoSuchNotary           no notary of that name in the epoch before, or on the network map
│   ├── UnusableFile           a file given to a command is not what it should be
│   └── NoticeTooShort         the operator signs an epoch that would begin before the members can have accepted it
├── PeerError
│   ├── ParametersBackdated    an epoch learnt now began before what this node has already judged
│   └── NetworkMapRefused      a map that is not signed by the operator, or older than the one at hand
├── UnavailableError
│   ├── ParametersNotAccepted  an epoch is in force that this node's operator has not accepted
│   └── NetworkFilesFailed     the disk did not take an epoch, an acceptance or a map: nothing has changed
├── PresentKeyMissing          this node does not keep the key that is its own in the epoch in force
└── ParametersStoreBroken      the files of known epochs contradict the first epoch, or cannot be read: start-up fails
"""

from __future__ import annotations

from collections.abc import Iterable

from primitives.errors import CallerError, CrossDvpError, PeerError, UnavailableError


class EpochUnknown(CallerError):
    """No such epoch here."""

    reason = "EPOCH_UNKNOWN"

    def __init__(self, wanted: str, newest_epoch: int) -> None:
        self.wanted, self.newest_epoch = wanted, newest_epoch
        super().__init__(f"no epoch {wanted} is known here, the newest is {newest_epoch}: offer the signed epoch first")


class EpochNotNext(CallerError):
    """An epoch before it is not accepted."""

    reason = "EPOCH_NOT_NEXT"

    def __init__(self, epoch: int, next_epoch: int) -> None:
        self.epoch, self.next_epoch = epoch, next_epoch
        super().__init__(f"epoch {epoch} cannot be accepted before epoch {next_epoch}: read and accept that one first")


class KeyNotKept(CallerError):
    """No such key."""

    reason = "KEY_NOT_KEPT"

    def __init__(self, label: str) -> None:
        self.label = label
        super().__init__(f"the key file has no key labelled {label!r}: check the label and the file")


class NoSuchNotary(CallerError):
    """No notary of that name, where one is wanted."""

    reason = "NO_SUCH_NOTARY"

    def __init__(self, name: str, there: Iterable[str]) -> None:
        self.name, self.there = name, tuple(there)
        super().__init__(f"no notary {name} there, only {', '.join(self.there) or 'none'}: check the name")


class UnusableFile(CallerError):
    """A file for the operator's commands."""

    reason = "UNUSABLE_FILE"

    def __init__(self, path: str, problem: str) -> None:
        self.path, self.problem = path, problem
        super().__init__(f"{path}: {problem}")


class NoticeTooShort(CallerError):
    """Members need time to read and accept an epoch."""

    reason = "NOTICE_TOO_SHORT"

    def __init__(self, effective_from_s: int, now_s: int, least_s: int) -> None:
        self.effective_from_s, self.now_s, self.least_s = effective_from_s, now_s, least_s
        super().__init__(
            f"the epoch would begin at {effective_from_s}, it is {now_s}: leave the members at least {least_s} s"
        )


class ParametersBackdated(PeerError):
    """Taking the epoch would change what was already decided under the one before."""

    reason = "PARAMETERS_BACKDATED"

    def __init__(self, epoch: int, effective_from_s: int, judged_until_s: int) -> None:
        self.epoch, self.effective_from_s, self.judged_until_s = epoch, effective_from_s, judged_until_s
        super().__init__(
            f"epoch {epoch} begins at {effective_from_s}, but this node has judged what happened up to "
            f"{judged_until_s}: it is not taken; the operator explains, see docs/ledger/network.md"
        )


class NetworkMapRefused(PeerError):
    """The map at hand stays."""

    reason = "NETWORK_MAP_REFUSED"

    def __init__(self, rule: str) -> None:
        self.rule = rule
        super().__init__(f"the network map is not taken: {rule}")


class ParametersNotAccepted(UnavailableError):
    """The flag day has come and this node's operator has not said yes."""

    reason = "PARAMETERS_NOT_ACCEPTED"

    def __init__(self, node: str, epoch: int, effective_from_s: int) -> None:
        self.node, self.epoch, self.effective_from_s = node, epoch, effective_from_s
        super().__init__(
            f"epoch {epoch} of the network parameters is in force from {effective_from_s} on, and the operator of "
            f"{node} has not accepted it: nothing is built or signed until `crossdvp ledger network accept` is called"
        )


class NetworkFilesFailed(UnavailableError):
    """An epoch, an acceptance or a map counts only once it is on disk."""

    reason = "NETWORK_FILES_FAILED"

    def __init__(self, path: str, problem: str) -> None:
        self.path, self.problem = path, problem
        super().__init__(f"{path} cannot be written ({problem}): nothing has changed, check the disk, then retry")


class PresentKeyMissing(CrossDvpError):
    """The successor's key is not in the key file."""

    reason = "PRESENT_KEY_MISSING"

    def __init__(self, node: str, key: bytes) -> None:
        self.node, self.key = node, key
        super().__init__(
            f"{node} signs with key {key.hex()} in this epoch, and its key file has it not: restore the file"
        )


class ParametersStoreBroken(CrossDvpError):
    """The folder of epochs was altered."""

    reason = "PARAMETERS_STORE_BROKEN"

    def __init__(self, path: str, problem: str) -> None:
        self.path, self.problem = path, problem
        super().__init__(f"{path}: {problem}; remove the file, the epoch is learnt again from the operator or a peer")
