"""One operator's upkeep: the answer for the key inside, and its registration on the EVM chain before it expires."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import structlog

from chains.evm.client.account import EvmAccount
from chains.evm.client.enclave_light_client import EnclaveLightClientBinding
from chains.evm.client.router import Router
from chains.progmat.client.quotes import QuoteSource, collect_verdict
from ibc.light_client import TimeBounds
from light_clients.enclave import KeyRegistration
from light_clients.enclave.attestation import SgxCollateral
from light_clients.enclave.keys import verify_attestation
from light_clients.enclave.verdict import AttestationVerdict
from light_clients.progmat import ValidatorSet
from primitives.errors import CallerError
from primitives.hashing import sha256
from relayer.enclave.enclave import Enclave
from relayer.enclave.operator import answer_for, compact_answer
from relayer.enclave_answers import write_answer

_log = structlog.get_logger(__name__)

REGISTRATION_GAS: Final = 500_000
INCLUSION_TIMEOUT_S: Final = 30.0
ANSWER_LIFE_S: Final = 3600
"""An answer is written anew, with new collateral, when it is older."""


class KeyTakenBack(CallerError):
    """The key inside was revoked, and never counts again: restart the enclave, which makes another one."""

    reason = "KEY_TAKEN_BACK"


@dataclass(frozen=True, slots=True)
class Verifiers:
    """Who says on the ledger what a quote says, and the roots (SHA-256) that this operator itself believes."""

    ledger_id: str
    validator_set: ValidatorSet
    validators: Sequence[QuoteSource]
    root_pins: Collection[bytes]


@dataclass(frozen=True, slots=True)
class Registry:
    """The EVM chain's enclave client: behind ``client_id`` of ``router``. ``account`` pays."""

    account: EvmAccount
    router: Router
    client_id: str


class KeyUpkeep:
    """Safe to repeat and to abandon anywhere; nothing is remembered that the chain or the enclave do not say."""

    def __init__(
        self,
        enclave: Enclave,
        secret: bytes,
        collateral: Callable[[], SgxCollateral | None],
        verifiers: Verifiers,
        registry: Registry,
        answer_file: Path,
        renew_before_s: int,
    ) -> None:
        self._enclave = enclave
        self._secret = secret
        self._collateral = collateral
        self._verifiers = verifiers
        self._registry = registry
        self._answer_file = answer_file
        self._renew_before_s = renew_before_s
        self._answered = (b"", 0)

    async def round(self, now_s: int) -> None:
        """Answer for the key inside if it is new or the answer is old; register it if it is not, or soon no more.

        Raises what the enclave, the Validators and the chain say, ``KeyTakenBack``, `InvalidArgument` if the enclave
        names another operator.
        """
        identity = await self._enclave.identity()
        key, answered_s = self._answered
        if key != identity.enclave_key or now_s >= answered_s + ANSWER_LIFE_S:
            registration = answer_for(identity, self._collateral(), self._secret)
            write_answer(self._answer_file, registration)
            self._answered = (identity.enclave_key, now_s)
            _log.info("answered for the key inside", key=identity.enclave_key.hex())
        await self._keep_registered(identity.enclave_key, now_s)

    async def _keep_registered(self, enclave_key: bytes, now_s: int) -> None:
        account = self._registry.account
        # asked every time: governance may put another contract behind the id
        address = await self._registry.router.light_client_of(account.rpc, self._registry.client_id)
        contract = EnclaveLightClientBinding(address)
        known = await contract.enclave_key(account.rpc, enclave_key)
        if known is not None and known.expires_at_s == 0:
            raise KeyTakenBack(f"enclave key {enclave_key.hex()} was revoked: restart the enclave")
        if known is not None and known.expires_at_s > now_s + self._renew_before_s:
            return
        evidence, signature = await self._evidence(enclave_key, now_s)
        call = contract.register(evidence, signature)
        receipt = await account.execute(replace(call, gas=REGISTRATION_GAS), INCLUSION_TIMEOUT_S)
        _log.info("registered the key inside", key=enclave_key.hex(), evm_tx="0x" + receipt.evm_tx_hash.hex())

    async def _evidence(self, enclave_key: bytes, now_s: int) -> tuple[bytes, bytes]:
        """The Validators' verdict on a fresh attestation, and the operator's signature."""
        verifiers, identity = self._verifiers, await self._enclave.identity()
        registration: KeyRegistration = answer_for(identity, self._collateral(), self._secret)
        attestation = verify_attestation(registration, verifiers.root_pins, TimeBounds.at(now_s))
        verdict = AttestationVerdict(sha256(registration.attestation), attestation)
        evidence = await collect_verdict(
            registration, verdict, verifiers.ledger_id, verifiers.validator_set, verifiers.validators
        )
        return evidence, compact_answer(verdict, enclave_key, self._secret)
