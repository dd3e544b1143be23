"""Configuration files of a relayer or gateway process, good in every line until a test changes one."""

from __future__ import annotations

from pathlib import Path

from tests.fakes.rpc_parties import tls_of

LINES = {
    "listen": '"127.0.0.1:0"',
    "database": '"relayer.sqlite3"',
    "callers": '["operator"]',  # the relayer's
    "tenants.operator.nodes": "",  # the gateway's
    "evm_key_file": '"relayer.hex"',
    "tls.authority": '"authority.pem"',
    "tls.certificate": '"certificate.pem"',
    "tls.private_key": '"key.pem"',
    "evm.rpc_urls": '["http://127.0.0.1:1"]',
    "evm.deployment_file": '"deployment.json"',
    "ledger.ledger_id": '"progmat-test"',
    "ledger.client_id": '"qbft-0"',
    "ledger.issuer": '{ name = "sn", target = "127.0.0.1:2" }',
    "ledger.validators": '[{ name = "validator-1", target = "127.0.0.1:3" }]',
    "ledger.threshold": "1",
    "ledger.validator_addresses": f'["0x{"11" * 20}"]',
}
OF_PATH = ("evm.", "ledger.", "proof.", "evm_key_file", "receive_margin_s")


def certified_folder(folder: Path) -> Path:
    """The folder, with certificate, keys and EVM secret of a relayer in it."""
    tls = tls_of("relayer")
    (folder / "authority.pem").write_bytes(tls.authority)
    (folder / "certificate.pem").write_bytes(tls.certificate)
    (folder / "key.pem").write_bytes(tls.private_key)
    (folder / "relayer.hex").write_text("0x" + "01" * 32 + "\n")
    return folder


FOR_GATEWAY = {"callers": "", "evm_key_file": "", "tenants.operator.nodes": '["cn-a", "cn-b"]'}
"""What a gateway's file has otherwise."""


def write_config(folder: Path, **changes: str) -> Path:
    """The file with some values replaced; an empty value leaves the line out. ``__`` in a name stands for a dot.

    A relayer's lines about chains and proofs are those of its only path.
    """
    lines = {**LINES, **{name.replace("__", "."): value for name, value in changes.items()}}
    written = [f"{name} = {value}\n" for name, value in lines.items() if value]
    if lines["callers"]:
        written = [line for line in written if not line.startswith(OF_PATH)] + [
            '[[paths]]\nname = "only"\n',
            *(line for line in written if line.startswith(OF_PATH)),
        ]
    path = folder / "relayer.toml"
    path.write_text("".join(written))
    return path
