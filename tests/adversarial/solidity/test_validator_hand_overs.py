"""Hand-overs of the Validators' set, one after another, against the contract and its Python twin at once."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import pytest

from ibc.light_client import ConsensusAt, TimeBounds
from light_clients.progmat import ProgmatLightClient
from light_clients.progmat.consensus_state import ProgmatConsensusState, encode_consensus_state
from light_clients.progmat.errors import TooFewSignatures, UntrustedValidatorSet
from primitives.errors import Refusal
from tests.fakes import progmat_oracle as oracle
from tests.fakes.evm_sandbox import Reverted
from tests.fakes.progmat_client_bench import FIRST_HEIGHT, LEDGER_ID, UPDATE, ClientBench, client_bench
from tests.fakes.progmat_oracle import Checkpoint, Validator, ValidatorSet

TWIN = ProgmatLightClient()
TOO_FEW = ("ProgmatSignersInsufficient", TooFewSignatures)
UNTRUSTED = ("ProgmatValidatorSetUntrusted", UntrustedValidatorSet)

FIRST = ValidatorSet.of(3, 4)
OVERLAPPING = ValidatorSet.of(3, 4, first=1)
HIGHER_THRESHOLD = ValidatorSet.of(4, 4)
STRANGERS = ValidatorSet.of(3, 4, first=700)
LARGER = ValidatorSet.of(5, 7, first=2)


@dataclass
class Clients:
    """The contract and its twin, shown the same messages; whatever one does, the other must do."""

    bench: ClientBench
    client_state: bytes
    latest: ConsensusAt
    height: int = FIRST_HEIGHT

    @classmethod
    def deployed(cls) -> Clients:
        bench = client_bench()
        beginning = encode_consensus_state(ProgmatConsensusState(bench.sandbox.now_s, bytes(32)))
        return cls(bench, bench.client.call("getClientState"), ConsensusAt(FIRST_HEIGHT, beginning))

    def next_header(self, signing: ValidatorSet, naming: ValidatorSet, signers: list[int] | None = None) -> bytes:
        """Of the next height, ``signing`` handing over to ``naming``."""
        checkpoint = Checkpoint(self.height + 1, self.bench.sandbox.now_s, oracle.keccak(b"root"), naming.hash)
        return oracle.header(checkpoint, signing, LEDGER_ID, signers)

    def accept(self, header: bytes) -> None:
        TWIN.verify_client_message(self.client_state, self.latest, header, TimeBounds.at(self.bench.sandbox.now_s))
        updated = TWIN.update_state(self.client_state, header)
        assert self.bench.update(header) == UPDATE
        self.client_state, (self.latest,) = updated.client_state, updated.consensus_states
        self.height += 1

    def refuse(self, header: bytes, errors: tuple[str, type[Refusal]]) -> None:
        in_solidity, in_python = errors
        before = self.bench.state
        with pytest.raises(in_python):
            TWIN.verify_client_message(self.client_state, self.latest, header, TimeBounds.at(self.bench.sandbox.now_s))
        with pytest.raises(Reverted) as refused:
            self.bench.update(header)
        assert refused.value.error == in_solidity
        assert self.bench.state == before


def test_several_hand_overs_in_a_row_are_followed_and_each_older_set_is_of_no_use() -> None:
    clients = Clients.deployed()
    sets = [FIRST, OVERLAPPING, STRANGERS, LARGER]
    for number, (old, new) in enumerate(pairwise(sets)):
        clients.accept(clients.next_header(old, new))
        for retired in sets[: number + 1]:
            clients.refuse(clients.next_header(retired, retired), UNTRUSTED)
    clients.accept(clients.next_header(LARGER, LARGER))


def test_a_hand_over_that_was_left_out_cannot_be_skipped() -> None:
    clients = Clients.deployed()
    clients.refuse(clients.next_header(OVERLAPPING, STRANGERS), UNTRUSTED)
    clients.refuse(clients.next_header(STRANGERS, STRANGERS), UNTRUSTED)
    clients.accept(clients.next_header(FIRST, OVERLAPPING))
    clients.refuse(clients.next_header(STRANGERS, STRANGERS), UNTRUSTED)


@pytest.mark.parametrize("successor", [OVERLAPPING, HIGHER_THRESHOLD], ids=["three in both", "same members"])
def test_k_members_of_both_sets_do_not_count_under_the_set_that_is_over(successor: ValidatorSet) -> None:
    """Overlap is no bridge: the same keys sign, but for a set that no longer is the trusted one."""
    clients = Clients.deployed()
    clients.accept(clients.next_header(FIRST, successor))
    in_both = [number for number, member in enumerate(FIRST.validators) if member in successor.validators]
    assert len(in_both) >= FIRST.threshold
    clients.refuse(clients.next_header(FIRST, FIRST, in_both[:3]), UNTRUSTED)
    clients.refuse(clients.next_header(FIRST, successor, in_both[:3]), UNTRUSTED)
    clients.accept(clients.next_header(successor, successor))


def test_a_raised_threshold_counts_from_the_next_checkpoint_on() -> None:
    clients = Clients.deployed()
    clients.accept(clients.next_header(FIRST, HIGHER_THRESHOLD, [0, 1, 2]))
    clients.refuse(clients.next_header(HIGHER_THRESHOLD, HIGHER_THRESHOLD, [0, 1, 2]), TOO_FEW)
    clients.accept(clients.next_header(HIGHER_THRESHOLD, HIGHER_THRESHOLD))


def test_an_old_set_comes_back_by_the_word_of_the_present_one_alone() -> None:
    clients = Clients.deployed()
    clients.accept(clients.next_header(FIRST, STRANGERS))
    clients.refuse(clients.next_header(FIRST, FIRST), UNTRUSTED)
    clients.accept(clients.next_header(STRANGERS, FIRST))
    clients.refuse(clients.next_header(STRANGERS, STRANGERS), UNTRUSTED)
    clients.accept(clients.next_header(FIRST, FIRST))


def test_fewer_than_k_of_the_present_set_hand_over_to_nobody() -> None:
    clients = Clients.deployed()
    clients.refuse(clients.next_header(FIRST, STRANGERS, [0, 1]), TOO_FEW)
    only_attackers = ValidatorSet(1, (Validator.numbered(900),))
    clients.refuse(clients.next_header(FIRST, only_attackers, [0]), TOO_FEW)
    clients.refuse(clients.next_header(only_attackers, only_attackers), UNTRUSTED)
