"""Every contract that is deployed, by its artifact: a stranger changes nothing, and no function is left out.

The router, the app, the first adapter, the token and the first light client have their table in
test_strangers_and_setters; here are all others, and the census over all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.adversarial.solidity.test_strangers_and_setters import CALLS, HARMLESS, TERMS
from tests.fakes.adapter_worlds import adapter_world
from tests.fakes.dvp_deployment import SELLER, STRANGER
from tests.fakes.enclave_client_bench import updated_bench
from tests.fakes.evm_abi import ContractAbi, Entry
from tests.fakes.evm_sandbox import Contract, Reverted
from tests.fakes.hub_contract_bench import hub_contract_bench
from tests.fakes.qbft_contract_bench import qbft_contract_bench

ARTIFACTS = Path(__file__).parents[3] / "chains" / "evm" / "artifacts"
ME = STRANGER.address
NOT_OWNER = "OwnableUnauthorizedAccount"
NOT_APP = "AdapterCallerNotApp"

Calls = dict[str, tuple[tuple[Any, ...], str]]

HELD_BY_APP: Calls = {
    "earmark": ((TERMS, bytes(32), b""), NOT_APP),
    "deliver": ((TERMS, bytes(32)), NOT_APP),
    "release": ((TERMS, bytes(32)), NOT_APP),
}
OWNED: Calls = {
    "transferOwnership": ((ME,), NOT_OWNER),
    "renounceOwnership": ((), NOT_OWNER),
    "acceptOwnership": ((), NOT_OWNER),
    "listToken": ((ME,), NOT_OWNER),
    "unlistToken": ((ME,), NOT_OWNER),
}


def passed_on(error: str) -> Calls:
    """What only its router tells a light client."""
    return {"updateClient": ((b"",), error), "misbehaviour": ((b"",), error)}


OTHERS: dict[str, tuple[Callable[[], Contract], Calls]] = {
    "EnclaveLightClient": (lambda: updated_bench().client, passed_on("EnclaveCallerNotRouter")),
    "HubProgmatLightClient": (lambda: hub_contract_bench().client, passed_on("QbftCallerNotRouter")),
    "QbftLightClient": (lambda: qbft_contract_bench().client, passed_on("QbftCallerNotRouter")),
    "Erc3643Adapter": (lambda: adapter_world("erc3643").dvp.adapter, HELD_BY_APP),
    "Erc7943Adapter": (lambda: adapter_world("erc7943").dvp.adapter, HELD_BY_APP),
    "IbetDvpAdapter": (
        lambda: adapter_world("ibet-dvp").dvp.adapter,
        HELD_BY_APP | OWNED | {"abandon": ((1,), "IbetCallerNotParty")},
    ),
    "IbetLockAdapter": (lambda: adapter_world("ibet-lock").dvp.adapter, HELD_BY_APP | OWNED),
}
IN_THE_FIRST_TABLE = {
    "ICS26Router": "router",
    "ProgmatLightClient": "light_client",
    "DvpApp": "app",
    "EscrowAdapter": "adapter",
    "SecurityToken": "token",
}
BY_SIGNATURE = {
    "EnclaveLightClient": {"registerEnclaveKey", "revokeEnclaveKey"},
    "ValidatorAttestationVerifier": {"changeValidatorSet"},
}
"""Open to whoever brings the operator's or the Validators' signatures; forged ones are in test_enclave_registration."""
OF_THE_CALLERS_OWN = {"IbetLockAdapter": {"unlockUnbooked"}}


@pytest.mark.xdist_group("trex")
@pytest.mark.parametrize(
    ("contract", "function"), [(name, function) for name, (_, calls) in OTHERS.items() for function in calls]
)
def test_a_stranger_changes_nothing_at_any_contract(contract: str, function: str) -> None:
    deployed, calls = OTHERS[contract]
    arguments, error = calls[function]
    with pytest.raises(Reverted) as refused:
        deployed().transact(function, *arguments, sender=STRANGER)
    assert refused.value.error == error


@pytest.mark.xdist_group("trex")
def test_a_stranger_unlocks_nothing_of_the_sellers() -> None:
    world = adapter_world("ibet-lock")
    world.dvp.token.transact("lock", world.dvp.adapter.address, 7, "", sender=SELLER)
    with pytest.raises(Reverted) as refused:
        world.dvp.adapter.transact("unlockUnbooked", world.dvp.token.address, 1, sender=STRANGER)
    assert refused.value.error == "IbetLockInsufficient"
    assert world.dvp.token.call("lockedOf", world.dvp.adapter.address, SELLER.address) == 7


def changing(name: str) -> list[Entry]:
    entries = ContractAbi.load(name).functions()
    return [entry for entry in entries if entry["stateMutability"] not in {"view", "pure"}]


@pytest.mark.parametrize("name", sorted(path.stem for path in ARTIFACTS.glob("*.json")))
def test_no_contract_has_a_function_that_no_stranger_has_tried(name: str) -> None:
    tried = BY_SIGNATURE.get(name, set()) | OF_THE_CALLERS_OWN.get(name, set())
    if name in IN_THE_FIRST_TABLE:
        tried |= {function.partition("(")[0] for function in CALLS[IN_THE_FIRST_TABLE[name]]} | HARMLESS
    elif name in OTHERS:
        tried |= set(OTHERS[name][1])
    assert {entry["name"] for entry in changing(name)} - tried == set()
    assert not [entry for entry in ContractAbi.load(name).entries if entry["type"] in {"fallback", "receive"}]
