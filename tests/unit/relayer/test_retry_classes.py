"""The table of answers: which class they are of, how long a packet waits after them, and when it is poison."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.evm.errors import InsufficientFunds, NodeMisbehaved, NodeUnavailable
from chains.rpc_status import RemoteCallerError
from relayer.chains.evm_submissions import ChainMovedMeanwhile, ClientMovedMeanwhile
from relayer.chains.progmat import LedgerNotReady, UpdateRefused
from relayer.core.chain import Outcome, RefusalClass, Verdict
from relayer.core.retry import (
    MOST_SUSPECT,
    RETRY_RULES,
    Loudness,
    Record,
    class_of,
    each_answered,
    refusal_by,
    sentence,
)

REFUSALS = [
    ("PACKET_ALREADY_PROCESSED: done", RefusalClass.RACE_LOST),
    ("CLIENT_MOVED_MEANWHILE: another relayer", RefusalClass.RACE_LOST),
    ("NOTARISATION_CONFLICT: an input is spent", RefusalClass.RACE_LOST),
    ("LEDGER_FLOW_PENDING: waits", RefusalClass.UNDER_WAY),
    ("HEADER_NOT_DISTRIBUTED: cn-a has no header 7 yet", RefusalClass.UNDER_WAY),
    ("PACKET_NOT_EXPECTED: no trade of that id", RefusalClass.NOT_YET),
    ("EVM_EXECUTION_REVERTED: IBCTimeoutElapsed(timeout=1, now=2)", RefusalClass.NOT_YET),
    ("EVM_EXECUTION_REVERTED: ProgmatClientFrozen()", RefusalClass.CLIENT_NOT_ACTIVE),
    ("CLIENT_EXPIRED: too old", RefusalClass.CLIENT_NOT_ACTIVE),
    ("INVALID_PROOF: no", RefusalClass.PROOF_REFUSED),
    ("QBFT_COMMITMENT_MISMATCH: another value", RefusalClass.PROOF_REFUSED),
    ("EVM_EXECUTION_REVERTED: ProgmatProofInvalid()", RefusalClass.PROOF_REFUSED),
    ("EVM_EXECUTION_REVERTED: SmtSiblingEmpty(depth=3)", RefusalClass.PROOF_REFUSED),
    ("EVM_EXECUTION_REVERTED: an unknown error 0x1234", RefusalClass.UNKNOWN),
    ("SOME_RULE: no", RefusalClass.UNKNOWN),
    ("", RefusalClass.UNKNOWN),
]


@pytest.mark.parametrize(("refusal", "expected"), REFUSALS)
def test_a_refusal_is_classed_by_the_names_it_begins_with(refusal: str, expected: RefusalClass) -> None:
    assert class_of(Outcome(Verdict.REFUSED, refusal=refusal)) is expected


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (Verdict.DONE, RefusalClass.TOOK_EFFECT),
        (Verdict.ALREADY_DONE, RefusalClass.RACE_LOST),
        (Verdict.PENDING, RefusalClass.UNDER_WAY),
        (Verdict.BLOCKED, RefusalClass.APPLICATION_REFUSES),
    ],
)
def test_other_answers_are_classed_by_their_verdict_whatever_their_words(
    verdict: Verdict, expected: RefusalClass
) -> None:
    assert class_of(Outcome(verdict, refusal="INVALID_PROOF: words")) is expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (NodeUnavailable("https://node", "no answer"), RefusalClass.CHAIN_UNAVAILABLE),
        (NodeMisbehaved("eth_getProof", "a proof", "nonsense"), RefusalClass.NONSENSE),
        (ClientMovedMeanwhile("read again"), RefusalClass.RACE_LOST),
        (ChainMovedMeanwhile("read again"), RefusalClass.RACE_LOST),
        (LedgerNotReady("wait"), RefusalClass.UNDER_WAY),
        (UpdateRefused("header 7"), RefusalClass.NONSENSE),
        (RemoteCallerError("sn", "INVALID_PROOF", "no"), RefusalClass.PROOF_REFUSED),
        (KeyError("a defect"), RefusalClass.UNKNOWN),
    ],
)
def test_an_error_about_one_message_is_classed_by_whose_fault_it_is(error: Exception, expected: RefusalClass) -> None:
    outcome = refusal_by(error)
    assert (outcome.verdict, class_of(outcome)) == (Verdict.REFUSED, expected)
    assert outcome.refusal.startswith(getattr(error, "reason", "RELAYER_DEFECT"))


def test_every_class_has_a_rule_and_only_answers_against_the_packet_make_poison() -> None:
    assert set(RETRY_RULES) == set(RefusalClass)
    poisonous = {each for each, rule in RETRY_RULES.items() if rule.poison_after is not None}
    assert poisonous == {RefusalClass.PROOF_REFUSED, RefusalClass.NONSENSE, RefusalClass.UNKNOWN}
    assert RETRY_RULES[RefusalClass.RACE_LOST].loudness is Loudness.INFO
    for rule in RETRY_RULES.values():
        assert 0 < rule.first_s <= rule.cap_s <= 60
        assert rule.factor > 1
        assert 0 < rule.jitter < 0.5


CLASSES = st.sampled_from(RefusalClass)
DICE = st.floats(0, 1, exclude_max=True)


@given(refusal_class=CLASSES, repeats=st.integers(0, 10_000), dice=DICE)
def test_pauses_grow_to_a_cap_and_jitter_keeps_its_bounds(
    refusal_class: RefusalClass, repeats: int, dice: float
) -> None:
    rule = RETRY_RULES[refusal_class]
    plain_s = rule.pause_s(repeats, 0.5)
    assert rule.first_s <= plain_s <= rule.pause_s(repeats + 1, 0.5) <= rule.cap_s
    assert abs(rule.pause_s(repeats, dice) - plain_s) <= plain_s * rule.jitter * (1 + 1e-9)


@given(answers=st.lists(CLASSES, max_size=60))
def test_only_answers_against_a_packet_make_it_poison_and_so_many_always_do(answers: list[RefusalClass]) -> None:
    record, suspect = Record(), 0
    for answer in answers:
        judged = sentence(record, answer, 0.5)
        counts = RETRY_RULES[answer].poison_after is not None
        suspect += counts
        assert judged.record.suspect == suspect
        assert counts or not judged.is_poison
        assert judged.is_poison or not (counts and suspect >= MOST_SUSPECT)
        record = judged.record


@pytest.mark.parametrize("refusal_class", [RefusalClass.PROOF_REFUSED, RefusalClass.NONSENSE, RefusalClass.UNKNOWN])
def test_poison_is_declared_at_exactly_the_number_of_the_table(refusal_class: RefusalClass) -> None:
    record, verdicts = Record(), []
    for _ in range(RETRY_RULES[refusal_class].poison_after or 0):
        judged = sentence(record, refusal_class, 0.5)
        record = judged.record
        verdicts.append(judged.is_poison)
    assert verdicts == [False] * (len(verdicts) - 1) + [True]


def test_of_messages_handled_side_by_side_one_that_fails_answers_for_itself() -> None:
    fine = Outcome(Verdict.DONE, "tx")
    answers = each_answered(
        [fine, NodeMisbehaved("eth_getProof", "a proof", "nonsense"), NodeUnavailable("https://node", "away")]
    )
    assert [class_of(answer) for answer in answers] == [
        *(RefusalClass.TOOK_EFFECT, RefusalClass.NONSENSE, RefusalClass.CHAIN_UNAVAILABLE),
    ]


def test_a_target_that_is_away_for_all_of_them_speaks_against_none() -> None:
    away = NodeUnavailable("https://node", "away")
    with pytest.raises(NodeUnavailable):
        each_answered([away, away])
    with pytest.raises(SystemExit):
        each_answered([SystemExit(), away])


def test_an_account_that_cannot_pay_is_no_packets_fault() -> None:
    refused = refusal_by(InsufficientFunds("eth_sendRawTransaction", -32000, "no funds"))
    assert RETRY_RULES[class_of(refused)].poison_after is None
