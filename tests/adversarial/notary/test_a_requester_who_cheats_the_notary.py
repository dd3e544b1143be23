from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from chains.progmat.node.peers import PeerIdentity
from chains.progmat.notary import codec
from chains.progmat.notary.errors import (
    JournalReadRefused,
    NotarisationConflict,
    NothingToNotarise,
    RepeatedPath,
    RepeatedState,
    TimeWindowClosed,
    TimeWindowNotOpen,
    ValidatorSignatureRefused,
    ValidatorsMissing,
    WrongNotary,
    WrongParameters,
)
from chains.progmat.notary.memory_store import MemoryUniquenessStore
from chains.progmat.notary.model import PathProblem
from chains.progmat.notary.service import NotaryService, NotarySettings
from chains.progmat.transactions.errors import SignatureRefused, TearOffRefused
from chains.progmat.transactions.filtered import NOTARY_GROUPS, VisibleGroup
from chains.progmat.transactions.model import Group, Party, TimeWindow
from chains.progmat.transactions.signature import sign_transaction
from primitives.errors import DecodeError
from primitives.types import Hash32, UnixSeconds
from tests.fakes.commit_requests import LEDGER_ID, NOW_S, create, delete, state
from tests.fakes.notary_world import (
    NOTARY,
    NOTARY_KEYS,
    PARAMETERS,
    STRANGER,
    VALIDATORS,
    Spoken,
    key_of,
    request_bytes,
)

CN = PeerIdentity("cn-1")


class Clock:
    now_s = NOW_S

    def __call__(self) -> int:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def notary(clock: Clock) -> AsyncIterator[NotaryService]:
    service = NotaryService(
        name=NOTARY.name,
        store=MemoryUniquenessStore(LEDGER_ID),
        keys=NOTARY_KEYS,
        parameters=PARAMETERS,
        key_of=key_of,
        clock_s=clock,
        settings=NotarySettings(frozenset({"v-1"}), tick_interval_s=3600),
    )
    await service.start()
    yield service
    await service.stop()


async def ask(notary: NotaryService, body: bytes) -> codec.Notarised:
    return codec.decode_response(await notary.notarise(CN, body))


async def test_a_double_spend_within_one_batch_lets_exactly_one_through(notary: NotaryService) -> None:
    asked = [ask(notary, Spoken(f"spend {i}", inputs=(state("coin"),)).request()) for i in range(10)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(a, codec.Notarised) for a in answers) == 1
    assert sum(isinstance(a, NotarisationConflict) for a in answers) == 9


async def test_a_double_spend_across_batches_is_told_as_evidence_without_the_other_id(notary: NotaryService) -> None:
    first = Spoken("first", inputs=(state("coin"),))
    await ask(notary, first.request())
    answer = await notary.notarise(CN, Spoken("second", inputs=(state("coin"),)).request())
    assert answer.count(first.wire.id) == 0
    with pytest.raises(NotarisationConflict, match="input"):
        codec.decode_response(answer)


async def test_a_spent_reference_is_refused(notary: NotaryService) -> None:
    await ask(notary, Spoken("spend", inputs=(state("client record"),)).request())
    with pytest.raises(NotarisationConflict, match="reference"):
        await ask(notary, Spoken("refer", references=(state("client record"),)).request())


@pytest.mark.parametrize(
    ("second", "problem"),
    [
        (create("trade/1", "other"), PathProblem.ALREADY_CREATED),
        (delete("trade/2"), PathProblem.NEVER_CREATED),
    ],
)
async def test_a_path_is_not_written_over(notary: NotaryService, second: object, problem: PathProblem) -> None:
    await ask(notary, Spoken("first", writes=(create("trade/1"),)).request())
    with pytest.raises(NotarisationConflict) as refused:
        await ask(notary, Spoken("second", writes=(second,)).request())  # type: ignore[arg-type]  # parametrize hides it
    assert refused.value.paths[0].problem is problem


@pytest.mark.parametrize("signers", [(), VALIDATORS[:1], VALIDATORS[:2]])
async def test_writes_below_the_validators_threshold_are_refused(
    notary: NotaryService, signers: tuple[object, ...]
) -> None:
    with pytest.raises(ValidatorsMissing):
        await ask(notary, Spoken("write", writes=(create("p"),)).request(signers))  # type: ignore[arg-type]  # as above


async def test_a_validator_who_signs_twice_is_not_two_validators(notary: NotaryService) -> None:
    twice = (*VALIDATORS[:2], VALIDATORS[0])
    with pytest.raises(ValidatorSignatureRefused, match="signed before"):
        await ask(notary, Spoken("write", writes=(create("p"),)).request(twice))


async def test_a_foreign_validator_is_refused_even_beside_enough_real_ones(notary: NotaryService) -> None:
    with pytest.raises(ValidatorSignatureRefused, match="not asked for"):
        await ask(notary, Spoken("write", writes=(create("p"),)).request((*VALIDATORS[:3], STRANGER)))


async def test_signatures_over_another_transaction_are_refused(notary: NotaryService) -> None:
    other = Spoken("other", writes=(create("p"),))
    with pytest.raises(SignatureRefused):
        await ask(notary, request_bytes(Spoken("mine", writes=(create("p"),)).tear_off, other.approvals()))


async def test_signatures_where_none_is_needed_are_refused(notary: NotaryService) -> None:
    with pytest.raises(ValidatorSignatureRefused):
        await ask(notary, Spoken("spend", inputs=(state("coin"),)).request(VALIDATORS[:1]))


@pytest.mark.parametrize("hidden", sorted(NOTARY_GROUPS))
async def test_a_group_that_decides_cannot_be_hidden(notary: NotaryService, hidden: Group) -> None:
    whole = Spoken(
        "hide",
        inputs=(state("coin"),),
        references=(state("rate"),),
        writes=(create("p"),),
        window=TimeWindow(None, UnixSeconds(NOW_S + 1)),
    )
    with pytest.raises(TearOffRefused):
        await ask(notary, request_bytes(whole.wire.filter(NOTARY_GROUPS - {hidden}), whole.approvals()))


async def test_a_group_that_is_none_of_the_notarys_business_must_be_hidden(notary: NotaryService) -> None:
    spend = Spoken("open", inputs=(state("coin"),))
    with pytest.raises(TearOffRefused):
        await ask(notary, request_bytes(spend.wire.filter(NOTARY_GROUPS | {Group.CONTRACT_PACKAGE})))


async def test_one_of_two_inputs_cannot_be_left_out_of_its_group(notary: NotaryService) -> None:
    tear_off = Spoken("part", inputs=(state("a"), state("b"))).tear_off
    shown = tear_off.visible[0]
    partial = VisibleGroup(shown.ordinal, shown.nonces[:1], shown.components[:1])
    with pytest.raises(TearOffRefused):
        await ask(notary, request_bytes(replace(tear_off, visible=(partial, *tear_off.visible[1:]))))


async def test_another_transactions_id_is_not_believed(notary: NotaryService) -> None:
    tear_off = Spoken("mine", inputs=(state("a"),)).tear_off
    with pytest.raises(TearOffRefused):
        await ask(notary, request_bytes(replace(tear_off, tx_id=Spoken("yours").wire.id)))


async def test_a_window_that_was_notarised_under_cannot_be_replaced_afterwards(
    notary: NotaryService, clock: Clock
) -> None:
    once = Spoken("timed", inputs=(state("coin"),), window=TimeWindow(None, UnixSeconds(NOW_S + 10)))
    await ask(notary, once.request())
    clock.now_s += 100
    later = replace(once, window=TimeWindow(None, UnixSeconds(NOW_S + 1000)))
    with pytest.raises(NotarisationConflict):
        await ask(notary, later.request())


@pytest.mark.parametrize(
    ("clock_s", "error"),
    [(NOW_S - 1, TimeWindowNotOpen), (NOW_S + 60, TimeWindowClosed), (NOW_S + 61, TimeWindowClosed)],
)
async def test_a_window_is_held_to_the_second(
    notary: NotaryService, clock: Clock, clock_s: int, error: type[Exception]
) -> None:
    clock.now_s = clock_s
    window = TimeWindow(UnixSeconds(NOW_S), UnixSeconds(NOW_S + 60))
    with pytest.raises(error):
        await ask(notary, Spoken("timed", window=window).request())
    clock.now_s = NOW_S + 59
    if error is TimeWindowNotOpen:
        assert (await ask(notary, Spoken("timed", window=window).request())).time_s == NOW_S + 59


@pytest.mark.parametrize(
    ("spoken", "error"),
    [
        (Spoken("x", inputs=(state("a"),), notary=Party("nn", STRANGER.public_key)), WrongNotary),
        (Spoken("x", inputs=(state("a"),), parameters_hash=Hash32(bytes(31) + b"\x01")), WrongParameters),
        (Spoken("x", inputs=(state("a"), state("a"))), RepeatedState),
        (Spoken("x", inputs=(state("a"),), references=(state("a"),)), RepeatedState),
        (Spoken("x", writes=(create("p"), delete("p"))), RepeatedPath),
        (Spoken("x"), NothingToNotarise),
    ],
)
async def test_a_contradictory_or_misdirected_transaction_is_refused_by_name(
    notary: NotaryService, spoken: Spoken, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await ask(notary, spoken.request())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: body[:-1],
        lambda body: body + b"\x00",
        lambda body: body + b"\x2a\x01\x00",
        lambda body: body + bytes(codec.MAX_NOTARISE_REQUEST_BYTES),
        lambda _: b"",
        lambda _: b"\xff" * 100,
    ],
)
async def test_truncated_trailing_oversize_and_unknown_bytes_are_refused(
    notary: NotaryService, spoil: Callable[[bytes], bytes]
) -> None:
    with pytest.raises(DecodeError):
        await ask(notary, spoil(Spoken("spend", inputs=(state("coin"),)).request()))
    assert (await ask(notary, Spoken("spend", inputs=(state("coin"),)).request())).position == 0


async def test_too_many_signatures_are_refused_before_any_is_verified(notary: NotaryService) -> None:
    spoken = Spoken("write", writes=(create("p"),))
    many = [sign_transaction(STRANGER, spoken.wire.id)] * (codec.MAX_VALIDATOR_SIGNATURES + 1)
    with pytest.raises(DecodeError, match="too many"):
        await ask(notary, request_bytes(spoken.tear_off, many))


async def test_a_custodian_may_not_read_the_journal(notary: NotaryService) -> None:
    with pytest.raises(JournalReadRefused):
        await notary.read_journal(CN, codec.encode_read_request(codec.ReadRequest(0, 10, 0)))
