"""Where a devnet keeps its files, and the one file that says everything about a running one."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from primitives.errors import CallerError
from relayer.peer_config import Peer

STATE_FILE = "devnet.json"
LEDGER_ID = "progmat-devnet"
COIN_ID = "PGC-WS-1"
NODES = ("sn", "an", "en", "cn-a", "cn-b", "nn", "validator-1", "validator-2", "validator-3", "validator-4")
JOURNAL_NOTARY, SECOND_NOTARY = "nn", "nn-2"
NODE_PROGRAM = "chains.progmat.node"
API_CLIENTS = ("relayer", "gateway", "operator")
BROKERS = {"cn-a": "broker-a", "cn-b": "broker-b"}
"""By custodian node, the certificate of the broker whose platform speaks for its customers."""
LEDGER_CLIENT_ID = "qbft-0"  # the light client of the EVM chain, hosted by the ledger
PATH_NAME = "devnet"
EVM_CLIENT_ID = "progmat-0"  # the light client of the ledger, hosted by the EVM chain


OBSERVED = ("relayer", "gateway")
"""Processes that have a metrics listener and keep their spans in a file."""


def traces_file(name: str) -> str:
    """Where a process keeps its spans, from the devnet's directory."""
    return f"{name}-traces.jsonl"


class Notaries(Enum):
    """How many notaries a devnet has."""

    ONE = 1
    TWO = 2

    @property
    def nodes(self) -> tuple[str, ...]:
        """The names of the ledger's nodes then."""
        return NODES if self is Notaries.ONE else (*NODES, SECOND_NOTARY)


class DevnetNotRunning(CallerError):
    """There is no devnet in that directory."""

    reason = "DEVNET_NOT_RUNNING"

    def __init__(self, directory: Path) -> None:
        self.directory = str(directory)
        super().__init__(f"no devnet in {directory}: start one with `crossdvp devnet up`")


class DevnetAlreadyRunning(CallerError):
    """The directory holds a devnet; two cannot share it."""

    reason = "DEVNET_ALREADY_RUNNING"

    def __init__(self, directory: Path) -> None:
        self.directory = str(directory)
        super().__init__(f"{directory} holds a devnet: stop it with `crossdvp devnet down`, or choose another --dir")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Process(_Model):
    """A process of the devnet; its log is ``logs/NAME.log``. ``argv``: the command that starts another one like it.

    ``started_ticks``: when it began, in clock ticks after the machine's start, 0 where the system has no /proc. With
    the number it names the process: numbers are used again, and a forked program's command line was given to it later.
    """

    name: str
    pid: int
    argv: tuple[str, ...]
    started_ticks: int = 0


class Party(_Model):
    """A broker with an account on either side: an EVM address whose key it keeps, a cash account at its node.

    ``broker`` is the name in its platform's certificate.
    """

    name: str
    broker: str
    node: str
    evm_address: str
    evm_key_file: str
    cash_key: str


class Instrument(_Model):
    """A security of the devnet: the token, the adapter that holds it for trades, and what it is, in words.

    ``exchange``: where ibet's deliveries are made; empty for all other families.
    """

    family: str
    token: str
    adapter: str
    exchange: str = ""
    what: str


class DevnetState(_Model):
    """All one needs to use a running devnet. Paths are relative to the devnet's directory.

    ``metrics``: the addresses of /metrics, /healthz and /readyz by process.
    """

    ledger_id: str
    coin_id: str
    rpc_url: str
    deployment_file: str
    block_period_ms: int
    nodes: dict[str, Peer]
    gateway: Peer
    http_url: str = ""
    relayer: Peer
    seller: Party
    buyer: Party
    instruments: tuple[Instrument, ...]
    processes: tuple[Process, ...]
    proof: str = "direct"
    metrics: dict[str, str] = {}


def read_state(directory: Path) -> DevnetState:
    """The devnet in a directory. Raises ``DevnetNotRunning``."""
    try:
        return DevnetState.model_validate_json((directory / STATE_FILE).read_bytes())
    except (OSError, ValidationError):
        raise DevnetNotRunning(directory) from None


def write_state(directory: Path, state: DevnetState) -> None:
    """Replace the state file in one step."""
    fresh = directory / f"{STATE_FILE}.new"
    fresh.write_text(state.model_dump_json(indent=2))
    fresh.replace(directory / STATE_FILE)
