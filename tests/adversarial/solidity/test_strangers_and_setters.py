"""A stranger calls every function that changes something; each is refused, open by design, or none of the stranger's
business because it asks for a proof."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.dvp_deployment import BUYER, CLIENT_ID, LEDGER_CLIENT_ID, SELLER, STRANGER, DvpDeployment, deploy_dvp
from tests.fakes.evm_abi import Entry, selector_of, signature_of
from tests.fakes.evm_sandbox import Contract, Reverted
from tests.fakes.ibc_oracle import TERMS_TYPES, window

ROLE = bytes(32)
ME = STRANGER.address
COUNTERPARTY = (LEDGER_CLIENT_ID, [b""])
PAYLOAD = ("dvp", "dvp", "dvp-1", "application/x-solidity-abi", b"value")
PACKET = (1, LEDGER_CLIENT_ID, CLIENT_ID, 2_000_000_000, [PAYLOAD])
CASH_LEADS = window(1, 1, 4_000_000_000)
STRANGERS_TOKEN = b"\x07" * 20
TERMS = (b"\x01" * 32, SELLER.address, BUYER.address, 1, ME, SELLER.address, bytes(32), CASH_LEADS)
OLD_TERMS = (*TERMS[:7], window(1, 1, 2))
OTHER_TERMS = (TERMS[0], STRANGERS_TOKEN, BUYER.address, 1, ME, SELLER.address, bytes(32), CASH_LEADS)
TERMS_TYPE = f"({','.join(TERMS_TYPES)})"
HEIGHT = (0, 1)
NOT_ALLOWED = "AccessControlUnauthorizedAccount"
NOT_OWNER = "OwnableUnauthorizedAccount"

ROUTER_CALLS: dict[str, tuple[tuple[Any, ...], str | None]] = {
    "grantRole": ((ROLE, ME), NOT_ALLOWED),
    "revokeRole": ((ROLE, ME), NOT_ALLOWED),
    "renounceRole": ((ROLE, SELLER.address), "AccessControlBadConfirmation"),
    "addClient(string,(string,bytes[]),address)": (("mine", COUNTERPARTY, ME), NOT_ALLOWED),
    "addClient((string,bytes[]),address)": ((COUNTERPARTY, ME), NOT_ALLOWED),
    "migrateClient": ((CLIENT_ID, COUNTERPARTY, ME), NOT_ALLOWED),
    "addIBCApp(string,address)": (("mine", ME), NOT_ALLOWED),
    "addIBCApp(address)": ((ME,), "IBCAppInvalid"),
    "sendPacket": (((CLIENT_ID, 2_000_000_000, PAYLOAD),), "IBCSenderNotApp"),
    "recvPacket": (((PACKET, b"", HEIGHT),), NOT_ALLOWED),
    "recvPackets": ((("a", "b", "c", "d", "e", "f", [], b"", HEIGHT),), NOT_ALLOWED),
    "ackPacket": (((PACKET, b"", b"", HEIGHT),), NOT_ALLOWED),
    "timeoutPacket": (((PACKET, b"", HEIGHT),), NOT_ALLOWED),
    "updateClient": ((CLIENT_ID, b""), NOT_ALLOWED),
    "submitMisbehaviour": ((CLIENT_ID, bytes(64)), "ProgmatEvidenceMalformed"),
    "multicall": (([],), None),
}
LIGHT_CLIENT_CALLS: dict[str, tuple[tuple[Any, ...], str | None]] = {
    "updateClient": ((b"",), "ProgmatCallerNotRouter"),
    "misbehaviour": ((b"",), "ProgmatCallerNotRouter"),
}
APP_CALLS: dict[str, tuple[tuple[Any, ...], str | None]] = {
    f"earmark({TERMS_TYPE})": ((TERMS,), "DvpTermsInvalid"),
    f"earmark({TERMS_TYPE},bytes)": ((OTHER_TERMS, b""), "DvpAdapterNotUsable"),
    f"lockAndSend({TERMS_TYPE})": ((OTHER_TERMS,), "DvpLeadLegInvalid"),
    f"lockAndSend({TERMS_TYPE},bytes)": ((OTHER_TERMS, b""), "DvpLeadLegInvalid"),
    "reclaim": ((OLD_TERMS,), "DvpEarmarkMismatch"),
    "releaseCancelled": ((TERMS, bytes(43), HEIGHT), "ProgmatConsensusUnknown"),
    "releaseRefused": ((TERMS, PACKET), "DvpValueInvalid"),
    "preflight": ((TERMS,), None),
    "simulateDelivery": ((TERMS,), "DvpCallerNotSelf"),
    "onRecvPacket": (((LEDGER_CLIENT_ID, CLIENT_ID, 1, PAYLOAD, ME),), "DvpCallerNotRouter"),
    "onAcknowledgementPacket": (((CLIENT_ID, LEDGER_CLIENT_ID, 1, PAYLOAD, b"", ME),), "DvpCallerNotRouter"),
    "onTimeoutPacket": (((CLIENT_ID, LEDGER_CLIENT_ID, 1, PAYLOAD, ME),), "DvpCallerNotRouter"),
    "listAdapter": ((ME,), NOT_OWNER),
    "retireAdapter": ((ME,), NOT_OWNER),
    "transferOwnership": ((ME,), NOT_OWNER),
    "renounceOwnership": ((), NOT_OWNER),
    "acceptOwnership": ((), NOT_OWNER),
}
ADAPTER_CALLS: dict[str, tuple[tuple[Any, ...], str | None]] = {
    "earmark": ((TERMS, bytes(32), b""), "AdapterCallerNotApp"),
    "deliver": ((TERMS, bytes(32)), "AdapterCallerNotApp"),
    "release": ((TERMS, bytes(32)), "AdapterCallerNotApp"),
}
TOKEN_CALLS: dict[str, tuple[tuple[Any, ...], str | None]] = {
    "grantRole": ((ROLE, ME), NOT_ALLOWED),
    "revokeRole": ((ROLE, ME), NOT_ALLOWED),
    "renounceRole": ((ROLE, SELLER.address), "AccessControlBadConfirmation"),
    "mint": ((ME, 1), NOT_ALLOWED),
    "burn": ((SELLER.address, 1), NOT_ALLOWED),
    "allow": ((ME,), NOT_ALLOWED),
    "disallow": ((SELLER.address,), NOT_ALLOWED),
    "pause": ((), NOT_ALLOWED),
    "unpause": ((), NOT_ALLOWED),
    "setFrozenTokens": ((SELLER.address, 1), NOT_ALLOWED),
    "forcedTransfer": ((SELLER.address, ME, 1), NOT_ALLOWED),
    "transfer": ((SELLER.address, 1), "ERC7943CannotSend"),
    "transferFrom": ((SELLER.address, ME, 1), "ERC20InsufficientAllowance"),
    "approve": ((SELLER.address, 1), None),
}
CASES = [("router", name) for name in ROUTER_CALLS]
CASES += [("light_client", name) for name in LIGHT_CLIENT_CALLS]
CASES += [("app", name) for name in APP_CALLS]
CASES += [("adapter", name) for name in ADAPTER_CALLS]
CASES += [("token", name) for name in TOKEN_CALLS]
CALLS = {
    "router": ROUTER_CALLS,
    "light_client": LIGHT_CLIENT_CALLS,
    "app": APP_CALLS,
    "adapter": ADAPTER_CALLS,
    "token": TOKEN_CALLS,
}
#: declared nonpayable by the published interface, but read nothing they may change, or revert whoever calls
HARMLESS = {
    "verifyMembership",
    "verifyMemberships",
    "verifyNonMembership",
    "onAcknowledgementPacket",
    "onTimeoutPacket",
}


@pytest.fixture(scope="module")
def dvp() -> DvpDeployment:
    return deploy_dvp(relayers=SELLER.address)


@pytest.mark.parametrize(("contract", "function"), CASES)
def test_a_stranger_changes_nothing(dvp: DvpDeployment, contract: str, function: str) -> None:
    args, error = CALLS[contract][function]
    target: Contract = getattr(dvp, contract)
    if error is None:
        with dvp.sandbox.undone():
            receipt = target.transact(function, *args, sender=STRANGER)
        assert {log.event for log in receipt.logs} <= {"Approval"}
        return
    with pytest.raises(Reverted) as caught:
        target.transact(function, *args, sender=STRANGER)
    assert caught.value.error == error


@pytest.mark.parametrize("contract", CALLS)
def test_no_function_that_changes_something_is_missing_from_the_table(dvp: DvpDeployment, contract: str) -> None:
    target: Contract = getattr(dvp, contract)
    changing = [entry for entry in target.abi.functions() if entry["stateMutability"] not in {"view", "pure"}]
    listed = {name.partition("(")[0] for name in CALLS[contract]} | HARMLESS
    assert {entry["name"] for entry in changing} - listed == set()
    assert not [entry for entry in target.abi.entries if entry["type"] in {"fallback", "receive"}]


def test_renouncing_takes_only_ones_own_role(dvp: DvpDeployment) -> None:
    admin = dvp.sandbox.deployer
    with dvp.sandbox.undone():
        dvp.router.transact("renounceRole", ROLE, admin.address)
        with pytest.raises(Reverted):
            dvp.router.transact("grantRole", ROLE, ME)


def test_a_client_id_cannot_be_taken_over_or_made_to_look_generated(dvp: DvpDeployment) -> None:
    client = dvp.light_client.address
    for client_id, error in (
        (CLIENT_ID, "ICS02ClientTaken"),
        ("client-7", "ICS02ClientIdInvalid"),
        ("x", "ICS02ClientIdInvalid"),
        ("y" * 65, "ICS02ClientIdInvalid"),
        ("with space", "ICS02ClientIdInvalid"),
        ("with/slash", "ICS02ClientIdInvalid"),
        ("", "ICS02ClientIdInvalid"),
    ):
        with pytest.raises(Reverted) as caught:
            dvp.router.transact("addClient", client_id, COUNTERPARTY, client)
        assert caught.value.error == error


def test_a_port_cannot_be_taken_over(dvp: DvpDeployment) -> None:
    for port, app, error in (
        ("dvp", dvp.token.address, "IBCPortTaken"),
        ("x", dvp.token.address, "IBCPortIdInvalid"),
        ("new", STRANGER.address, "IBCAppInvalid"),
    ):
        with pytest.raises(Reverted) as caught:
            dvp.router.transact("addIBCApp", port, app)
        assert caught.value.error == error


def test_no_two_functions_of_a_contract_share_a_selector(dvp: DvpDeployment) -> None:
    entries: list[Entry] = dvp.router.abi.functions()
    assert len({selector_of(entry) for entry in entries}) == len({signature_of(entry) for entry in entries})
