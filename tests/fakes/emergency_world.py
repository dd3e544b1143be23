"""An outage: a registrar, its people's keys, and a file of their register."""

from __future__ import annotations

from chains.progmat.market.emergency.chain import begin, close, record_moves
from chains.progmat.market.emergency.model import Base, Move, StaffKey
from chains.progmat.market.register.model import Register, RegisterLine, RegisterMoment
from chains.progmat.vault.indexing import Asset
from ibc.dvp import CashAccount
from primitives.hashing import sha256
from primitives.signatures import SignatureScheme, SoftwareSigner
from tests.fakes.register_world import CAROL
from tests.fakes.vault_world import ALICE, BOB, BOND

AT_MS = 1_790_000_000_000
MOMENT = RegisterMoment(7, 99, 2)


def person(name: str) -> SoftwareSigner:
    return SoftwareSigner.from_seed(SignatureScheme.ED25519, sha256(name.encode()))


REGISTRAR, AUTHOR, APPROVER, STRANGER = (person(name) for name in ("registrar", "author", "approver", "stranger"))
AUTHORS = (StaffKey("clerk", AUTHOR.public_key.encoded()),)
APPROVERS = (StaffKey("chief", APPROVER.public_key.encoded()),)
HELD = (
    RegisterLine(ALICE.node, ALICE.key, 100, 20),
    RegisterLine(BOB.node, BOB.key, 50),
)


def base_file(lines: tuple[RegisterLine, ...] = HELD, security: Asset = BOND, moment: RegisterMoment = MOMENT) -> bytes:
    base = Base(security, moment, AT_MS, REGISTRAR.public_key.encoded(), AUTHORS, APPROVERS, tuple(sorted(lines)))
    return begin(base, REGISTRAR.sign)


def base_of_register(register: Register) -> bytes:
    return base_file(register.lines, register.security, register.moment)


def move(source: CashAccount, to: CashAccount, units: int, trade_id: bytes = b"", reference: str = "") -> Move:
    return Move(source, to, units, "OUTAGE", reference, trade_id)


def recorded(content: bytes, *moves: Move) -> bytes:
    return record_moves(content, moves, AT_MS, AUTHOR, APPROVER)[0]


def closed(content: bytes) -> bytes:
    return close(content, AT_MS, AUTHOR, APPROVER)


THREE_MOVES = (move(ALICE, BOB, 30), move(BOB, CAROL, 60), move(CAROL, ALICE, 5, reference="CASE-7"))
