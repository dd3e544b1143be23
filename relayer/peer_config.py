"""Who is called and as whom: the sections of settings that clients need too, and the reading of their files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from chains.progmat.client.channel import ApiEndpoint, ApiTls
from primitives.errors import CallerError

MAX_FILE_BYTES = 256 * 1024


class ConfigInvalid(CallerError):
    """The configuration file cannot be used; every problem is listed. ``places``: key by key, where that is known."""

    reason = "CONFIG_INVALID"

    def __init__(self, path: str, problems: str, places: Sequence[tuple[tuple[int | str, ...], str]] = ()) -> None:
        self.path, self.problems, self.places = path, problems, tuple(places)
        super().__init__(f"{path}: {problems}")


def _host_and_port(text: str) -> str:
    host, colon, port = text.rpartition(":")
    if not (host and colon and port.isascii() and port.isdecimal() and int(port) <= 65535):
        raise ValueError(f"expected host:port with a port up to 65535, found {text[:80]!r}")
    return text


HostAndPort = Annotated[str, AfterValidator(_host_and_port)]
PartyName = Annotated[str, Field(min_length=1, max_length=63)]


class Section(BaseModel):
    """A part of a configuration file: what it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TlsFiles(Section):
    """PEM files: the authority that both sides trust, our certificate and its key."""

    authority: Path
    certificate: Path
    private_key: Path

    def load(self) -> ApiTls:
        """Read the files. Raises ``ConfigInvalid`` naming the one that cannot be read, or is not what it should be."""
        authority, certificate, key = (
            file_content(path) for path in (self.authority, self.certificate, self.private_key)
        )
        _certificate_key(self.authority, authority)
        try:
            own_key = serialization.load_pem_private_key(key, password=None).public_key()
        except (ValueError, TypeError) as broken:
            raise ConfigInvalid(str(self.private_key), f"not an unencrypted PEM private key: {broken}") from None
        if own_key != _certificate_key(self.certificate, certificate):
            raise ConfigInvalid(str(self.private_key), f"is not the key of the certificate {self.certificate}")
        return ApiTls(authority, certificate, key)


class Peer(Section):
    """A ledger party's API: the name in its certificate, and ``host:port``."""

    name: PartyName
    target: HostAndPort

    def endpoint(self) -> ApiEndpoint:
        """As the ledger's client takes it."""
        return ApiEndpoint(self.name, self.target)


def file_content(path: Path) -> bytes:
    """What a file of settings or keys holds. Raises ``ConfigInvalid`` if it cannot be read, or is too long."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as failure:
        raise ConfigInvalid(str(path), f"cannot be read: {failure.strerror}") from None
    if len(content) > MAX_FILE_BYTES:
        raise ConfigInvalid(str(path), f"longer than {MAX_FILE_BYTES} bytes")
    return content


def _certificate_key(path: Path, pem: bytes) -> object:
    """The public key of a certificate file's first certificate."""
    try:
        return x509.load_pem_x509_certificate(pem).public_key()
    except ValueError as broken:
        raise ConfigInvalid(str(path), f"not a PEM certificate: {broken}") from None
