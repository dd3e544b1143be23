"""``crossdvp gateway token``: sign a per-call token, as a platform's own systems would."""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from typing import Annotated

import typer

from chains.console import JsonFlag, Output, fail, output_of, show_json
from primitives.errors import CallerError, CrossDvpError
from relayer.gateway.tenants import Role
from relayer.gateway.token_minting import TokenOrder, read_signing_key, signed_token
from relayer.rpc.callers import thumbprint_of

MAX_CERTIFICATE_BYTES = 64 * 1024
app = typer.Typer(add_completion=False)


class CertificateUnusable(CallerError):
    """The file holds no certificate to bind a token to."""

    reason = "CERTIFICATE_UNUSABLE"

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path}: expected a PEM certificate, the one the calls are made with; {problem}")


@app.command()
def token(
    key: Annotated[Path, typer.Option("--key", help="PEM file with the platform's private key for tokens.")],
    user: Annotated[str, typer.Option("--user", help="Whom the token is for: a name of the platform's `users`.")],
    platform: Annotated[str, typer.Option("--platform", help="The name in the platform's certificate.")],
    certificate: Annotated[
        Path, typer.Option("--certificate", help="PEM file: the certificate the calls are made with.")
    ],
    kid: Annotated[str, typer.Option("--kid", help="The key's name under the gateway's `token_keys`.")] = "k1",
    gateway: Annotated[str, typer.Option("--gateway", help="Name of the gateway.")] = "gateway",
    ttl_s: Annotated[int, typer.Option("--ttl", min=1, max=86_400, help="Seconds that the token is good for.")] = 900,
    role: Annotated[list[Role] | None, typer.Option("--role", help="Only these of the user's roles.")] = None,
    single_use: Annotated[bool, typer.Option("--single-use", help="Good for one change and its repeats.")] = False,
    json_flag: JsonFlag = False,
) -> None:
    """Sign a token and print it: it goes into the metadata `authorization: Bearer TOKEN` of each call.

    Example: crossdvp gateway token --key tokens.pem --user alice --platform broker-a --certificate certificate.pem
    """
    output = output_of(json_flag)
    now_s = int(time.time())
    try:
        order = TokenOrder(
            platform=platform,
            user=user,
            audience=gateway,
            thumbprint=_thumbprint(certificate),
            ttl_s=ttl_s,
            jti=secrets.token_hex(16) if single_use else "",
            roles=tuple(role or ()),
        )
        signed = signed_token(read_signing_key(key, kid), order, now_s)
    except CrossDvpError as error:
        fail(error, output)
    if output is Output.PROGRAMS:
        show_json({"token": signed, "user": user, "expires_s": now_s + ttl_s})
    else:
        typer.echo(signed)


def _thumbprint(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return thumbprint_of(file.read(MAX_CERTIFICATE_BYTES))
    except OSError as failure:
        raise CertificateUnusable(path, f"it cannot be read: {failure.strerror}") from None
    except ValueError as broken:
        raise CertificateUnusable(path, str(broken)) from None
