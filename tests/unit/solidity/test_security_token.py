"""The reference security token: allow-list, frozen amounts, forced transfer, pause."""

from __future__ import annotations

import pytest

from tests.fakes.evm_sandbox import Account, Contract, EvmSandbox, Reverted

ALICE, BOB, CAROL = (Account.named(name) for name in ("alice", "bob", "carol"))
UINT248_MAX = 2**248 - 1


@pytest.fixture
def token() -> Contract:
    """Alice holds 100, Alice and Bob are allowed, Carol is not."""
    sandbox = EvmSandbox()
    token = sandbox.deploy("SecurityToken", "Reference ST", "RST", sandbox.deployer.address)
    token.transact("allow", ALICE.address)
    token.transact("allow", BOB.address)
    token.transact("mint", ALICE.address, 100)
    return token


def refused(token: Contract, function: str, *args: object, sender: Account | None = None) -> Reverted:
    with pytest.raises(Reverted) as caught:
        token.transact(function, *args, sender=sender)
    return caught.value


def balances(token: Contract) -> tuple[int, int, int]:
    alice, bob, carol = (token.call("balanceOf", holder.address) for holder in (ALICE, BOB, CAROL))
    return alice, bob, carol


def test_units_are_whole(token: Contract) -> None:
    assert (token.call("decimals"), token.call("name"), token.call("symbol")) == (0, "Reference ST", "RST")


def test_allowed_accounts_transfer(token: Contract) -> None:
    assert token.call("canTransfer", ALICE.address, BOB.address, 40)
    token.transact("transfer", BOB.address, 40, sender=ALICE)
    assert balances(token) == (60, 40, 0)


def test_nobody_outside_the_allow_list_receives(token: Contract) -> None:
    assert not token.call("canTransfer", ALICE.address, CAROL.address, 1)
    assert refused(token, "transfer", CAROL.address, 1, sender=ALICE).error == "ERC7943CannotReceive"
    assert refused(token, "mint", CAROL.address, 1).error == "ERC7943CannotReceive"
    assert refused(token, "forcedTransfer", ALICE.address, CAROL.address, 1).error == "ERC7943CannotReceive"


def test_an_account_that_left_the_allow_list_does_not_send_but_can_be_redeemed(token: Contract) -> None:
    token.transact("disallow", ALICE.address)
    assert not token.call("canSend", ALICE.address)
    assert refused(token, "transfer", BOB.address, 1, sender=ALICE).error == "ERC7943CannotSend"
    token.transact("burn", ALICE.address, 10)
    assert token.call("totalSupply") == 90


@pytest.mark.parametrize(
    ("frozen", "amount", "moves"), [(60, 40, True), (60, 41, False), (500, 0, True), (500, 1, False)]
)
def test_only_the_unfrozen_part_moves(token: Contract, frozen: int, amount: int, moves: bool) -> None:  # noqa: FBT001 - a table of outcomes
    token.transact("setFrozenTokens", ALICE.address, frozen)
    assert token.call("getFrozenTokens", ALICE.address) == frozen
    assert token.call("canTransfer", ALICE.address, BOB.address, amount) is moves
    if moves:
        token.transact("transfer", BOB.address, amount, sender=ALICE)
        assert balances(token) == (100 - amount, amount, 0)
    else:
        error = refused(token, "transfer", BOB.address, amount, sender=ALICE)
        assert error.error == "ERC7943InsufficientUnfrozenBalance"
        assert error.error_args[1:] == (amount, max(0, 100 - frozen))


def test_more_than_the_balance_is_a_plain_lack_of_balance(token: Contract) -> None:
    token.transact("setFrozenTokens", ALICE.address, 60)
    assert refused(token, "transfer", BOB.address, 101, sender=ALICE).error == "ERC20InsufficientBalance"
    assert not token.call("canTransfer", ALICE.address, BOB.address, 101)


def test_a_frozen_amount_beyond_its_field_is_refused(token: Contract) -> None:
    token.transact("setFrozenTokens", ALICE.address, UINT248_MAX)
    assert token.call("canSend", ALICE.address)
    error = refused(token, "setFrozenTokens", ALICE.address, UINT248_MAX + 1)
    assert error.error == "SecurityTokenFrozenAmountTooLarge"


def test_a_forced_transfer_takes_frozen_tokens_and_says_so_first(token: Contract) -> None:
    token.transact("setFrozenTokens", ALICE.address, 90)
    token.transact("disallow", ALICE.address)
    token.transact("pause")
    receipt = token.transact("forcedTransfer", ALICE.address, BOB.address, 30)
    assert [log.event for log in receipt.logs] == ["Frozen", "Transfer", "ForcedTransfer"]
    assert token.call("getFrozenTokens", ALICE.address) == 70
    assert balances(token) == (70, 30, 0)


def test_a_forced_transfer_within_the_unfrozen_part_leaves_the_freeze(token: Contract) -> None:
    token.transact("setFrozenTokens", ALICE.address, 60)
    receipt = token.transact("forcedTransfer", ALICE.address, BOB.address, 40)
    assert [log.event for log in receipt.logs] == ["Transfer", "ForcedTransfer"]
    assert token.call("getFrozenTokens", ALICE.address) == 60


@pytest.mark.parametrize(
    ("holder", "receiver", "amount", "error"),
    [
        (ALICE.address, BOB.address, 101, "ERC20InsufficientBalance"),
        (bytes(20), BOB.address, 1, "ERC20InvalidSender"),
        (ALICE.address, bytes(20), 1, "ERC20InvalidReceiver"),
    ],
)
def test_a_forced_transfer_makes_and_burns_nothing(
    token: Contract, holder: bytes, receiver: bytes, amount: int, error: str
) -> None:
    assert refused(token, "forcedTransfer", holder, receiver, amount).error == error
    assert token.call("totalSupply") == 100


def test_a_pause_stops_ordinary_movements(token: Contract) -> None:
    token.transact("pause")
    assert not token.call("canTransfer", ALICE.address, BOB.address, 1)
    for function, args, sender in (
        ("transfer", (BOB.address, 1), ALICE),
        ("mint", (ALICE.address, 1), None),
        ("burn", (ALICE.address, 1), None),
    ):
        assert refused(token, function, *args, sender=sender).error == "EnforcedPause"
    token.transact("unpause")
    token.transact("transfer", BOB.address, 1, sender=ALICE)
    assert balances(token) == (99, 1, 0)
