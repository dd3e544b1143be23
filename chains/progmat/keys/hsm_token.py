"""One token of a PKCS#11 module, opened when it is first needed and again after it was away.

The module's answers are told apart by blame here and nowhere else. One session serves one call at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from chains.progmat.keys.errors import HsmKeyMissing, HsmPinRefused, KeyBackendMissing, KeyServiceUnavailable
from chains.progmat.keys.patience import Patience

if TYPE_CHECKING:
    import pkcs11

T = TypeVar("T")

_INSTALL: Final = "install crossdvp with its extra hsm"
_PIN_PROBLEMS: Final = (
    "PinIncorrect",
    "PinInvalid",
    "PinLocked",
    "PinExpired",
    "PinLenRange",
    "UserPinNotInitialized",
)


def pkcs11_package() -> Any:  # noqa: ANN401  # a module
    """The package ``pkcs11``; raises ``KeyBackendMissing``."""
    try:
        import pkcs11  # noqa: PLC0415  # an extra: only who has an HSM has it
    except ImportError:
        raise KeyBackendMissing("python-pkcs11", _INSTALL) from None
    return pkcs11


class HsmToken:
    """The token labelled ``label`` of the PKCS#11 library ``module``. Safe from any thread."""

    def __init__(self, module: Path, label: str, pin: Callable[[], str]) -> None:
        self.label = label
        self._module = module
        self._pin = pin
        self._session: pkcs11.Session | None = None
        self._using = threading.RLock()
        self.patience = Patience(f"HSM token {label!r}")

    def use(self, call: Callable[[Any], T]) -> T:
        """``call`` with a session that is logged in; once more with a new one if the first had gone.

        Raises ``KeyServiceUnavailable`` (also where it keeps an event loop waiting, see ``Patience``; what was asked
        may still happen then), ``HsmPinRefused``, ``HsmKeyMissing``, ``KeyBackendMissing``.
        """
        return self.patience.call(partial(self._use, call))

    def _use(self, call: Callable[[Any], T]) -> T:
        package = pkcs11_package()
        with self._using:
            for is_last in (False, True):
                try:
                    return call(self._opened(package))
                except package.exceptions.NoSuchKey as error:
                    raise HsmKeyMissing(self.label, str(error) or "that was asked for") from error
                except package.exceptions.PKCS11Error as error:
                    self.close()
                    if type(error).__name__ in _PIN_PROBLEMS:
                        raise HsmPinRefused(self.label, type(error).__name__) from error
                    if is_last:
                        raise KeyServiceUnavailable(f"HSM token {self.label!r}", type(error).__name__) from error
        raise KeyServiceUnavailable(f"HSM token {self.label!r}", "no answer")  # pragma: no cover - the loop ends above

    def close(self) -> None:
        """Forget the session; the next use opens one."""
        with self._using:
            session, self._session = self._session, None
            if session is None:
                return
            package = pkcs11_package()
            try:
                session.close()
            except package.exceptions.PKCS11Error:
                return  # it had gone already

    def _opened(self, package: Any) -> pkcs11.Session:  # noqa: ANN401  # a module
        if self._session is None:
            if not self._module.exists():
                raise KeyBackendMissing(
                    f"PKCS#11 module {self._module}", "install the HSM's software, or name its file"
                )
            token = package.lib(str(self._module)).get_token(token_label=self.label)
            try:
                self._session = token.open(rw=True, user_pin=self._pin())
            except package.exceptions.UserAlreadyLoggedIn:  # by another session of this process
                self._session = token.open(rw=True)
        session: pkcs11.Session = self._session
        return session
