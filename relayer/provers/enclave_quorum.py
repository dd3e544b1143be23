"""The same statement from the enclaves of enough operators.

Enclaves are deterministic: from one state and one message all honest ones make the same bytes. What few say otherwise,
or sign with another key than they attested, is left out; it cannot be more than a delay.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from light_clients.enclave.statements import Statement, decode_statement, statement_digest
from primitives.errors import BadSignature, CrossDvpError, PeerError, UnavailableError
from primitives.secp256k1 import recover_address
from relayer.enclave.enclave import Enclave, EnclaveIdentity, Stated
from relayer.enclave.program import Snapshot

_log = structlog.get_logger(__name__)
MOST_REASONS: Final = 4


class TooFewEnclaves(UnavailableError):
    """Fewer operators' enclaves answered alike than the threshold: ask again, or look after the enclaves."""

    reason = "TOO_FEW_ENCLAVES"

    def __init__(self, needed: int, found: int, reasons: Sequence[str]) -> None:
        self.needed, self.found = needed, found
        super().__init__(
            f"{found} enclaves answer alike, {needed} are needed; {'; '.join(reasons) or 'no reason given'}"
        )


class EnclavesRefuse(PeerError):
    """So many enclaves refuse a header or proof that the threshold cannot be reached: it does not hold."""

    reason = "ENCLAVES_REFUSE"


class UnattestedSignature(PeerError):
    """An enclave signs with another key than the one it attested."""

    reason = "UNATTESTED_SIGNATURE"


@dataclass(frozen=True, slots=True)
class QuorumStatement:
    """A statement, its message, and exactly the threshold's signatures (65 bytes), ascending by operator."""

    statement: Statement
    message: bytes
    signatures: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class _Answer:
    identity: EnclaveIdentity
    stated: Stated


class EnclaveQuorum:
    """Enclaves of distinct operators; asks all of them at once, and takes as many as are needed."""

    def __init__(self, enclaves: Sequence[Enclave], threshold: int) -> None:
        self._enclaves = tuple(enclaves)
        self._threshold = threshold

    async def identities(self) -> tuple[EnclaveIdentity, ...]:
        """Who answers, ascending by operator; enclaves that are away are left out."""
        answers = await asyncio.gather(*(each.identity() for each in self._enclaves), return_exceptions=True)
        found = [answer for answer in answers if isinstance(answer, EnclaveIdentity)]
        _raise_defects(answers)
        return tuple(sorted(found, key=lambda each: each.operator))

    async def update(self, snapshot: Snapshot, client_message: bytes) -> QuorumStatement:
        """A header verified on a state. Raises TooFewEnclaves, EnclavesRefuse."""

        async def ask(enclave: Enclave) -> Stated:
            return (await enclave.update(snapshot, client_message))[0]

        return await self._collect(ask)

    async def membership(self, snapshot: Snapshot, proof: bytes, path: bytes, value: bytes | None) -> QuorumStatement:
        """A value under a path, or nothing (None). Raises TooFewEnclaves, EnclavesRefuse."""
        return await self._collect(lambda enclave: enclave.membership(snapshot, proof, path, value))

    async def storage(
        self,
        snapshot: Snapshot,
        address: bytes,
        slot: bytes,
        account_proof: Sequence[bytes],
        storage_proof: Sequence[bytes],
    ) -> QuorumStatement:
        """A word in a contract's storage. Raises TooFewEnclaves, EnclavesRefuse."""
        return await self._collect(
            lambda enclave: enclave.storage(snapshot, address, slot, account_proof, storage_proof)
        )

    async def misbehaviour(self, snapshot: Snapshot, client_message: bytes) -> QuorumStatement:
        """A chain contradicts itself. Raises TooFewEnclaves, EnclavesRefuse."""
        return await self._collect(lambda enclave: enclave.misbehaviour(snapshot, client_message))

    async def close(self) -> None:
        """Close all."""
        await asyncio.gather(*(each.close() for each in self._enclaves))

    async def _collect(self, ask: Callable[[Enclave], Awaitable[Stated]]) -> QuorumStatement:
        answers = await asyncio.gather(*(_answer(each, ask) for each in self._enclaves), return_exceptions=True)
        _raise_defects(answers)
        by_message: dict[bytes, dict[bytes, bytes]] = defaultdict(dict)
        for answer in answers:
            if isinstance(answer, _Answer):
                by_message[answer.stated.message][answer.identity.operator] = answer.stated.signature
        message, signatures = max(by_message.items(), key=lambda item: len(item[1]), default=(b"", {}))
        if len(signatures) < self._threshold:
            raise self._too_few(len(signatures), [each for each in answers if isinstance(each, CrossDvpError)])
        chosen = sorted(signatures.items())[: self._threshold]
        return QuorumStatement(decode_statement(message), message, tuple(signature for _, signature in chosen))

    def _too_few(self, found: int, errors: Sequence[CrossDvpError]) -> CrossDvpError:
        """Refused, if those who might still answer are too few as well; else a matter of waiting."""
        refusals = [each for each in errors if isinstance(each, PeerError)]
        if len(self._enclaves) - len(refusals) < self._threshold:
            return EnclavesRefuse(str(refusals[0]))
        return TooFewEnclaves(self._threshold, found, [str(each) for each in errors[:MOST_REASONS]])


async def _answer(enclave: Enclave, ask: Callable[[Enclave], Awaitable[Stated]]) -> _Answer:
    """An enclave's answer, signed by the key it attested."""
    identity, stated = await enclave.identity(), await ask(enclave)
    try:
        signer = recover_address(statement_digest(stated.message), stated.signature)
    except BadSignature as error:
        raise UnattestedSignature(f"enclave of {identity.operator.hex()}: {error}") from error
    if signer != identity.enclave_key:
        raise UnattestedSignature(f"enclave of {identity.operator.hex()} signs with {signer.hex()}, a key not attested")
    return _Answer(identity, stated)


def _raise_defects(answers: Sequence[object]) -> None:
    """What is not one of our errors is nobody's answer."""
    for answer in answers:
        if isinstance(answer, CrossDvpError):
            _log.warning("enclave does not answer", reason=answer.reason, error=str(answer))
        elif isinstance(answer, BaseException):
            raise answer
