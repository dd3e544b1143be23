"""One app with an adapter of every family, a token of each, and what its parties do before an earmark.

The tokens: our reference token for `escrow` and `erc7943`, the genuine T-REX for `erc3643`, doubles for ibet's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import pytest

from chains.evm.devnet.trex_suite import TrexSuite
from tests.fakes.dvp_deployment import (
    BUYER,
    CLIENT_ID,
    LEDGER_CLIENT_ID,
    RELAYER,
    SELLER,
    DvpDeployment,
    LedgerWords,
    deploy_app,
    deploy_router,
    with_field,
)
from tests.fakes.evm_sandbox import GENESIS_TIME_S, Account, Contract, EvmSandbox, Receipt
from tests.fakes.ibc_oracle import ERROR_ACK, Packet, Terms, ack_commitment, terms_value, window
from tests.fakes.progmat_oracle import ValidatorSet
from tests.fakes.trex_abi import missing_trex, trex_abi

FAMILIES: Final = ("escrow", "erc3643", "erc7943", "ibet-dvp", "ibet-lock")
HOLDING: Final = 1000
LEAD_SECURITIES: Final = 2


@dataclass
class AdapterWorld:
    """One family's adapter and token. `dvp.adapter` and `dvp.token` are the family's."""

    family: str
    dvp: DvpDeployment
    extra: dict[str, Contract]

    # ------------------------------------------------------------------------------------------------- the parties

    def terms(self, trade: int = 1, *, quantity: int = 25, lead: int = 1) -> Terms:
        """Terms of a numbered trade in this token, one hour to settle."""
        terms = self.dvp.terms(trade, quantity=quantity)
        return with_field(terms, "window", window(lead, GENESIS_TIME_S + 1800, GENESIS_TIME_S + 3600))

    def prepare(self, terms: Terms) -> bytes:
        """What the parties do before the earmark; returns the adapter's data."""
        adapter, quantity = self.dvp.adapter.address, terms[3]
        seller, buyer = _ACCOUNTS[terms[4]], _ACCOUNTS[terms[5]]
        if self.family == "ibet-lock":
            self.dvp.token.transact("lock", adapter, quantity, "", sender=seller)
        elif self.family == "ibet-dvp":
            exchange = self.extra["exchange"]
            self.dvp.token.transact("transfer", exchange.address, quantity, sender=seller)
            delivery = (terms[1], terms[5], quantity, adapter, terms[0].hex())
            created = exchange.transact("createDelivery", *delivery, sender=seller)
            delivery_id = int(created.named("DeliveryCreated")[0].args[0])
            exchange.transact("confirmDelivery", delivery_id, sender=buyer)
            return delivery_id.to_bytes(32, "big")
        else:
            self.dvp.token.transact("approve", adapter, quantity, sender=seller)
        return b""

    def earmark(self, terms: Terms) -> Receipt:
        """Prepare and earmark as the seller, cash leading."""
        data = self.prepare(terms)
        return self.dvp.app.transact("earmark", terms, *([data] if data else []), sender=_ACCOUNTS[terms[4]])

    def deliver(self, terms: Terms, sequence: int = 1) -> Receipt:
        """The ledger's packet arrives."""
        return self.dvp.receive(self.dvp.committed(self.dvp.packet(terms, sequence)))

    # --------------------------------------------------------------------------------------------- securities lead

    def lock_and_send(self, terms: Terms) -> Packet:
        """Prepare, earmark and send as the seller, securities leading."""
        data = self.prepare(terms)
        sent = self.dvp.app.transact("lockAndSend", terms, *([data] if data else []), sender=SELLER)
        sequence = sent.named("SendPacket")[0].args[1]
        payload = ("dvp", "dvp", "dvp-1", "application/x-solidity-abi", terms_value(terms))
        packet = Packet(sequence, CLIENT_ID, LEDGER_CLIENT_ID, terms[7] & (1 << 64) - 1, (payload,))
        assert sent.named("SendPacket")[0].args[2] == (*packet.abi[:4], packet.payloads)
        return packet

    def answer(self, packet: Packet, acknowledgement: bytes) -> None:
        """The ledger receives a packet and acknowledges it, and the light client learns it."""
        self.dvp.writes[packet.receipt_path] = packet.receipt
        self.dvp.writes[packet.ack_path] = ack_commitment(acknowledgement)
        self.dvp.update()

    def acknowledge(self, packet: Packet, acknowledgement: bytes) -> Receipt:
        """Relay the acknowledgement the ledger gave."""
        message = (packet.abi, acknowledgement, self.dvp.proof(packet.ack_path), (0, self.dvp.height))
        return self.dvp.router.transact("ackPacket", message, sender=RELAYER)

    def pay(self, packet: Packet, terms: Terms) -> Receipt:
        """The ledger moved the cash; its acknowledgement arrives."""
        self.answer(packet, self.dvp.terms_hash(terms))
        return self.acknowledge(packet, self.dvp.terms_hash(terms))

    def refuse(self, packet: Packet) -> Receipt:
        """The ledger refused; its acknowledgement arrives."""
        self.answer(packet, ERROR_ACK)
        return self.acknowledge(packet, ERROR_ACK)

    def time_out(self, packet: Packet) -> Receipt:
        """Relay the absence of a receipt at the last checkpoint."""
        message = (packet.abi, self.dvp.proof(packet.receipt_path), (0, self.dvp.height))
        return self.dvp.router.transact("timeoutPacket", message, sender=RELAYER)

    # ------------------------------------------------------------------------------------------------------- units

    def units(self) -> tuple[int, int, int]:
        """Units of seller and buyer, wherever they are theirs, and units held for trades."""
        token, adapter = self.dvp.token, self.dvp.adapter.address
        seller, buyer = (int(token.call("balanceOf", each.address)) for each in (SELLER, BUYER))
        if self.family == "ibet-lock":
            return seller, buyer, int(token.call("lockedOf", adapter, SELLER.address))
        if self.family == "ibet-dvp":
            exchange, books = self.extra["exchange"], self.extra["books"]
            own = [int(exchange.call("balanceOf", each.address, token.address)) for each in (SELLER, BUYER)]
            committed = int(books.call("commitments", SELLER.address, token.address))
            return seller + own[0], buyer + own[1], committed
        return seller, buyer, int(token.call("balanceOf", adapter))

    def on(self, dvp: DvpDeployment) -> AdapterWorld:
        """The same world on a fork of its chain, sharing the ledger of `dvp`."""
        adapter, token = self.dvp.adapter.on(dvp.sandbox), self.dvp.token.on(dvp.sandbox)
        extra = {name: contract.on(dvp.sandbox) for name, contract in self.extra.items()}
        return AdapterWorld(self.family, replace(dvp, adapter=adapter, token=token), extra)


_ACCOUNTS: Final[dict[bytes, Account]] = {account.address: account for account in (SELLER, BUYER)}


def adapter_world(family: str) -> AdapterWorld:
    """A fresh world of one family; its app lists the adapters of all. Skips the test if the family is missing."""
    worlds = adapter_worlds()
    if family not in worlds:
        pytest.skip(missing_trex())
    return worlds[family]


def adapter_worlds() -> dict[str, AdapterWorld]:
    """Fresh worlds of all families on one chain, with one app; without `erc3643` where npm cannot bring T-REX."""
    base, worlds = _deployed()
    sandbox = base.sandbox.fork()
    router, light_client, app = (each.on(sandbox) for each in (base.router, base.light_client, base.app))
    ledger = LedgerWords()
    dvp = replace(base, sandbox=sandbox, router=router, light_client=light_client, app=app, ledger=ledger)
    return {world.family: world.on(dvp) for world in worlds}


@cache
def _deployed() -> tuple[DvpDeployment, tuple[AdapterWorld, ...]]:
    sandbox, validators = EvmSandbox(), ValidatorSet.of(3, 4)
    admin = sandbox.deployer.address
    router, light_client = deploy_router(sandbox, validators, bytes(20))
    books = sandbox.deploy("IbetDvpStorageDouble")
    exchange = sandbox.deploy("IbetDvpDouble", books.address)
    books.transact("upgradeVersion", exchange.address)
    app = deploy_app(sandbox, router, len(FAMILIES))
    adapters = {
        "escrow": sandbox.deploy("EscrowAdapter", app.address),
        "erc3643": sandbox.deploy("Erc3643Adapter", app.address),
        "erc7943": sandbox.deploy("Erc7943Adapter", app.address),
        "ibet-dvp": sandbox.deploy("IbetDvpAdapter", app.address, exchange.address, admin),
        "ibet-lock": sandbox.deploy("IbetLockAdapter", app.address, admin),
    }
    router.transact("addIBCApp", "dvp", app.address)
    base = DvpDeployment(sandbox, router, light_client, app, adapters["escrow"], app, validators)
    ibet_extra = {"exchange": exchange, "books": books}
    worlds = tuple(
        AdapterWorld(family, replace(base, adapter=adapter, token=token), {**ibet_extra, **extra})
        for family, adapter in adapters.items()
        if family != "erc3643" or not missing_trex()
        for token, extra in [_TOKENS[family](sandbox, adapter, exchange)]
    )
    return base, worlds


def _reference_token(sandbox: EvmSandbox, adapter: Contract, _: Contract) -> tuple[Contract, dict[str, Contract]]:
    token = sandbox.deploy("SecurityToken", "Reference ST", "RST", sandbox.deployer.address)
    for holder in (SELLER.address, BUYER.address, adapter.address):
        token.transact("allow", holder)
    token.transact("mint", SELLER.address, HOLDING)
    return token, {}


def _trex_token(sandbox: EvmSandbox, adapter: Contract, _: Contract) -> tuple[Contract, dict[str, Contract]]:
    suite = TrexSuite(sandbox.deployer.key, sandbox.nonce(sandbox.deployer))
    suite.deploy()
    for holder in (SELLER.address, BUYER.address, adapter.address):
        suite.register(holder)
    suite.call("Token", "mint", SELLER.address, HOLDING)
    for receiver, data in suite.take_steps():
        sandbox.send(sandbox.deployer, receiver, data)
    named = ("IdentityRegistry", "ModularCompliance", "ClaimIssuer")
    extra = {name: Contract(sandbox, trex_abi(name), suite.at[name]) for name in named}
    for label, account in (("escrow identity", adapter), ("seller identity", SELLER), ("buyer identity", BUYER)):
        extra[label] = Contract(sandbox, trex_abi("Identity"), suite.at[account.address.hex()])
    return Contract(sandbox, trex_abi("Token"), suite.at["Token"]), extra


def _ibet_token(sandbox: EvmSandbox, adapter: Contract, exchange: Contract) -> tuple[Contract, dict[str, Contract]]:
    register = sandbox.deploy("IbetPersonalInfoDouble")
    token = sandbox.deploy("IbetSecurityTokenDouble", register.address, 2 * HOLDING)
    token.transact("setTradableExchange", exchange.address)
    for holder in (SELLER, BUYER):
        register.transact("register", sandbox.deployer.address, "", sender=holder)
    token.transact("transfer", SELLER.address, HOLDING)
    adapter.transact("listToken", token.address)
    return token, {"register": register}


_TokenMaker = Callable[[EvmSandbox, Contract, Contract], tuple[Contract, dict[str, Contract]]]
_TOKENS: Final[dict[str, _TokenMaker]] = {
    "escrow": _reference_token,
    "erc3643": _trex_token,
    "erc7943": _reference_token,
    "ibet-dvp": _ibet_token,
    "ibet-lock": _ibet_token,
}
