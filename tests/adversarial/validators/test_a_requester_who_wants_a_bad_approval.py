from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from chains.progmat.contracts.errors import ContractViolation
from chains.progmat.flows.errors import BadResolution
from chains.progmat.transactions.errors import SignatureRefused, SignaturesMissing, StateUnresolved
from chains.progmat.transactions.model import StateRef
from chains.progmat.transactions.signature import sign_transaction
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.signed_codec import (
    MAX_AHEAD,
    MAX_AHEAD_BYTES,
    decode_signature,
    encode_approval_request,
)
from chains.progmat.validators.approver import Approver
from chains.progmat.validators.errors import ApprovalOutsideTimeWindow, NotAValidator, NothingToApprove
from primitives.errors import CrossDvpError, DecodeError
from tests.fakes.commit_requests import NOW_S, create
from tests.fakes.notary_world import STRANGER, VALIDATORS
from tests.fakes.toy_ledger import OWNER, Toy
from tests.fakes.validator_world import CN, ValidatorWorld

ROOT = Toy("root")
PARENT = Toy("parent", inputs=(ROOT.output,))
CHILD = Toy("child", inputs=(PARENT.output,), writes=(create("p"),))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ValidatorWorld]:
    world = ValidatorWorld(tmp_path)
    await world.open()
    yield world
    await world.close()


async def approve(world: ValidatorWorld, signed: SignedTransaction) -> bytes:
    return await world.validator.approver.approve(CN, signed.encode())


async def test_a_valid_transaction_with_its_ancestors_is_approved(world: ValidatorWorld) -> None:
    world.requester.give(ROOT.final(), PARENT.final())
    signature = decode_signature(await approve(world, CHILD.signed()))
    signature.verify(CHILD.wire.id)
    assert signature.by == VALIDATORS[0].public_key


async def approve_with(world: ValidatorWorld, signed: SignedTransaction, *ahead: SignedTransaction) -> bytes:
    body = encode_approval_request(signed.encode(), [ancestor.encode() for ancestor in ahead])
    return await world.validator.approver.approve(CN, body)


async def test_an_ancestor_that_comes_along_is_not_asked_for_and_its_own_ancestors_are(world: ValidatorWorld) -> None:
    world.requester.give(ROOT.final())
    await approve_with(world, CHILD.signed(), PARENT.final())
    assert world.requester.fetches == 1
    await approve_with(world, Toy("sibling", references=(PARENT.output,), writes=(create("q"),)).signed())
    assert world.requester.fetches == 1


async def test_a_whole_history_that_comes_along_needs_no_question(world: ValidatorWorld) -> None:
    await approve_with(world, CHILD.signed(), PARENT.final(), ROOT.final())
    assert world.requester.fetches == 0


@pytest.mark.parametrize(
    ("ancestor", "error"),
    [
        (PARENT.signed(), SignaturesMissing),
        (Toy("parent", inputs=(ROOT.output,), data=b"forbidden").final(), CrossDvpError),
    ],
    ids=["not notarised", "another one"],
)
async def test_an_ancestor_that_comes_along_is_trusted_no_more_than_one_that_was_asked_for(
    world: ValidatorWorld, ancestor: SignedTransaction, error: type[Exception]
) -> None:
    world.requester.give(ROOT.final())
    with pytest.raises(error):
        await approve_with(world, CHILD.signed(), ancestor)


async def test_an_ancestor_that_comes_along_and_breaks_its_contract_gets_no_approval(world: ValidatorWorld) -> None:
    bad = Toy("bad", data=b"forbidden")
    with pytest.raises(ContractViolation):
        await approve_with(world, Toy("on it", inputs=(bad.output,), writes=(create("p"),)).signed(), bad.final())


async def test_what_comes_along_and_is_no_ancestor_is_passed_over(world: ValidatorWorld) -> None:
    world.requester.give(ROOT.final(), PARENT.final())
    await approve_with(world, CHILD.signed(), Toy("stranger").final(), PARENT.final())
    with pytest.raises(CrossDvpError):  # not recorded: nobody here has it
        await approve(world, Toy("on it", inputs=(Toy("stranger").output,), writes=(create("q"),)).signed())


@pytest.mark.parametrize("ahead", [[b"x"] * (MAX_AHEAD + 1), [bytes(MAX_AHEAD_BYTES + 1)], [b""], [b"garbage"]])
async def test_too_many_too_large_or_malformed_ancestors_are_no_request(
    world: ValidatorWorld, ahead: list[bytes]
) -> None:
    with pytest.raises(DecodeError):
        await world.validator.approver.approve(CN, encode_approval_request(CHILD.signed().encode(), ahead))


async def test_ancestors_are_fetched_and_verified_once_also_across_a_restart(world: ValidatorWorld) -> None:
    world.requester.give(ROOT.final(), PARENT.final())
    await approve(world, CHILD.signed())
    fetches = world.requester.fetches
    await world.close()
    await world.open()
    await approve(world, Toy("sibling", references=(PARENT.output,), writes=(create("q"),)).signed())
    assert world.requester.fetches == fetches


async def test_good_ancestors_stay_when_what_uses_them_is_refused(world: ValidatorWorld) -> None:
    world.requester.give(ROOT.final(), PARENT.final())
    bad = Toy("bad", inputs=(PARENT.output,), writes=(create("p"),), data=b"forbidden")
    with pytest.raises(ContractViolation):
        await approve(world, bad.signed())
    fetches = world.requester.fetches
    with pytest.raises(ContractViolation):
        await approve(world, bad.signed())
    await approve(world, CHILD.signed())
    assert world.requester.fetches == fetches


@pytest.mark.parametrize(
    ("ancestors", "error"),
    [
        ((PARENT.final(),), CrossDvpError),
        ((ROOT.final(), PARENT.signed()), SignaturesMissing),
        ((ROOT.signed(), PARENT.final()), SignaturesMissing),
        ((Toy("root", data=b"forbidden").final(), PARENT.final()), CrossDvpError),
    ],
)
async def test_a_back_chain_that_is_cut_not_notarised_or_replaced_gets_no_approval(
    world: ValidatorWorld, ancestors: tuple[SignedTransaction, ...], error: type[Exception]
) -> None:
    world.requester.give(*ancestors)
    with pytest.raises(error):
        await approve(world, CHILD.signed())


async def test_an_ancestor_that_breaks_its_contract_gets_no_approval(world: ValidatorWorld) -> None:
    bad = Toy("bad", data=b"forbidden")
    world.requester.give(bad.final())
    with pytest.raises(ContractViolation):
        await approve(world, Toy("on it", inputs=(bad.output,), writes=(create("p"),)).signed())


async def test_an_ancestor_without_the_validators_signatures_gets_no_approval(world: ValidatorWorld) -> None:
    writer = Toy("writer", writes=(create("x"),))
    final = writer.final()
    world.requester.give(SignedTransaction(final.wire_bytes, (final.signatures[0], final.signatures[4])))
    with pytest.raises(SignaturesMissing):
        await approve(world, Toy("on it", inputs=(writer.output,), writes=(create("p"),)).signed())


async def test_transactions_sent_along_unasked_are_refused(world: ValidatorWorld) -> None:
    world.requester.give(ROOT.final(), PARENT.final())
    world.requester.also = [Toy("smuggled").final()]
    with pytest.raises(BadResolution):
        await approve(world, CHILD.signed())


async def test_an_output_that_an_ancestor_does_not_have_gets_no_approval(world: ValidatorWorld) -> None:
    world.requester.give(ROOT.final())
    with pytest.raises(StateUnresolved):
        await approve(world, Toy("x", inputs=(StateRef(ROOT.wire.id, 7),), writes=(create("p"),)).signed())


@pytest.mark.parametrize(
    ("signed", "error"),
    [
        (Toy("x").signed(), NothingToApprove),
        (Toy("x", writes=(create("p"),)).signed(()), SignaturesMissing),
        (Toy("x", writes=(create("p"),), data=b"forbidden").signed(), ContractViolation),
        (Toy("x", writes=(create("p"),)).signed((OWNER, STRANGER)), SignatureRefused),
        (
            SignedTransaction(
                Toy("x", writes=(create("p"),)).signed().wire_bytes,
                (sign_transaction(OWNER, Toy("y").wire.id),),
            ),
            SignatureRefused,
        ),
    ],
)
async def test_a_transaction_that_is_not_ready_gets_no_approval(
    world: ValidatorWorld, signed: SignedTransaction, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await approve(world, signed)


@pytest.mark.parametrize(("now_s", "approved"), [(-61, False), (-60, True), (59, True), (60, False)])
async def test_the_time_window_is_held_to_the_second(world: ValidatorWorld, now_s: int, approved: bool) -> None:  # noqa: FBT001 - a row of a table
    world.clock.now_s = NOW_S + now_s
    signed = Toy("x", writes=(create("p"),)).signed()
    if approved:
        assert await approve(world, signed)
    else:
        with pytest.raises(ApprovalOutsideTimeWindow):
            await approve(world, signed)


async def test_an_approval_is_repeated_after_a_restart_and_after_the_time_window(world: ValidatorWorld) -> None:
    signed = Toy("x", writes=(create("p"),)).signed()
    first = await approve(world, signed)
    await world.close()
    world.clock.now_s += 1000
    await world.open()
    assert await approve(world, signed) == first


async def test_a_crash_after_the_record_and_before_the_signature_is_healed_by_asking_again(
    world: ValidatorWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed = Toy("x", writes=(create("p"),)).signed()

    async def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("chains.progmat.flows.joint_signatures.JointSignatures.sign", die)
    with pytest.raises(KeyboardInterrupt):
        await approve(world, signed)
    monkeypatch.undo()
    await world.close()
    world.clock.now_s += 1000
    await world.open()
    decode_signature(await approve(world, signed)).verify(signed.id)


async def test_two_transactions_that_spend_one_state_may_both_be_approved_because_the_notary_decides(
    world: ValidatorWorld,
) -> None:
    world.requester.give(ROOT.final())
    await approve(world, Toy("a", inputs=(ROOT.output,), writes=(create("p"),)).signed())
    assert await approve(world, Toy("b", inputs=(ROOT.output,), writes=(create("p"),)).signed())


@pytest.mark.parametrize(
    "spoil", [lambda b: b[:-1], lambda b: b + b"\x00", lambda _: b"", lambda b: b + bytes(2_000_000)]
)
async def test_truncated_trailing_and_oversize_bytes_are_refused(
    world: ValidatorWorld, spoil: Callable[[bytes], bytes]
) -> None:
    with pytest.raises(DecodeError):
        await world.validator.approver.approve(CN, spoil(CHILD.signed().encode()))


async def test_a_key_that_is_no_validators_cannot_be_configured(world: ValidatorWorld) -> None:
    parts = vars(world.validator.approver) | {"_signer": STRANGER}
    del parts["_joint"]  # its own
    with pytest.raises(NotAValidator):
        Approver(**{name[1:]: part for name, part in parts.items()})


async def test_the_signature_of_another_validator_may_be_there_already(world: ValidatorWorld) -> None:
    signed = Toy("x", writes=(create("p"),)).signed((OWNER, VALIDATORS[1]))
    assert decode_signature(await approve(world, replace(signed))).by == VALIDATORS[0].public_key
