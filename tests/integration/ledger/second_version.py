"""A running ledger whose members agree on the second package, and whose nodes then run it."""

from __future__ import annotations

from typing import Final

from chains.progmat.contracts.package import ContractPackage
from chains.progmat.flows.replacement_requests import StateChoice, UpgradeStates
from chains.progmat.transactions.package_approval import PackageApproval
from primitives.types import Hash32
from tests.fakes.epochs import following
from tests.fakes.second_package import second_package
from tests.integration.ledger.epochs import bring_into_force, flag_day_s
from tests.integration.ledger.network import PACKAGE, LedgerNetwork
from tests.integration.ledger.proposals import approved

SECOND: Final[ContractPackage] = second_package(PACKAGE.hash, PACKAGE.light_clients)


async def agree_on_the_second(ledger: LedgerNetwork) -> None:
    """A vote, and the epoch that rests on it: both packages are in force."""
    result_tx = Hash32(await approved(ledger, SECOND.hash))
    epoch = following(
        ledger.parameters,
        flag_day_s(ledger),
        contract_packages=tuple(sorted((PACKAGE.hash, SECOND.hash))),
        package_approvals=(PackageApproval(SECOND.hash, result_tx),),
    )
    await bring_into_force(ledger, epoch)


def upgrade(request_id: str, **choice: object) -> UpgradeStates:
    """States of the first package, all of them unless ``choice`` says which."""
    return UpgradeStates(request_id, bytes(PACKAGE.hash), StateChoice(**choice))  # type: ignore[arg-type] # its fields
