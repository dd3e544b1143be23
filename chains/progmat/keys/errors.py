"""What the key hierarchy refuses.

CrossDvpError
├── CallerError
│   ├── BadKeyFile              the key store is malformed, incomplete or was altered
│   ├── WrongPassphrase         the passphrase does not open the key store
│   ├── KeyLabelTaken           two keys under one label
│   ├── WrongKeyBackend         the store is wrapped by another kind of master key than the one configured
│   ├── KeyBackendMissing       a package or a module that a backend needs is not installed
│   ├── KeyAccessDenied         the key service knows us and says no, or does not know the master key
│   ├── HsmPinRefused           the HSM does not accept the PIN
│   ├── HsmKeyMissing           the HSM has no such key
│   ├── KeyStoreRolledBack      an old copy of the key store
│   ├── KeyKindNotHere          a kind of key that cannot be kept where it was asked for
│   └── ApproverKeyMisused      an approver's key was asked to sign something else than its acts
├── PeerError
│   └── Refusal
│       └── WrappedKeyRefused   a wrapped key that is not of this node, key and version, or was altered
└── UnavailableError
    ├── KeyServiceUnavailable   KMS or HSM does not answer
    └── KeyStoreBusy            another process writes the key store
"""

from __future__ import annotations

from primitives.errors import CallerError, Refusal, UnavailableError


class BadKeyFile(CallerError):
    """The key store cannot be used."""

    reason = "BAD_KEY_FILE"

    def __init__(self, source: str, rule: str) -> None:
        self.source = source
        self.rule = rule
        super().__init__(f"{source}: {rule}")


class WrongPassphrase(CallerError):
    """The passphrase does not open the key store."""

    reason = "WRONG_PASSPHRASE"

    def __init__(self, source: str) -> None:
        self.source = source
        super().__init__(f"{source}: the passphrase does not open it (or its header was altered): check the passphrase")


class KeyLabelTaken(CallerError):
    """Two keys under one label."""

    reason = "KEY_LABEL_TAKEN"

    def __init__(self, label: str) -> None:
        self.label = label
        super().__init__(f"a key labelled {label!r} is kept already: choose another label")


class WrongKeyBackend(CallerError):
    """The configured master key is of another kind than the one that wrapped the store's data keys."""

    reason = "WRONG_KEY_BACKEND"

    def __init__(self, expected: str, found: str) -> None:
        self.expected = expected
        self.found = found
        super().__init__(
            f"the data key is wrapped by {found}, configured is {expected}: open the store with the former, "
            "then `crossdvp ledger keys rotate-master` to the latter"
        )


class KeyBackendMissing(CallerError):
    """What a backend needs is not installed."""

    reason = "KEY_BACKEND_MISSING"

    def __init__(self, what: str, do: str) -> None:
        self.what = what
        super().__init__(f"{what} is missing: {do}")


class KeyAccessDenied(CallerError):
    """The key service answered, and will not do it with this master key for this caller."""

    reason = "KEY_ACCESS_DENIED"

    def __init__(self, master_key: str, answer: str) -> None:
        self.master_key = master_key
        self.answer = answer
        super().__init__(
            f"key service: {answer} for master key {master_key}: check that it exists, is enabled, and that "
            "this node may use it"
        )


class HsmPinRefused(CallerError):
    """The HSM does not let us in."""

    reason = "HSM_PIN_REFUSED"

    def __init__(self, token: str, answer: str) -> None:
        self.token = token
        super().__init__(f"token {token!r}: {answer}: check the PIN file; do not try often, the token locks itself")


class HsmKeyMissing(CallerError):
    """The HSM has no such key."""

    reason = "HSM_KEY_MISSING"

    def __init__(self, token: str, key: str) -> None:
        self.token = token
        self.key = key
        super().__init__(f"token {token!r} has no key {key}: restore the token from its backup, or use the right one")


class KeyStoreRolledBack(CallerError):
    """The key store is an old copy of itself."""

    reason = "KEY_STORE_ROLLED_BACK"

    def __init__(self, expected: int, found: int) -> None:
        self.expected = expected
        self.found = found
        super().__init__(
            f"the key store is at change {found}, the node's records have seen change {expected}: an old copy lacks "
            "keys that were made since, and may bring back a retired data key. Put the newest copy in its place"
        )


class KeyKindNotHere(CallerError):
    """A kind of key that cannot be kept where it was asked for."""

    reason = "KEY_KIND_NOT_HERE"

    def __init__(self, rule: str) -> None:
        super().__init__(rule)


class ApproverKeyMisused(CallerError):
    """An approver's key was asked to sign something else than its acts."""

    reason = "APPROVER_KEY_MISUSED"

    def __init__(self, found: tuple[str, ...]) -> None:
        self.found = found
        super().__init__(
            "an approver's key signs forced transfers, freezes, thaws, cancellations, amendments and retirements only; "
            f"found {', '.join(found) or 'no command that names it'}: use another key"
        )


class WrappedKeyRefused(Refusal):
    """A wrapped key that does not open with this context: another node's, key's or generation's, or altered."""

    reason = "WRAPPED_KEY_REFUSED"


class KeyServiceUnavailable(UnavailableError):
    """The service that keeps the master key, or the key itself, does not answer."""

    reason = "KEY_SERVICE_UNAVAILABLE"

    def __init__(self, service: str, answer: str) -> None:
        self.service = service
        super().__init__(f"{service}: {answer}; nothing was signed, it is tried again")


class KeyStoreBusy(UnavailableError):
    """Another process writes the key store."""

    reason = "KEY_STORE_BUSY"

    def __init__(self, source: str) -> None:
        self.source = source
        super().__init__(f"{source}: another process is writing it; try again")
