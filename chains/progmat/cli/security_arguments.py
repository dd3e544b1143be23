"""How commands name a security: its id, its network, and its registrar."""

from __future__ import annotations

from typing import Annotated

import typer

from chains.progmat.cli.arguments import BadArgument
from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.contracts.token import CONTRACT_OF
from chains.progmat.vault.indexing import Asset

SecurityArgument = Annotated[str, typer.Argument(help="The security's id.")]
NetworkOption = Annotated[str, typer.Option("--network", help="ST, or UT for utility tokens.")]
RegistrarOption = Annotated[
    str, typer.Option("--registrar", help="The node that keeps the register; the node asked if not given.")
]


def security_of(security_id: str, network: str, registrar: str) -> Asset:
    """The security; an empty registrar is the node that is asked. Raises ``BadArgument``."""
    names = [each.name for each in CONTRACT_OF]
    if network not in names:
        raise BadArgument(f"--network is one of {', '.join(names)}, not {network[:20]!r}")
    return Asset(BusinessNetwork[network].name, security_id, registrar)
