"""The contracts as a platform would deploy them, and a ledger whose every word the test writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from chains.evm.client.account import created_address
from light_clients.progmat import join_proofs
from tests.fakes import progmat_oracle as oracle
from tests.fakes.evm_abi import decode_revert
from tests.fakes.evm_sandbox import CHAIN_ID, GENESIS_TIME_S, Account, Contract, EvmSandbox, Receipt
from tests.fakes.ibc_oracle import ERROR_ACK, Packet, Terms, terms_hash, terms_value, window
from tests.fakes.progmat_oracle import Checkpoint, Tree, ValidatorSet

LEDGER_ID: Final = "progmat-test"
CLIENT_ID: Final = "progmat-0"
LEDGER_CLIENT_ID: Final = "qbft-0"
TRUSTING_PERIOD_S: Final = 7 * 86400
MAX_CLOCK_DRIFT_S: Final = 30
EARMARK_MARGIN_S: Final = 600
LISTING_DELAY_S: Final = 7 * 86400
FIRST_HEIGHT: Final = 100
QUANTITY: Final = 25
LEAD_CASH: Final = 1

SELLER: Final = Account.named("seller")
BUYER: Final = Account.named("buyer")
RELAYER: Final = Account.named("relayer")
STRANGER: Final = Account.named("stranger")


TERM_FIELDS: Final = ("trade_id", "token", "adapter", "quantity", "seller", "buyer", "cash_hash", "window")


def role(name: str) -> bytes:
    """A role's id."""
    return oracle.keccak(f"crossdvp.role.{name}".encode())


@dataclass
class LedgerWords:
    """What the ledger has written and vouched for."""

    height: int = FIRST_HEIGHT
    writes: dict[bytes, bytes] = field(default_factory=dict)
    tree_depth: int = 0
    checkpoint_s: int = GENESIS_TIME_S


@dataclass
class DvpDeployment:
    """Router, light client, app, escrow adapter and token; the ledger's writes, height and Validators."""

    sandbox: EvmSandbox
    router: Contract
    light_client: Contract
    app: Contract
    adapter: Contract
    token: Contract
    validators: ValidatorSet
    ledger: LedgerWords = field(default_factory=LedgerWords)

    # ------------------------------------------------------------------------------------------------- the ledger

    @property
    def writes(self) -> dict[bytes, bytes]:
        """The ledger's provable writes, to add to."""
        return self.ledger.writes

    @writes.setter
    def writes(self, writes: dict[bytes, bytes]) -> None:
        self.ledger.writes = writes

    @property
    def height(self) -> int:
        """The ledger's last height."""
        return self.ledger.height

    @height.setter
    def height(self, height: int) -> None:
        self.ledger.height = height

    @property
    def tree_depth(self) -> int:
        """How deep proofs are at least."""
        return self.ledger.tree_depth

    @tree_depth.setter
    def tree_depth(self, depth: int) -> None:
        self.ledger.tree_depth = depth

    @property
    def checkpoint_s(self) -> int:
        """The time of the last checkpoint."""
        return self.ledger.checkpoint_s

    @property
    def tree(self) -> Tree:
        """The ledger's provable writes."""
        return Tree(dict(self.writes), self.tree_depth)

    def checkpoint(self, *, timestamp_s: int | None = None) -> Checkpoint:
        """A checkpoint of the ledger as it is, one height on."""
        self.ledger.height += 1
        self.ledger.checkpoint_s = self.sandbox.now_s if timestamp_s is None else timestamp_s
        return Checkpoint(self.height, self.checkpoint_s, self.tree.root, self.validators.hash)

    def header(self, *, timestamp_s: int | None = None) -> bytes:
        """A signed header of the ledger as it is."""
        return oracle.header(self.checkpoint(timestamp_s=timestamp_s), self.validators, LEDGER_ID)

    def update(self, *, timestamp_s: int | None = None) -> Receipt:
        """Bring the light client up to the ledger."""
        header = self.header(timestamp_s=timestamp_s)
        return self.router.transact("updateClient", CLIENT_ID, header, sender=RELAYER)

    def proof(self, key: bytes) -> bytes:
        """A proof for the light client at the last checkpoint."""
        return self.checkpoint_s.to_bytes(8, "big") + self.tree.prove(key).encode()

    # -------------------------------------------------------------------------------------------------- the trade

    def terms(self, trade: int = 1, *, quantity: int = QUANTITY) -> Terms:
        """Terms of a numbered trade between seller and buyer, one hour to settle."""
        trade_id = oracle.keccak(b"trade %d" % trade)
        now_s = GENESIS_TIME_S
        deadline = window(LEAD_CASH, now_s + 1800, now_s + 3600)
        cash_hash = oracle.keccak(b"cash %d" % trade)
        adapter, token = self.adapter.address, self.token.address
        return (trade_id, token, adapter, quantity, SELLER.address, BUYER.address, cash_hash, deadline)

    def terms_hash(self, terms: Terms) -> bytes:
        """Hash on this chain."""
        return terms_hash(terms, CHAIN_ID)

    def earmark(self, terms: Terms) -> Receipt:
        """Approve and earmark as the seller."""
        self.token.transact("approve", self.adapter.address, terms[3], sender=SELLER)
        return self.app.transact("earmark", terms, sender=SELLER)

    def packet(self, terms: Terms, sequence: int = 1) -> Packet:
        """The packet of the ledger's cash lock."""
        payload = ("dvp", "dvp", "dvp-1", "application/x-solidity-abi", terms_value(terms))
        return Packet(sequence, LEDGER_CLIENT_ID, CLIENT_ID, terms[7] & (1 << 64) - 1, (payload,))

    def commit(self, packet: Packet) -> None:
        """The ledger commits to a packet and the light client learns it."""
        self.writes[packet.commitment_path] = packet.commitment
        self.update()

    def committed(self, packet: Packet) -> Packet:
        """The same packet, after the ledger committed to it."""
        self.commit(packet)
        return packet

    def recv_args(self, packet: Packet) -> tuple[object, bytes, tuple[int, int]]:
        """Argument of recvPacket at the ledger's height."""
        return (packet.abi, self.proof(packet.commitment_path), (0, self.height))

    def recv_together_args(self, packets: Sequence[Packet]) -> tuple[object, ...]:
        """Argument of recvPackets at the ledger's height, for packets of one route, in whatever order."""
        paths = [packet.commitment_path for packet in packets]
        tree = self.tree
        joint = join_proofs(paths, [self.checkpoint_s.to_bytes(8, "big") + tree.prove(at).encode() for at in paths])
        ordered = [packets[at] for at in joint.order]
        lines = [(packet.sequence, packet.timeout_s, packet.payloads[0][4]) for packet in ordered]
        first = ordered[0]
        route = (first.source_client, first.dest_client, *first.payloads[0][:4])
        return (*route, lines, joint.proof, (0, self.height))

    def receive(self, packet: Packet, *, gas: int = 5_000_000) -> Receipt:
        """Relay a packet that is committed and updated to."""
        return self.router.transact("recvPacket", self.recv_args(packet), sender=RELAYER, gas=gas)

    def balances(self) -> tuple[int, int, int]:
        """Token balances of seller, buyer and escrow."""
        holders = (SELLER.address, BUYER.address, self.adapter.address)
        seller, buyer, escrow = (self.token.call("balanceOf", holder) for holder in holders)
        return seller, buyer, escrow


def deploy_dvp(*, threshold: int = 3, size: int = 4, relayers: bytes = bytes(20)) -> DvpDeployment:
    """Deploy and wire everything; `relayers` gets the relayer role (zero address: everybody)."""
    deployed = _deployed(threshold, size, relayers)
    sandbox = deployed.sandbox.fork()
    router, light_client = deployed.router.on(sandbox), deployed.light_client.on(sandbox)
    app, adapter, token = (each.on(sandbox) for each in (deployed.app, deployed.adapter, deployed.token))
    return DvpDeployment(sandbox, router, light_client, app, adapter, token, deployed.validators)


@cache
def _deployed(threshold: int, size: int, relayers: bytes) -> DvpDeployment:
    sandbox = EvmSandbox()
    admin = sandbox.deployer.address
    validators = ValidatorSet.of(threshold, size)
    router, light_client = deploy_router(sandbox, validators, relayers)
    app = deploy_app(sandbox, router)
    adapter = sandbox.deploy("EscrowAdapter", app.address)
    token = sandbox.deploy("SecurityToken", "Reference ST", "RST", admin)
    router.transact("addIBCApp", "dvp", app.address)
    for holder in (SELLER.address, BUYER.address, adapter.address):
        token.transact("allow", holder)
    token.transact("mint", SELLER.address, 1000)
    return DvpDeployment(sandbox, router, light_client, app, adapter, token, validators)


def deploy_router(sandbox: EvmSandbox, validators: ValidatorSet, relayers: bytes) -> tuple[Contract, Contract]:
    """Router and light client of the ledger, wired; no app yet."""
    admin = sandbox.deployer.address
    router = sandbox.deploy("ICS26Router", admin)
    initial = (FIRST_HEIGHT, sandbox.now_s, bytes(32), validators.hash)
    periods = (TRUSTING_PERIOD_S, MAX_CLOCK_DRIFT_S)
    light_client = sandbox.deploy("ProgmatLightClient", router.address, LEDGER_ID, *periods, *initial)
    for name in ("CLIENT_REGISTRAR", "CLIENT_MIGRATOR", "PORT_REGISTRAR"):
        router.transact("grantRole", role(name), admin)
    router.transact("grantRole", role("RELAYER"), relayers)
    router.transact("addClient", CLIENT_ID, (LEDGER_CLIENT_ID, [b""]), light_client.address)
    return router, light_client


def deploy_app(sandbox: EvmSandbox, router: Contract, adapters: int = 1) -> Contract:
    """The app, whose list begins with the `adapters` contracts that the deployer deploys next."""
    binding = (router.address, CLIENT_ID, LEDGER_CLIENT_ID, EARMARK_MARGIN_S)
    deployer, nonce = sandbox.deployer.address, sandbox.nonce(sandbox.deployer)
    first = [created_address(deployer, nonce + 1 + step) for step in range(adapters)]
    return sandbox.deploy("DvpApp", *binding, deployer, LISTING_DELAY_S, first)


def with_field(terms: Terms, field: str, value: Any) -> Terms:  # noqa: ANN401 - the fields' types differ
    """The terms with one field changed."""
    changed = list(terms)
    changed[TERM_FIELDS.index(field)] = value
    return tuple(changed)  # type: ignore[return-value]  # same eight types


def refusal_of(receipt: Receipt) -> str:
    """Name of the app's error behind an error acknowledgement; fails if the packet was accepted."""
    assert receipt.named("WriteAcknowledgement")[0].args[3] == (ERROR_ACK,)
    return decode_revert(receipt.named("IBCAppRecvPacketCallbackError")[0].args[0]).error
