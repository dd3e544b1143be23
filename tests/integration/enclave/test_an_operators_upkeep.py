"""An operator's process on a running chain: one registration a key, renewed in time, a new key after a restart."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from chains.evm.client.account import EvmAccount
from chains.evm.client.deployment import address_bytes
from chains.evm.client.enclave_light_client import EnclaveLightClientBinding
from chains.evm.client.router import Router
from chains.progmat.client.quotes import TooFewVerdicts
from ibc.light_client import TimeBounds
from light_clients.enclave import KeyRegistration
from light_clients.enclave.attestation.roots import PRODUCTION_ROOT_PINS
from light_clients.enclave.errors import UntrustedRoot
from light_clients.enclave.keys import claimed_key, verify_attestation
from light_clients.enclave.verdict import AttestationVerdict, verdict_digest
from light_clients.progmat import ValidatorSet
from primitives.errors import InvalidArgument
from primitives.hashing import sha256
from primitives.secp256k1 import compact
from relayer.enclave.devices import SimulatedDevice
from relayer.enclave.operator import take_back
from relayer.enclave.sealed import SealedEnclave
from relayer.enclave_answers import read_answer, read_answers
from relayer.enclave_operator.upkeep import KeyTakenBack, KeyUpkeep, Registry, Verifiers
from tests.fakes.enclave_world import ENCLAVES, MEASUREMENT
from tests.fakes.evm_devnet_world import CHAIN_ID, GENESIS_TIME_S
from tests.fakes.evm_settlement_world import LEDGER_ID, TIMEOUT_S, EvmSettlementWorld, settlement_world
from tests.integration.enclave.test_a_swap_through_enclaves import (
    OPERATORS,
    ROOT,
    LedgerSnapshots,
    put_enclave_client,
)

OPERATOR = ENCLAVES[0]
RENEW_BEFORE_S = OPERATORS.key_lifetime_s // 4


@dataclass
class OneValidator:
    """Verifies a quote and signs what it says, as a Validator's process does."""

    name: str
    world: EvmSettlementWorld
    place: int
    root_pins: frozenset[bytes] = frozenset({ROOT.pin})

    async def verify_quote(self, registration: KeyRegistration) -> bytes:
        attestation = verify_attestation(registration, self.root_pins, TimeBounds.at(GENESIS_TIME_S))
        digest = verdict_digest(LEDGER_ID, AttestationVerdict(sha256(registration.attestation), attestation))
        return compact(self.world.ledger.keys[self.place].seal(digest))


@dataclass
class Upkeeps:
    """A chain whose client of the ledger believes enclaves and knows no key yet."""

    world: EvmSettlementWorld
    folder: Path

    @property
    def contract(self) -> EnclaveLightClientBinding:
        return EnclaveLightClientBinding(address_bytes(self.world.deployment.light_client))

    @property
    def answer_file(self) -> Path:
        return self.folder / "operator.answer"

    def upkeep(
        self,
        started: int,
        root_pins: frozenset[bytes] = frozenset({ROOT.pin}),
        secret: bytes = OPERATOR.operator_secret,
    ) -> KeyUpkeep:
        """The operator's process beside an enclave that was started so often."""
        inside = hashlib.sha256(b"started %d" % started).digest()
        device = SimulatedDevice(ROOT.platform(GENESIS_TIME_S), MEASUREMENT)
        enclave = SealedEnclave(OPERATOR.named.operator, device, lambda _: inside)
        world = self.world
        validators = [OneValidator(f"validator-{place}", world, place, root_pins) for place in range(4)]
        validator_set: ValidatorSet = world.ledger.validator_set
        verifiers = Verifiers(LEDGER_ID, validator_set, validators, {ROOT.pin})
        account = EvmAccount(world.rpc, OPERATOR.operator_secret, CHAIN_ID)
        registry = Registry(account, Router(world.router.address), world.deployment.client_id)
        collateral = ROOT.collateral(GENESIS_TIME_S)
        return KeyUpkeep(enclave, secret, lambda: collateral, verifiers, registry, self.answer_file, RENEW_BEFORE_S)

    async def expiry_s(self) -> int:
        """Of the key that the operator answers for."""
        known = await self.contract.enclave_key(self.world.rpc, self.answered_key())
        assert known is not None
        return known.expires_at_s

    def answered_key(self) -> bytes:
        return claimed_key(read_answer(self.answer_file)).enclave_key


@asynccontextmanager
async def upkeeps(folder: Path) -> AsyncIterator[Upkeeps]:
    async with settlement_world() as direct:
        snapshot = await LedgerSnapshots(direct.ledger).snapshot_at(direct.ledger.height)
        yield Upkeeps(await put_enclave_client(direct, snapshot), folder)


async def test_a_key_is_answered_for_registered_once_and_renewed_before_it_expires(tmp_path: Path) -> None:
    async with upkeeps(tmp_path) as it:
        upkeep, rpc = it.upkeep(1), it.world.rpc
        now_s = (await rpc.get_block()).timestamp_s
        await upkeep.round(now_s)
        first_s, nonce = await it.expiry_s(), await rpc.nonce(OPERATOR.named.operator)
        assert first_s >= now_s + OPERATORS.key_lifetime_s
        await upkeep.round(now_s + 1)
        assert await rpc.nonce(OPERATOR.named.operator) == nonce

        it.world.clock.now_s = first_s - RENEW_BEFORE_S + 1
        await upkeep.round(first_s - RENEW_BEFORE_S + 1)
        assert await it.expiry_s() > first_s


async def test_an_enclave_started_anew_has_its_new_key_registered_and_a_revoked_key_never_returns(
    tmp_path: Path,
) -> None:
    async with upkeeps(tmp_path) as it:
        now_s = (await it.world.rpc.get_block()).timestamp_s
        await it.upkeep(1).round(now_s)
        old = it.answered_key()
        again = it.upkeep(2)
        await again.round(now_s)
        assert it.answered_key() != old
        assert await it.expiry_s() > now_s

        revocation = take_back(it.answered_key(), OPERATOR.operator_secret)
        call = it.contract.revoke(it.answered_key(), compact(revocation.operator_signature))
        await it.world.relayer.execute(call, TIMEOUT_S)
        with pytest.raises(KeyTakenBack, match="restart the enclave"):
            await again.round(now_s)


async def test_validators_of_a_production_configuration_refuse_the_simulated_root_by_its_pin(tmp_path: Path) -> None:
    async with upkeeps(tmp_path) as it:
        now_s = (await it.world.rpc.get_block()).timestamp_s
        with pytest.raises(TooFewVerdicts, match="root") as refused:
            await it.upkeep(1, root_pins=PRODUCTION_ROOT_PINS).round(now_s)
        assert refused.value.found == 0
        with pytest.raises(UntrustedRoot):
            verify_attestation(read_answer(it.answer_file), PRODUCTION_ROOT_PINS, TimeBounds.at(GENESIS_TIME_S))
        assert await it.contract.enclave_key(it.world.rpc, it.answered_key()) is None


async def test_an_operator_does_not_answer_for_anothers_enclave(tmp_path: Path) -> None:
    async with upkeeps(tmp_path) as it:
        with pytest.raises(InvalidArgument, match="names operator"):
            await it.upkeep(1, secret=ENCLAVES[1].operator_secret).round(GENESIS_TIME_S)
        assert not it.answer_file.exists()


async def test_an_answer_that_is_missing_or_broken_leaves_the_others_out_of_trouble(tmp_path: Path) -> None:
    async with upkeeps(tmp_path) as it:
        await it.upkeep(1).round((await it.world.rpc.get_block()).timestamp_s)
        broken = tmp_path / "broken"
        broken.write_bytes(b"\xff" * 40)
        long = tmp_path / "long"
        long.write_bytes(bytes(1 << 20))
        found = await read_answers((tmp_path / "nowhere", broken, long, it.answer_file))
        assert found == (read_answer(it.answer_file),)
