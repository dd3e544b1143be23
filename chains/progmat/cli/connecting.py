"""How commands reach a running node: by its configuration file, or by address and certificate files.

With the node's own file (``--config``) a command comes as the node itself, whom its API lets do everything; with
``--certificate`` and ``--private-key`` as whoever they name. A topic whose commands ask a node is made by
``node_commands``: its node is named before the command, and ``connected`` calls it.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Protocol, TypeVar

import typer

from chains.progmat.client.channel import ApiEndpoint, ApiTls
from chains.progmat.client.sessions import in_session
from primitives.errors import CallerError

SESSION_VARIABLE: Final = "CROSSDVP_SESSION"
"""What `crossdvp people login` gives; in the environment of the commands that follow."""
APPROVAL_VARIABLE: Final = "CROSSDVP_APPROVAL"
"""The id of the approval that a command for two persons brings."""

ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="The node's TOML file.", envvar="CROSSDVP_NODE_CONFIG")
]
TargetOption = Annotated[str, typer.Option("--target", help="host:port of the node; instead of its file.")]
NodeOption = Annotated[str, typer.Option("--node", help="The name in the node's certificate, with --target.")]
AuthorityOption = Annotated[Path | None, typer.Option(help="PEM file of the network's authority, with --target.")]
CertificateOption = Annotated[Path | None, typer.Option(help="PEM file of the certificate to come with.")]
PrivateKeyOption = Annotated[Path | None, typer.Option(help="PEM file of its private key.")]


class NodeNotNamed(CallerError):
    """The command does not know which node to call, or as whom."""

    reason = "NODE_NOT_NAMED"


class UnreadableFile(CallerError):
    """A certificate or key file cannot be read."""

    reason = "UNREADABLE_FILE"


@dataclass(frozen=True)
class NodeAccess:
    """Where a node is, and as whom to call it."""

    endpoint: ApiEndpoint
    tls: ApiTls


class Closable(Protocol):
    """Any of the clients of a node's API."""

    async def close(self) -> None:
        """Give the connection back."""


ClientT = TypeVar("ClientT", bound=Closable)


def node_commands(about: str) -> typer.Typer:
    """The commands of one topic (`about`: what its help says), with the options that name the node before them."""
    app = typer.Typer(help=about, no_args_is_help=True, add_completion=False)
    app.callback()(_name_node)
    return app


def access_of(context: typer.Context) -> NodeAccess:
    """The node that was named before the command; raises as ``node_access``."""
    access: Callable[[], NodeAccess] = context.obj
    return access()


@asynccontextmanager
async def connected(context: typer.Context, client: Callable[[ApiEndpoint, ApiTls], ClientT]) -> AsyncIterator[ClientT]:
    """A client of the node that was named before the command, closed at the end; raises as ``node_access``.

    It calls in the session, and brings the approval, that the environment names.
    """
    access = access_of(context)
    with in_session(os.environ.get(SESSION_VARIABLE, ""), os.environ.get(APPROVAL_VARIABLE, "")):
        opened = client(access.endpoint, access.tls)
    try:
        yield opened
    finally:
        await opened.close()


def _name_node(
    context: typer.Context,
    config: ConfigOption = None,
    target: TargetOption = "",
    node: NodeOption = "",
    authority: AuthorityOption = None,
    certificate: CertificateOption = None,
    private_key: PrivateKeyOption = None,
) -> None:
    """Keep what names the node until a command asks it: some commands need none, and all of them have ``--help``."""
    context.obj = lambda: node_access(config, target, node, authority, certificate, private_key)


def node_access(
    config: Path | None,
    target: str,
    node: str,
    authority: Path | None,
    certificate: Path | None,
    private_key: Path | None,
) -> NodeAccess:
    """What the options say. Raises ``NodeNotNamed``, ``UnreadableFile``, ``BadNodeConfig``."""
    if (certificate is None) != (private_key is None):
        raise NodeNotNamed("--certificate and --private-key belong together: give both or neither")
    if config is not None:
        from chains.progmat.node.config import load_node_config  # noqa: PLC0415  # only files need a settings library

        node_config = load_node_config(config)
        listen, tls = node_config.listen, node_config.tls
        target = target or f"{listen.host}:{listen.port}"
        node = node or node_config.name
        authority = authority or tls.authority
        certificate, private_key = certificate or tls.certificate, private_key or tls.private_key
    if not target or not node or authority is None or certificate is None or private_key is None:
        raise NodeNotNamed(
            "which node, and as whom? Give --config NODE.toml, or --target HOST:PORT --node NAME "
            "--authority, --certificate and --private-key PEM files"
        )
    return NodeAccess(
        ApiEndpoint(node, target), ApiTls(_bytes_of(authority), _bytes_of(certificate), _bytes_of(private_key))
    )


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"{file} cannot be read: {error.strerror}") from error
