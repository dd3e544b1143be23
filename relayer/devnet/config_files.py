"""The configuration files of a devnet's processes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from light_clients.progmat import ValidatorSet
from primitives.types import Address
from relayer.core.crash_points import CrashPoint
from relayer.devnet.layout import (
    API_CLIENTS,
    BROKERS,
    JOURNAL_NOTARY,
    LEDGER_CLIENT_ID,
    LEDGER_ID,
    NODES,
    PATH_NAME,
    SECOND_NOTARY,
    traces_file,
)
from relayer.peer_config import Peer

EVM_CHAIN_ID = 919_191  # nobody's network
HUB_CHAIN_ID = 919_192
THRESHOLD = 3
_ROLES = {
    "sn": ["SN", "BNO"],
    "an": ["AN"],
    "en": ["EN"],
    "cn-a": ["CN"],
    "cn-b": ["CN"],
    JOURNAL_NOTARY: ["NN"],
    SECOND_NOTARY: ["NN"],
}


def validator_set(directory: Path) -> ValidatorSet:
    """The Validators of a network that was made."""
    signers = json.loads((directory / "network" / "checkpoint-signers.json").read_text())
    addresses = (Address(bytes.fromhex(address[2:])) for address in signers["validators"])
    return ValidatorSet(signers["threshold"], tuple(addresses))


def network_spec(
    ports: dict[str, int], attestation_roots: Sequence[str] = (), programs: Sequence[str] = ()
) -> dict[str, object]:
    """What ``chains.progmat.bootstrap`` makes the ledger's files from. The issuer's node is the operator's, too.

    ``attestation_roots`` are pinned beside the makers'; ``programs`` get certificates beside relayer and gateway.
    """
    relayer, gateway, operator = API_CLIENTS
    return {
        "ledger_id": LEDGER_ID,
        "threshold": THRESHOLD,
        "nodes": [
            {
                "name": name,
                "roles": _ROLES.get(name, ["VALIDATOR"]),
                "port": ports[name],
                "platforms": [BROKERS[name]] if name in BROKERS else [],
            }
            for name in (*NODES, SECOND_NOTARY)
            if name in ports
        ],
        "journal_notary": JOURNAL_NOTARY,
        "operators": [operator],
        "gateways": [gateway],
        # The gateway brings the header under which it proves an earmark: the relayers' permission.
        "relayers": [relayer, gateway, *programs],
        "attestation_roots": list(attestation_roots),
    }


def write_evm(directory: Path, port: int, block_period_s: int) -> None:
    """The EVM chain's file."""
    (directory / "evm.toml").write_text(_chain(EVM_CHAIN_ID, port, block_period_s, directory.as_posix()))


def write_hub(directory: Path, port: int, block_period_s: int) -> None:
    """The hub's file: another chain of the same kind, with validators of its own, that a restart finds again."""
    chain = _chain(HUB_CHAIN_ID, port, block_period_s, f"{directory.as_posix()} hub")
    (directory / "hub.toml").write_text(chain + f"data_dir = {json.dumps((directory / 'hub-chain').as_posix())}\n")


def _chain(chain_id: int, port: int, block_period_s: int, validator_seed: str) -> str:
    return (
        f'host = "127.0.0.1"\nport = {port}\nchain_id = {chain_id}\nblock_period_ms = {block_period_s * 1000}\n'
        f"validator_seed = {json.dumps(validator_seed)}\n"
    )


def write_relayer_and_gateway(
    directory: Path,
    rpc_url: str,
    nodes: dict[str, Peer],
    validators: ValidatorSet,
    relayer: Peer,
    gateway: Peer,
    proof: Callable[[str], str] = lambda _process: "",
    http_port: int = 0,
    telemetry: Callable[[str], str] = lambda _process: "",
) -> None:
    """Both files, with the ``[proof]`` and ``[telemetry]`` sections that ``proof`` and ``telemetry`` give for each.

    And the relayer's variant for the kill scenario: the same, but for the line it dies at.
    """
    head = _head(relayer, "relayer") + f"callers = {json.dumps([API_CLIENTS[2], 'relayer'])}\n"
    kill = f'profile = "test"\nkill_at = "{CrashPoint.BEFORE_ACKNOWLEDGE.value}"\n'
    path = _path(shared_sections("relayer", rpc_url, nodes, validators) + proof("relayer")) + telemetry("relayer")
    (directory / "relayer.toml").write_text(head + path)
    (directory / "relayer-kill.toml").write_text(head + kill + path)
    margins = "before_lock_s = 3\nlock_to_settle_s = 5\nbefore_payment_s = 6\npayment_to_settle_s = 5\n"
    (directory / "gateway.toml").write_text(
        'profile = "test"\n'  # webhooks may go to this machine, without TLS
        + _head(gateway, "gateway")
        + margins
        + _http_and_webhooks(http_port)
        + _tenants()
        + shared_sections("gateway", rpc_url, nodes, validators)
        + proof("gateway")
        + telemetry("gateway")
    )


def _http_and_webhooks(port: int) -> str:
    """The gateway's JSON face, and the key that seals webhooks' secrets, which boot has made."""
    listen = f'[http]\nlisten = "127.0.0.1:{port}"\n'
    return listen + '[webhooks]\nkey_file = "keys/webhooks.hex"\nfirst_pause_s = 1\nmost_pause_s = 10\n'


def telemetry_section(name: str, port: int) -> str:
    """A process's ``[telemetry]``: its listener on ``port``, and its spans in a file beside its database."""
    return f'[telemetry]\nmetrics_listen = "127.0.0.1:{port}"\ntraces_file = "{traces_file(name)}"\n'


def _head(peer: Peer, name: str) -> str:
    return f'name = "{name}"\nlisten = "{peer.target}"\ndatabase = "{name}.sqlite3"\n'


def _path(sections: str) -> str:
    """The relayer's only path: the sections that a gateway has at its top, but for the certificates."""
    tls, _, chains = sections.partition("[evm]")
    of_path = re.sub(r"^\[", "[paths.", "[evm]" + chains, flags=re.MULTILINE)
    return f'{tls}[[paths]]\nname = "{PATH_NAME}"\nevm_key_file = "keys/relayer.hex"\n{of_path}'


def _tenants() -> str:
    """Each broker for its node. The operator for both, so that a person sees everything: on a devnet only."""
    nodes_of = {broker: [node] for node, broker in BROKERS.items()} | {API_CLIENTS[2]: list(BROKERS)}
    return "".join(
        f"[tenants.{name}]\nnodes = {json.dumps(nodes)}\n" + ('audit = "all"\n' if name == API_CLIENTS[2] else "")
        for name, nodes in nodes_of.items()
    )


def shared_sections(name: str, rpc_url: str, nodes: dict[str, Peer], validators: ValidatorSet) -> str:
    """The sections all files have; tables come last in TOML."""
    addresses = ["0x" + address.hex() for address in validators.validators]
    sections = [
        "[tls]",
        'authority = "network/authority.pem"',
        f'certificate = "network/{name}/certificate.pem"',
        f'private_key = "network/{name}/private-key.pem"',
        "[evm]",
        f"rpc_urls = {json.dumps([rpc_url])}",
        'deployment_file = "deployment.json"',
        "[ledger]",
        f'ledger_id = "{LEDGER_ID}"',
        f'client_id = "{LEDGER_CLIENT_ID}"',
        f"threshold = {validators.threshold}",
        f"validator_addresses = {json.dumps(addresses)}",
        f"issuer = {_inline(nodes['sn'])}",
        f"custodians = [{_inline(nodes['cn-a'])}, {_inline(nodes['cn-b'])}]",
        f"validators = [{', '.join(_inline(nodes[n]) for n in NODES if n.startswith('validator-'))}]",
    ]
    return "\n".join(sections) + "\n"


def _inline(peer: Peer) -> str:
    return f"{{ name = {json.dumps(peer.name)}, target = {json.dumps(peer.target)} }}"
