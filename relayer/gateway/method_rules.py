"""Who may call what: every method of every service that a gateway serves, the roles it is for, and what it counts as.

A method without a row is closed to everybody. Reading is for every role; whoever only audits changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from types import MappingProxyType
from typing import Final

from relayer.gateway.limits import CallClass
from relayer.gateway.tenants import Role
from relayer.rpc.reflection import REFLECTION_METHODS
from relayer.rpc.well_formed import MAX_REQUEST_BYTES

PACKAGE: Final = "crossdvp.gateway.v1"
BULK_REQUEST_BYTES: Final = 1024 * 1024


class Audited(Enum):
    """When the audit entries of a method that changes something are written."""

    BEFORE = "before"
    """The intent on its own, before anything is done: for effects that the database's transaction does not hold."""
    WITHIN = "within"
    """Both in the one transaction that is the method's whole effect."""


@dataclass(frozen=True)
class MethodRule:
    """``roles``: one of them is needed. ``is_privileged``: who is refused it is worth an audit entry."""

    call_class: CallClass
    roles: frozenset[Role] = frozenset(Role)
    is_privileged: bool = False
    needs_identity: bool = True
    max_request_bytes: int = MAX_REQUEST_BYTES
    audited: Audited = Audited.BEFORE

    @property
    def changes(self) -> bool:
        """Whether the method changes anything: the call is in the audit log then."""
        return self.call_class is CallClass.CHANGE


def _change(*roles: Role, max_request_bytes: int = MAX_REQUEST_BYTES) -> MethodRule:
    return MethodRule(CallClass.CHANGE, frozenset(roles), is_privileged=True, max_request_bytes=max_request_bytes)


_READ = MethodRule(CallClass.READ)
_WATCH = MethodRule(CallClass.STREAM)
_AUDIT = MethodRule(CallClass.READ, frozenset({Role.AUDITOR}), is_privileged=True)
_SCHEMA = MethodRule(CallClass.STREAM, needs_identity=False)  # what the methods are is no secret among certificates

_PROPOSES = _change(Role.PROPOSER)
_AFFIRMS = _change(Role.AFFIRMER)
_TRADES = _change(Role.PROPOSER, Role.AFFIRMER)
_OPERATES = _change(Role.OPERATOR)


def _alone(rule: MethodRule) -> MethodRule:
    """Of a method that does nothing but change one settlement."""
    return replace(rule, audited=Audited.WITHIN)


BY_SERVICE: Final[Mapping[str, Mapping[str, MethodRule]]] = {
    "SettlementService": {
        "CreateSettlement": _alone(_PROPOSES),
        "BatchCreateSettlements": _change(Role.PROPOSER, max_request_bytes=BULK_REQUEST_BYTES),
        "AffirmSettlement": _alone(_AFFIRMS),
        "GetSettlement": _READ,
        "ListSettlements": _READ,
        "WatchSettlements": _WATCH,
        "UpdateSettlement": _alone(_TRADES),
        "HoldSettlement": _alone(_TRADES),
        "ReleaseSettlement": _alone(_TRADES),
        "RetrySettlement": _alone(_OPERATES),
        "CancelSettlement": _TRADES,
    },
    "AuditService": {"ListAuditEntries": _AUDIT},
    "CustodyService": {
        "PrepareTransaction": _TRADES,
        "ExecuteTransaction": _TRADES,
        "GetOperation": _READ,
    },
    "InstrumentService": {
        "GetInstrument": _READ,
        "ListInstruments": _READ,
        "UpdateInstrument": _OPERATES,
    },
    "MessageService": {"SubmitMessage": _PROPOSES, "GetMessage": _READ},
    "PartyService": {
        "GetAccount": _READ,
        "ListAccounts": _READ,
        "CreateAccount": _OPERATES,
        "DeleteAccount": _OPERATES,
        "ListCounterparties": _READ,
        "AddCounterparty": _OPERATES,
        "RemoveCounterparty": _OPERATES,
    },
    "PreflightService": {"CheckSettlement": _READ},
    "ProofService": {"GetProofBundle": _READ},
    "WebhookService": {
        "CreateEndpoint": _OPERATES,
        "GetEndpoint": _READ,
        "ListEndpoints": _READ,
        "UpdateEndpoint": _OPERATES,
        "DeleteEndpoint": _OPERATES,
        "RotateSecret": _OPERATES,
        "ListDeliveries": _READ,
        "ReplayEvents": _OPERATES,
        "SendTestEvent": _OPERATES,
    },
}
"""By service and method, without the package."""

RULES: Final[Mapping[str, MethodRule]] = MappingProxyType(
    {
        f"/{PACKAGE}.{service}/{method}": rule
        for service, methods in BY_SERVICE.items()
        for method, rule in methods.items()
    }
    | dict.fromkeys(REFLECTION_METHODS, _SCHEMA)
)
"""By full method name, as gRPC has it."""

MOST_BYTES: Final[Mapping[str, int]] = {method: rule.max_request_bytes for method, rule in RULES.items()}
