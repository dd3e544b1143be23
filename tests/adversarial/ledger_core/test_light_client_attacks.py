"""Attempts to create, update, freeze or unfreeze light clients of other chains against their rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chains.progmat.contracts.errors import ContractViolation, IbcClientViolation
from chains.progmat.contracts.ibc_records import ClientRecord, ClientRecordStatus, ConsensusRecord, record_of
from chains.progmat.ibc_host.clients import (
    ClientMessagePlan,
    build_client_creation,
    build_client_freeze,
    build_client_update,
)
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.errors import PlatformRuleBroken, WritesBroken
from chains.progmat.transactions.model import StateAndRef
from ibc.errors import Misbehaviour
from light_clients.qbft.errors import HeaderFromFuture, QuorumNotReached
from primitives.errors import CrossDvpError, PeerError
from tests.fakes.evm_chain_model import MAX_CLOCK_DRIFT_S, TRUSTING_PERIOD_S, EvmChainModel
from tests.fakes.ledger_model import NotaryRefusedError
from tests.fakes.ledger_parties import CN_B, OPERATOR, STRANGER
from tests.fakes.qbft_headers import validator_keys
from tests.fakes.settlement_world import (
    COUNTERPARTY_CLIENT_ID,
    NOW_S,
    SettlementWorld,
    client_record,
    terms_of,
    with_reference,
)

Attack = Callable[[TransactionBuilder], TransactionBuilder]


@pytest.fixture
def world() -> SettlementWorld:
    world = SettlementWorld()
    world.evm.seal(NOW_S - 5)
    return world


def _record(index: int, **changes: Any) -> Attack:  # noqa: ANN401 # any field of the record
    def attack(builder: TransactionBuilder) -> TransactionBuilder:
        outputs = list(builder.outputs)
        record = replace(record_of(outputs[index]), **changes)
        outputs[index] = replace(outputs[index], data=record.encode())
        return replace(builder, outputs=tuple(outputs))

    return attack


def _signed_by_a_stranger(builder: TransactionBuilder) -> TransactionBuilder:
    command = builder.commands[0]
    return replace(builder, commands=(replace(command, signers=(STRANGER.key, *command.signers[1:])),))


def _creation(world: SettlementWorld, client_id: str = "qbft-9", **changes: Any) -> TransactionBuilder:  # noqa: ANN401 # as above
    record = ClientRecord(client_id, "qbft", world.evm.client_state(), COUNTERPARTY_CLIENT_ID, (b"",))
    registry = world.ledger.package.light_clients
    return build_client_creation(
        world.ledger.frame, registry, replace(record, **changes), world.evm.consensus_state(1), world.window
    )


class TestCreate:
    @pytest.mark.parametrize(
        ("attack", "rule"),
        [
            (_signed_by_a_stranger, "operator signs"),
            (lambda b: replace(b, outputs=b.outputs[:1]), "one consensus record"),
            (lambda b: replace(b, outputs=b.outputs[1:]), "one client record"),
            (lambda b: replace(b, outputs=(*b.outputs, b.outputs[1])), "one consensus record"),
            (_record(1, client_id="qbft-8"), "of one client"),
            (_record(1, height=2), "at the client's height"),
            (_record(1, timestamp_s=NOW_S), "consensus' timestamp"),
            (_record(0, status=ClientRecordStatus.FROZEN), "is active"),
            (lambda b: replace(b, commands=(replace(b.commands[0], data=b"x"),)), "no data"),
            (lambda b: replace(b, commands=(replace(b.commands[0], name="Rename"),)), "known"),
            (lambda b: replace(b, time_window=None), "both bounds"),
        ],
        ids=["stranger", "no consensus", "no client", "two", "other id", "other height", "other time", "born frozen",
             "data", "unknown", "no window"],
    )  # fmt: skip
    def test_a_creation_that_breaks_a_rule_is_refused(self, world: SettlementWorld, attack: Attack, rule: str) -> None:
        builder = _creation(world)
        world.ledger.verify(builder)

        with pytest.raises(IbcClientViolation, match=rule):
            world.ledger.verify(attack(builder))

    def test_a_client_id_is_taken_once(self, world: SettlementWorld) -> None:
        with pytest.raises(NotaryRefusedError, match="written before"):
            world.create_client("qbft-0")

    def test_a_client_of_a_type_the_package_does_not_have_is_refused(self, world: SettlementWorld) -> None:
        builder = _record(0, client_type="mock")(_creation(world))

        with pytest.raises(CrossDvpError, match="no light client of type"):
            world.ledger.verify(builder)

    def test_an_expired_beginning_is_refused(self, world: SettlementWorld) -> None:
        world.advance(TRUSTING_PERIOD_S)

        with pytest.raises(IbcClientViolation, match="may rely on height"):
            world.ledger.verify(_creation(world))

    @pytest.mark.parametrize("prefix", [(), (b"", b""), (bytes(65),)], ids=["none", "two", "long"])
    def test_a_merkle_prefix_out_of_shape_is_refused(self, world: SettlementWorld, prefix: tuple[bytes, ...]) -> None:
        with pytest.raises(PeerError, match="prefix"):
            _creation(world, counterparty_merkle_prefix=prefix)

    def test_a_creation_beside_another_contracts_state_is_refused(self, world: SettlementWorld) -> None:
        builder = _creation(world)

        with pytest.raises(ContractViolation, match=r"nothing else happens|one membership"):
            world.ledger.verify(replace(builder, outputs=(*builder.outputs, world.custodian.state)))


class TestUpdate:
    def _message(
        self, world: SettlementWorld, message: bytes, trusted: StateAndRef | None = None
    ) -> TransactionBuilder:
        plan = ClientMessagePlan(world.client, trusted or world.first_consensus, message, CN_B.key, world.window)
        return build_client_update(world.ledger.frame, world.ledger.package.light_clients, plan)

    def test_a_height_is_recorded_once(self, world: SettlementWorld) -> None:
        world.ledger.commit(world.update_builder(2))

        with pytest.raises(NotaryRefusedError, match="written before"):
            world.ledger.commit(world.update_builder(2))

    @pytest.mark.parametrize("signers", [0, 1, 2])
    def test_a_header_with_too_few_seals_is_refused(self, world: SettlementWorld, signers: int) -> None:
        with pytest.raises(QuorumNotReached):
            world.ledger.verify(self._message(world, world.evm.header(2, 1, signers)))

    def test_a_header_of_other_validators_is_refused(self, world: SettlementWorld) -> None:
        forger = EvmChainModel(NOW_S - 9, validators=validator_keys(4, "forger"))
        forger.seal(NOW_S - 5)

        with pytest.raises(PeerError):
            world.ledger.verify(self._message(world, forger.header(2, 1)))

    def test_a_header_from_the_future_is_refused(self, world: SettlementWorld) -> None:
        world.evm.seal(NOW_S - 10 + MAX_CLOCK_DRIFT_S + 1)

        with pytest.raises(HeaderFromFuture):
            world.ledger.verify(world.update_builder(3))

    def test_a_header_on_an_expired_consensus_is_refused(self, world: SettlementWorld) -> None:
        world.advance(TRUSTING_PERIOD_S)
        world.evm.seal()

        with pytest.raises(IbcClientViolation, match="may rely on height"):
            world.ledger.verify(world.update_builder(3))

    def test_a_header_that_builds_on_a_height_not_referenced_is_refused(self, world: SettlementWorld) -> None:
        world.evm.seal(NOW_S - 3)
        world.update_client(2)

        with pytest.raises(IbcClientViolation, match="consensus of qbft-0 at height 2"):
            world.ledger.verify(self._message(world, world.evm.header(3, 2), world.first_consensus))

    def test_a_step_backwards_is_refused(self, world: SettlementWorld) -> None:
        world.evm.seal(NOW_S - 3)
        world.update_client(3)

        with pytest.raises(PeerError):
            world.ledger.verify(self._message(world, world.evm.header(2, 3), world.consensus[3]))

    @pytest.mark.parametrize(
        "changes",
        [{"height": 3}, {"timestamp_s": NOW_S}, {"consensus_state": b"x"}, {"client_id": "qbft-8"}],
        ids=lambda c: next(iter(c)),
    )
    def test_a_record_that_is_not_what_the_header_proves_is_refused(
        self, world: SettlementWorld, changes: dict[str, Any]
    ) -> None:
        with pytest.raises(IbcClientViolation, match="what the message proves"):
            world.ledger.verify(_record(0, **changes)(world.update_builder(2)))

    def test_the_state_root_of_another_block_is_refused(self, world: SettlementWorld) -> None:
        world.evm.store[b"a packet nobody sent"] = b"\x01" * 32
        world.evm.seal(NOW_S - 4)
        forged = world.evm.consensus_state(3)

        with pytest.raises(IbcClientViolation, match="what the message proves"):
            world.ledger.verify(_record(0, consensus_state=forged)(world.update_builder(2)))

    def test_an_update_without_its_write_is_refused(self, world: SettlementWorld) -> None:
        with pytest.raises(WritesBroken, match="vouch for"):
            world.ledger.verify(replace(world.update_builder(2), provable_writes=()))

    def test_an_update_that_consumes_the_client_is_refused(self, world: SettlementWorld) -> None:
        builder = world.update_builder(2)
        builder = replace(builder, inputs=(world.client.ref,), references=(world.first_consensus.ref,))

        with pytest.raises(IbcClientViolation, match="consumes nothing"):
            world.ledger.verify(builder)

    def test_the_next_block_on_another_parent_is_no_update_and_freezes_by_itself(self, world: SettlementWorld) -> None:
        fork = EvmChainModel(NOW_S - 10)
        fork.store[b"x"] = b"\x01" * 32
        fork.blocks.clear()
        fork.seal(NOW_S - 10)
        fork.seal(NOW_S - 5)
        header = fork.header(2, 1)
        with pytest.raises(Misbehaviour):
            world.ledger.verify(self._message(world, header))

        plan = ClientMessagePlan(world.client, world.first_consensus, header, CN_B.key, world.window)
        world.ledger.commit(build_client_freeze(world.ledger.frame, world.ledger.package.light_clients, plan))

    def test_evidence_of_misbehaviour_is_no_update(self, world: SettlementWorld) -> None:
        evidence = world.evm.equivocation(2, 1)
        honest = world.update_builder(2)
        command = replace(honest.commands[0], data=evidence)

        with pytest.raises(Misbehaviour, match="freeze"):
            world.ledger.verify(replace(honest, commands=(command,)))

    @pytest.mark.parametrize("message", [b"", b"\x00", b"\xff" * 100])
    def test_a_message_that_does_not_decode_is_refused(self, world: SettlementWorld, message: bytes) -> None:
        honest = world.update_builder(2)

        with pytest.raises(PeerError):
            world.ledger.verify(replace(honest, commands=(replace(honest.commands[0], data=message),)))

    def test_an_update_beside_a_cash_command_is_refused(self, world: SettlementWorld) -> None:
        honest = world.update_builder(2)
        other = replace(honest.commands[0], contract="cash", name="Move", data=b"")

        with pytest.raises(ContractViolation):
            world.ledger.verify(replace(honest, commands=(*honest.commands, other)))


class TestFreeze:
    def _freeze(self, world: SettlementWorld, message: bytes, known: StateAndRef | None = None) -> TransactionBuilder:
        plan = ClientMessagePlan(world.client, world.first_consensus, message, CN_B.key, world.window, known)
        return build_client_freeze(world.ledger.frame, world.ledger.package.light_clients, plan)

    def test_an_equivocation_freezes_and_nothing_moves_any_more(self, world: SettlementWorld) -> None:
        locked = world.lock(terms_of(), world.issue(2_000_000))
        acknowledgement = world.receive(locked)
        height = world.update_client()
        unlock = world.unlock_builder(locked, world.ack_evidence(locked, acknowledgement, height))
        update = world.update_builder(2)
        lock = world.lock_builder(terms_of(2), world.issue(1_000_000), sequence=2)

        (frozen,) = world.ledger.commit(self._freeze(world, world.evm.equivocation(2, 1)))

        assert client_record(frozen).status is ClientRecordStatus.FROZEN
        for builder in (unlock, update, lock):
            with pytest.raises(NotaryRefusedError, match="spent"):
                world.ledger.commit(builder)
            with pytest.raises(IbcClientViolation, match="is active"):
                world.ledger.verify(with_reference(builder, world.client, frozen))

    def test_a_header_that_contradicts_a_recorded_height_freezes(self, world: SettlementWorld) -> None:
        known = world.ledger.commit(world.update_builder(2))[0]
        other = EvmChainModel(NOW_S - 10)
        other.store[b"x"] = b"\x01" * 32
        other.seal(NOW_S - 5)

        world.ledger.verify(self._freeze(world, other.header(2, 1), known))

    def test_the_header_of_the_recorded_block_itself_is_no_contradiction(self, world: SettlementWorld) -> None:
        known = world.ledger.commit(world.update_builder(2))[0]

        with pytest.raises(IbcClientViolation, match="needs misbehaviour"):
            world.ledger.verify(self._freeze(world, world.evm.header(2, 1), known))

    def test_a_contradiction_without_the_record_it_contradicts_proves_nothing(self, world: SettlementWorld) -> None:
        with pytest.raises(IbcClientViolation, match="needs misbehaviour"):
            world.ledger.verify(self._freeze(world, world.evm.header(2, 1)))

    def test_an_equivocation_of_too_few_validators_freezes_nothing(self, world: SettlementWorld) -> None:
        forger = EvmChainModel(NOW_S - 9, validators=validator_keys(4, "forger"))
        forger.seal(NOW_S - 5)

        with pytest.raises(PeerError):
            world.ledger.verify(self._freeze(world, forger.equivocation(2, 1)))

    @pytest.mark.parametrize(
        "attack",
        [
            _record(0, status=ClientRecordStatus.ACTIVE),
            _record(0, client_state=b"other"),
            _record(0, counterparty_client_id="progmat-1"),
            lambda b: replace(b, outputs=()),
            lambda b: replace(b, outputs=b.outputs * 2),
        ],
        ids=["still active", "other state", "other counterparty", "vanished", "doubled"],
    )
    def test_a_freeze_that_leaves_something_else_is_refused(self, world: SettlementWorld, attack: Attack) -> None:
        builder = self._freeze(world, world.evm.equivocation(2, 1))

        with pytest.raises((IbcClientViolation, PlatformRuleBroken)):
            world.ledger.verify(attack(builder))

    def test_a_frozen_client_is_neither_thawed_nor_frozen_again(self, world: SettlementWorld) -> None:
        builder = self._freeze(world, world.evm.equivocation(2, 1))
        (frozen,) = world.ledger.commit(builder)
        again = replace(builder, inputs=(frozen.ref,))

        with pytest.raises(IbcClientViolation, match="is active"):
            world.ledger.verify(again)
        with pytest.raises(IbcClientViolation, match="is active"):
            world.ledger.verify(_record(0, status=ClientRecordStatus.ACTIVE)(again))

    def test_consensus_records_cannot_be_consumed_along(self, world: SettlementWorld) -> None:
        builder = self._freeze(world, world.evm.equivocation(2, 1))
        builder = replace(builder, inputs=(world.client.ref, world.first_consensus.ref), references=())

        with pytest.raises(IbcClientViolation, match="only the client record"):
            world.ledger.verify(builder)


def test_the_operator_alone_cannot_rewrite_a_client(world: SettlementWorld) -> None:
    """There is no command by which a record changes, whoever signs."""
    record = client_record(world.client)
    rewritten = replace(record, counterparty_client_id="progmat-9")
    for name in ("Create", "Update", "Freeze"):
        builder = _creation(world)
        command = replace(builder.commands[0], name=name)
        output = replace(builder.outputs[0], data=rewritten.encode())
        attack = replace(
            builder, inputs=(world.client.ref,), outputs=(output,), commands=(command,), provable_writes=()
        ).with_signer(0, OPERATOR.key)
        with pytest.raises(PeerError):
            world.ledger.verify(attack)


def test_two_kinds_of_record_are_not_taken_for_each_other(world: SettlementWorld) -> None:
    assert isinstance(record_of(world.client.state), ClientRecord)
    assert isinstance(record_of(world.first_consensus.state), ConsensusRecord)
