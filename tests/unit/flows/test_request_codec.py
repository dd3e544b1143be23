"""Requests survive the database and the wire; malformed ones are named by field."""

from __future__ import annotations

from dataclasses import replace

import pytest
from crossdvp.ledger.v1 import node_service_pb2 as pb
from crossdvp.ledger.v1.membership_service_pb2 import ChangeMembershipRequest
from crossdvp.ledger.v1.token_service_pb2 import SettleDvpRequest

from chains.progmat.contracts.membership import BusinessNetwork, MemberRole
from chains.progmat.contracts.network_control import Opening
from chains.progmat.contracts.proposal_states import BallotChoice
from chains.progmat.contracts.security import SecurityStatus
from chains.progmat.contracts.transfer_note import TransferKind
from chains.progmat.flows.any_request import REQUEST_TYPES, AnyRequest, differing_fields
from chains.progmat.flows.client_upkeep_requests import EndorseLightClient, PruneLightClient, RecoverLightClient
from chains.progmat.flows.distribution_requests import (
    CancelDistribution,
    ExpireUtility,
    OpenDistribution,
    PayBatch,
    UseUtility,
)
from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.flows.execution_requests import PublishExecution, WithdrawExecution
from chains.progmat.flows.governance_requests import CloseProposal, ProposePackage, VoteOnPackage
from chains.progmat.flows.key_requests import RotateTokens
from chains.progmat.flows.market_requests import (
    ChangeMembership,
    IssueToken,
    MembershipChange,
    MoveToken,
    RedeemToken,
    SettleDvp,
    SuspendValidator,
)
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.replacement_requests import ChangeNotary, StateChoice, UpgradeStates
from chains.progmat.flows.request_codec import MESSAGES, decode_request, encode_request, from_message, to_message
from chains.progmat.flows.requests import (
    AckPacket,
    CancelTrade,
    CreateLightClient,
    EarmarkProof,
    IssueCash,
    LockCash,
    MergeCash,
    MoveCash,
    ReceivePacket,
    RedeemCash,
    RotateAccountKey,
    SubmitMisbehaviour,
    TimeoutPacket,
    UpdateLightClient,
)
from chains.progmat.flows.securities_requests import (
    AmendSecurity,
    CancelTransfer,
    ForceToken,
    FreezeToken,
    RegisterSecurity,
    RetireSecurity,
    SetGate,
    SetNetworkControl,
    ThawToken,
)
from chains.progmat.transactions.model import StateRef
from ibc.dvp import packet_of
from primitives.errors import DecodeError
from primitives.types import Hash32
from tests.fakes.coin_requests import COIN_REQUESTS
from tests.fakes.ledger_parties import BUYER, CN_A, CN_B, SELLER
from tests.fakes.security_parties import ACT
from tests.fakes.security_parties import TERMS as SECURITY_TERMS
from tests.fakes.settlement_world import terms_of
from tests.fakes.token_parties import native_terms

TERMS = terms_of()
PACKET = packet_of(TERMS, 7, "qbft-0", "progmat-0")
BUYERS = BUYER.account_at(CN_B)
SELLERS = SELLER.account_at(CN_A)
NOTE = replace(ACT, kind=TransferKind.NONE)
ORDER_IDS = ("ORD-0000000000000001", "ORD-0000000000000002")
REQUESTS: tuple[AnyRequest, ...] = (
    ChangeMembership(
        "r", MembershipChange.ADMIT, BusinessNetwork.SC, "cn-a", (MemberRole.SC_ISSUER, MemberRole.CUSTODIAN)
    ),
    SuspendValidator("r", b"evidence"),
    IssueToken("r", BusinessNetwork.ST, "ST-1", 1, BUYER.account_at(CN_B)),
    MoveToken("r", BusinessNetwork.ST, "ST-1", "an", 1, BUYER.key.encoded(), SELLER.account_at(CN_A)),
    RedeemToken("r", BusinessNetwork.UT, "UT-1", "an", 1, BUYER.key.encoded()),
    SettleDvp("r", native_terms()),
    PublishExecution("r", 7, "ST-1", "an", 10, 400, *ORDER_IDS, "cn-a", "cn-b", "2026-11-27"),
    WithdrawExecution("r", bytes(32), "MARKET_RULE", "CASE-1", "clerk", "head"),
    RegisterSecurity(
        "r", BusinessNetwork.ST, "ST-1", "G-1", SECURITY_TERMS, SecurityStatus.PLANNED, (b"k1", b"k2"), "a", "b", "n2"
    ),
    AmendSecurity("r", BusinessNetwork.ST, "ST-1", SECURITY_TERMS, SecurityStatus.LISTED, (b"k1",), "a", "b"),
    RetireSecurity("r", BusinessNetwork.UT, "UT-1", "a", "b"),
    SetGate("r", BusinessNetwork.ST, "G-1", Opening.CLOSED, True, "a"),  # noqa: FBT003 # a field
    SetNetworkControl("r", BusinessNetwork.ST, Opening.OPEN, "a"),
    ForceToken("r", BusinessNetwork.ST, "ST-1", 3, BUYERS, SELLERS, NOTE),
    FreezeToken("r", BusinessNetwork.ST, "ST-1", 0, BUYERS, NOTE),
    ThawToken("r", BusinessNetwork.ST, "ST-1", 2, BUYERS, NOTE),
    CancelTransfer("r", BusinessNetwork.ST, "ST-1", replace(NOTE, cancelled_tx_id=b"\x09" * 32)),
    ProposePackage("r", BusinessNetwork.UT, b"\x01" * 32, b"\x02" * 32, 100, 100 + 24 * 3600),
    VoteOnPackage("r", b"\x03" * 32, BallotChoice.AGAINST),
    CloseProposal("r", b"\x03" * 32),
    ChangeNotary("r", "n2", "nn", StateChoice(contract="cash", account_key=BUYERS.key, asset_id="PGC")),
    UpgradeStates("r", b"\x04" * 32, StateChoice(refs=(StateRef(Hash32(b"\x05" * 32), 3),))),
    OpenDistribution("r", b"state", b"lines"),
    PayBatch("r", b"\x03" * 32, 1, 2, BusinessNetwork.SC, "cn-b"),
    CancelDistribution("r", b"\x03" * 32, 1),
    UseUtility("r", "UT-1", "an", 3, b"account key", "coffee"),
    ExpireUtility("r", "UT-1"),
    RotateTokens("r", BusinessNetwork.ST, "ST-1", "an", b"old key", b"new key"),
    IssueCash("r", "PGC", 5, BUYERS),
    MoveCash("r", "PGC", "sn", 5, BUYERS.key, SELLERS),
    RedeemCash("r", "PGC", "sn", 5, BUYERS.key),
    RotateAccountKey("rotate", "PGC-1", "sn", b"old key", b"new key"),
    MergeCash("r", "PGC", "sn", BUYERS.key, 1000, 32),
    LockCash("r", TERMS, "qbft-0", EarmarkProof(9, (b"a",), (b"b", b"c"))),
    CancelTrade("r", TERMS),
    CreateLightClient("r", "qbft-0", "qbft", b"state", b"consensus", "progmat-0", (b"",)),
    UpdateLightClient("r", "qbft-0", b"header"),
    SubmitMisbehaviour("r", "qbft-0", b"evidence"),
    RecoverLightClient("r", "qbft-0", "qbft-1"),
    EndorseLightClient("r", "qbft-0", "qbft-1"),
    *COIN_REQUESTS,
    PruneLightClient("r", "qbft-0"),
    AckPacket("r", PACKET, b"ack", b"proof", 9),
    ReceivePacket("r", PACKET, b"proof", 9),
    TimeoutPacket("r", PACKET, b"proof", 9),
)


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: request.kind.value)
def test_a_request_is_the_same_after_the_database(request_: AnyRequest) -> None:
    assert decode_request(request_.kind, encode_request(request_)) == request_


def test_every_kind_has_its_request_its_message_and_its_example() -> None:
    assert set(REQUEST_TYPES) == set(MESSAGES) == set(FlowKind) == {request.kind for request in REQUESTS}


def test_what_differs_is_named() -> None:
    first = MoveCash("r", "PGC", "sn", 5, BUYERS.key, SELLERS)
    assert differing_fields(first, replace(first, amount_yen=6, to=BUYERS)) == ("amount_yen", "to")
    assert differing_fields(first, first) == ()
    assert differing_fields(first, RedeemCash("r", "PGC", "sn", 5, BUYERS.key)) == ("kind",)


@pytest.mark.parametrize("amount_yen", [0, 10**15 + 1])
def test_amounts_out_of_range_are_refused(amount_yen: int) -> None:
    with pytest.raises(InvalidRequest, match="amount_yen"):
        IssueCash("r", "PGC", amount_yen, BUYERS)


@pytest.mark.parametrize("request_id", ["", "a b", "x" * 129, "a|b", "é"])
def test_request_ids_that_cannot_name_a_flow_are_refused(request_id: str) -> None:
    with pytest.raises(InvalidRequest, match="request_id"):
        UpdateLightClient(request_id, "qbft-0", b"header")


def test_malformed_fields_are_named() -> None:
    message = to_message(IssueCash("r", "PGC", 5, BUYERS))
    assert isinstance(message, pb.IssueCashRequest)
    message.to.key = b"\x04short"
    with pytest.raises(InvalidRequest, match=r"^to: "):
        from_message(FlowKind.ISSUE_CASH, message)
    with pytest.raises(InvalidRequest, match=r"^packet: "):
        from_message(FlowKind.ACK_PACKET, pb.AckPacketRequest(request_id="r", packet=b"\x00"))
    with pytest.raises(InvalidRequest, match=r"^terms: "):
        from_message(FlowKind.LOCK_CASH, pb.LockCashRequest(request_id="r"))
    with pytest.raises(InvalidRequest, match=r"^network: "):
        from_message(
            FlowKind.CHANGE_MEMBERSHIP, ChangeMembershipRequest(request_id="r", change="MEMBERSHIP_CHANGE_ADMIT")
        )
    with pytest.raises(InvalidRequest, match=r"^dvp: "):
        from_message(FlowKind.SETTLE_DVP, SettleDvpRequest(request_id="r"))


def test_oversize_proofs_are_refused_before_anything_is_stored() -> None:
    with pytest.raises(InvalidRequest, match="account_proof"):
        EarmarkProof(1, (b"x",) * 66, (b"x",))
    with pytest.raises(InvalidRequest, match="storage_proof"):
        EarmarkProof(1, (b"x",), (bytes(2000),))
    with pytest.raises(InvalidRequest, match="proof"):
        TimeoutPacket("r", PACKET, bytes(200_000), 1)


def test_stored_bytes_that_were_altered_are_refused() -> None:
    with pytest.raises(DecodeError):
        decode_request(FlowKind.ISSUE_CASH, encode_request(REQUESTS[1]) + b"\x00")
