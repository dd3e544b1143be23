"""Values just outside their bounds, and shapes that only a forged state or a careless builder could have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from crossdvp.ledger.v1 import states_pb2 as pb

from chains.progmat.contracts.cash import CashContract
from chains.progmat.contracts.errors import (
    CashViolation,
    ContractViolation,
    DvpLockViolation,
    IbcClientViolation,
    MembershipViolation,
)
from chains.progmat.contracts.ibc_records import record_of
from chains.progmat.contracts.names import IBC_CLIENT
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.contracts.terms_codec import decode_terms, terms_to_message
from chains.progmat.ibc_host.clients import ClientMessagePlan, build_client_freeze, build_client_update
from chains.progmat.ibc_host.errors import IbcHostRefused
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.errors import MalformedComponent, NetworkBroken
from chains.progmat.transactions.filtered import FilteredTransaction, VisibleGroup
from chains.progmat.transactions.model import Command, StateAndRef, StateRef, TransactionState, create_write
from chains.progmat.transactions.network_parameters import CheckpointSigners, NetworkParameters
from chains.progmat.transactions.platform_rules import require_contract_package_allowed
from chains.progmat.transactions.signature import sign_batch, sign_transaction, signable_bytes
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.signed_codec import decode_signed, encode_signed
from primitives.errors import DecodeError, InvalidArgument
from primitives.types import Address, Hash32
from tests.fakes.ledger_parties import (
    CN_A,
    CN_B,
    NN,
    OPERATOR,
    SN,
    LedgerParty,
    cash,
    cash_issue,
    cash_redeem,
    membership_change,
)
from tests.fakes.settlement_world import NOW_S, Locked, SettlementWorld, client_record, terms_of

HASH = Hash32(b"\x07" * 32)


@pytest.fixture(scope="module")
def world() -> SettlementWorld:
    world = SettlementWorld()
    world.evm.seal(NOW_S - 5)
    return world


def _state(**changes: object) -> TransactionState:
    return replace(TransactionState("cash", b"x", NN.party), **changes)  # type: ignore[arg-type]  # one field at a time


@pytest.mark.parametrize(
    "make",
    [
        lambda: _state(contract=""),
        lambda: _state(contract="Cash"),
        lambda: _state(contract="c" * 64),
        lambda: _state(contract="cash\n"),
        lambda: _state(data=b""),
        lambda: _state(data=bytes(65_537)),
        lambda: _state(encumbrance=-1),
        lambda: _state(encumbrance=256),
        lambda: Command("", "Move", b"", (SN.key,)),
        lambda: Command("cash", "move", b"", (SN.key,)),
        lambda: Command("cash", "Move", bytes(262_145), (SN.key,)),
        lambda: create_write(b"", HASH),
        lambda: create_write(bytes(193), HASH),
        lambda: cash(1, coin_id=""),
        lambda: replace(cash(1), node="cn b\x00"),
        lambda: replace(sign_transaction(SN.signer, HASH), platform_version=0),
        lambda: signable_bytes(Hash32(b"short"), 1, SN.key.scheme),
        lambda: sign_batch(NN.signer, []),
        lambda: sign_batch(NN.signer, [HASH] * 1025),
        lambda: VisibleGroup(0, (), ()),
        lambda: VisibleGroup(18, (HASH,), (b"x",)),
        lambda: VisibleGroup(0, (HASH,), (b"x", b"y")),
        lambda: VisibleGroup(0, (b"short",), (b"x",)),
        lambda: VisibleGroup(0, (HASH,), (b"",)),
        lambda: FilteredTransaction(Hash32(b"short"), (HASH,) * 18, ()),
        lambda: FilteredTransaction(HASH, (Hash32(b"short"),) * 18, ()),
        lambda: CheckpointSigners(1, ()),
        lambda: CheckpointSigners(0, (Address(b"\x01" * 20),)),
        lambda: CheckpointSigners(2, (Address(b"\x01" * 20),)),
        lambda: CheckpointSigners(1, (Address(bytes(20)),)),
        lambda: CheckpointSigners(1, (Address(b"\x02" * 20), Address(b"\x01" * 20))),
        lambda: CheckpointSigners(1, (Address(b"\x01" * 20), Address(b"\x01" * 20))),
    ],
)
def test_a_value_outside_its_bounds_cannot_be_made(make: Callable[[], object]) -> None:
    with pytest.raises(MalformedComponent):
        make()


@pytest.mark.parametrize(
    "changes",
    [
        {"epoch": 0},
        {"ledger_id": ""},
        {"contract_packages": ()},
        {"contract_packages": (b"short",)},
        {"contract_packages": (HASH, HASH)},
        {"contract_packages": (HASH, Hash32(bytes(32)))},
        {"platform_version": 0},
    ],
    ids=str,
)
def test_network_parameters_out_of_shape_cannot_be_made(world: SettlementWorld, changes: dict[str, object]) -> None:
    with pytest.raises(MalformedComponent):
        replace(world.ledger.parameters, **changes)  # type: ignore[arg-type]  # one field at a time


def test_network_parameters_with_trailing_bytes_are_refused(world: SettlementWorld) -> None:
    with pytest.raises(DecodeError):
        NetworkParameters.decode(world.ledger.parameters.encode() + b"\x00")


@pytest.mark.parametrize(
    "changes",
    [
        {"client_type": ""},
        {"client_type": "q" * 33},
        {"client_state": b""},
        {"client_state": bytes(16_385)},
        {"client_id": "q"},
        {"client_id": "qbft/0"},
        {"counterparty_client_id": ""},
    ],
    ids=lambda c: str(c)[:30],
)
def test_a_client_record_out_of_shape_cannot_be_made(world: SettlementWorld, changes: dict[str, object]) -> None:
    with pytest.raises(Exception, match=r"length|identifier"):
        replace(client_record(world.client), **changes)  # type: ignore[arg-type]  # one field at a time


@pytest.mark.parametrize(
    "changes", [{"height": 2**63}, {"timestamp_s": 2**63}, {"consensus_state": b""}, {"consensus_state": bytes(16_385)}]
)
def test_a_consensus_record_out_of_shape_cannot_be_made(world: SettlementWorld, changes: dict[str, object]) -> None:
    with pytest.raises(MalformedComponent):
        replace(record_of(world.first_consensus.state), **changes)  # type: ignore[arg-type]  # one field at a time


@pytest.mark.parametrize(
    ("data", "rule"),
    [(b"\x0a\x00", "status is known"), (b"\x12\x00", "identifier"), (b"\x1a\x00", "canonical")],
    ids=["empty client", "empty consensus", "third kind"],
)
def test_a_record_that_is_no_record_is_refused(data: bytes, rule: str) -> None:
    with pytest.raises(DecodeError, match=rule):
        record_of(TransactionState(IBC_CLIENT, data, NN.party))


def test_an_unknown_status_of_a_client_record_is_refused(world: SettlementWorld) -> None:
    message = pb.IbcClientState.FromString(world.client.state.data)
    message.client.status = 9  # type: ignore[assignment]  # as a peer may send it

    with pytest.raises(MalformedComponent, match="status is known"):
        record_of(replace(world.client.state, data=message.SerializeToString()))


@pytest.mark.parametrize("field", ["quantity", "chain_id"])
@pytest.mark.parametrize("value", [b"\x00\x01", b"\x01" * 33], ids=["leading zero", "too long"])
def test_an_integer_of_the_terms_has_one_form(field: str, value: bytes) -> None:
    message = terms_to_message(terms_of())
    setattr(message.security, field, value)

    with pytest.raises(MalformedComponent, match="minimal unsigned"):
        decode_terms(message.SerializeToString(deterministic=True))


def test_terms_that_name_no_leading_leg_are_refused() -> None:
    message = terms_to_message(terms_of())
    message.lead_leg = pb.LeadLeg.LEAD_LEG_UNSPECIFIED

    with pytest.raises(MalformedComponent, match="leading leg"):
        decode_terms(message.SerializeToString(deterministic=True))


def test_more_signatures_than_anybody_needs_are_refused(world: SettlementWorld) -> None:
    wire = cash_issue(world.ledger.frame, world.issuer_membership, cash(1)).to_wire(HASH)
    many = [sign_transaction(LedgerParty(f"signer {n}").signer, wire.id) for n in range(65)]

    with pytest.raises(MalformedComponent, match="number of signatures"):
        decode_signed(encode_signed(wire.encode(), many))
    assert SignedTransaction.decode(encode_signed(wire.encode(), many[:64])).id == wire.id


def test_a_package_the_network_has_not_approved_is_refused(world: SettlementWorld) -> None:
    ledger_tx = world.ledger.resolve(cash_issue(world.ledger.frame, world.issuer_membership, cash(1)))
    unapproving = replace(world.ledger.parameters, contract_packages=(HASH,))

    with pytest.raises(NetworkBroken, match="allowed by the network"):
        require_contract_package_allowed(ledger_tx, unapproving, world.ledger.package.hash)


def test_a_package_has_each_contract_once(world: SettlementWorld) -> None:
    with pytest.raises(InvalidArgument, match="given twice"):
        ContractPackage.seal([CashContract(), CashContract()], world.ledger.package.light_clients)


def test_the_package_hash_covers_contracts_and_light_clients(world: SettlementWorld) -> None:
    light_clients = world.ledger.package.light_clients
    everything = world.ledger.package.contracts.values()

    assert ContractPackage.seal(everything, light_clients).hash == world.ledger.package.hash
    assert ContractPackage.seal([CashContract()], light_clients).hash != world.ledger.package.hash


class TestForgedStates:
    """States that no verified transaction can have made, put into the resolver by a liar."""

    @pytest.fixture
    def settled(self) -> tuple[SettlementWorld, dict[str, StateAndRef]]:
        world = SettlementWorld()
        locked = world.lock(terms_of(), world.issue(1_000_000))
        return world, {"cash": locked.cash, "lock": locked.lock}

    def test_a_lock_without_an_encumbrance_is_not_opened(
        self, settled: tuple[SettlementWorld, dict[str, StateAndRef]]
    ) -> None:
        world, states = settled
        builder = self._unlock(world, states)
        for name in ("cash", "lock"):
            world.ledger.states[states[name].ref] = replace(states[name].state, encumbrance=None)

        with pytest.raises(DvpLockViolation, match="encumbered by its cash"):
            world.ledger.verify(builder)

    def test_a_lock_is_not_opened_with_free_cash(self, settled: tuple[SettlementWorld, dict[str, StateAndRef]]) -> None:
        world, states = settled
        lock = states["lock"]
        forged = StateRef(lock.ref.tx_id, 5)
        free = world.issue(1_000_000)
        world.ledger.states[forged] = replace(lock.state, encumbrance=5)
        world.ledger.states[lock.ref] = replace(lock.state, encumbrance=0)
        builder = replace(self._unlock(world, states), inputs=(free.ref, forged))

        with pytest.raises(Exception, match=r"spent together|lock's own"):
            world.ledger.verify(builder)

    def test_free_cash_is_not_unlocked(self, settled: tuple[SettlementWorld, dict[str, StateAndRef]]) -> None:
        world, states = settled
        free = (world.issue(600_000).ref, world.issue(400_000).ref)

        with pytest.raises(DvpLockViolation, match="one lock is consumed"):
            world.ledger.verify(replace(self._unlock(world, states), inputs=free))

    @staticmethod
    def _unlock(world: SettlementWorld, states: dict[str, StateAndRef]) -> TransactionBuilder:
        locked = Locked(terms_of(), states["cash"], states["lock"], sequence=1)
        return world.unlock_builder(locked, world.timeout_evidence(locked, 1))


class TestShapes:
    def test_a_lock_of_nothing_is_refused(self, world: SettlementWorld) -> None:
        builder = world.lock_builder(terms_of(), world.issue(1_000_000))

        with pytest.raises(ContractViolation, match=r"coins in equal|consumes coins"):
            world.ledger.verify(replace(builder, inputs=()))

    def test_two_locks_in_one_transaction_are_refused(self, world: SettlementWorld) -> None:
        builder = world.lock_builder(terms_of(), world.issue(1_500_000))
        locked, lock, change = builder.outputs
        outputs = (locked, lock, replace(change, encumbrance=3), replace(lock, encumbrance=2))

        with pytest.raises(DvpLockViolation, match="one lock is made"):
            world.ledger.verify(replace(builder, outputs=outputs))

    def test_a_redemption_of_nothing_is_refused(self, world: SettlementWorld) -> None:
        builder = cash_redeem(world.ledger.frame, [], cash(5))

        with pytest.raises(CashViolation, match="consumes coins"):
            world.ledger.verify(builder)

    def test_an_issue_of_nothing_is_refused(self, world: SettlementWorld) -> None:
        """Only a provable write to be about; the cash contract vouches for none."""
        builder = cash_issue(world.ledger.frame, world.issuer_membership)
        builder = replace(builder, provable_writes=(create_write(b"x", HASH),))

        with pytest.raises(CashViolation, match="makes coins"):
            world.ledger.verify(builder.with_signer(0, world.ledger.parameters.validator_key))

    @pytest.mark.parametrize(
        ("name", "rule"),
        [("Issue", "consumes none"), ("Revoke", "leaves nothing"), ("Suspend", "becomes|one membership")],
    )
    def test_a_membership_command_with_the_wrong_states_is_refused(
        self, world: SettlementWorld, name: str, rule: str
    ) -> None:
        member = world.custodian
        builder = replace(
            membership_change(world.ledger.frame, member, "Revoke"),
            outputs=(member.state, member.state) if name == "Suspend" else (member.state,),
            commands=(Command("membership", name, b"", (OPERATOR.key,)),),
        )

        with pytest.raises(MembershipViolation, match=rule):
            world.ledger.verify(builder)

    @pytest.mark.parametrize("name", ["Revoke", "Activate"])
    def test_a_membership_that_is_not_there_cannot_change(self, world: SettlementWorld, name: str) -> None:
        builder = replace(
            membership_change(world.ledger.frame, world.custodian, "Suspend"),
            inputs=(),
            commands=(Command("membership", name, b"", (OPERATOR.key,)),),
        )

        with pytest.raises(MembershipViolation, match="one membership is"):
            world.ledger.verify(builder)

    def test_a_consensus_record_cannot_be_frozen(self, world: SettlementWorld) -> None:
        message = world.evm.equivocation(2, 1)
        plan = ClientMessagePlan(world.client, world.first_consensus, message, CN_B.key, world.window)
        builder = build_client_freeze(world.ledger.frame, world.ledger.package.light_clients, plan)

        with pytest.raises(IbcClientViolation, match="one client record is consumed"):
            world.ledger.verify(replace(builder, inputs=(world.first_consensus.ref,), references=(world.client.ref,)))

    def test_a_builder_wants_the_client_record_itself(self, world: SettlementWorld) -> None:
        message = world.evm.header(2, 1)
        plan = ClientMessagePlan(world.first_consensus, world.first_consensus, message, CN_A.key, world.window)

        with pytest.raises(IbcHostRefused, match="pass the client record"):
            build_client_update(world.ledger.frame, world.ledger.package.light_clients, plan)
