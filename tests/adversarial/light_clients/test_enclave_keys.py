"""Attacks on the registration of enclave keys on the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from ibc.light_client import ConsensusAt
from light_clients.enclave import (
    EnclaveConsensusState,
    EnclaveKey,
    EnclaveLightClient,
    KeyRegistration,
    NamedKey,
    registration_digest,
)
from light_clients.enclave.attestation import TcbStatus
from light_clients.enclave.codec import encode_consensus_state
from light_clients.enclave.errors import (
    KeyRefused,
    MalformedStatement,
    RevokedCertificate,
    StaleAttestation,
    UntrustedRoot,
)
from light_clients.enclave.registration import decode_report_data
from primitives.errors import Refusal
from primitives.hashing import sha256
from primitives.secp256k1 import sign_digest
from relayer.enclave.simulation import SimulatedRoot, TcbFacts
from tests.fakes.enclave_world import (
    COLLATERAL,
    ENCLAVES,
    MEASUREMENT,
    NOW,
    ROOT,
    EnclaveScenario,
    OperatorEnclave,
    facts_collateral,
)
from tests.fakes.qbft_client import TRUSTED_HEIGHT
from tests.fakes.qbft_headers import TIME_0_S

CLIENT = EnclaveLightClient({ROOT.pin})
SCENARIO = EnclaveScenario()
FIRST, SECOND = ENCLAVES[:2]


def register(registrations: Sequence[KeyRegistration], scenario: EnclaveScenario = SCENARIO) -> None:
    """Bring the next block with these registrations, signed by the first two operators' enclaves."""
    message = scenario.message(registrations=registrations)
    CLIENT.verify_client_message(scenario.client_state, scenario.trusted, message, NOW)


def with_first(registration: KeyRegistration) -> list[KeyRegistration]:
    return [registration, SECOND.registration()]


def test_honest_registrations_pass() -> None:
    register([FIRST.registration(), SECOND.registration()])


def test_a_debug_enclave_is_refused() -> None:
    quote = FIRST.platform.debug_quote(FIRST.named.report_data(), MEASUREMENT)
    with pytest.raises(KeyRefused, match="debug"):
        register(with_first(FIRST.registration(quote)))


def test_another_program_in_the_enclave_is_refused() -> None:
    quote = FIRST.platform.quote(FIRST.named.report_data(), sha256(b"another program"))
    with pytest.raises(KeyRefused, match="another program"):
        register(with_first(FIRST.registration(quote)))


def test_the_quote_of_another_key_does_not_register_mine() -> None:
    """A stranger's genuine enclave attests its own key; the signer's stays unknown."""
    other = OperatorEnclave(FIRST.name, key_number=9)
    with pytest.raises(KeyRefused, match="not registered"):
        register(with_first(other.registration()))


def test_the_signature_of_another_operator_does_not_answer_for_a_key() -> None:
    with pytest.raises(KeyRefused, match="not signed by the key's operator"):
        register(with_first(FIRST.registration(signer=SECOND)))


def test_an_operators_signature_for_another_quote_is_refused() -> None:
    other = FIRST.registration(FIRST.platform.quote(FIRST.named.report_data(), sha256(b"another program")))
    forged = replace(FIRST.registration(), operator_signature=other.operator_signature)
    with pytest.raises(KeyRefused, match="not signed by the key's operator"):
        register(with_first(forged))


def test_a_stranger_with_a_genuine_enclave_is_no_operator() -> None:
    stranger = OperatorEnclave("stranger")
    with pytest.raises(KeyRefused, match="an operator who is none here"):
        register([stranger.registration(), SECOND.registration()])


def test_a_key_does_not_pass_to_another_operator() -> None:
    taken = NamedKey(SECOND.named.enclave_key, FIRST.named.operator)
    quote = FIRST.platform.quote(taken.report_data(), MEASUREMENT)
    digest = registration_digest(sha256(quote), taken.enclave_key)
    registration = KeyRegistration(quote, COLLATERAL, sign_digest(FIRST.operator_secret, digest))
    base = replace(
        SCENARIO.consensus_state, keys=(EnclaveKey(SECOND.named.enclave_key, SECOND.named.operator, TIME_0_S + 99),)
    )
    trusted = ConsensusAt(TRUSTED_HEIGHT, encode_consensus_state(base))
    message = SCENARIO.message(registrations=[FIRST.registration(), registration], trusted=trusted)
    with pytest.raises(KeyRefused, match="another operator answers"):
        CLIENT.verify_client_message(SCENARIO.client_state, trusted, message, NOW)


def test_a_platform_of_a_status_that_is_not_allowed_is_refused() -> None:
    collateral = facts_collateral(TcbFacts(status="OutOfDate"))
    with pytest.raises(KeyRefused, match="OUT_OF_DATE"):
        register(with_first(FIRST.registration(collateral=collateral)))


def test_an_advisory_that_is_not_allowed_is_refused_and_a_listed_one_passes() -> None:
    facts = TcbFacts(status="SWHardeningNeeded", advisories=("INTEL-SA-00615",))
    registrations = with_first(FIRST.registration(collateral=facts_collateral(facts)))
    with pytest.raises(KeyRefused, match="INTEL-SA-00615"):
        register(registrations)
    register(registrations, EnclaveScenario(advisories=("INTEL-SA-00615",)))


def test_a_revoked_status_cannot_even_be_allowed() -> None:
    policy = SCENARIO.client.policy
    with pytest.raises(MalformedStatement):
        replace(policy, tcb_statuses=(TcbStatus.UP_TO_DATE, TcbStatus.REVOKED))


def test_tcb_data_older_than_was_used_before_is_refused() -> None:
    newer = replace(SCENARIO.consensus_state, tcb_evaluation_number=18)
    trusted = ConsensusAt(TRUSTED_HEIGHT, encode_consensus_state(newer))
    message = SCENARIO.message(trusted=trusted)
    with pytest.raises(KeyRefused, match="older TCB data"):
        CLIENT.verify_client_message(SCENARIO.client_state, trusted, message, NOW)


def test_the_tcb_number_never_falls_even_where_nothing_is_registered() -> None:
    keys = tuple(EnclaveKey(each.named.enclave_key, each.named.operator, TIME_0_S + 99) for each in (FIRST, SECOND))
    base = EnclaveConsensusState(TIME_0_S, SCENARIO.snapshot.state_id, keys, 99)
    trusted = ConsensusAt(TRUSTED_HEIGHT, encode_consensus_state(base))
    message = SCENARIO.message(trusted=trusted, registrations=())
    CLIENT.verify_client_message(SCENARIO.client_state, trusted, message, NOW)
    (after,) = CLIENT.update_state(SCENARIO.client_state, message).consensus_states
    assert b"\x20\x63" in after.consensus_state  # field 4, value 99


def test_a_revoked_machine_is_refused() -> None:
    collateral = ROOT.collateral(TIME_0_S, revoked=[FIRST.platform.pck_certificate])
    with pytest.raises(RevokedCertificate):
        register(with_first(FIRST.registration(collateral=collateral)))


def test_collateral_that_is_over_is_refused() -> None:
    collateral = ROOT.collateral(TIME_0_S - 40 * 86_400)
    with pytest.raises(StaleAttestation):
        register(with_first(FIRST.registration(collateral=collateral)))


def test_the_simulated_root_cannot_be_pinned_by_a_client_in_production() -> None:
    production = EnclaveLightClient()
    with pytest.raises(UntrustedRoot):
        production.initialise(SCENARIO.client_state, SCENARIO.trusted.consensus_state)
    with pytest.raises(UntrustedRoot):
        production.verify_client_message(SCENARIO.client_state, SCENARIO.trusted, SCENARIO.message(), NOW)


def test_a_quote_under_a_root_the_client_does_not_pin_is_refused() -> None:
    other = SimulatedRoot.generate(TIME_0_S)
    quote = other.platform(TIME_0_S).quote(FIRST.named.report_data(), MEASUREMENT)
    with pytest.raises(UntrustedRoot):
        register(with_first(FIRST.registration(quote, other.collateral(TIME_0_S))))


def test_a_quote_without_collateral_is_not_taken_for_a_nitro_document() -> None:
    with pytest.raises(Refusal):
        register(with_first(replace(FIRST.registration(), collateral=None)))


def test_a_revoked_key_cannot_sign_in_the_message_that_revokes_it_nor_return() -> None:
    message = SCENARIO.message(revocations=[FIRST.revocation()])
    with pytest.raises(KeyRefused, match="not registered"):
        CLIENT.verify_client_message(SCENARIO.client_state, SCENARIO.trusted, message, NOW)
    gone = replace(SCENARIO.consensus_state, revoked_keys=(FIRST.named.enclave_key,))
    trusted = ConsensusAt(TRUSTED_HEIGHT, encode_consensus_state(gone))
    with pytest.raises(KeyRefused, match="cannot return"):
        CLIENT.verify_client_message(SCENARIO.client_state, trusted, SCENARIO.message(trusted=trusted), NOW)


@pytest.mark.parametrize("signer", [SECOND, OperatorEnclave("stranger")])
def test_nobody_else_revokes_an_operators_key(signer: OperatorEnclave) -> None:
    message = SCENARIO.message(revocations=[FIRST.revocation(signer)])
    with pytest.raises(KeyRefused, match="not signed by the key's operator"):
        CLIENT.verify_client_message(SCENARIO.client_state, SCENARIO.trusted, message, NOW)


def test_a_key_that_was_never_registered_cannot_be_revoked() -> None:
    message = SCENARIO.message(revocations=[ENCLAVES[2].revocation()])
    with pytest.raises(KeyRefused, match="not registered is revoked"):
        CLIENT.verify_client_message(SCENARIO.client_state, SCENARIO.trusted, message, NOW)


def test_an_operator_cannot_fill_the_list_with_keys() -> None:
    many = [OperatorEnclave(FIRST.name, number).registration() for number in range(1, 5)]
    with pytest.raises(MalformedStatement, match="too many keys"):
        register([FIRST.registration(), SECOND.registration(), *many])


@pytest.mark.parametrize(
    "report_data",
    [
        b"\x02" + FIRST.named.report_data()[1:],
        FIRST.named.report_data()[:-1] + b"\x01",
        NamedKey(bytes(20), FIRST.named.operator).report_data(),
        NamedKey(FIRST.named.enclave_key, bytes(20)).report_data(),
        bytes(64),
    ],
)
def test_report_data_of_another_form_names_no_key(report_data: bytes) -> None:
    with pytest.raises(KeyRefused):
        decode_report_data(report_data)
    quote = FIRST.platform.quote(report_data, MEASUREMENT)
    with pytest.raises(KeyRefused):
        register(with_first(FIRST.registration(quote)))
