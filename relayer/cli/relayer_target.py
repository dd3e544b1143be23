"""Which relayer a command asks: a devnet's, the one that a configuration describes, or any by its address."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from chains.console import Output, run, show_json
from chains.progmat.client.channel import ApiEndpoint
from primitives.errors import CallerError
from relayer.client import RelayerClient
from relayer.devnet.access import relayer_client
from relayer.devnet.layout import read_state
from relayer.peer_config import TlsFiles

if TYPE_CHECKING:
    from relayer.config import RelayerConfig

DEFAULT_DIR = Path(".devnet")
DirOption = Annotated[Path, typer.Option("--dir", help="Directory of a devnet.", envvar="CROSSDVP_DEVNET")]
TargetOption = Annotated[
    str | None, typer.Option("--target", help="[NAME@]HOST:PORT of a relayer; NAME is its certificate's, or relayer.")
]
TlsDirOption = Annotated[
    Path | None,
    typer.Option(
        "--tls-dir", help="With --target: your certificate.pem and private-key.pem; authority.pem there or above."
    ),
]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="The relayer's own file: its address and its certificate.")
]


class TargetUnclear(CallerError):
    """The options do not say which relayer is asked, or as whom."""

    reason = "TARGET_UNCLEAR"


@dataclass(frozen=True)
class Where:
    """The options of a command; the devnet's directory counts where nothing else is said."""

    directory: Path
    target: str | None
    tls_dir: Path | None
    config: Path | None

    def client(self) -> RelayerClient:
        """Raises ``TargetUnclear``, ``ConfigInvalid``, ``DevnetNotRunning``."""
        if self.target is not None:
            return self._of_target(self.target)
        if self.config is not None:
            config = _settings(self.config)
            return RelayerClient(ApiEndpoint(config.name, dialled(config.listen)), config.tls.load())
        return relayer_client(self.directory, read_state(self.directory))

    def _of_target(self, target: str) -> RelayerClient:
        name, at, address = target.rpartition("@")
        host, _, port = address.rpartition(":")
        if not host or not port.isdecimal():
            raise TargetUnclear(f"--target: expected [NAME@]HOST:PORT, found {target[:80]!r}")
        if self.tls_dir is not None:
            pem = self.tls_dir
            here = pem / "authority.pem"
            tls = TlsFiles(
                authority=here if here.is_file() else pem.parent / "authority.pem",
                certificate=pem / "certificate.pem",
                private_key=pem / "private-key.pem",
            )
        elif self.config is not None:
            tls = _settings(self.config).tls
        else:
            raise TargetUnclear("--target: say as whom, by --tls-dir with your certificate, or by --config")
        return RelayerClient(ApiEndpoint(name if at else "relayer", address), tls.load())


def _settings(file: Path) -> RelayerConfig:
    from relayer.config import RelayerConfig, load_config  # noqa: PLC0415  # brings all that a relayer may be set to

    return load_config(RelayerConfig, file)


def dialled(listen: str) -> str:
    """An address to listen on as one to dial: every address of this machine is reached by the local one."""
    host, _, port = listen.rpartition(":")
    return f"127.0.0.1:{port}" if host in {"0.0.0.0", "[::]", "::"} else listen  # noqa: S104  # compared, not bound


def ask_relayer(where: Where, main: Callable[[RelayerClient], Awaitable[None]], output: Output) -> None:
    """Run a command against a relayer; our errors become exit codes."""

    async def connected() -> None:
        client = where.client()
        try:
            await main(client)
        finally:
            await client.close()

    run(connected, output)


def document_of(message: Message) -> dict[str, object]:
    """A message for programs: names as in the .proto, times in RFC 3339, 64-bit numbers as text."""
    document: dict[str, object] = MessageToDict(message, preserving_proto_field_name=True)
    return document


def show_documents(name: str, messages: list[Message]) -> None:
    """One JSON document with a list."""
    show_json({name: [document_of(message) for message in messages]})
