"""Attacks on logging in: guessing, old passwords, another's certificate, users who were locked."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from chains.progmat.market.people.errors import (
    LoginLocked,
    LoginRefused,
    PasswordExpired,
    PasswordRefused,
    SessionRefused,
    StaffNotActive,
)
from chains.progmat.market.people.passwords import checked_new, fits, hashed, nobodys_hash
from chains.progmat.market.people.rules import PasswordPolicy
from chains.progmat.market.people.statuses import UserStatus
from chains.progmat.market.people.users import UserChange
from tests.fakes.people_world import (
    CHEAP,
    CLERK,
    NEW_PASSWORD,
    OTHER_TERMINAL,
    PASSWORD,
    TERMINAL,
    TRADER,
    PeopleWorld,
    people_world,
)


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[PeopleWorld]:
    async with people_world(tmp_path) as opened:
        yield opened


async def test_a_first_password_must_be_changed_before_anything_else(world: PeopleWorld) -> None:
    with pytest.raises(PasswordExpired):
        await world.desk.log_in(CLERK, PASSWORD, TERMINAL)
    await world.settle_in(CLERK)
    session = await world.desk.log_in(CLERK, NEW_PASSWORD, TERMINAL)
    assert await world.desk.who_is(session.token, TERMINAL) == CLERK


async def test_a_password_grows_old(world: PeopleWorld) -> None:
    await world.settle_in(CLERK)
    world.clock.advance_s(CHEAP.max_age_s)
    with pytest.raises(PasswordExpired):
        await world.desk.log_in(CLERK, NEW_PASSWORD, TERMINAL)


async def test_a_token_of_another_certificate_is_refused(world: PeopleWorld) -> None:
    await world.settle_in(CLERK)
    session = await world.desk.log_in(CLERK, NEW_PASSWORD, TERMINAL)
    with pytest.raises(SessionRefused, match="another client certificate"):
        await world.desk.who_is(session.token, OTHER_TERMINAL)


async def test_a_session_ends_by_itself_by_logging_out_and_with_the_password(world: PeopleWorld) -> None:
    await world.settle_in(CLERK)
    first = await world.desk.log_in(CLERK, NEW_PASSWORD, TERMINAL)
    await world.desk.log_out(first.token, TERMINAL)
    second = await world.desk.log_in(CLERK, NEW_PASSWORD, TERMINAL)
    await world.desk.change_password(CLERK, NEW_PASSWORD, "And-A-Third-9-Words", TERMINAL)
    third = await world.desk.log_in(CLERK, "And-A-Third-9-Words", TERMINAL)
    world.clock.advance_s(CHEAP.session_s)
    for session in (first, second, third):
        with pytest.raises(SessionRefused):
            await world.desk.who_is(session.token, TERMINAL)


@pytest.mark.parametrize("token", ["", "x" * 43, "é" * 43, "=" * 43, base64.b64encode(bytes(99)).decode()])
async def test_a_made_up_token_is_nobodys(world: PeopleWorld, token: str) -> None:
    with pytest.raises(SessionRefused):
        await world.desk.who_is(token, TERMINAL)


async def test_failures_cost_time_and_then_the_user(world: PeopleWorld) -> None:
    await world.settle_in(CLERK)
    waits = []
    for _ in range(CHEAP.lock_after):
        with pytest.raises(LoginRefused):
            await world.desk.log_in(CLERK, "wrong", TERMINAL)
        try:
            await world.desk.log_in(CLERK, "wrong", TERMINAL)
        except LoginLocked as locked:
            waits.append(locked.until_s - world.clock.now_s())
            world.clock.advance_s(waits[-1])
        except LoginRefused:
            continue
        if len(waits) == CHEAP.lock_after - CHEAP.free_failures - 1:
            break
    assert waits[:4] == [30, 60, 120, 240]
    world.clock.advance_s(CHEAP.longest_wait_s)
    with pytest.raises(LoginRefused):
        await world.desk.log_in(CLERK, "wrong", TERMINAL)
    for _ in range(2):  # the right one does not help any more
        world.clock.advance_s(CHEAP.longest_wait_s)
        with pytest.raises(LoginRefused):
            await world.desk.log_in(CLERK, NEW_PASSWORD, TERMINAL)
    await world.change(UserChange(staff_id=CLERK, status=UserStatus.ACTIVE))
    assert (await world.desk.log_in(CLERK, NEW_PASSWORD, TERMINAL)).staff_id == CLERK


async def test_guesses_that_come_together_are_counted_like_others(world: PeopleWorld) -> None:
    await world.settle_in(CLERK)
    guesses = [world.desk.log_in(CLERK, f"guess {number}", TERMINAL) for number in range(30)]
    answers = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(isinstance(answer, LoginRefused) for answer in answers) == CHEAP.free_failures + 1
    assert sum(isinstance(answer, LoginLocked) for answer in answers) == 30 - CHEAP.free_failures - 1


async def test_success_forgets_failures(world: PeopleWorld) -> None:
    await world.settle_in(CLERK)
    for _ in range(3):
        for _ in range(CHEAP.free_failures):
            with pytest.raises(LoginRefused):
                await world.desk.log_in(CLERK, "wrong", TERMINAL)
        await world.desk.log_in(CLERK, NEW_PASSWORD, TERMINAL)


async def test_who_is_locked_or_disabled_is_out_at_once(world: PeopleWorld) -> None:
    await world.settle_in(CLERK)
    session = await world.desk.log_in(CLERK, NEW_PASSWORD, TERMINAL)
    await world.change(UserChange(staff_id=CLERK, status=UserStatus.DISABLED))
    with pytest.raises(SessionRefused):
        await world.desk.who_is(session.token, TERMINAL)
    with pytest.raises(LoginRefused):
        await world.desk.log_in(CLERK, NEW_PASSWORD, TERMINAL)


async def test_a_user_locked_while_his_session_lives_is_refused_by_name(world: PeopleWorld) -> None:
    await world.settle_in(TRADER)
    session = await world.desk.log_in(TRADER, NEW_PASSWORD, TERMINAL)
    with pytest.raises(LoginRefused):
        await world.desk.log_in(TRADER, "wrong", TERMINAL)
    assert await world.desk.who_is(session.token, TERMINAL) == TRADER  # somebody else's failures end nothing
    await world.change(UserChange(staff_id=TRADER, status=UserStatus.LOCKED))
    with pytest.raises((SessionRefused, StaffNotActive)):
        await world.desk.who_is(session.token, TERMINAL)


async def test_the_present_password_and_its_two_predecessors_cannot_come_back(world: PeopleWorld) -> None:
    await world.settle_in(CLERK)
    await world.desk.change_password(CLERK, NEW_PASSWORD, "And-A-Third-9-Words", TERMINAL)
    for old in (PASSWORD, NEW_PASSWORD, "And-A-Third-9-Words"):
        with pytest.raises(PasswordRefused, match="predecessors"):
            await world.desk.change_password(CLERK, "And-A-Third-9-Words", old, TERMINAL)
    await world.desk.change_password(CLERK, "And-A-Third-9-Words", "The-Fourth-1-Comes", TERMINAL)
    await world.desk.change_password(CLERK, "The-Fourth-1-Comes", PASSWORD, TERMINAL)


async def test_changing_a_password_needs_the_old_one_and_counts_as_a_guess(world: PeopleWorld) -> None:
    for _ in range(CHEAP.free_failures + 1):
        with pytest.raises(LoginRefused):
            await world.desk.change_password(CLERK, "wrong", NEW_PASSWORD, TERMINAL)
    with pytest.raises(LoginLocked):
        await world.desk.change_password(CLERK, PASSWORD, NEW_PASSWORD, TERMINAL)


@pytest.mark.parametrize(
    ("password", "rule"),
    [
        ("Short-1", "12 to 128"),
        ("x" * 129, "12 to 128"),
        ("alllowercaseonly", "3 of"),
        ("Abababababab1!", "repetition"),
        ("Hello\x07World-12", "control"),
        ("clerk-1-Is-Me-77", "staff id"),
        ("Yamada-Hanako-77", "name"),
        ("Present-One-12", "predecessors"),
        ("Ｐｒｅｓｅｎｔ-One-12", "predecessors"),  # noqa: RUF001  # as another keyboard types it
    ],
)
def test_weak_passwords_are_refused_by_rule(password: str, rule: str) -> None:
    before = [hashed("Present-One-12", bytes(16), CHEAP)]
    with pytest.raises(PasswordRefused, match=rule):
        checked_new(password, "clerk-1", "Yamada-Hanako", before, CHEAP)


def test_a_hash_of_unknown_form_fits_nothing() -> None:
    for stored in ("", "plain", "scrypt$99$8$1$00$00", "md5$1$1$1$00$00"):
        assert not fits("anything", stored)


def test_an_unknown_user_costs_the_same_work_as_a_known_one() -> None:
    """Judged by the parameters of the work, and roughly by the clock of this process."""
    policy = PasswordPolicy(log2_n=12)
    known = hashed(PASSWORD, bytes(range(16)), policy)
    assert known.split("$")[:4] == nobodys_hash(policy).split("$")[:4]

    def least_s(stored: str) -> float:
        spent = []
        for _ in range(5):
            started = time.process_time()
            assert not fits("wrong", stored)
            spent.append(time.process_time() - started)
        return min(spent)

    assert 0.5 < least_s(known) / least_s(nobodys_hash(policy)) < 2


async def test_an_unknown_user_is_told_what_a_wrong_password_is(world: PeopleWorld) -> None:
    await world.settle_in(CLERK)
    told = []
    for staff_id in (CLERK, "nobody"):
        with pytest.raises(LoginRefused) as refused:
            await world.desk.log_in(staff_id, "wrong", TERMINAL)
        told.append(str(refused.value))
    assert told[0] == told[1]


def test_waiting_is_bounded_however_many_failures() -> None:
    policy = replace(CHEAP, lock_after=10**6)
    assert policy.wait_s(10**5) == policy.longest_wait_s
