"""An upgrade that would convert otherwise than the package says, or what is not of the package named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.errors import CashViolation, PackageUpgradeViolation, ReplacementViolation
from chains.progmat.contracts.holdings import MOVE
from chains.progmat.contracts.names import CASH, MEMBERSHIP
from chains.progmat.contracts.package import ContractPackage, Conversion, unchanged
from chains.progmat.contracts.package_upgrade import converted
from chains.progmat.contracts.verification import verify_ledger_tx
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.errors import EncumbranceBroken, InputsBroken, NetworkBroken, NotaryBroken
from chains.progmat.transactions.key_succession import KeySuccession
from chains.progmat.transactions.model import Command, Party, TransactionState, create_write
from primitives.errors import DecodeError, InvalidArgument
from primitives.types import Hash32
from tests.fakes.ledger_parties import BUYER, NN, SECOND, SN, VALIDATOR_KEY, LedgerParty, cash, cash_move
from tests.fakes.replacement_world import ReplacementWorld, SecondModel
from tests.fakes.second_package import MARK, second_version

Attack = Callable[[TransactionBuilder], TransactionBuilder]
MOVE_COMMAND = Command(CASH, MOVE, b"", (BUYER.key, SN.key))
WRITE = create_write(b"path", Hash32(b"\x01" * 32))


@pytest.fixture(scope="module")
def world() -> ReplacementWorld:
    return ReplacementWorld()


@pytest.fixture
def ledger(world: ReplacementWorld) -> Iterator[SecondModel]:
    with second_version():
        yield world.second.copy()  # type: ignore[misc] # of the same class


def outputs(change: Callable[[tuple[TransactionState, ...]], tuple[TransactionState, ...]]) -> Attack:
    return lambda builder: replace(builder, outputs=change(builder.outputs))


def command(**changes: object) -> Attack:
    return lambda builder: replace(builder, commands=(replace(builder.commands[0], **changes),))  # type: ignore[arg-type] # any field


def richer(state: TransactionState) -> TransactionState:
    return replace(state, data=replace(CashState.of(state), amount_yen=701).encode())


ATTACKS: dict[str, tuple[Attack, type[Exception], str]] = {
    "a smuggled output": (
        lambda builder: replace(builder, outputs=(*builder.outputs, builder.outputs[0])),
        ReplacementViolation,
        "each input has one output",
    ),
    "a changed amount": (
        outputs(lambda made: (richer(made[0]), *made[1:])),
        ReplacementViolation,
        "takes the place of input 0",
    ),
    "a coin left in the old layout": (
        outputs(lambda made: (replace(made[0], data=made[0].data.removeprefix(MARK)), *made[1:])),
        ReplacementViolation,
        "takes the place of input 0",
    ),
    "cash freed from its lock": (
        outputs(lambda made: (*made[:2], replace(made[2], encumbrance=None), replace(made[3], encumbrance=None))),
        ReplacementViolation,
        "takes the place of input 2",
    ),
    "a lock that encumbers another coin": (
        outputs(
            lambda made: (
                replace(made[0], encumbrance=3),
                made[1],
                replace(made[2], encumbrance=None),
                replace(made[3], encumbrance=0),
            )
        ),
        ReplacementViolation,
        "takes the place of input 0",
    ),
    "another notary": (
        outputs(lambda made: (replace(made[0], notary=SECOND.party), *made[1:])),
        NotaryBroken,
        "output 0 belongs",
    ),
    "an owner who has not signed": (command(signers=(SN.key,)), ReplacementViolation, "each participant"),
    "an issuer that has not signed": (command(signers=(BUYER.key,)), ReplacementViolation, "each participant"),
    "a second command": (
        lambda builder: replace(builder, commands=(*builder.commands, MOVE_COMMAND)),
        ReplacementViolation,
        "the only command",
    ),
    "provable writes that the Validators sign": (
        lambda builder: replace(builder, provable_writes=(WRITE,)).with_signer(0, VALIDATOR_KEY),
        ReplacementViolation,
        "writes nothing provable",
    ),
    "a duplicate": (
        lambda builder: replace(builder, inputs=builder.inputs[:1] * 2, outputs=builder.outputs[:1] * 2),
        InputsBroken,
        "no input is listed twice",
    ),
    "half a cycle": (
        lambda builder: replace(builder, inputs=builder.inputs[:3], outputs=builder.outputs[:2]),
        EncumbranceBroken,
        "spent together",
    ),
    "another package named": (command(data=b"\x09" * 32), PackageUpgradeViolation, "the package named"),
    "a name that is no hash": (command(data=b"\x09"), PackageUpgradeViolation, "by its hash"),
    "another command's name": (command(name="Change"), PackageUpgradeViolation, "the command is known"),
}


def test_coins_and_a_lock_are_converted_together(world: ReplacementWorld, ledger: SecondModel) -> None:
    made = ledger.commit(world.upgrade(*world.coins, *world.lock_and_cash))
    assert [state.state.data[:1] for state in made[:3]] == [MARK] * 3
    assert (made[2].state.encumbrance, made[3].state.encumbrance) == (3, 2)
    assert made[3].state.data == world.locked.lock.state.data


@pytest.mark.parametrize("name", ATTACKS)
def test_anything_else_is_refused(world: ReplacementWorld, ledger: SecondModel, name: str) -> None:
    attack, error, rule = ATTACKS[name]
    with pytest.raises(error, match=rule):
        ledger.verify(attack(world.upgrade(*world.coins, *world.lock_and_cash)))


def test_an_unconverted_coin_does_not_move(world: ReplacementWorld, ledger: SecondModel) -> None:
    with pytest.raises(CashViolation, match="upgrade them"):
        ledger.verify(cash_move(ledger.frame, world.coins[:1], cash(700)))
    made = ledger.commit(world.upgrade(*world.coins))
    assert ledger.commit(cash_move(ledger.frame, made[:1], cash(700)))


def test_what_is_converted_is_not_converted_again(world: ReplacementWorld, ledger: SecondModel) -> None:
    upgrade = world.upgrade(*world.coins)
    made = ledger.commit(upgrade)
    again = replace(upgrade, inputs=tuple(state.ref for state in made), outputs=tuple(state.state for state in made))
    with pytest.raises(PackageUpgradeViolation, match="made under the package named"):
        ledger.verify(again)
    own = command(data=bytes(ledger.package.hash))(again)
    with pytest.raises(PackageUpgradeViolation, match="from another package"):
        ledger.verify(own)


def test_a_state_whose_package_nobody_knows_is_refused(world: ReplacementWorld, ledger: SecondModel) -> None:
    del ledger.made_under[world.coins[0].ref]
    with pytest.raises(PackageUpgradeViolation, match="made under the package named"):
        ledger.verify(world.upgrade(*world.coins))


def test_a_package_that_the_network_never_allowed_is_refused(world: ReplacementWorld, ledger: SecondModel) -> None:
    parameters = replace(ledger.parameters, contract_packages=(world.first_package.hash,))
    upgrade = replace(world.upgrade(*world.coins), network_parameters_hash=parameters.hash)
    with pytest.raises(NetworkBroken, match="allowed by the network"):
        verify_ledger_tx(ledger.resolve(upgrade), parameters, ledger.package)


def test_the_old_package_does_not_verify_an_upgrade(world: ReplacementWorld, ledger: SecondModel) -> None:
    del ledger
    first = world.settlement.ledger.copy()
    upgrade = replace(
        world.upgrade(*world.coins),
        network_parameters_hash=first.parameters.hash,
        contract_package=world.first_package.hash,
    )
    with pytest.raises(PackageUpgradeViolation, match="from another package"):
        first.verify(upgrade)


def test_a_state_without_a_conversion_stays(world: ReplacementWorld, ledger: SecondModel) -> None:
    member = world.settlement.custodian
    builder = world.upgrade(*world.coins)
    with pytest.raises(PackageUpgradeViolation, match="converts states of the contract"):
        ledger.verify(replace(builder, inputs=(member.ref,), outputs=(member.state,)))


def test_a_conversion_that_changes_more_than_data_converts_nothing(world: ReplacementWorld) -> None:
    def takes_it_elsewhere(state: TransactionState) -> TransactionState:
        return replace(state, contract=MEMBERSHIP)

    source = world.first_package.hash
    package = replace(
        world.second.package, conversions={(source, CASH): Conversion(source, CASH, 1, takes_it_elsewhere)}
    )
    with pytest.raises(PackageUpgradeViolation, match="changes data only"):
        converted(package, source, world.coins[0].state)


def test_a_conversion_refuses_what_it_cannot_read(world: ReplacementWorld) -> None:
    with pytest.raises(DecodeError):
        converted(world.second.package, world.first_package.hash, replace(world.coins[0].state, data=MARK + b"no coin"))


def test_conversions_are_part_of_the_hash_and_well_formed(world: ReplacementWorld) -> None:
    contracts = tuple(world.first_package.contracts.values())
    registry, source = world.first_package.light_clients, world.first_package.hash

    def sealed(*conversions: Conversion) -> ContractPackage:
        return ContractPackage.seal(contracts, registry, conversions)

    hashes = {
        sealed().hash,
        sealed(Conversion(source, CASH, 1, unchanged)).hash,
        sealed(Conversion(source, CASH, 2, unchanged)).hash,
        sealed(Conversion(Hash32(b"\x01" * 32), CASH, 1, unchanged)).hash,
        sealed(Conversion(source, MEMBERSHIP, 1, unchanged)).hash,
    }
    assert len(hashes) == 5
    with pytest.raises(InvalidArgument, match="twice"):
        sealed(Conversion(source, CASH, 1, unchanged), Conversion(source, CASH, 2, unchanged))
    with pytest.raises(InvalidArgument, match="does not have"):
        sealed(Conversion(source, "nothing", 1, unchanged))


@pytest.mark.parametrize("name", ["notary_change", "package_upgrade"])
def test_no_contract_of_a_package_has_a_reserved_name(world: ReplacementWorld, name: str) -> None:
    class Impostor(type(world.first_package.contracts[CASH])):  # type: ignore[misc] # any contract
        pass

    impostor = Impostor()
    impostor.name = name
    with pytest.raises(InvalidArgument, match="reserved"):
        ContractPackage.seal([impostor], world.first_package.light_clients)


def test_what_is_converted_names_the_notarys_present_key(world: ReplacementWorld, ledger: SecondModel) -> None:
    successor = Party(NN.name, LedgerParty("nn's second key").key)
    succession = KeySuccession(NN.name, NN.key, successor.key)
    parameters = replace(ledger.parameters, notary=successor, key_successions=(succession,))
    old = replace(world.upgrade(*world.coins), notary=successor, network_parameters_hash=parameters.hash)
    new = replace(old, outputs=tuple(replace(state, notary=successor) for state in old.outputs))
    verify_ledger_tx(ledger.resolve(new), parameters, ledger.package)
    with pytest.raises(NotaryBroken):
        verify_ledger_tx(ledger.resolve(old), parameters, ledger.package)
