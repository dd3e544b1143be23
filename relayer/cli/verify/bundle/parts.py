"""What the endings share: both legs' witnesses, and the questions that are asked of them in either order."""

from __future__ import annotations

from dataclasses import dataclass

from chains.progmat.client.paid_cash import PaidCash, paid_cash
from chains.progmat.transactions.model import Group, ProvableWrite
from chains.progmat.transactions.torn import TornTransaction
from ibc.acknowledgement import UNIVERSAL_ERROR_ACK, ack_commitment
from ibc.dvp import CashAccount
from ibc.packet import Packet
from primitives.errors import CrossDvpError
from primitives.types import Hash32
from relayer.cli.verify.bundle.document import Bundle
from relayer.cli.verify.bundle.evm_leg import EvmWitness
from relayer.cli.verify.bundle.ledger_leg import LedgerWitness, verified_tx
from relayer.cli.verify.errors import Refused, refusing
from relayer.cli.verify.report import shown_time

BOOKS_ARE_NOT_PROVED = (
    "that the token's books agree: the app acknowledges only after its adapter moved the tokens, but the token's own "
    "code "
    "is its issuer's"
)
TODAY_IS_NOT_PROVED = "that either side still holds what it got: both could move it the moment after"
PRICES_ARE_SHOWN = "that nobody else knows the terms: whoever reads this bundle does"


@dataclass(frozen=True, slots=True)
class Statements:
    """Sentences about what a bundle proves and what it does not."""

    proved: tuple[str, ...]
    not_proved: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Legs:
    """A bundle whose headers and checkpoints hold. ``packet`` is None where the trade was cancelled."""

    bundle: Bundle
    terms_hash: bytes
    packet: Packet | None
    evm: EvmWitness
    ledger: LedgerWitness

    @property
    def sent(self) -> Packet:
        """The packet; the shape of the ending has made sure that there is one."""
        if self.packet is None:
            raise Refused("$.packet is missing", cause="BUNDLE_PART_MISSING")
        return self.packet

    @property
    def success_ack(self) -> Hash32:
        """The commitment of the acknowledgement that names these terms."""
        return ack_commitment([self.terms_hash])

    @property
    def error_ack(self) -> Hash32:
        """The commitment of the acknowledgement that means: nothing moved."""
        return ack_commitment([UNIVERSAL_ERROR_ACK])

    def require_evm(self, name: str, path: bytes, expected: bytes | None) -> int:
        """The router holds exactly this under a path (None: nothing); the block's time. Raises ``Refused``."""
        found, sealed = self.evm.commitment(name, path)
        if found != expected:
            raise Refused(
                f"$.evm.proofs.{name}: the router does not hold what this ending needs",
                cause="EVM_LEG_DIFFERS",
                expected=expected or "nothing",
                found=found or "nothing",
            )
        return sealed.header.timestamp_s

    def height_of(self, name: str) -> int:
        """The block of one of the EVM chain's proofs."""
        return self.evm.at(self.bundle.evm_proofs[name]).header.number

    def require_order(self, what: str, earlier: int, later: int) -> None:
        """An end is after its beginning: before it there was nothing either. Raises ``Refused``."""
        if later <= earlier:
            raise Refused(f"{what}", cause="PROOF_TOO_OLD", expected=f"above {earlier}", found=later)

    def tx(
        self, number: int, groups: frozenset[Group], writes: tuple[ProvableWrite, ...], position: int
    ) -> TornTransaction:
        """A transaction with exactly these writes, at this journal position. Raises ``Refused``."""
        found = self.bundle.transactions[number]
        torn = verified_tx(self.ledger.trust, found, groups)
        if torn.tear_off.provable_writes != writes:
            raise Refused(
                f"{found.place} writes something else than this settlement",
                cause="WRONG_TRANSACTION",
                expected=_shown(writes),
                found=_shown(torn.tear_off.provable_writes),
            )
        if found.position != position:
            raise Refused(
                f"{found.place}.position is not where its writes are proved",
                cause="WRONG_TRANSACTION",
                expected=position,
                found=found.position,
            )
        return torn

    def require_paid(self, number: int, torn: TornTransaction, account: CashAccount | None) -> None:
        """The transaction pays the whole amount to this account, or shows no payment (None). Raises ``Refused``."""
        place, cash = self.bundle.transactions[number].place, self.bundle.terms.cash
        if account is None or torn.paid is None:
            if (account is None) != (torn.paid is None):
                raise Refused(
                    f"{place}.paid_output: there has to be one exactly where cash is paid", cause="CASH_LEG_DIFFERS"
                )
            return
        expected = PaidCash(cash.coin_id, cash.issuer, cash.amount_yen, account)
        with refusing(place):
            try:
                found = paid_cash(torn.paid.state)
            except CrossDvpError as error:
                raise Refused(f"{place} pays no cash: {error}", cause="CASH_LEG_DIFFERS") from error
        if found != expected:
            raise Refused(
                f"{place} pays something else, or somebody else",
                cause="CASH_LEG_DIFFERS",
                expected=f"{expected.amount_yen} {expected.coin_id} to {expected.account.node}",
                found="locked cash" if found is None else f"{found.amount_yen} {found.coin_id} to {found.account.node}",
            )

    def securities(self) -> str:
        """What is delivered, in words."""
        security = self.bundle.terms.security
        return f"{security.quantity} units of token 0x{security.token.hex()}"

    def cash(self) -> str:
        """What is paid, in words."""
        cash = self.bundle.terms.cash
        return f"{cash.amount_yen} yen of coin {cash.coin_id}"


def account_words(account: CashAccount) -> str:
    """An account, in words."""
    return f"account {account.key.hex()} at {account.node}"


def at_block(number: int, time_s: int) -> str:
    """Where on the EVM chain, in words."""
    return f"at block {number}, {shown_time(time_s)}"


def _shown(writes: tuple[ProvableWrite, ...]) -> str:
    return (
        "; ".join(f"{write.kind.name} {write.path.hex()} {write.value.hex()}".strip() for write in writes) or "nothing"
    )
