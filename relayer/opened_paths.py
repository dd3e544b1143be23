"""The configured paths, put together: what they share is opened once, and closed with the process."""

from __future__ import annotations

import asyncio
import random
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

import structlog

from chains.evm.client.deployment import read_deployment
from chains.progmat.client.channel import ApiTls
from chains.progmat.client.membership_client import MembershipClient
from primitives.secp256k1 import address_of
from relayer.chains.evm_consensus import EVM_CONSENSUS
from relayer.chains.progmat_watch import LedgerWatchSide
from relayer.config import PathSection, RelayerConfig
from relayer.core.chain import ChainEndpoint
from relayer.evm_account import OwnedAccount
from relayer.evm_config import ConsensusKind, EvmSection
from relayer.evm_parts import AccountFence, EvmChain, opened_account, opened_chain
from relayer.lease_keeper import LeaseKeeper, LeaseTerms
from relayer.path import Path, PathSettings
from relayer.peer_config import ConfigInvalid
from relayer.proof_config import architecture_of
from relayer.proof_ends import EvmAccess, LedgerAccess, opened_ends
from relayer.proof_watches import NOT_WATCHED, watch_over
from relayer.service import Archiving, RelayerLoop
from relayer.serving import RelayedPath
from relayer.store import RelayerStore
from relayer.watch.evidence_desk import EvidenceDesk
from relayer.watch.ports import Tribunal
from relayer.watch.service import WatchLoop

_log = structlog.get_logger(__name__)
_DICE = random.SystemRandom()
LOOK_EVERY_S, LOOK_PAUSE_S = 1.0, 0.25
"""What no event tells: time-outs, clients that age, packets whose next attempt is due; and after news."""


@dataclass(frozen=True)
class SharedAccount:
    """An account, and the fence that its lease is put behind."""

    account: OwnedAccount
    fence: AccountFence


@dataclass(frozen=True)
class OpenedPath:
    """Both ends of a configured path, its watch, and the leases that whoever relays it has to have."""

    section: PathSection
    ends: tuple[ChainEndpoint, ChainEndpoint]
    watch: WatchLoop
    lease_names: frozenset[str]
    account_fence: AccountFence
    tribunal: Tribunal
    account: OwnedAccount
    chain: EvmChain
    block_period_s: float


class SharedChains:
    """Connections to EVM chains, and accounts there: one for all paths that say the same of them."""

    def __init__(self, store: RelayerStore, stack: AsyncExitStack) -> None:
        self._store = store
        self._stack = stack
        self._chains: list[tuple[EvmSection, int, EvmChain]] = []
        self._accounts: dict[tuple[int, bytes], tuple[EvmSection, SharedAccount]] = {}

    async def chain(self, section: EvmSection, chain_id: int) -> EvmChain:
        """What a section says. Raises ``WrongChain``."""
        for known, known_id, chain in self._chains:
            if known_id == chain_id and _is_same_chain(known, section):
                return chain
        opened = await self._stack.enter_async_context(opened_chain(section, chain_id, self._store))
        self._chains.append((section, chain_id, opened))
        return opened

    async def account(self, chain: EvmChain, path: PathSection, chain_id: int) -> SharedAccount:
        """The account of a path. Raises ``ConfigInvalid`` where another path uses the same one otherwise."""
        secret = path.evm_secret()
        address = address_of(secret)
        known = self._accounts.get((chain_id, address))
        if known is None:
            fence = AccountFence()
            opening = opened_account(chain.rpc, path.evm, chain_id, secret, self._store, fence)
            shared = SharedAccount(await self._stack.enter_async_context(opening), fence)
            self._accounts[chain_id, address] = path.evm, shared
            return shared
        section, shared = known
        if not _is_same_chain(section, path.evm):
            raise ConfigInvalid(
                f"paths.{path.name}.evm",
                f"another path pays on chain {chain_id} from the same account 0x{address.hex()} and reaches "
                "the chain otherwise: give both the same [paths.evm], but for deployment_file, or a key each",
            )
        return shared


def _is_same_chain(one: EvmSection, other: EvmSection) -> bool:
    return one == other.model_copy(update={"deployment_file": one.deployment_file})


async def opened_paths(
    config: RelayerConfig, tls: ApiTls, store: RelayerStore, stack: AsyncExitStack
) -> list[OpenedPath]:
    """All paths of a configuration. Raises ``ConfigInvalid`` and the named errors of what it opens."""
    chains = SharedChains(store, stack)
    opened = [await _opened_path(path, config, tls, chains, stack) for path in config.paths]
    refuse_shared_clients(opened)
    return opened


def refuse_shared_clients(opened: Sequence[OpenedPath]) -> None:
    """Each light client belongs to one path. Raises ``ConfigInvalid``."""
    served: dict[tuple[str, str], str] = {}
    for path in opened:
        for end in path.ends:
            other = served.setdefault((end.chain_name, end.client_id), path.section.name)
            if other != path.section.name:
                raise ConfigInvalid(
                    f"paths.{path.section.name}",
                    f"path {other} has the light client {end.client_id} on {end.chain_name}, too: two paths never "
                    "share one, as each would relay the other's packets",
                )


async def _opened_path(
    path: PathSection, config: RelayerConfig, tls: ApiTls, chains: SharedChains, stack: AsyncExitStack
) -> OpenedPath:
    deployment, consensus = read_deployment(path.evm.deployment_file), EVM_CONSENSUS[path.evm.consensus]
    if path.evm.consensus is ConsensusKind.MOCK:
        _log.warning("mock consensus: nothing that this chain says is proved", path=path.name)
    chain = await chains.chain(path.evm, deployment.chain_id)
    shared = await chains.account(chain, path, deployment.chain_id)
    account, ledger = shared.account, LedgerAccess(path.ledger, tls)
    evm = EvmAccess(chain.rpc, deployment, consensus, chain.settings, chain.memory)
    ends = await opened_ends(path.proof, ledger, evm, account, stack)
    members = MembershipClient(path.ledger.issuer.endpoint(), tls)
    stack.push_async_callback(members.close)
    issuer = ledger.issuer()
    stack.push_async_callback(issuer.close)
    ledger_side = LedgerWatchSide(issuer, members, path.ledger.client_id, config.evidence)
    interval_s = config.watch_interval_ms / 1000
    watch = await watch_over(path.proof, ends, ledger, evm, account, ledger_side, interval_s, stack)
    names = frozenset({f"path/{path.name}", f"account/{deployment.chain_id}/{account.address.hex()}"})
    period_s = deployment.block_period_ms / 1000
    return OpenedPath(path, ends, watch, names, shared.fence, ledger_side, account, chain, period_s)


def evidence_desk(opened: Sequence[OpenedPath], config: RelayerConfig) -> EvidenceDesk:
    """Where people's evidence goes: to the ledger of whichever path reaches it."""
    return EvidenceDesk(config.evidence, {path.section.ledger.ledger_id: path.tribunal for path in opened})


def relayed_paths(
    opened: Sequence[OpenedPath],
    config: RelayerConfig,
    store: RelayerStore,
    crash: Callable[[object], None],
    stopping: asyncio.Event,
) -> list[RelayedPath]:
    """Each with its loop; paths that share an account share a keeper, so that one instance relays all of them."""
    relayed = []
    for group in groups_by_lease(opened):
        names = frozenset[str]().union(*(path.lease_names for path in group))
        lease = LeaseKeeper(store.database, store.leases, sorted(names), lease_terms(config), time.time)
        for each in group:
            each.account_fence.put(lease.require)
            section = each.section
            settings = PathSettings(
                receive_margin_s=section.receive_margin_s,
                batch=section.planning.batch,
                inclusion_s=section.planning.inclusion_s,
                look_every_s=LOOK_EVERY_S,
                look_pause_s=LOOK_PAUSE_S,
            )
            path = Path(
                *(each.ends, store, settings, time.time, crash),
                name=section.name,
                fence=lease.require,
                dice=_DICE.random,
            )
            archiving = Archiving(config.archive_after_s, time.time)
            loop = RelayerLoop(
                *(path, config.poll_interval_ms / 1000, stopping),
                lease=lease,
                archiving=archiving,
                not_watched=NOT_WATCHED[architecture_of(section.proof)],
            )
            relayed.append(RelayedPath(loop, each.watch, lease))
    return relayed


def groups_by_lease(opened: Sequence[OpenedPath]) -> list[list[OpenedPath]]:
    """Paths that share a lease, directly or through others, together."""
    groups: list[list[OpenedPath]] = []
    for path in opened:
        joined = [group for group in groups if any(path.lease_names & other.lease_names for other in group)]
        groups = [group for group in groups if group not in joined]
        groups.append([*(other for group in joined for other in group), path])
    return groups


def lease_terms(config: RelayerConfig) -> LeaseTerms:
    """This instance's name and term."""
    return LeaseTerms(config.lease.instance or f"{socket.gethostname()}/{config.listen}", config.lease.ttl_s)
