"""Certificates of parties that call our servers in tests, and channels that use them over real TCP."""

from __future__ import annotations

import datetime as dt
from functools import cache

import grpc.aio

from chains.progmat.client.channel import ApiEndpoint, ApiTls, open_channel
from chains.progmat.identity import CertifiedKey, create_authority, issue_node_certificate
from relayer.rpc_server import ServerSettings

NOW = dt.datetime.now(dt.UTC)
CALLERS = ("broker-a", "broker-b")


@cache
def authority(network: str = "test") -> CertifiedKey:
    """The authority of a network; another network's is a stranger to this one."""
    return create_authority(network, NOW)


@cache
def tls_of(name: str, network: str = "test") -> ApiTls:
    """A party's certificate, signed by its network's authority."""
    certified = issue_node_certificate(authority(network), name, NOW)
    return ApiTls(authority(network).certificate_pem, certified.certificate_pem, certified.private_key_pem)


def stranger_tls(name: str) -> ApiTls:
    """A listed name under an authority of the caller's own, that knows the server's authority."""
    own = tls_of(name, "elsewhere")
    return ApiTls(authority().certificate_pem, own.certificate, own.private_key)


def server_settings(name: str, port: int = 0, callers: tuple[str, ...] = CALLERS) -> ServerSettings:
    """A server on a free port of this machine."""
    return ServerSettings(f"127.0.0.1:{port}", tls_of(name), callers)


def channel_to(server: str, port: int, tls: ApiTls) -> grpc.aio.Channel:
    """A connection to the party ``server``."""
    return open_channel(ApiEndpoint(server, f"127.0.0.1:{port}"), tls)
