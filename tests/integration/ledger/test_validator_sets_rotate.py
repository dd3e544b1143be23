"""Another set of Validators takes over on a running ledger, and the light client of the other chain follows."""

from __future__ import annotations

from pathlib import Path

import pytest

from chains.progmat.client.checkpoints import CheckpointCollector, SignedCheckpoint
from chains.progmat.client.errors import TooFewCheckpointSignatures
from chains.progmat.flows.requests import CancelTrade
from chains.progmat.identity import NetworkMap, NodeEntry, Role
from chains.progmat.network.map_book import SignedNetworkMap
from chains.progmat.network.parameters_book import ParametersBook
from chains.progmat.node.notary_role import NotaryRole
from chains.progmat.node.roles import ValidatorRole
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.validators.errors import NotSigningAtHeight
from ibc.light_client import ConsensusAt, TimeBounds
from light_clients.progmat import ProgmatClientState, ProgmatLightClient, ValidatorSet, decode_header
from light_clients.progmat.client_state import encode_client_state
from light_clients.progmat.errors import UntrustedValidatorSet
from primitives.public_key import SignatureScheme
from tests.fakes.epochs import signed_epoch, with_notary_key, with_validators
from tests.fakes.evm_sandbox import EvmSandbox, Reverted
from tests.fakes.ledger_parties import CN_B, LEDGER_ID, NN, OPERATOR, VALIDATORS, LedgerParty
from tests.fakes.progmat_client_bench import ROUTER, UPDATE
from tests.integration.ledger.epochs import bring_into_force, flag_day_s
from tests.integration.ledger.network import PARAMETERS, LedgerNetwork, running_ledger
from tests.integration.ledger.settlement import LocalValidator, Settlements

NEW = LedgerParty("validator-new", SignatureScheme.SECP256K1)
NEW_NOTARY = LedgerParty("nn under its second key")
SECOND_SET = (*VALIDATORS[1:], NEW)
CLIENT = ProgmatLightClient()


def set_of(epoch: NetworkParameters) -> ValidatorSet:
    return ValidatorSet(epoch.validators.threshold, epoch.validators.addresses)


class LightClientOfTheLedger:
    """The client as another chain keeps it: state in, state out."""

    def __init__(self, first: SignedCheckpoint) -> None:
        self.latest = ConsensusAt(first.height, first.checkpoint.consensus_state)
        self.state = encode_client_state(
            ProgmatClientState(
                LEDGER_ID, first.height, 10**6, 60, frozen=False, validator_set_hash=set_of(PARAMETERS).hash()
            )
        )

    def show(self, signed: SignedCheckpoint) -> None:
        """Verify and take a header; raises what the light client refuses."""
        now_s = signed.checkpoint.timestamp_s
        CLIENT.verify_client_message(self.state, self.latest, signed.header, TimeBounds(now_s, now_s))
        assert not CLIENT.check_for_misbehaviour(self.state, self.latest, signed.header)
        result = CLIENT.update_state(self.state, signed.header)
        self.state = result.client_state
        self.latest = result.consensus_states[-1]


class SolidityClientOfTheLedger:
    """The contract that an EVM chain hosts, on a sandbox chain whose clock is the ledger's."""

    def __init__(self, first: SignedCheckpoint) -> None:
        at = first.checkpoint
        self.sandbox = EvmSandbox(at.timestamp_s)
        initial = (at.height, at.timestamp_s, at.root, set_of(PARAMETERS).hash())
        self.client = self.sandbox.deploy("ProgmatLightClient", ROUTER.address, LEDGER_ID, 10**6, 60, *initial)

    def show(self, signed: SignedCheckpoint) -> int:
        """What the router is answered: 0 for an update; raises the contract's refusal."""
        self.sandbox.now_s = signed.checkpoint.timestamp_s
        return int.from_bytes(self.client.transact("updateClient", signed.header, sender=ROUTER).output, "big")


async def tick(ledger: LedgerNetwork, *followers: LedgerParty, forward_s: int = 1) -> int:
    """Time passes in the journal, and Validators follow; the new height."""
    ledger.clock.advance_s(forward_s)
    notary = ledger.nodes[NN.name].role
    assert isinstance(notary, NotaryRole)
    await notary._service.tick()
    height = notary._store.head().position
    for party in followers:
        role = ledger.nodes[party.name].role
        assert isinstance(role, ValidatorRole)
        await role.tail.wait_for_height(height, 20)
    return height


async def add_to_the_map(ledger: LedgerNetwork, party: LedgerParty) -> None:
    """A member more: the operator signs the next version of the map, every node learns it."""
    index = max(entry.index for entry in ledger.network_map.entries) + 1
    entry = NodeEntry(party.party, frozenset({Role.VALIDATOR}), "127.0.0.1", 21_000 + index, index)
    ledger.network_map = NetworkMap((*ledger.network_map.entries, entry), serial=ledger.network_map.serial + 1)
    signed = SignedNetworkMap.sign(ledger.network_map, OPERATOR.signer)
    ledger.nodes[NN.name].around.map_book.learn(signed, ledger.clock.now_s())
    for name, node in ledger.nodes.items():
        if name != NN.name:
            await node.around.network_desk.ask(NN.name)
    ledger.roles[party] = Role.VALIDATOR


def collector_of(
    ledger: LedgerNetwork, parties: tuple[LedgerParty, ...], first: NetworkParameters
) -> CheckpointCollector:
    return CheckpointCollector(LEDGER_ID, set_of(first), [LocalValidator(party.name, ledger) for party in parties])


async def test_a_new_set_takes_over_and_the_light_client_follows_it(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        first = await tick(ledger, *VALIDATORS)
        everybody = collector_of(ledger, (*VALIDATORS, NEW), PARAMETERS)
        trusted = await collector_of(ledger, VALIDATORS, PARAMETERS).collect(first)
        client, on_evm = LightClientOfTheLedger(trusted), SolidityClientOfTheLedger(trusted)
        await add_to_the_map(ledger, NEW)
        second = with_validators(PARAMETERS, flag_day_s(ledger), 3, SECOND_SET)
        await bring_into_force(ledger, second)
        newcomer = await join_later(ledger, second)
        handover = await tick(ledger, *VALIDATORS, NEW)
        later = await tick(ledger, *VALIDATORS, NEW)
        assert newcomer.tail.head.height == later, "it caught up from position 0"

        path = await everybody.path_to(client.latest.height, later)
        assert [item.height for item in path] == [handover, later]
        assert decode_header(path[0].header, LEDGER_ID).validator_set == set_of(PARAMETERS)
        assert decode_header(path[1].header, LEDGER_ID).validator_set == set_of(second)
        with pytest.raises(UntrustedValidatorSet):
            client.show(path[1])
        with pytest.raises(Reverted):
            on_evm.show(path[1])
        for item in path:
            client.show(item)
            assert on_evm.show(item) == UPDATE
        assert client.latest.height == later

        with pytest.raises(NotSigningAtHeight):
            await LocalValidator(VALIDATORS[0].name, ledger).sign_checkpoint(later)
        with pytest.raises(NotSigningAtHeight):
            await LocalValidator(NEW.name, ledger).sign_checkpoint(handover)
        assert (
            await LocalValidator(VALIDATORS[0].name, ledger).sign_checkpoint(handover)
        ).checkpoint.height == handover

        cancelled = await ledger.done(CN_B, CancelTrade("cancel", world.terms()))
        assert cancelled.journal_position > later, "the new set approves"


async def join_later(ledger: LedgerNetwork, epoch: NetworkParameters) -> ValidatorRole:
    """The new Validator's node is started with what its operator was given: the map and the signed epoch."""
    folder = ledger.folder / NEW.name / "network"
    book = ParametersBook.open(NEW.name, folder, PARAMETERS, ledger.clock.now_s)
    book.learn(signed_epoch(epoch))
    book.accept(epoch.epoch, epoch.hash)
    node = await ledger.start(NEW)
    assert isinstance(node.role, ValidatorRole)
    return node.role


async def test_k_of_the_old_set_who_sign_on_are_refused_by_a_client_that_has_moved_on(tmp_path: Path) -> None:
    """Three of the old set are in the new one: their signatures count for the set that the client trusts, only."""
    async with running_ledger(tmp_path) as ledger:
        first = await tick(ledger, *VALIDATORS)
        client = LightClientOfTheLedger(await collector_of(ledger, VALIDATORS, PARAMETERS).collect(first))
        second = with_validators(PARAMETERS, flag_day_s(ledger), 2, VALIDATORS[1:])
        await bring_into_force(ledger, second)
        handover = await tick(ledger, *VALIDATORS)
        later = await tick(ledger, *VALIDATORS)
        stale = collector_of(ledger, VALIDATORS, PARAMETERS)
        as_old_set = await stale._collect(later, set_of(PARAMETERS))
        for item in await stale.path_to(first, handover):
            client.show(item)
        with pytest.raises(UntrustedValidatorSet):
            client.show(as_old_set)
        client.show(await stale.collect(later))


async def test_of_an_epoch_only_validators_and_threshold_concern_a_light_client(tmp_path: Path) -> None:
    """The notary's key is another, and the checkpoint says nothing of it; k is another, and that is another set."""
    async with running_ledger(tmp_path, more_keys={NN: (NEW_NOTARY,)}) as ledger:
        first = await tick(ledger, *VALIDATORS)
        everybody = collector_of(ledger, VALIDATORS, PARAMETERS)
        client = LightClientOfTheLedger(await everybody.collect(first))
        second = with_notary_key(PARAMETERS, flag_day_s(ledger), NEW_NOTARY)
        await bring_into_force(ledger, second)
        await tick(ledger, *VALIDATORS)
        under_second = await tick(ledger, *VALIDATORS)
        (only,) = await everybody.path_to(client.latest.height, under_second)
        client.show(only)
        assert await LocalValidator(VALIDATORS[0].name, ledger).handovers(0) == ()
        third = with_validators(second, flag_day_s(ledger), 2, VALIDATORS)
        await bring_into_force(ledger, third)
        handover = await tick(ledger, *VALIDATORS)
        under_third = await tick(ledger, *VALIDATORS)
        path = await everybody.path_to(client.latest.height, under_third)
        assert [item.height for item in path] == [handover, under_third]
        assert len(decode_header(path[1].header, LEDGER_ID).signatures) == 2
        with pytest.raises(UntrustedValidatorSet):
            client.show(path[1])
        for item in path:
            client.show(item)


async def test_a_validator_that_was_not_told_of_the_epoch_signs_nothing_beyond_it(tmp_path: Path) -> None:
    """It was cut off from everybody at the announcement; before it judges an entry it asks the notary."""
    async with running_ledger(tmp_path) as ledger:
        await tick(ledger, *VALIDATORS)
        cut_off = VALIDATORS[3]
        await ledger.stop(cut_off)
        second = with_validators(PARAMETERS, flag_day_s(ledger), 2, VALIDATORS[:3])
        await bring_into_force(ledger, second)
        height = await tick(ledger, *VALIDATORS[:3])
        node = await ledger.start(cut_off)
        assert isinstance(node.role, ValidatorRole)
        book = node.around.parameters_book
        await node.role.tail.wait_for_height(height, 0.5)
        assert book.history.newest == second, "learnt from the notary before the entry was judged"
        assert node.role.tail.head.height < height, "not accepted: it judges nothing of the new epoch"
        book.accept(2, second.hash)
        await node.role.tail.wait_for_height(height, 20)
        assert (await LocalValidator(cut_off.name, ledger).sign_checkpoint(height)).checkpoint.height == height
        with pytest.raises(TooFewCheckpointSignatures):
            await collector_of(ledger, (cut_off,), PARAMETERS).collect(height)
