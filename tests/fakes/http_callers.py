"""HTTP clients of a running gateway, with a party's certificate, as a platform without gRPC has one."""

from __future__ import annotations

import ssl
from pathlib import Path

import aiohttp

from chains.progmat.client.channel import ApiTls
from relayer.peer_config import TlsFiles
from tests.fakes.rpc_parties import tls_of


def tls_files(directory: Path, name: str, tls: ApiTls | None = None) -> TlsFiles:
    """A party's certificate as files."""
    folder, loaded = directory / f"tls-{name}", tls or tls_of(name)
    folder.mkdir(exist_ok=True)
    files = TlsFiles(authority=folder / "authority.pem", certificate=folder / "c.pem", private_key=folder / "k.pem")
    files.authority.write_bytes(loaded.authority)
    files.certificate.write_bytes(loaded.certificate)
    files.private_key.write_bytes(loaded.private_key)
    return files


def client_context(files: TlsFiles | None, authority: bytes) -> ssl.SSLContext:
    """TLS of a client; without files it has no certificate."""
    context = ssl.create_default_context(cadata=authority.decode())
    context.check_hostname = False  # the devnet's certificates bear the party's name, not the host's
    if files is not None:
        context.load_cert_chain(files.certificate, files.private_key)
    return context


def http_session(port: int, files: TlsFiles | None, authority: bytes) -> aiohttp.ClientSession:
    """A session whose addresses are paths."""
    connector = aiohttp.TCPConnector(ssl=client_context(files, authority))
    return aiohttp.ClientSession(f"https://127.0.0.1:{port}", connector=connector)
