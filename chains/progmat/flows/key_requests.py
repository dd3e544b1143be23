"""Requests about account keys. Continues ``requests``, under its rules; fields are those of ``key_service.proto``."""

from __future__ import annotations

from dataclasses import dataclass

from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.contracts.token import CONTRACT_OF
from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.request_base import FlowRequest


@dataclass(frozen=True)
class RotateTokens(FlowRequest):
    """The free tokens of one account to another of this node, a bounded batch at a time."""

    kind = FlowKind.ROTATE_TOKENS

    network: BusinessNetwork
    token_id: str
    registrar: str
    from_account_key: bytes
    to_account_key: bytes

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.network not in CONTRACT_OF:
            raise InvalidRequest("network", f"{self.network.name} has no tokens: ST or UT is wanted")
