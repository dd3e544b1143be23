"""Attempts to release locked cash without, with a wrong, or with a stale proof, or to the wrong account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.dvp_lock_codec import AckEvidence, Evidence, TimeoutEvidence, encode_evidence
from chains.progmat.contracts.errors import ContractViolation, DvpLockViolation, IbcClientViolation
from chains.progmat.contracts.names import CASH
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.errors import MalformedComponent, PlatformRuleBroken, WritesBroken
from chains.progmat.transactions.model import ProvableWrite, StateAndRef, create_write, delete_write
from ibc.acknowledgement import UNIVERSAL_ERROR_ACK, ack_commitment
from ibc.paths import ack_path, commitment_path, receipt_path
from primitives.errors import PeerError
from primitives.hashing import sha256
from primitives.public_key import PublicKey
from primitives.types import Hash32
from tests.fakes.evm_chain_model import TRUSTING_PERIOD_S
from tests.fakes.ledger_model import NotaryRefusedError
from tests.fakes.ledger_parties import (
    BUYER,
    CN_A,
    CN_B,
    SELLER,
    SN,
    cash,
    cash_move,
)
from tests.fakes.settlement_world import (
    COUNTERPARTY_CLIENT_ID,
    SettlementWorld,
    terms_of,
    with_reference,
)

Attack = Callable[[TransactionBuilder], TransactionBuilder]


class Settled:
    """A settlement that the EVM chain acknowledged, at a recorded height, beside one that it never received."""

    def __init__(self) -> None:
        self.world = SettlementWorld()
        self.locked = self.world.lock(terms_of(1), self.world.issue(1_000_000), sequence=1)
        self.other = self.world.lock(terms_of(2), self.world.issue(1_000_000), sequence=2)
        self.acknowledgement = self.world.receive(self.locked)
        self.height = self.world.update_client()
        self.evidence = self.world.ack_evidence(self.locked, self.acknowledgement, self.height)
        self.builder = self.world.unlock_builder(self.locked, self.evidence)

    def with_evidence(self, evidence: Evidence) -> TransactionBuilder:
        """The honest unlock, with other evidence."""
        command = replace(self.builder.commands[0], data=encode_evidence(evidence))
        return replace(self.builder, commands=(command,))


@pytest.fixture(scope="module")
def settled() -> Settled:
    return Settled()


def _pay(account_owner: PublicKey, node: str, amount_yen: int = 1_000_000) -> Attack:
    def attack(builder: TransactionBuilder) -> TransactionBuilder:
        paid = CashState.of(builder.outputs[0])
        changed = replace(paid, owner=account_owner, node=node, amount_yen=amount_yen)
        return replace(builder, outputs=(replace(builder.outputs[0], data=changed.encode()),))

    return attack


@pytest.mark.parametrize(
    ("attack", "rule"),
    [
        (_pay(BUYER.key, CN_B.name), "paid as proved"),
        (_pay(BUYER.key, CN_A.name), "paid as proved"),
        (_pay(SN.key, CN_A.name), "paid as proved"),
        (_pay(SELLER.key, CN_B.name), "paid as proved"),
        (_pay(SELLER.key, CN_A.name, 999_999), "coins in equal|paid as proved"),
        (_pay(SELLER.key, CN_A.name, 1_000_001), "coins in equal|paid as proved"),
        (lambda b: replace(b, outputs=()), "coins in equal|one output"),
        (lambda b: replace(b, outputs=(*b.outputs, b.outputs[0])), "coins in equal|one output"),
        (
            lambda b: replace(
                b,
                outputs=(
                    cash(600_000, SELLER, CN_A).as_output(b.outputs[0].notary),
                    cash(400_000).as_output(b.outputs[0].notary),
                ),
            ),
            "one output",
        ),
    ],
    ids=["to the buyer", "buyer elsewhere", "to the issuer", "other node", "less", "more", "nobody", "twice", "split"],
)
def test_an_unlock_that_pays_otherwise_than_proved_is_refused(settled: Settled, attack: Attack, rule: str) -> None:
    settled.world.ledger.verify(settled.builder)

    with pytest.raises(ContractViolation, match=rule):
        settled.world.ledger.verify(attack(settled.builder))


def test_an_unlock_whose_payment_is_encumbered_again_is_refused(settled: Settled) -> None:
    free = settled.builder.outputs[0]
    outputs = (replace(free, encumbrance=1), replace(free, encumbrance=0))

    with pytest.raises(ContractViolation):
        settled.world.ledger.verify(replace(settled.builder, outputs=outputs))


def test_an_unlock_with_extra_cash_is_refused(settled: Settled) -> None:
    extra = settled.world.issue(5)
    builder = _pay(SELLER.key, CN_A.name, 1_000_005)(settled.builder)

    with pytest.raises(DvpLockViolation, match="nothing else"):
        settled.world.ledger.verify(replace(builder, inputs=(*builder.inputs, extra.ref)))


def test_two_locks_cannot_be_opened_by_one_proof(settled: Settled) -> None:
    both = (*settled.builder.inputs, settled.other.cash.ref, settled.other.lock.ref)
    builder = _pay(SELLER.key, CN_A.name, 2_000_000)(settled.builder)

    with pytest.raises(DvpLockViolation, match="nothing else"):
        settled.world.ledger.verify(replace(builder, inputs=both))


def test_the_cash_of_one_lock_does_not_go_with_another_lock(settled: Settled) -> None:
    crossed = (settled.other.cash.ref, settled.locked.lock.ref)

    with pytest.raises(PlatformRuleBroken, match="spent together"):
        settled.world.ledger.verify(replace(settled.builder, inputs=crossed))


def test_a_move_signed_by_everybody_does_not_open_a_lock(settled: Settled) -> None:
    builder = cash_move(settled.world.ledger.frame, [settled.locked.cash], cash(1_000_000, SELLER, CN_A))
    everybody = builder.with_signer(0, BUYER.key, SELLER.key, SN.key, CN_A.key, CN_B.key)

    with pytest.raises(PlatformRuleBroken, match="spent together"):
        settled.world.ledger.verify(everybody)
    with pytest.raises(ContractViolation):
        settled.world.ledger.verify(replace(everybody, inputs=(settled.locked.cash.ref, settled.locked.lock.ref)))


@pytest.mark.parametrize("left", [b"", b"\x0a\x00", b"\x12\x00"], ids=["no data", "empty ack", "empty time-out"])
def test_an_unlock_without_a_proof_is_refused(settled: Settled, left: bytes) -> None:
    command = replace(settled.builder.commands[0], data=left)

    with pytest.raises(MalformedComponent):
        settled.world.ledger.verify(replace(settled.builder, commands=(command,)))


def test_an_unlock_with_an_empty_proof_is_refused(settled: Settled) -> None:
    with pytest.raises(PeerError):
        settled.world.ledger.verify(settled.with_evidence(replace(settled.evidence, proof=b"")))


def _proof_of(path: bytes) -> Callable[[Settled], bytes]:
    return lambda settled: settled.world.evm.proof(settled.height, path)


@pytest.mark.parametrize(
    "proof",
    [
        _proof_of(receipt_path(COUNTERPARTY_CLIENT_ID, 1)),
        _proof_of(commitment_path(COUNTERPARTY_CLIENT_ID, 1)),
        _proof_of(ack_path(COUNTERPARTY_CLIENT_ID, 2)),
        _proof_of(ack_path("progmat-1", 1)),
        lambda settled: settled.evidence.proof[:-1],
        lambda settled: settled.evidence.proof + b"\x00",
        lambda settled: (
            settled.evidence.proof[:40] + bytes([settled.evidence.proof[40] ^ 1]) + settled.evidence.proof[41:]
        ),
        lambda settled: settled.evidence.proof * 2,
    ],
    ids=["receipt", "commitment", "other sequence", "other client", "cut", "trailing", "bit flipped", "twice"],
)
def test_an_unlock_with_the_proof_of_something_else_is_refused(
    settled: Settled, proof: Callable[[Settled], bytes]
) -> None:
    with pytest.raises(PeerError) as caught:
        settled.world.ledger.verify(settled.with_evidence(replace(settled.evidence, proof=proof(settled))))
    assert not isinstance(caught.value, ContractViolation)


@pytest.mark.parametrize(
    "acknowledgement",
    [UNIVERSAL_ERROR_ACK, sha256(b"other terms"), b"\x01", bytes(32)],
    ids=["error", "other terms", "one byte", "zeros"],
)
def test_an_unlock_with_the_acknowledgement_of_other_bytes_is_refused(settled: Settled, acknowledgement: bytes) -> None:
    with pytest.raises(PeerError) as caught:
        settled.world.ledger.verify(settled.with_evidence(replace(settled.evidence, acknowledgement=acknowledgement)))
    assert caught.value.reason != "DVP_LOCK_RULE_BROKEN", "the proof fails before anybody is paid"


def test_the_proof_of_one_settlement_does_not_open_another(settled: Settled) -> None:
    for evidence in (settled.evidence, replace(settled.evidence, acknowledgement=sha256(b"x"))):
        with pytest.raises(PeerError):
            settled.world.ledger.verify(
                replace(
                    settled.world.unlock_builder(settled.other, TimeoutEvidence(b"", settled.height)),
                    commands=(replace(settled.builder.commands[0], data=encode_evidence(evidence)),),
                )
            )


def test_a_proven_acknowledgement_that_is_neither_success_nor_error_leaves_the_cash_locked() -> None:
    world = SettlementWorld()
    locked = world.lock(terms_of(), world.issue(1_000_000))
    strange = world.receive(locked, b"\x01")
    height = world.update_client()
    evidence = world.ack_evidence(locked, strange, height)
    honest = world.unlock_builder(locked, TimeoutEvidence(b"", height))
    for account, node in ((SELLER, CN_A), (BUYER, CN_B)):
        command = replace(honest.commands[0], data=encode_evidence(evidence))
        builder = _pay(account.key, node.name)(replace(honest, commands=(command,)))

        with pytest.raises(DvpLockViolation, match="terms' hash or the error acknowledgement"):
            world.ledger.verify(builder)


@pytest.mark.parametrize(
    "writes",
    [
        lambda _: (),
        lambda b: (*b.provable_writes, create_write(b"trade/" + bytes(32), Hash32(bytes(32)))),
        lambda b: (create_write(b.provable_writes[0].path, Hash32(bytes(32))),),
        lambda _: (delete_write(commitment_path("qbft-0", 2)),),
        lambda _: (delete_write(commitment_path("qbft-1", 1)),),
    ],
    ids=["none", "one more", "create", "other sequence", "other client"],
)
def test_an_unlock_that_writes_otherwise_is_refused(
    settled: Settled, writes: Callable[[TransactionBuilder], tuple[ProvableWrite, ...]]
) -> None:
    with pytest.raises((WritesBroken, PlatformRuleBroken)):
        settled.world.ledger.verify(replace(settled.builder, provable_writes=writes(settled.builder)))


def test_an_unlock_without_the_issuer_is_refused(settled: Settled) -> None:
    command = settled.builder.commands[0]
    others = (*(key for key in command.signers if key != SN.key), SELLER.key, BUYER.key)

    with pytest.raises(DvpLockViolation, match="issuer sn signs"):
        settled.world.ledger.verify(replace(settled.builder, commands=(replace(command, signers=others),)))


def test_an_unlock_is_done_once() -> None:
    fresh = Settled()
    (paid,) = fresh.world.ledger.commit(fresh.builder)

    assert CashState.of(paid.state) == cash(1_000_000, SELLER, CN_A)
    with pytest.raises(NotaryRefusedError, match="spent"):
        fresh.world.ledger.commit(fresh.builder)


def test_an_unlock_with_another_proof_of_the_same_acknowledgement_is_not_done_again() -> None:
    """A replay key with the proof in it would take each height's proof for a new acknowledgement."""
    fresh = Settled()
    fresh.world.ledger.commit(fresh.builder)
    fresh.world.evm.seal()
    later = fresh.world.update_client()
    evidence = fresh.world.ack_evidence(fresh.locked, fresh.acknowledgement, later)
    again = fresh.world.unlock_builder(fresh.locked, evidence)

    assert evidence != fresh.evidence
    with pytest.raises(NotaryRefusedError, match="spent"):
        fresh.world.ledger.commit(again)


class TestLightClientOfAnUnlock:
    def test_no_light_client(self, settled: Settled) -> None:
        with pytest.raises(IbcClientViolation, match="one light client is referenced"):
            settled.world.ledger.verify(replace(settled.builder, references=settled.builder.references[1:]))

    def test_no_consensus(self, settled: Settled) -> None:
        with pytest.raises(IbcClientViolation, match="consensus of qbft-0 at height"):
            settled.world.ledger.verify(replace(settled.builder, references=settled.builder.references[:1]))

    def test_the_consensus_of_another_height(self, settled: Settled) -> None:
        builder = with_reference(
            settled.builder, settled.world.consensus[settled.height], settled.world.first_consensus
        )

        with pytest.raises(IbcClientViolation, match="consensus of qbft-0 at height"):
            settled.world.ledger.verify(builder)

    def test_a_height_before_the_acknowledgement(self, settled: Settled) -> None:
        builder = with_reference(
            settled.with_evidence(replace(settled.evidence, height=1)),
            settled.world.consensus[settled.height],
            settled.world.first_consensus,
        )

        with pytest.raises(PeerError) as caught:
            settled.world.ledger.verify(builder)
        assert not isinstance(caught.value, ContractViolation)

    def test_the_light_client_of_another_chain(self, settled: Settled) -> None:
        other = settled.world.create_client("qbft-unlock-attack")

        with pytest.raises(IbcClientViolation, match="the one named"):
            settled.world.ledger.verify(with_reference(settled.builder, settled.world.client, other[0]))

    def test_a_light_client_of_the_attackers_own_with_the_same_counterparty(self) -> None:
        """Another client id is another client, whatever it calls its counterparty."""
        world = SettlementWorld()
        locked = world.lock(terms_of(), world.issue(1_000_000))
        client, consensus = world.create_client("qbft-rogue")
        builder = world.unlock_builder(locked, TimeoutEvidence(b"", 1))
        swapped = with_reference(with_reference(builder, world.client, client), world.first_consensus, consensus)

        with pytest.raises(IbcClientViolation, match="the one named"):
            world.ledger.verify(swapped)

    def test_expired_consensus(self) -> None:
        fresh = Settled()
        fresh.world.advance(TRUSTING_PERIOD_S)
        builder = fresh.world.unlock_builder(fresh.locked, fresh.evidence)

        with pytest.raises(IbcClientViolation, match="may rely on height"):
            fresh.world.ledger.verify(builder)

    def test_consensus_that_expires_within_the_window(self) -> None:
        fresh = Settled()
        left = fresh.world.evm.timestamp_s(fresh.height) + TRUSTING_PERIOD_S - fresh.world.now_s
        fresh.world.advance(left - 30)

        with pytest.raises(IbcClientViolation, match="may rely on height"):
            fresh.world.ledger.verify(fresh.world.unlock_builder(fresh.locked, fresh.evidence))

    @pytest.mark.parametrize("window", ["none", "until only"])
    def test_no_time_bounds(self, settled: Settled, window: str) -> None:
        bounds = None if window == "none" else replace(settled.world.window, from_s=None)

        with pytest.raises(IbcClientViolation, match="both bounds"):
            settled.world.ledger.verify(replace(settled.builder, time_window=bounds))


def test_an_error_acknowledgement_pays_the_buyer_and_not_the_seller() -> None:
    world = SettlementWorld()
    locked = world.lock(terms_of(), world.issue(1_500_000))
    error = world.refuse(locked)
    height = world.update_client()
    builder = world.unlock_builder(locked, world.ack_evidence(locked, error, height))

    with pytest.raises(DvpLockViolation, match="paid as proved"):
        world.ledger.verify(_pay(SELLER.key, CN_A.name)(builder))
    (refund,) = world.ledger.commit(builder)
    assert CashState.of(refund.state) == cash(1_000_000)
    assert _owned(world, BUYER.key) == 1_500_000


def test_the_error_acknowledgement_is_not_believed_where_success_was_stored(settled: Settled) -> None:
    assert settled.world.evm.store[ack_path(COUNTERPARTY_CLIENT_ID, 1)] != ack_commitment([UNIVERSAL_ERROR_ACK])
    forged = AckEvidence(UNIVERSAL_ERROR_ACK, settled.evidence.proof, settled.height)

    with pytest.raises(PeerError):
        settled.world.ledger.verify(_pay(BUYER.key, CN_B.name)(settled.with_evidence(forged)))


def _owned(world: SettlementWorld, owner: object) -> int:
    states: list[StateAndRef] = world.ledger.unspent(CASH)
    coins = [CashState.of(state.state) for state in states]
    return sum(coin.amount_yen for coin in coins if coin.owner == owner)
