"""A coupon that ``an`` opens and the buyer at ``cn-b`` pays, a grant of utility tokens, and their transactions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.distribution import (
    CANCEL,
    OPEN,
    PAY,
    DistributionMedium,
    DistributionState,
    Subject,
    distribution_id_of,
)
from chains.progmat.contracts.distribution_lines import Line, Lines
from chains.progmat.contracts.holdings import ISSUE, MOVE, REDEEM
from chains.progmat.contracts.names import CASH, DISTRIBUTION, UTILITY_TOKEN, UTILITY_USE
from chains.progmat.contracts.token import TokenState
from chains.progmat.contracts.utility_expiry import EXPIRE
from chains.progmat.contracts.utility_use import USE, encode_use
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.component_codec import decode_single_key
from chains.progmat.transactions.model import Command, StateAndRef, TimeWindow, TransactionState
from primitives.types import UnixSeconds
from tests.fakes.ledger_parties import AN, BUYER, CN_A, CN_B, COIN_ID, SN, LedgerParty, MemberFrame
from tests.fakes.token_parties import NOW_S, SC, ST, TOKEN_ID, UT

UTILITY_ID = "UT-1"
EXPIRES_S = NOW_S + 3600


def holder(number: int) -> LedgerParty:
    """A holder of the security, by number."""
    return LedgerParty(f"holder {number}")


def lines_of(amounts: Iterable[int], batch_lines: int = 2) -> Lines:
    """A line for each amount, by key."""
    unsorted = [Line(holder(number).key.encoded(), amount) for number, amount in enumerate(amounts)]
    return Lines(batch_lines, tuple(sorted(unsorted)))


def coupon(name: str = "coupon", expires_s: int = 0, medium: DistributionMedium = DistributionMedium.COIN) -> Subject:
    """``an``'s holders are paid by the buyer, or granted ``an``'s utility tokens."""
    is_coin = medium is DistributionMedium.COIN
    return Subject(
        distribution_id=distribution_id_of(AN.name, name),
        security_id=TOKEN_ID,
        registrar=AN.party,
        record_date=2026_09_30,
        medium=medium,
        asset_id=COIN_ID if is_coin else UTILITY_ID,
        keeper=SN.name if is_coin else AN.name,
        payer=BUYER.account_at(CN_B) if is_coin else AN.account_at(AN),
        expires_s=expires_s,
    )


def grant(name: str = "grant", expires_s: int = EXPIRES_S) -> Subject:
    """Of units that expire, in an hour if nothing else is said."""
    return coupon(name, expires_s, DistributionMedium.UTILITY)


def part_of(subject: Subject, lines: Lines, part: int = 0, node: LedgerParty = CN_A) -> DistributionState:
    """The opened part of these lines."""
    return DistributionState(subject, part, node.name, lines.total, lines.batch_count, 0, lines.root)


def opening(frame: MemberFrame, state: DistributionState, lines: Lines) -> TransactionBuilder:
    """``an`` vouches for the lines."""
    return replace(
        frame.start(),
        outputs=(state.as_output(frame.notary),),
        commands=(Command(DISTRIBUTION, OPEN, lines.encode(), (AN.key,)),),
        references=frame.refs(ST, AN.name),
    )


def cancellation(frame: MemberFrame, part: StateAndRef) -> TransactionBuilder:
    """``an`` takes it back."""
    return replace(frame.start(), inputs=(part.ref,), commands=(Command(DISTRIBUTION, CANCEL, b"", (AN.key,)),))


def payment(
    frame: MemberFrame, part: StateAndRef, lines: Lines, coins: Sequence[StateAndRef], number: int | None = None
) -> TransactionBuilder:
    """The next batch of a part (or batch ``number``), paid out of the buyer's coins."""
    state = DistributionState.of(part.state)
    batch = lines.proved(state.next_batch if number is None else number)
    held = [CashState.of(coin.state) for coin in coins]
    left = sum(coin.amount_yen for coin in held) - sum(line.amount for line in batch.lines)
    change = (replace(held[0], amount_yen=left).as_output(frame.notary),) if left > 0 else ()
    return replace(
        frame.start(),
        inputs=(part.ref, *(coin.ref for coin in coins)),
        outputs=(
            replace(state, next_batch=state.next_batch + 1).as_output(frame.notary),
            *change,
            *(paid(held[0], line, state.node, frame) for line in batch.lines),
        ),
        commands=(
            Command(DISTRIBUTION, PAY, batch.encode(), (BUYER.key,)),
            Command(CASH, MOVE, b"", (BUYER.key, SN.key)),
        ),
        references=frame.refs(SC, CN_B.name, state.node),
    )


def paid(like: CashState, line: Line, node: str, frame: MemberFrame) -> TransactionState:
    """What a line's account gets."""
    owner = decode_single_key(line.account_key)
    return replace(like, amount_yen=line.amount, owner=owner, node=node).as_output(frame.notary)


def granting(frame: MemberFrame, part: StateAndRef, lines: Lines) -> TransactionBuilder:
    """The next batch of a grant."""
    state = DistributionState.of(part.state)
    batch = lines.proved(state.next_batch)
    units = [utility(line.amount, decode_single_key(line.account_key), state.node) for line in batch.lines]
    return replace(
        frame.start(),
        inputs=(part.ref,),
        outputs=(
            replace(state, next_batch=state.next_batch + 1).as_output(frame.notary),
            *(token.as_output(frame.notary) for token in units),
        ),
        commands=(
            Command(DISTRIBUTION, PAY, batch.encode(), (AN.key,)),
            Command(UTILITY_TOKEN, ISSUE, b"", (AN.key,)),
        ),
        references=frame.refs(UT, AN.name, state.node),
    )


def utility(quantity: int, owner: object = BUYER.key, node: str = CN_B.name) -> TokenState:
    """Units that expire."""
    return TokenState(UT, UTILITY_ID, AN.party, quantity, owner, node, expires_s=EXPIRES_S)  # type: ignore[arg-type] # a key


def use(frame: MemberFrame, units: StateAndRef, until_s: int, left: int = 0) -> TransactionBuilder:
    """The buyer uses all units but ``left``."""
    token = TokenState.of(units.state)
    change = (replace(token, quantity=left).as_output(frame.notary),) if left else ()
    return replace(
        frame.start(),
        inputs=(units.ref,),
        outputs=change,
        commands=(
            Command(UTILITY_TOKEN, REDEEM, b"", (token.owner, AN.key)),
            Command(UTILITY_USE, USE, encode_use("ticket-1"), (token.owner,)),
        ),
        references=frame.refs(UT, AN.name, token.node),
        time_window=TimeWindow(None, UnixSeconds(until_s)),
    )


def expiry(frame: MemberFrame, units: StateAndRef, from_s: int) -> TransactionBuilder:
    """``an`` destroys units from a time on."""
    return replace(
        frame.start(),
        inputs=(units.ref,),
        commands=(Command(UTILITY_TOKEN, EXPIRE, b"", (AN.key,)),),
        time_window=TimeWindow(UnixSeconds(from_s), None),
    )
