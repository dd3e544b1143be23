"""The status codes of what a gateway refuses by name, where the kind of blame alone does not say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import grpc

from chains.business_calendar import CalendarUnknown
from relayer.gateway.access_errors import ACCESS_CODES
from relayer.gateway.errors import (
    BadRequest,
    BuyerCancels,
    EtagMismatch,
    FourEyesSameUser,
    NotABusinessDay,
    NothingToAffirm,
    NothingToRetry,
    NotInstructed,
    NotOnHold,
    NotYourInstruction,
    NotYourSide,
    PastCutOff,
    ReferenceTaken,
    RequestIdReused,
    SettlementEnded,
    SettlementUnknown,
    TermsHashDiffers,
    TimesTooClose,
    TimesTooFar,
    TradeAlreadyLocked,
    TradeIdTaken,
    TradeReferenceAmbiguous,
    TradeReferenceUnknown,
)
from relayer.gateway.iso20022.errors import AlreadySettled, CannotCarry, NotSettled, NotYourReference
from relayer.gateway.service_errors import STATUS_CODES as SERVICE_CODES
from relayer.gateway.webhooks.errors import EndpointUnknown, TooManyEndpoints

STATUS_CODES: Final[Mapping[type[BaseException], grpc.StatusCode]] = {
    **ACCESS_CODES,
    **SERVICE_CODES,
    BadRequest: grpc.StatusCode.INVALID_ARGUMENT,
    NotYourInstruction: grpc.StatusCode.PERMISSION_DENIED,
    NotYourSide: grpc.StatusCode.PERMISSION_DENIED,
    SettlementUnknown: grpc.StatusCode.NOT_FOUND,
    RequestIdReused: grpc.StatusCode.ALREADY_EXISTS,
    TradeIdTaken: grpc.StatusCode.ALREADY_EXISTS,
    SettlementEnded: grpc.StatusCode.FAILED_PRECONDITION,
    TradeAlreadyLocked: grpc.StatusCode.FAILED_PRECONDITION,
    TimesTooClose: grpc.StatusCode.FAILED_PRECONDITION,
    TimesTooFar: grpc.StatusCode.FAILED_PRECONDITION,
    BuyerCancels: grpc.StatusCode.PERMISSION_DENIED,
    EtagMismatch: grpc.StatusCode.ABORTED,
    NothingToAffirm: grpc.StatusCode.FAILED_PRECONDITION,
    TermsHashDiffers: grpc.StatusCode.FAILED_PRECONDITION,
    NotInstructed: grpc.StatusCode.FAILED_PRECONDITION,
    NotOnHold: grpc.StatusCode.FAILED_PRECONDITION,
    FourEyesSameUser: grpc.StatusCode.PERMISSION_DENIED,
    NothingToRetry: grpc.StatusCode.FAILED_PRECONDITION,
    ReferenceTaken: grpc.StatusCode.ALREADY_EXISTS,
    TradeReferenceUnknown: grpc.StatusCode.NOT_FOUND,
    TradeReferenceAmbiguous: grpc.StatusCode.FAILED_PRECONDITION,
    NotABusinessDay: grpc.StatusCode.FAILED_PRECONDITION,
    PastCutOff: grpc.StatusCode.FAILED_PRECONDITION,
    CalendarUnknown: grpc.StatusCode.INVALID_ARGUMENT,
    NotSettled: grpc.StatusCode.FAILED_PRECONDITION,
    AlreadySettled: grpc.StatusCode.FAILED_PRECONDITION,
    CannotCarry: grpc.StatusCode.FAILED_PRECONDITION,
    NotYourReference: grpc.StatusCode.FAILED_PRECONDITION,
    EndpointUnknown: grpc.StatusCode.NOT_FOUND,
    TooManyEndpoints: grpc.StatusCode.RESOURCE_EXHAUSTED,
}
