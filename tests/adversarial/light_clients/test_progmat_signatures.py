"""Attacks on the signatures of a checkpoint, for one to twenty-two Validators."""

from __future__ import annotations

from dataclasses import replace

import pytest

from light_clients.progmat import CheckpointHeader, ProgmatLightClient, ValidatorSet, encode_header
from light_clients.progmat.errors import ForeignSignature, TooFewSignatures, UntrustedValidatorSet
from light_clients.progmat.header import SIGNATURE_BYTES
from primitives.errors import DecodeError
from primitives.secp256k1 import ORDER
from tests.fakes.checkpoints import NOW, CheckpointScenario, set_of, signature
from tests.fakes.qbft_headers import validator_keys

CLIENT = ProgmatLightClient()
SIZES = range(1, 23)


def scenario_of(count: int) -> CheckpointScenario:
    return CheckpointScenario(keys=validator_keys(count), threshold=(2 * count) // 3 + 1)


def verify(scenario: CheckpointScenario, message: bytes) -> None:
    CLIENT.verify_client_message(scenario.client_state, scenario.latest, message, NOW)


def with_last_signature(scenario: CheckpointScenario, last: bytes) -> bytes:
    """A header of k signatures whose last one is replaced."""
    header = scenario.header(scenario.next_checkpoint)
    *rest, (index, _) = header.signatures
    return encode_header(replace(header, signatures=(*rest, (index, last))))


@pytest.mark.parametrize("count", SIZES)
def test_any_k_and_more_than_k_are_accepted(count: int) -> None:
    scenario = scenario_of(count)
    verify(scenario, scenario.message(scenario.next_checkpoint))
    verify(scenario, scenario.message(scenario.next_checkpoint, range(count - scenario.threshold, count)))
    verify(scenario, scenario.message(scenario.next_checkpoint, range(count)))


@pytest.mark.parametrize("count", SIZES)
def test_fewer_than_k_and_none_are_refused(count: int) -> None:
    scenario = scenario_of(count)
    for signers in (range(scenario.threshold - 1), ()):
        with pytest.raises(TooFewSignatures):
            verify(scenario, scenario.message(scenario.next_checkpoint, signers))


@pytest.mark.parametrize("count", SIZES)
def test_one_validator_signing_for_another_is_refused(count: int) -> None:
    scenario = scenario_of(count)
    stranger = validator_keys(1, name="stranger")[0]
    impostor = scenario.keys[0] if scenario.threshold > 1 else stranger
    with pytest.raises(ForeignSignature):
        verify(scenario, with_last_signature(scenario, signature(impostor, scenario.next_checkpoint)))


@pytest.mark.parametrize("count", SIZES)
def test_a_foreign_signature_is_refused_even_beside_k_good_ones(count: int) -> None:
    scenario = scenario_of(count)
    header = scenario.header(scenario.next_checkpoint, range(count))
    stranger = validator_keys(1, name="stranger")[0]
    *rest, (index, _) = header.signatures
    forged = replace(header, signatures=(*rest, (index, signature(stranger, scenario.next_checkpoint))))
    with pytest.raises(ForeignSignature):
        verify(scenario, encode_header(forged))


@pytest.mark.parametrize("count", SIZES)
def test_zero_and_high_s_signatures_are_refused(count: int) -> None:
    scenario = scenario_of(count)
    good = signature(scenario.keys[scenario.threshold - 1], scenario.next_checkpoint)
    parity, low_s = good[32] >> 7, int.from_bytes(good[32:], "big") % 2**255
    high_s = (ORDER - low_s) | (1 - parity) << 255
    for bad in (bytes(SIGNATURE_BYTES), b"\xff" * 64, good[:32] + (high_s % 2**256).to_bytes(32, "big")):
        with pytest.raises(ForeignSignature):
            verify(scenario, with_last_signature(scenario, bad))


def test_a_duplicated_signature_has_no_place_in_the_format() -> None:
    scenario = scenario_of(4)
    header = scenario.header(scenario.next_checkpoint)
    with pytest.raises(DecodeError):
        replace(header, signatures=(header.signatures[0],) * 3)
    packed = encode_header(header)
    with pytest.raises(DecodeError):
        verify(scenario, packed + packed[-SIGNATURE_BYTES:])


def test_a_set_with_a_lower_threshold_is_not_the_trusted_set() -> None:
    scenario = scenario_of(4)
    weaker = set_of(scenario.keys, 1)
    forged = CheckpointHeader(
        scenario.next_checkpoint, weaker, scenario.header(scenario.next_checkpoint).signatures[:1]
    )
    with pytest.raises(UntrustedValidatorSet):
        verify(scenario, encode_header(forged))


def test_a_set_of_strangers_is_not_the_trusted_set() -> None:
    scenario = scenario_of(4)
    strangers = CheckpointScenario(keys=validator_keys(4, name="stranger"))
    with pytest.raises(UntrustedValidatorSet):
        verify(scenario, strangers.message(scenario.next_checkpoint))


@pytest.mark.parametrize("field", ["timestamp_s", "root", "journal_hash", "next_validator_set_hash", "height"])
def test_signatures_of_another_checkpoint_are_refused(field: str) -> None:
    scenario = scenario_of(4)
    header = scenario.header(scenario.next_checkpoint)
    value = getattr(header.checkpoint, field)
    changed = value + 1 if isinstance(value, int) else bytes(31) + b"\1"
    checkpoint = replace(header.checkpoint, **{field: changed})  # type: ignore[arg-type]  # one field at a time
    forged = replace(header, checkpoint=checkpoint)
    with pytest.raises(ForeignSignature):
        verify(scenario, encode_header(forged))


def test_signatures_for_another_ledger_are_refused() -> None:
    scenario = scenario_of(4)
    elsewhere = replace(scenario.next_checkpoint, ledger_id="progmat-tesu")
    with pytest.raises(ForeignSignature):
        verify(scenario, scenario.message(elsewhere))


@pytest.mark.parametrize(
    ("threshold", "order"),
    [(0, (0, 1)), (3, (0, 1)), (1, (1, 0)), (1, (0, 0)), (1, ())],
    ids=["k = 0", "k > n", "descending", "twice", "nobody"],
)
def test_a_validator_set_of_another_form_is_refused(threshold: int, order: tuple[int, ...]) -> None:
    keys = validator_keys(2)
    with pytest.raises(DecodeError):
        ValidatorSet(threshold, tuple(keys[index].address for index in order))


def test_the_zero_address_is_no_validator() -> None:
    with pytest.raises(DecodeError):
        ValidatorSet(1, (bytes(20), validator_keys(1)[0].address))


def test_trailing_missing_and_stray_bits_are_refused() -> None:
    scenario = scenario_of(4)
    packed = encode_header(scenario.header(scenario.next_checkpoint))
    bitmap_at = 112 + 2 + 20 * 4
    stray = bytearray(packed)
    stray[bitmap_at + 31] |= 1 << 4  # a fifth validator of four
    far = bytearray(packed)
    far[bitmap_at] |= 0x80  # bit 255
    for broken in (packed + b"\0", packed[:-1], packed[:100], bytes(stray), bytes(far), b"", b"\1" * 20_000):
        with pytest.raises(DecodeError):
            verify(scenario, broken)
