"""Put the contracts on a chain in one go, and remember where they are.

All transactions are signed with consecutive nonces and sent at once: addresses of contracts follow from sender and
nonce, so that nothing waits for a block but the end. On a 1 s chain the whole deployment takes one or two blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from chains.evm.client.abi import EvmCall
from chains.evm.client.account import EvmAccount, created_address
from chains.evm.client.adapters import ESCROW, AdapterPlan
from chains.evm.client.artifacts import load_artifact
from chains.evm.client.router import Counterparty, Router
from chains.evm.client.token import TokenBinding
from chains.evm.errors import DeploymentInvalid
from ibc.dvp import DVP_PORT
from light_clients.qbft import IBC_STORE_SLOT

EVERYBODY: Final = bytes(20)
"""A role's member that opens the role."""

_MAX_DEPLOYMENT_BYTES: Final = 64 * 1024
_CREATE_GAS: Final = 12_000_000  # the light client pays for its ring of consensus states here
_CALL_GAS: Final = 500_000
_TIMEOUT_S: Final = 60.0
_ADMIN_ROLES: Final = ("CLIENT_REGISTRAR", "CLIENT_MIGRATOR", "PORT_REGISTRAR")

HexWord = Annotated[str, StringConstraints(pattern=r"^0x[0-9a-f]{64}$")]
HexAddress = Annotated[str, StringConstraints(pattern=r"^0x[0-9a-f]{40}$")]
RecordModel = TypeVar("RecordModel", bound=BaseModel)


class Deployment(BaseModel):
    """Where everything is. One JSON file; addresses are lower-case hex."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    chain_id: Annotated[int, Field(ge=1)]
    rpc_url: str
    router: HexAddress
    light_client: HexAddress
    dvp_app: HexAddress
    token: HexAddress
    adapters: Annotated[dict[str, HexAddress], Field(min_length=1)]
    """Token adapters by their family's name; the token is for the first."""
    client_id: str
    router_store: HexAddress | None = None
    """The contract that keeps the router's commitments, the router itself by default."""
    router_store_slot: HexWord | None = None
    """Where that contract keeps them, the published slot by default."""
    router_takes_batches: bool = False
    """The router has the batch entry beside the published ABI: ours has, another's need not."""
    block_period_ms: Annotated[int, Field(ge=1)]
    deployed_after: Annotated[int, Field(ge=0)]
    """The newest height before the contracts were there: whoever reads their events begins behind it."""

    @property
    def commitments_contract(self) -> bytes:
        """Address of the contract whose storage a light client elsewhere proves."""
        return address_bytes(self.router if self.router_store is None else self.router_store)

    @property
    def commitments_slot(self) -> bytes:
        """Slot of the mapping of commitments in it."""
        return IBC_STORE_SLOT if self.router_store_slot is None else address_bytes(self.router_store_slot)

    def write(self, path: Path) -> None:
        """Write the file; a reader sees nothing or everything."""
        write_record(path, self)


def write_record(path: Path, record: BaseModel) -> None:
    """Write a file that says where contracts are; a reader sees nothing or everything."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(record.model_dump_json(indent=2) + "\n", encoding="utf-8")
    partial.replace(path)


def read_deployment(path: Path) -> Deployment:
    """Read the file. Raises `DeploymentInvalid`."""
    return read_record(path, Deployment)


def read_record(path: Path, model: type[RecordModel]) -> RecordModel:
    """Read a file that says where contracts are. Raises `DeploymentInvalid`."""
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_DEPLOYMENT_BYTES + 1)
    except OSError as error:
        raise DeploymentInvalid(f"{path}: {error.strerror}") from error
    if len(content) > _MAX_DEPLOYMENT_BYTES:
        raise DeploymentInvalid(f"{path}: larger than {_MAX_DEPLOYMENT_BYTES} bytes")
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        found = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise DeploymentInvalid(f"{path}: {found}") from error


def address_bytes(address: str) -> bytes:
    """Give the bytes of a deployment's address or word."""
    return bytes.fromhex(address.removeprefix("0x"))


def adapter_address(deployment: Deployment, family: str) -> bytes:
    """Give the adapter of a family of tokens. Raises `DeploymentInvalid`."""
    found = deployment.adapters.get(family)
    if found is None:
        raise DeploymentInvalid(f"no adapter {family}; deployed are {', '.join(sorted(deployment.adapters))}")
    return address_bytes(found)


@dataclass(frozen=True)
class LedgerAnchor:
    """The checkpoint from which the light client on this chain begins, and how long it trusts; times in seconds."""

    ledger_id: str
    height: int
    timestamp_s: int
    root: bytes
    validator_set_hash: bytes
    trusting_period_s: int
    max_clock_drift_s: int


@dataclass(frozen=True)
class DeploymentPlan:
    """What to deploy. `holders` enter the token's register with so many tokens; `relayers` may relay (empty: all)."""

    anchor: LedgerAnchor
    client_id: str
    counterparty_client_id: str
    earmark_margin_s: int
    token_name: str
    token_symbol: str
    holders: tuple[tuple[bytes, int], ...] = ()
    relayers: tuple[bytes, ...] = ()
    adapters: tuple[AdapterPlan, ...] = (ESCROW,)
    listing_delay_s: int = 7 * 24 * 3600


@dataclass(frozen=True)
class _Addresses:
    router: bytes
    light_client: bytes
    dvp_app: bytes
    token: bytes
    adapters: tuple[bytes, ...]


async def deploy_all(account: EvmAccount, plan: DeploymentPlan, block_period_ms: int) -> Deployment:
    """Deploy router, light client, DvpApp, token and adapters, and wire them. The account becomes the admin of all.

    Raises `EvmTxFailed` naming the rule that refused, `EvmTxNotIncluded`, or what the node says.
    """
    before = await account.rpc.block_number()
    nonce = await account.rpc.nonce(account.address)
    router, light_client, app, token = (created_address(account.address, nonce + step) for step in range(4))
    adapters = (created_address(account.address, nonce + 4 + step) for step in range(len(plan.adapters)))
    deployed = _Addresses(router, light_client, app, token, tuple(adapters))
    calls = (*_creations(account.address, plan, deployed), *_wiring(account.address, plan, deployed))
    sent = [await account.send(call) for call in calls]
    for call, signed in zip(calls, sent, strict=True):
        await account.wait_for(signed, call, _TIMEOUT_S)
    return Deployment(
        chain_id=account.chain_id,
        rpc_url=account.rpc.url,
        router=_hex(deployed.router),
        light_client=_hex(deployed.light_client),
        dvp_app=_hex(deployed.dvp_app),
        token=_hex(deployed.token),
        adapters={adapter.family: _hex(at) for adapter, at in zip(plan.adapters, deployed.adapters, strict=True)},
        client_id=plan.client_id,
        router_takes_batches=True,
        block_period_ms=block_period_ms,
        deployed_after=before,
    )


def _creations(admin: bytes, plan: DeploymentPlan, deployed: _Addresses) -> list[EvmCall]:
    """In the order of `_Addresses`: the nonces decide who is where. The app lists adapters that follow it."""
    anchor = plan.anchor
    light_client_arguments = (
        deployed.router,
        anchor.ledger_id,
        anchor.trusting_period_s,
        anchor.max_clock_drift_s,
        anchor.height,
        anchor.timestamp_s,
        anchor.root,
        anchor.validator_set_hash,
    )
    codes = (
        load_artifact("ICS26Router").creation_code(admin),
        load_artifact("ProgmatLightClient").creation_code(*light_client_arguments),
        load_artifact("DvpApp").creation_code(
            deployed.router,
            plan.client_id,
            plan.counterparty_client_id,
            plan.earmark_margin_s,
            admin,
            plan.listing_delay_s,
            list(deployed.adapters),
        ),
        load_artifact("SecurityToken").creation_code(plan.token_name, plan.token_symbol, admin),
        *(adapter.creation_code(deployed.dvp_app, admin) for adapter in plan.adapters),
    )
    return [EvmCall(b"", code, gas=_CREATE_GAS) for code in codes]


def _wiring(admin: bytes, plan: DeploymentPlan, deployed: _Addresses) -> list[EvmCall]:
    router, token = Router(deployed.router), TokenBinding(deployed.token)
    # the ledger keeps its commitments under the bare IBC key
    counterparty = Counterparty(plan.counterparty_client_id, (b"",))
    calls = [
        *(router.grant_role(role, admin) for role in _ADMIN_ROLES),
        *(router.grant_role("RELAYER", relayer) for relayer in plan.relayers or (EVERYBODY,)),
        router.add_client(plan.client_id, counterparty, deployed.light_client),
        router.add_ibc_app(DVP_PORT, deployed.dvp_app),
        *(token.allow(adapter) for adapter in deployed.adapters),
    ]
    for holder, quantity in plan.holders:
        calls.append(token.allow(holder))
        if quantity:
            calls.append(token.mint(holder, quantity))
    return [EvmCall(call.to, call.data, gas=_CALL_GAS) for call in calls]


def _hex(address: bytes) -> str:
    return "0x" + address.hex()
