"""A Validator's suspension by evidence as a kind of flow: its own network, with Validators to spare."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import Final

from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.market_requests import SuspendValidator
from chains.progmat.node.notary_role import NotaryRole
from chains.progmat.transactions.network_parameters import CheckpointSigners
from chains.progmat.transactions.validator_suspension import suspension_path
from primitives.composite_key import CompositeKey
from primitives.public_key import SignatureScheme
from primitives.secp256k1 import address_of
from tests.fakes.equivocations import evidence
from tests.fakes.ledger_parties import CN_B, LEDGER_ID, NN, VALIDATORS, LedgerParty
from tests.integration.ledger.network import PARAMETERS, LedgerNetwork, running_ledger

Opened = tuple[LedgerParty, Callable[[int], Awaitable[AnyRequest]], Callable[[int], Awaitable[None]]]

SPARE_VALIDATORS: Final = tuple(LedgerParty(f"spare-{n}", SignatureScheme.SECP256K1) for n in range(16))


def with_spare_validators(folder: Path, parties: tuple[LedgerParty, ...]) -> AbstractAsyncContextManager[LedgerNetwork]:
    """Three approvals of twenty Validators are enough, most of whom never run: each can be suspended."""
    listed = (*VALIDATORS, *SPARE_VALIDATORS)
    parameters = replace(
        PARAMETERS,
        validator_key=CompositeKey(3, tuple((1, party.key) for party in listed)),
        validators=CheckpointSigners(3, tuple(sorted(address_of(party.secret) for party in listed))),
    )
    return running_ledger(folder, parties, parameters=parameters)


async def suspend_validator(ledger: LedgerNetwork) -> Opened:
    async def following(number: int) -> AnyRequest:
        return SuspendValidator(f"r-{number}", evidence(SPARE_VALIDATORS[number].secret, LEDGER_ID))

    async def check(count: int) -> None:
        notary = ledger.nodes[NN.name].role
        assert isinstance(notary, NotaryRole)
        written = {write.path for entry in notary._store.read_entries(0, 500) for write in entry.writes}
        of = [suspension_path(address_of(party.secret)) for party in SPARE_VALIDATORS]
        assert [path in written for path in of] == [number < count for number in range(len(of))]

    return CN_B, following, check
