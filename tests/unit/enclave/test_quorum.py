"""The same statement from enough operators' enclaves, whatever some of them do."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import pytest

from ibc.errors import InvalidHeader
from light_clients.enclave import UpdateStatement
from primitives.errors import InvalidArgument
from primitives.secp256k1 import address_of, recover_address
from relayer.enclave.devices import SimulatedDevice
from relayer.enclave.enclave import Stated
from relayer.enclave.operator import answer_for
from relayer.enclave.program import Snapshot
from relayer.enclave.sealed import SealedEnclave
from relayer.provers.enclave_quorum import EnclaveQuorum, EnclavesRefuse, TooFewEnclaves
from tests.fakes.enclave_world import COLLATERAL, ENCLAVES, MEASUREMENT, NOW, ROOT, EnclaveScenario
from tests.fakes.qbft_client import ABSENT_PATH, PATH, VALUE

SCENARIO = EnclaveScenario()


def numbered_bytes(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def sealed(number: int) -> SealedEnclave:
    operator = ENCLAVES[number]
    device = SimulatedDevice(operator.platform, MEASUREMENT)
    return SealedEnclave(operator.named.operator, device, lambda _: numbered_bytes(f"inside {number}"))


class AwayEnclave(SealedEnclave):
    """An enclave whose process is not there."""

    async def update(self, snapshot: Snapshot, client_message: bytes) -> tuple[Stated, Snapshot]:  # noqa: ARG002  # the protocol's signature
        raise TooFewEnclaves(0, 0, ["away"])


class LyingEnclave(SealedEnclave):
    """An enclave that states something else, signed by its own key."""

    async def update(self, snapshot: Snapshot, client_message: bytes) -> tuple[Stated, Snapshot]:  # noqa: ARG002  # the protocol's signature
        return await self.membership(snapshot, SCENARIO.inner.proof(PATH), PATH, VALUE), snapshot


class BorrowingEnclave(SealedEnclave):
    """An enclave whose answers are signed by a key it did not attest."""

    async def update(self, snapshot: Snapshot, client_message: bytes) -> tuple[Stated, Snapshot]:
        return await sealed(0).update(snapshot, client_message)


def odd(kind: type[SealedEnclave], number: int) -> SealedEnclave:
    operator = ENCLAVES[number]
    device = SimulatedDevice(operator.platform, MEASUREMENT)
    return kind(operator.named.operator, device, lambda _: numbered_bytes(f"inside {number}"))


async def signers_of(enclaves: Sequence[SealedEnclave]) -> list[bytes]:
    """The operators in the order of the quorum's signatures."""
    stated = await EnclaveQuorum(enclaves, 2).update(SCENARIO.snapshot, SCENARIO.header)
    assert isinstance(stated.statement, UpdateStatement)
    from light_clients.enclave import statement_digest

    keys = [recover_address(statement_digest(stated.message), each) for each in stated.signatures]
    known = {(await each.identity()).enclave_key: (await each.identity()).operator for each in enclaves}
    return [known[key] for key in keys]


async def test_exactly_the_threshold_signs_ascending_by_operator() -> None:
    assert await signers_of([sealed(2), sealed(0), sealed(1)]) == [each.named.operator for each in ENCLAVES[:2]]


@pytest.mark.parametrize("kind", [AwayEnclave, LyingEnclave, BorrowingEnclave])
async def test_one_odd_enclave_holds_nothing_up(kind: type[SealedEnclave]) -> None:
    found = await signers_of([sealed(0), odd(kind, 1), sealed(2)])
    assert found == [ENCLAVES[0].named.operator, ENCLAVES[2].named.operator]


@pytest.mark.parametrize("kind", [AwayEnclave, LyingEnclave])
async def test_too_few_alike_is_a_matter_of_waiting(kind: type[SealedEnclave]) -> None:
    quorum = EnclaveQuorum([sealed(0), odd(kind, 1)], 2)
    with pytest.raises(TooFewEnclaves):
        await quorum.update(SCENARIO.snapshot, SCENARIO.header)


async def test_two_enclaves_of_one_operator_count_once() -> None:
    quorum = EnclaveQuorum([sealed(0), sealed(0)], 2)
    with pytest.raises(TooFewEnclaves):
        await quorum.update(SCENARIO.snapshot, SCENARIO.header)


async def test_what_all_refuse_is_refused() -> None:
    inner = SCENARIO.inner
    unsealed = inner.message(inner.next_block, inner.keys[:1])
    with pytest.raises(EnclavesRefuse):
        await EnclaveQuorum([sealed(0), sealed(1), sealed(2)], 2).update(SCENARIO.snapshot, unsealed)


async def test_presence_and_absence_are_collected_alike() -> None:
    quorum = EnclaveQuorum([sealed(0), sealed(1)], 2)
    present = await quorum.membership(SCENARIO.snapshot, SCENARIO.inner.proof(PATH), PATH, VALUE)
    absent = await quorum.membership(SCENARIO.snapshot, SCENARIO.inner.proof(ABSENT_PATH), ABSENT_PATH, None)
    assert len(present.signatures) == len(absent.signatures) == 2
    assert present.message != absent.message


async def test_an_operator_answers_only_for_an_enclave_that_names_it() -> None:
    from light_clients.enclave.keys import verify_attestation

    identity = await sealed(0).identity()
    registration = answer_for(identity, COLLATERAL, ENCLAVES[0].operator_secret)
    attestation = verify_attestation(registration, {ROOT.pin}, NOW)
    assert attestation.report_data[1:21] == identity.enclave_key
    with pytest.raises(InvalidArgument):
        answer_for(identity, COLLATERAL, ENCLAVES[1].operator_secret)


async def test_a_key_is_never_made_of_a_number_outside_the_group() -> None:
    draws = iter([bytes(32), b"\xff" * 32, numbered_bytes("good")])
    operator = ENCLAVES[0]
    enclave = SealedEnclave(
        operator.named.operator, SimulatedDevice(operator.platform, MEASUREMENT), lambda _: next(draws)
    )
    assert (await enclave.identity()).enclave_key == address_of(numbered_bytes("good"))


async def test_a_snapshot_that_was_made_up_is_refused_inside() -> None:
    with pytest.raises(InvalidHeader):
        await sealed(0).update(replace(SCENARIO.snapshot, height=99), SCENARIO.header)
