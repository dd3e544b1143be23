"""Requests as messages of the node's services and back: at the API, and in the database.

Field names are the same on both sides, so one table of converters serves all requests, in both directions. ``wait_s``
is a matter of the call, not of the request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from crossdvp.ledger.v1 import (
    coin_service_pb2,
    distribution_flows_pb2,
    distribution_service_pb2,
    exchange_service_pb2,
    key_service_pb2,
    membership_service_pb2,
    proposal_service_pb2,
    replacement_service_pb2,
    securities_service_pb2,
    token_service_pb2,
    transaction_pb2,
)
from crossdvp.ledger.v1 import node_service_pb2 as pb
from crossdvp.ledger.v1 import vault_service_pb2 as vault_pb
from google.protobuf.message import Message

from chains.progmat.contracts.cash_codec import CoinKind
from chains.progmat.contracts.membership import BusinessNetwork, MemberRole
from chains.progmat.contracts.native_terms import native_terms_from_message, native_terms_to_message
from chains.progmat.contracts.network_control import Opening
from chains.progmat.contracts.proposal_states import BallotChoice
from chains.progmat.contracts.security import SecurityStatus
from chains.progmat.contracts.security_codec import terms_to_message as security_terms_to_message
from chains.progmat.contracts.security_terms import terms_from_message as security_terms_from_message
from chains.progmat.contracts.terms_codec import (
    account_from_message,
    account_to_message,
    terms_from_message,
    terms_to_message,
)
from chains.progmat.contracts.transfer_note import note_from_message, note_to_message
from chains.progmat.flows.any_request import REQUEST_TYPES, AnyRequest
from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.flows.market_requests import MembershipChange
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.replacement_requests import StateChoice
from chains.progmat.flows.request_base import KeyChoice
from chains.progmat.flows.requests import EarmarkProof
from chains.progmat.flows.signed_records import Newest
from chains.progmat.transactions.model import StateRef
from ibc.packet import decode_packet, encode_packet
from primitives.codec import deterministic_bytes, strict_parse
from primitives.errors import DecodeError
from primitives.types import Hash32

MAX_REQUEST_BYTES: Final = 512 * 1024
_DECODED: Final = Newest[AnyRequest]()

MESSAGES: Final[Mapping[FlowKind, type[Message]]] = {
    FlowKind.CHANGE_MEMBERSHIP: membership_service_pb2.ChangeMembershipRequest,
    FlowKind.SUSPEND_VALIDATOR: membership_service_pb2.SuspendValidatorRequest,
    FlowKind.ISSUE_CASH: pb.IssueCashRequest,
    FlowKind.MOVE_CASH: pb.MoveCashRequest,
    FlowKind.REDEEM_CASH: pb.RedeemCashRequest,
    FlowKind.ROTATE_ACCOUNT_KEY: pb.RotateAccountKeyRequest,
    FlowKind.MERGE_CASH: vault_pb.GroomAccountRequest,
    FlowKind.LOCK_CASH: pb.LockCashRequest,
    FlowKind.CANCEL_TRADE: pb.CancelTradeRequest,
    FlowKind.CREATE_LIGHT_CLIENT: pb.CreateLightClientRequest,
    FlowKind.UPDATE_LIGHT_CLIENT: pb.UpdateLightClientRequest,
    FlowKind.SUBMIT_MISBEHAVIOUR: pb.SubmitMisbehaviourRequest,
    FlowKind.RECOVER_LIGHT_CLIENT: pb.RecoverLightClientRequest,
    FlowKind.ENDORSE_LIGHT_CLIENT: pb.EndorseLightClientRequest,
    FlowKind.PRUNE_LIGHT_CLIENT: pb.PruneLightClientRequest,
    FlowKind.ACK_PACKET: pb.AckPacketRequest,
    FlowKind.TIMEOUT_PACKET: pb.TimeoutPacketRequest,
    FlowKind.RECEIVE_PACKET: pb.ReceivePacketRequest,
    FlowKind.ISSUE_TOKEN: token_service_pb2.IssueTokenRequest,
    FlowKind.MOVE_TOKEN: token_service_pb2.MoveTokenRequest,
    FlowKind.REDEEM_TOKEN: token_service_pb2.RedeemTokenRequest,
    FlowKind.SETTLE_DVP: token_service_pb2.SettleDvpRequest,
    FlowKind.REGISTER_SECURITY: securities_service_pb2.RegisterSecurityRequest,
    FlowKind.AMEND_SECURITY: securities_service_pb2.AmendSecurityRequest,
    FlowKind.RETIRE_SECURITY: securities_service_pb2.RetireSecurityRequest,
    FlowKind.SET_GATE: securities_service_pb2.SetGateRequest,
    FlowKind.SET_NETWORK_CONTROL: securities_service_pb2.SetNetworkControlRequest,
    FlowKind.FORCE_TOKEN: securities_service_pb2.ForceTokenRequest,
    FlowKind.FREEZE_TOKEN: securities_service_pb2.FreezeTokenRequest,
    FlowKind.THAW_TOKEN: securities_service_pb2.ThawTokenRequest,
    FlowKind.CANCEL_TRANSFER: securities_service_pb2.CancelTransferRequest,
    FlowKind.PROPOSE_PACKAGE: proposal_service_pb2.ProposePackageRequest,
    FlowKind.VOTE_ON_PACKAGE: proposal_service_pb2.VoteOnPackageRequest,
    FlowKind.CLOSE_PROPOSAL: proposal_service_pb2.CloseProposalRequest,
    FlowKind.CHANGE_NOTARY: replacement_service_pb2.ChangeNotaryRequest,
    FlowKind.UPGRADE_STATES: replacement_service_pb2.UpgradeStatesRequest,
    FlowKind.OPEN_DISTRIBUTION: distribution_flows_pb2.OpenDistributionRequest,
    FlowKind.PAY_BATCH: distribution_flows_pb2.PayBatchRequest,
    FlowKind.CANCEL_DISTRIBUTION: distribution_flows_pb2.CancelPartRequest,
    FlowKind.USE_UTILITY: distribution_service_pb2.UseUtilityRequest,
    FlowKind.EXPIRE_UTILITY: distribution_service_pb2.ExpireUtilityRequest,
    FlowKind.REGISTER_COIN: coin_service_pb2.RegisterCoinRequest,
    FlowKind.AMEND_COIN: coin_service_pb2.AmendCoinRequest,
    FlowKind.ADMIT_HOLDER: coin_service_pb2.AdmitHolderRequest,
    FlowKind.REMOVE_HOLDER: coin_service_pb2.RemoveHolderRequest,
    FlowKind.FREEZE_CASH: coin_service_pb2.FreezeCashRequest,
    FlowKind.THAW_CASH: coin_service_pb2.ThawCashRequest,
    FlowKind.FORCE_CASH: coin_service_pb2.ForceCashRequest,
    FlowKind.ROTATE_TOKENS: key_service_pb2.RotateTokensRequest,
    FlowKind.PUBLISH_EXECUTION: exchange_service_pb2.PublishExecutionRequest,
    FlowKind.WITHDRAW_EXECUTION: exchange_service_pb2.WithdrawExecutionRequest,
}
"""The message of each kind of request."""


@dataclass(frozen=True)
class _Converter:
    """Of one field: from our value to the message's, and back."""

    outward: Callable[[Any], Any]
    inward: Callable[[Any], Any]


def _earmark_to_message(earmark: EarmarkProof) -> pb.EarmarkProof:
    return pb.EarmarkProof(
        height=earmark.height, account_proof=earmark.account_proof, storage_proof=earmark.storage_proof
    )


def _earmark_from_message(message: pb.EarmarkProof) -> EarmarkProof:
    return EarmarkProof(message.height, tuple(message.account_proof), tuple(message.storage_proof))


def _choice_to_message(choice: StateChoice) -> replacement_service_pb2.StateChoice:
    return replacement_service_pb2.StateChoice(
        refs=[transaction_pb2.StateRef(tx_id=ref.tx_id, index=ref.index) for ref in choice.refs],
        contract=choice.contract,
        account_key=choice.account_key,
        asset_id=choice.asset_id,
    )


def _choice_from_message(message: replacement_service_pb2.StateChoice) -> StateChoice:
    return StateChoice(
        refs=tuple(StateRef(Hash32(ref.tx_id), ref.index) for ref in message.refs),
        contract=message.contract,
        account_key=message.account_key,
        asset_id=message.asset_id,
    )


_CONVERTERS: Final[Mapping[str, _Converter]] = {
    "to": _Converter(account_to_message, account_from_message),
    "account": _Converter(account_to_message, account_from_message),
    "coin_kind": _Converter(lambda kind: kind.value, CoinKind),
    "approver_keys": _Converter(list, tuple),
    "terms": _Converter(terms_to_message, terms_from_message),
    "packet": _Converter(encode_packet, decode_packet),
    "earmark": _Converter(_earmark_to_message, _earmark_from_message),
    "network": _Converter(int, BusinessNetwork),
    "choice": _Converter(int, BallotChoice),
    "keys": _Converter(lambda choice: choice.value, KeyChoice),
    "change": _Converter(int, MembershipChange),
    "dvp": _Converter(native_terms_to_message, native_terms_from_message),
    "roles": _Converter(list, lambda numbers: tuple(MemberRole(number) for number in numbers)),
    "counterparty_merkle_prefix": _Converter(list, tuple),
    "security": _Converter(security_terms_to_message, security_terms_from_message),
    "status": _Converter(int, SecurityStatus),
    "opening": _Converter(int, Opening),
    "holder": _Converter(account_to_message, account_from_message),
    "note": _Converter(note_to_message, note_from_message),
    "states": _Converter(_choice_to_message, _choice_from_message),
}
"""By field name; a name means the same in every request. Others are the same in a message."""

_FIELDS: Final[Mapping[FlowKind, tuple[tuple[str, _Converter | None], ...]]] = {
    kind: tuple([(item.name, _CONVERTERS.get(item.name)) for item in fields(request_type)])
    for kind, request_type in REQUEST_TYPES.items()
}


def to_message(request: AnyRequest) -> Message:
    """The request as a message."""
    values = {}
    for name, converter in _FIELDS[request.kind]:
        value = getattr(request, name)
        values[name] = value if converter is None else converter.outward(value)
    return MESSAGES[request.kind](**values)


def from_message(kind: FlowKind, message: object) -> AnyRequest:
    """The request in a message of its kind; raises ``InvalidRequest`` naming the field."""
    values = {}
    for name, converter in _FIELDS[kind]:
        value = getattr(message, name)
        try:
            values[name] = value if converter is None else converter.inward(value)
        except (DecodeError, ValueError) as error:
            raise InvalidRequest(name, str(error)) from error
    return REQUEST_TYPES[kind](**values)


def encode_request(request: AnyRequest) -> bytes:
    """For the database."""
    return deterministic_bytes(to_message(request))


def decode_request(kind: FlowKind, data: bytes) -> AnyRequest:
    """From the database, or remembered: a request never changes. Raises ``DecodeError``, ``InvalidRequest``."""
    key = kind.value.encode() + b"|" + data
    request = _DECODED.get(key)
    if request is None:
        request = from_message(kind, strict_parse(MESSAGES[kind], data, max_bytes=MAX_REQUEST_BYTES))
        _DECODED.put(key, request)
    return request
