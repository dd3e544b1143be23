"""An attestation vouches for a whole history: nothing invalid, nothing that is not final, nothing spent twice."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from chains.progmat.contracts.errors import ContractViolation
from chains.progmat.flows.errors import BadResolution
from chains.progmat.node.storage import unknown_transactions
from chains.progmat.node.storage.errors import StorageFailed
from chains.progmat.transactions.attestation import Attestation, AttestationSignature
from chains.progmat.transactions.errors import AttestationRefused, NotaryBroken, SignaturesMissing
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.validators import signing_gate
from chains.progmat.validators.errors import DoubleSpendSigned, SigningStopped
from chains.progmat.validators.schema import double_spends
from chains.progmat.vault.errors import ConflictingConsumption
from primitives.errors import CrossDvpError, DecodeError, PeerError, UnavailableError
from tests.fakes.commit_requests import NOW_S, create
from tests.fakes.epochs import book_of, signed_epoch, with_notary_key
from tests.fakes.ledger_parties import LedgerParty
from tests.fakes.notary_world import OPERATOR, VALIDATORS
from tests.fakes.toy_ledger import PARAMETERS, SECOND_NOTARY, Toy
from tests.fakes.validator_world import CN, ValidatorWorld

ROOT = Toy("root")
PARENT = Toy("parent", inputs=(ROOT.output,))
CHILD = Toy("child", inputs=(PARENT.output,))
JOURNALLED = Toy("journalled", inputs=(PARENT.output,), writes=(create("p"),))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ValidatorWorld]:
    world = ValidatorWorld(tmp_path)
    await world.open()
    yield world
    await world.close()


async def attested(world: ValidatorWorld, signed: SignedTransaction) -> AttestationSignature:
    return AttestationSignature.decode(await world.validator.attestor.attest(CN, signed.encode()))


@pytest.mark.parametrize("toy", [CHILD, JOURNALLED], ids=lambda toy: toy.name)
async def test_a_final_transaction_with_a_valid_history_is_attested(world: ValidatorWorld, toy: Toy) -> None:
    world.requester.give(ROOT.final(), PARENT.final())
    signature = await attested(world, toy.final())
    signature.verify(PARAMETERS, toy.wire.id)
    assert signature.by == VALIDATORS[0].public_key


async def test_the_history_is_fetched_once_also_across_a_restart(world: ValidatorWorld) -> None:
    world.requester.give(ROOT.final(), PARENT.final())
    first = await attested(world, PARENT.final())
    fetches = world.requester.fetches
    await world.close()
    await world.open()
    assert await attested(world, PARENT.final()) == first
    await attested(world, CHILD.final())
    assert world.requester.fetches == fetches


async def test_one_validator_alone_attests_nothing(world: ValidatorWorld) -> None:
    signature = await attested(world, ROOT.final())
    with pytest.raises(AttestationRefused, match="threshold"):
        Attestation.of(PARAMETERS, ROOT.wire.id, [signature]).verify(PARAMETERS)


async def test_what_is_not_notarised_is_not_attested(world: ValidatorWorld) -> None:
    with pytest.raises(SignaturesMissing):
        await attested(world, ROOT.signed())


async def test_approved_but_not_notarised_is_not_attested(world: ValidatorWorld) -> None:
    world.requester.give(ROOT.final(), PARENT.final())
    with pytest.raises(SignaturesMissing):
        await attested(world, JOURNALLED.signed())


async def test_an_invalid_transaction_is_not_attested_though_the_notary_signed(world: ValidatorWorld) -> None:
    """A non-validating notary signs what it cannot see."""
    with pytest.raises(ContractViolation):
        await attested(world, Toy("invalid", data=b"forbidden").final())


async def test_an_invalid_ancestor_spoils_all_after_it(world: ValidatorWorld) -> None:
    forged = Toy("forged", data=b"forbidden")
    middle = Toy("middle", inputs=(forged.output,))
    world.requester.give(forged.final(), middle.final())
    with pytest.raises(ContractViolation):
        await attested(world, Toy("heir", inputs=(middle.output,)).final())


async def test_a_withheld_ancestor_is_not_taken_on_trust(world: ValidatorWorld) -> None:
    world.requester.give(PARENT.final())
    with pytest.raises(BadResolution):
        await attested(world, CHILD.final())


async def test_two_final_spenders_of_one_state_stop_the_validator(world: ValidatorWorld) -> None:
    """The notary signed a double spend: seen here even if no journal shows it."""
    world.requester.give(ROOT.final())
    await attested(world, PARENT.final())
    with pytest.raises(ConflictingConsumption):
        await attested(world, Toy("twin", inputs=(ROOT.output,)).final())
    for toy in (ROOT, PARENT):
        with pytest.raises(SigningStopped):
            await attested(world, toy.final())
    await world.close()
    await world.open()
    with pytest.raises(SigningStopped):
        await attested(world, ROOT.final())


async def test_a_double_spend_among_the_ancestors_of_an_approval_stops_the_validator(world: ValidatorWorld) -> None:
    twins = [Toy(name, inputs=(ROOT.output,)) for name in ("one", "two")]
    world.requester.give(ROOT.final(), *(twin.final() for twin in twins))
    wanted = Toy("both", references=tuple(twin.output for twin in twins), writes=(create("q"),))
    with pytest.raises(ConflictingConsumption):
        await world.validator.approver.approve(CN, wanted.signed().encode())
    assert world.validator.gate.alarm is not None


async def test_what_only_a_replaced_key_of_the_notary_signed_is_not_attested(world: ValidatorWorld) -> None:
    """Whoever got hold of the old key dates what he likes into the old epoch: the notary has to confirm it."""
    await world.close()
    second = with_notary_key(PARAMETERS, NOW_S - 3600, LedgerParty("the notary's new key"))
    folder = world.folder / "network"
    world.parameters = book_of(folder, PARAMETERS, world.clock, signed_epoch(second, OPERATOR))
    await world.open()
    with pytest.raises(UnavailableError):  # the notary of this test answers nothing
        await attested(world, ROOT.final())
    query = partial(unknown_transactions, tx_ids=[bytes(ROOT.wire.id)])
    assert await world.database.read(query) == [ROOT.wire.id]


async def test_an_alarm_outlives_a_disk_that_fails_while_it_is_raised(
    world: ValidatorWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.requester.give(ROOT.final())
    await attested(world, PARENT.final())
    monkeypatch.setattr(signing_gate, "KEEP_AGAIN_S", 0.0)
    submit = world.database.submit
    failures = iter([StorageFailed("the disk is full"), StorageFailed("the disk is full")])

    async def failing(operation: Callable[[Connection], object]) -> object:
        failure = next(failures, None)
        if failure is not None:
            raise failure
        return await submit(operation)

    class Fork(PeerError):
        reason = "JOURNAL_FORKED"

    monkeypatch.setattr(world.database, "submit", failing)
    with suppress(StorageFailed):
        await world.validator.gate.stop_signing(Fork("two journals"))
    monkeypatch.undo()
    await world.close()
    await world.open()
    assert world.validator.gate.alarm is not None


@pytest.mark.parametrize("body", [b"", b"\x00", b"\xff" * 64, ROOT.final().encode() + b"\x00"])
async def test_malformed_requests_are_refused(world: ValidatorWorld, body: bytes) -> None:
    with pytest.raises((DecodeError, CrossDvpError)):
        await world.validator.attestor.attest(CN, body)


ELSEWHERE = Toy("elsewhere", notary=SECOND_NOTARY)
FIRST, TWIN = (Toy(name, inputs=(ELSEWHERE.output,), notary=SECOND_NOTARY) for name in ("first", "twin"))


async def test_a_history_at_another_notary_is_attested(world: ValidatorWorld) -> None:
    world.requester.give(ELSEWHERE.final())
    signature = await attested(world, FIRST.final())
    signature.verify(PARAMETERS, FIRST.wire.id)


async def test_another_notarys_double_spend_is_kept_as_proof_and_checkpoints_go_on(world: ValidatorWorld) -> None:
    """It says nothing of the journal: other chains wait for nobody. What rests on the second spend is refused."""
    world.requester.give(ELSEWHERE.final(), TWIN.final())
    await attested(world, FIRST.final())
    heir = Toy("heir", inputs=(TWIN.output,), notary=SECOND_NOTARY)
    for toy in (TWIN, heir):
        with pytest.raises(DoubleSpendSigned):
            await attested(world, toy.final())
    await attested(world, FIRST.final())
    await world.close()
    await world.open()
    assert world.validator.gate.alarm is None
    assert world.validator.gate.dishonest_notaries == (SECOND_NOTARY.name,)
    rows = await world.database.read(lambda connection: connection.execute(select(double_spends)).all())
    assert [(row.notary, row.evidence) for row in rows] == [(SECOND_NOTARY.name, TWIN.final().encode())]
    with pytest.raises(DoubleSpendSigned):
        await attested(world, heir.final())


async def test_a_state_spent_at_two_notaries_is_refused_as_a_mix(world: ValidatorWorld) -> None:
    """The second notary signs what it cannot see: a state that names the journal's."""
    world.requester.give(ROOT.final())
    with pytest.raises(NotaryBroken, match=r"input .* belongs"):
        await attested(world, Toy("taken along", inputs=(ROOT.output,), notary=SECOND_NOTARY).final())
    assert world.validator.gate.dishonest_notaries == ()


async def test_provable_writes_at_another_notary_are_not_approved(world: ValidatorWorld) -> None:
    world.requester.give(ELSEWHERE.final())
    writes = Toy("writes", inputs=(ELSEWHERE.output,), writes=(create("p"),), notary=SECOND_NOTARY)
    with pytest.raises(CrossDvpError) as refusal:
        await world.validator.approver.approve(CN, writes.signed().encode())
    assert refusal.value.reason == "NOTARY_BROKEN"
