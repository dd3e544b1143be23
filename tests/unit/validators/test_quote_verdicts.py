"""Validators verify an enclave's attestation and sign what it says; a contract on an EVM chain takes their word."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import grpc.aio
import pytest
from crossdvp.validator.v1.quote_service_pb2_grpc import QuoteServiceStub, add_QuoteServiceServicer_to_server

from chains.progmat.client.quotes import QuoteApi, TooFewVerdicts, collect_verdict
from chains.progmat.identity import DigestSigner
from chains.progmat.validators.quote_verdicts import QuoteVerdicts
from chains.progmat.validators.rpc_quotes import QuoteRpc
from chains.rpc_guard import ErrorStatusInterceptor
from chains.rpc_status import RemotePeerError
from ibc.light_client import TimeBounds
from light_clients.enclave import KeyRegistration
from light_clients.enclave.attestation.roots import PRODUCTION_ROOT_PINS
from light_clients.enclave.errors import UntrustedRoot
from light_clients.enclave.keys import verify_attestation
from light_clients.enclave.verdict import AttestationVerdict, verdict_digest
from light_clients.progmat import ValidatorSet
from primitives.errors import PeerError
from primitives.hashing import sha256
from primitives.secp256k1 import address_of, recover_compact
from tests.fakes.commit_requests import LEDGER_ID
from tests.fakes.enclave_world import ENCLAVES, ROOT
from tests.fakes.evm_sandbox import EvmSandbox
from tests.fakes.notary_world import VALIDATOR_SECRETS
from tests.fakes.qbft_headers import TIME_0_S
from tests.fakes.validator_world import ValidatorWorld

SET = ValidatorSet(3, tuple(sorted(address_of(secret) for secret in VALIDATOR_SECRETS)))
REGISTRATION = ENCLAVES[0].registration()
VERDICT = AttestationVerdict(
    sha256(REGISTRATION.attestation), verify_attestation(REGISTRATION, {ROOT.pin}, TimeBounds.at(TIME_0_S))
)


@dataclass(frozen=True)
class LocalValidator:
    """A Validator in this process."""

    verdicts: QuoteVerdicts
    name: str = "local"

    async def verify_quote(self, registration: KeyRegistration) -> bytes:
        return await self.verdicts.verify(registration)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ValidatorWorld]:
    world = ValidatorWorld(tmp_path)
    await world.open()
    yield world
    await world.close()


def verdicts(world: ValidatorWorld, number: int, pins: frozenset[bytes] = frozenset({ROOT.pin})) -> QuoteVerdicts:
    key = DigestSigner(VALIDATOR_SECRETS[number])
    return QuoteVerdicts(LEDGER_ID, key, world.validator.gate, pins, lambda: TIME_0_S)


async def collect(validators: list[LocalValidator], verdict: AttestationVerdict = VERDICT) -> bytes:
    return await collect_verdict(REGISTRATION, verdict, LEDGER_ID, SET, validators)


async def test_the_contract_takes_what_three_of_the_validators_verified(world: ValidatorWorld) -> None:
    evidence = await collect([LocalValidator(verdicts(world, number)) for number in range(len(VALIDATOR_SECRETS))])
    contract = EvmSandbox(TIME_0_S).deploy("ValidatorAttestationVerifier", LEDGER_ID, SET.hash())
    verified = contract.call("verify", evidence)
    assert ENCLAVES[0].named.report_data() in verified


async def test_validators_who_do_not_pin_the_root_sign_nothing(world: ValidatorWorld) -> None:
    production = verdicts(world, 0, PRODUCTION_ROOT_PINS)
    with pytest.raises(UntrustedRoot):
        await production.verify(REGISTRATION)
    others = [LocalValidator(verdicts(world, number)) for number in (1, 2)]
    with pytest.raises(TooFewVerdicts, match="not pinned"):
        await collect([LocalValidator(production), *others])


async def test_a_verdict_that_was_embellished_is_not_signed_by_anybody(world: ValidatorWorld) -> None:
    """The digest follows from the request: the caller's own reading is compared with what was signed."""
    better = replace(VERDICT, attestation=replace(VERDICT.attestation, tcb_evaluation_number=99))
    with pytest.raises(TooFewVerdicts, match="signed something else"):
        await collect([LocalValidator(verdicts(world, number)) for number in range(3)], better)


async def test_a_validator_asked_twice_counts_once(world: ValidatorWorld) -> None:
    with pytest.raises(TooFewVerdicts):
        await collect([LocalValidator(verdicts(world, 0))] * 3)


async def test_a_validator_that_stopped_signing_gives_no_verdict(world: ValidatorWorld) -> None:
    await world.validator.gate.stop_signing(PeerError("the notary lied"))
    with pytest.raises(PeerError):
        await verdicts(world, 0).verify(REGISTRATION)


async def test_over_grpc_it_is_the_same_and_errors_carry_their_reason(world: ValidatorWorld) -> None:
    server = grpc.aio.server(interceptors=[ErrorStatusInterceptor()])
    add_QuoteServiceServicer_to_server(QuoteRpc(verdicts(world, 0)), server)  # type: ignore[no-untyped-call]  # generated
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    api = QuoteApi.__new__(QuoteApi)
    api.name = "v-1"
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        api._stub = QuoteServiceStub(channel)  # type: ignore[no-untyped-call]  # generated; the API itself speaks TLS
        signature = await api.verify_quote(REGISTRATION)
        assert recover_compact(verdict_digest(LEDGER_ID, VERDICT), signature) == address_of(VALIDATOR_SECRETS[0])
        with pytest.raises(RemotePeerError) as refused:
            await api.verify_quote(replace(REGISTRATION, attestation=REGISTRATION.attestation + b"\0"))
        assert refused.value.reason == "ENCLAVE_ATTESTATION_MALFORMED"
        with pytest.raises(RemotePeerError):
            await api.verify_quote(replace(REGISTRATION, collateral=None))
    await server.stop(None)
