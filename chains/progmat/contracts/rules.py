"""How contracts state their rules: a sentence, what must be, what is. A broken rule raises the contract's own error."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TypeVar

from chains.progmat.contracts.errors import ContractViolation
from primitives.composite_key import Key
from primitives.errors import Detail

T = TypeVar("T")


class RuleBook:
    """The rules of one contract; each method returns when its rule holds and raises ``violation`` otherwise."""

    def __init__(self, violation: type[ContractViolation]) -> None:
        self._violation = violation

    def broken(self, rule: str, *, expected: object, found: object) -> ContractViolation:
        """The error for a rule whose check is written out in the contract."""
        return self._violation(rule, expected=_evidence(expected), found=_evidence(found))

    def equal(self, rule: str, *, expected: object, found: object) -> None:
        """Two values are the same."""
        if expected != found:
            raise self.broken(rule, expected=expected, found=found)

    def at_most(self, rule: str, *, limit: int, found: int) -> None:
        """A number does not exceed a limit."""
        if found > limit:
            raise self.broken(rule, expected=f"at most {limit}", found=found)

    def one(self, rule: str, items: Sequence[T]) -> T:
        """There is exactly one, which is returned."""
        if len(items) != 1:
            raise self.broken(rule, expected="exactly one", found=len(items))
        return items[0]

    def some(self, rule: str, items: Collection[T]) -> None:
        """There is at least one."""
        if not items:
            raise self.broken(rule, expected="at least one", found=0)

    def none(self, rule: str, items: Collection[T]) -> None:
        """There is none."""
        if items:
            raise self.broken(rule, expected="none", found=len(items))

    def signed_by(self, rule: str, *, signer: Key, signers: Collection[Key]) -> None:
        """A key is among the signers (the signatures themselves are verified with the signed transaction)."""
        if signer not in signers:
            raise self.broken(rule, expected=signer.encoded(), found=f"{len(signers)} other signers")


def _evidence(value: object) -> Detail:
    return value if isinstance(value, str | int | bytes) else str(value)
