"""The securities of a devnet: one of each family that was asked for, with its adapter and its parties in it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from eth_keys.datatypes import PrivateKey

from chains.evm.client.abi import EvmCall
from chains.evm.client.account import EvmAccount
from chains.evm.client.adapter_family import AdapterFamily
from chains.evm.client.adapters import AdapterPlan
from chains.evm.client.deployment import Deployment, adapter_address, address_bytes
from chains.evm.client.ibet import IbetAdapterBinding, IbetExchangeBinding
from chains.evm.client.rpc import EvmRpc
from chains.evm.client.signing import SignedEvmTx
from chains.evm.client.token import TokenBinding
from chains.evm.devnet.ibet_suite import IbetSuite, registration
from chains.evm.devnet.trex_suite import TrexSuite, install_trex
from primitives.errors import CallerError
from primitives.secp256k1 import address_of
from relayer.devnet.layout import DevnetState, Instrument

ALWAYS: Final = (AdapterFamily.ESCROW, AdapterFamily.ERC7943)
"""The reference token is of both families, and always there."""
REFERENCE_TOKEN: Final = "our reference token"  # noqa: S105  # a token of value, not a secret
GENUINE_TREX: Final = "genuine T-REX 4.1.6, brought by npm"
IBET_DOUBLE: Final = "our test double, not ibet's own contract"
SELLER_UNITS: Final = 1_000
_STEP_GAS: Final = 9_000_000
_TIMEOUT_S: Final = 60.0


class AdapterNotDeployed(CallerError):
    """The devnet was started without that family's adapter."""

    reason = "ADAPTER_NOT_DEPLOYED"

    def __init__(self, family: AdapterFamily, deployed: Iterable[str]) -> None:
        self.family, self.deployed = family, tuple(deployed)
        super().__init__(
            f"this devnet has no adapter {family}, only {', '.join(self.deployed)}: "
            f"start one with `crossdvp devnet up --adapter {family}`"
        )


def instrument_of(state: DevnetState, family: AdapterFamily) -> Instrument:
    """The devnet's security of a family. Raises ``AdapterNotDeployed``."""
    found = next((each for each in state.instruments if each.family == family), None)
    if found is None:
        raise AdapterNotDeployed(family, [each.family for each in state.instruments])
    return found


def deployed_families(state: DevnetState) -> list[AdapterFamily]:
    """The families of the devnet's securities."""
    return [AdapterFamily(each.family) for each in state.instruments]


async def units_of(rpc: EvmRpc, instrument: Instrument, holder: bytes) -> int:
    """What an account holds of a security, at the delivery exchange, too."""
    token = address_bytes(instrument.token)
    held = await TokenBinding(token).balance_of(rpc, holder)
    if instrument.exchange:
        held += await IbetExchangeBinding(address_bytes(instrument.exchange)).balance_of(rpc, holder, token)
    return held


def require_packages(families: Collection[AdapterFamily]) -> None:
    """Have the packages that the families need, before anything is started. Raises ``ArtifactInvalid``."""
    if AdapterFamily.ERC3643 in families:
        install_trex()


@dataclass
class Issuing:
    """Issues what was asked for. ``registrar_secret`` is the key of ``registrar``: issuer, agent, owner of everything.

    Two steps, because the app lists its adapters when it is made, and one of them is made for an exchange.
    """

    registrar: EvmAccount
    registrar_secret: bytes = field(repr=False)
    seller_secret: bytes = field(repr=False)
    buyer_secret: bytes = field(repr=False)
    families: Collection[AdapterFamily]
    _exchange: bytes = b""
    _register: bytes = b""
    _sent: list[tuple[EvmAccount, SignedEvmTx, EvmCall]] = field(default_factory=list)

    async def before_the_app(self) -> tuple[AdapterPlan, ...]:
        """Make ibet's exchange, if asked for, and plan the adapters. Raises ``EvmTxFailed``, ``EvmTxNotIncluded``."""
        wanted = [family for family in AdapterFamily if family in {*ALWAYS, *self.families}]
        if AdapterFamily.IBET_DVP in wanted:
            suite = await self._ibet()
            self._exchange = suite.deploy_exchange()
            await self._send_steps(suite.take_steps())
            await self._finish()
        return tuple(
            AdapterPlan(family, self._exchange if family is AdapterFamily.IBET_DVP else b"") for family in wanted
        )

    async def after_the_app(self, deployment: Deployment) -> tuple[Instrument, ...]:
        """Issue the tokens, all to the seller, and enter both parties and the adapters where their families ask for it.

        Raises ``EvmTxFailed`` naming the rule that refused, ``EvmTxNotIncluded``.
        """
        issued = [await self._issue(AdapterFamily(name), deployment) for name in deployment.adapters]
        await self._finish()
        return tuple(issued)

    async def _issue(self, family: AdapterFamily, deployment: Deployment) -> Instrument:
        adapter = adapter_address(deployment, family)
        token, what, exchange = deployment.token, REFERENCE_TOKEN, b""
        if family is AdapterFamily.ERC3643:
            token, what = _hex(await self._issue_trex(adapter)), GENUINE_TREX
        elif family not in ALWAYS:
            exchange = self._exchange if family is AdapterFamily.IBET_DVP else b""
            token, what = _hex(await self._issue_ibet(adapter, exchange)), IBET_DOUBLE
        return Instrument(
            family=family, token=token, adapter=_hex(adapter), exchange=_hex(exchange) if exchange else "", what=what
        )

    async def _issue_trex(self, adapter: bytes) -> bytes:
        suite = TrexSuite(PrivateKey(self.registrar_secret), await self._nonce())
        suite.deploy()
        seller, buyer = self._parties()
        for holder in (seller, buyer, adapter):
            suite.register(holder)
        suite.call("Token", "mint", seller, SELLER_UNITS)
        await self._send_steps(suite.take_steps())
        return suite.at["Token"]

    async def _issue_ibet(self, adapter: bytes, exchange: bytes) -> bytes:
        if not self._register:
            self._register = await self._open_register()
        suite = await self._ibet()
        token = suite.deploy_token(self._register, self._parties()[0], SELLER_UNITS, exchange)
        await self._send_steps(suite.take_steps())
        await self._send(self.registrar, IbetAdapterBinding(adapter).list_token(token))
        return token

    async def _open_register(self) -> bytes:
        """The holders enter it themselves, once for all tokens of the issuer."""
        suite = await self._ibet()
        register = suite.deploy_register()
        await self._send_steps(suite.take_steps())
        await self._finish()
        for secret in (self.seller_secret, self.buyer_secret):
            holder = EvmAccount(self.registrar.rpc, secret, self.registrar.chain_id)
            await self._send(holder, EvmCall(register, registration(self.registrar.address)))
        return register

    async def _ibet(self) -> IbetSuite:
        return IbetSuite(self.registrar.address, await self._nonce())

    async def _nonce(self) -> int:
        """Addresses follow from it, so nothing may be under way."""
        await self._finish()
        return await self.registrar.rpc.nonce(self.registrar.address)

    def _parties(self) -> tuple[bytes, bytes]:
        return address_of(self.seller_secret), address_of(self.buyer_secret)

    async def _send_steps(self, steps: Iterable[tuple[bytes, bytes]]) -> None:
        for to, data in steps:
            await self._send(self.registrar, EvmCall(to, data))

    async def _send(self, account: EvmAccount, call: EvmCall) -> None:
        with_gas = EvmCall(call.to, call.data, gas=_STEP_GAS)
        self._sent.append((account, await account.send(with_gas), with_gas))

    async def _finish(self) -> None:
        while self._sent:
            account, signed, call = self._sent.pop(0)
            await account.wait_for(signed, call, _TIMEOUT_S)


def read_secret(directory: Path, key_file: str) -> bytes:
    """The secret of one of the devnet's EVM accounts."""
    return bytes.fromhex((directory / key_file).read_text().strip())


def _hex(address: bytes) -> str:
    return "0x" + address.hex()
