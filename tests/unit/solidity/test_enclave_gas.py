"""What the enclave light client costs: gas is deterministic, so a bound is a test."""

from __future__ import annotations

from tests.fakes.enclave_gas import measure_enclave_client


def test_an_update_through_the_router_stays_below_its_bound() -> None:
    gas = measure_enclave_client()
    assert gas.update <= 75_000
    assert gas.membership_execution <= 24_000
    assert gas.registration <= 100_000
