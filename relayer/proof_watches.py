"""Which watches look at what, for the configured proof architecture, and what is not looked at there."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

import structlog

from chains.evm.client.account import EvmSender
from chains.evm.client.deployment import address_bytes
from chains.evm.client.followed_account import FollowedAccount
from chains.evm.client.hub_deployment import LEDGER_CLIENT_ID as LEDGER_ON_HUB
from chains.evm.client.hub_proofs import QBFT_CLIENT_LAYOUT, HubProver
from chains.progmat.client.checkpoints import CheckpointCollector
from ibc.light_client import LightClient
from light_clients.enclave import EnclaveLightClient
from light_clients.qbft import IBC_STORE_SLOT
from relayer.chains.enclave_watch import EnclaveCanonicalChain, EnclaveCheckpointHost
from relayer.chains.evm_watch import EvmWatchSide
from relayer.chains.hub_watch import ChainSeenPastHub, EndBehindHub
from relayer.chains.progmat_watch import LedgerWatchSide
from relayer.core.chain import ChainEndpoint
from relayer.hub.endpoints import HUB_CLIENT
from relayer.hub.upkeep import HubSite
from relayer.proof_config import Architecture, DirectProof, EnclaveProof, HubProof, architecture_of
from relayer.proof_ends import EvmAccess, LedgerAccess, enclave_setting, hub_site
from relayer.provers.enclave_path import enclave_prover, qbft_states
from relayer.provers.enclave_states import LedgerStates
from relayer.watch.alarms import AlarmBoard
from relayer.watch.checkpoint_watch import CheckpointWatch
from relayer.watch.header_watch import HeaderWatch
from relayer.watch.service import Round, WatchLoop

_log = structlog.get_logger(__name__)

NOT_WATCHED: Final = {
    Architecture.DIRECT: (),
    Architecture.HUB: (
        "a far block that the hub's validators made up: an alarm, and no freeze unless they contradict themselves",
    ),
    Architecture.ENCLAVE: (
        "which Validators signed what the EVM chain stored: statements do not say it",
        "a stored checkpoint that one set of Validators signed and denies: an alarm, no freeze, without both headers",
    ),
}
"""What no watch of an architecture does: said in the log at start."""


@dataclass(frozen=True)
class WatchParts:
    """What every watch needs; ``validators`` is a collector of its own, as each follows rotations for itself."""

    ledger_side: LedgerWatchSide
    validators: CheckpointCollector
    board: AlarmBoard


async def watch_over(
    proof: DirectProof | HubProof | EnclaveProof,
    endpoints: Sequence[ChainEndpoint],
    ledger: LedgerAccess,
    evm: EvmAccess,
    account: EvmSender,
    ledger_side: LedgerWatchSide,
    interval_s: float,
    stack: AsyncExitStack,
) -> WatchLoop:
    """All watches of an architecture; what they hold open is closed with ``stack``."""
    validators = ledger.collector()
    stack.push_async_callback(validators.close)
    parts = WatchParts(ledger_side, validators, AlarmBoard(time.time))
    match proof:
        case EnclaveProof():
            watches = _through_enclaves(proof, parts, ledger, evm, account, stack)
        case HubProof():
            watches = _behind_hub(parts, await hub_site(proof, stack), evm, account)
        case DirectProof():
            evm_side = EvmWatchSide(evm.rpc, evm.deployment, account, evm.prover())
            watches = _direct(parts, evm_side, evm.consensus.light_client)
    for blind_spot in NOT_WATCHED[architecture_of(proof)]:
        _log.warning("not watched", what=blind_spot)
    return WatchLoop(endpoints, watches, parts.board, interval_s, time.time)


def _direct(parts: WatchParts, evm_side: EvmWatchSide, light_client: LightClient) -> dict[str, Round]:
    kinds = {light_client.client_type: light_client}
    headers = HeaderWatch(parts.ledger_side, evm_side, kinds, parts.board)
    checkpoints = CheckpointWatch(
        parts.validators.ledger_id, evm_side, parts.validators, parts.ledger_side, parts.board
    )
    return {"stored EVM headers": headers.round, "Validators' checkpoints": checkpoints.round}


@dataclass(frozen=True)
class _OnHub:
    """The hub's own client of the ledger, as a watch finds it."""

    router: str
    deployed_after: int
    client_id: str = LEDGER_ON_HUB
    commitments_slot: bytes = IBC_STORE_SLOT

    @property
    def commitments_contract(self) -> bytes:
        """The router keeps its own."""
        return address_bytes(self.router)


def _behind_hub(parts: WatchParts, site: HubSite, evm: EvmAccess, account: EvmSender) -> dict[str, Round]:
    """The hub's own client of the ledger is watched as a direct one; the ends' clients are compared."""
    prover = HubProver(site.rpc, address_bytes(site.deployment.chain_client), QBFT_CLIENT_LAYOUT)
    followed = FollowedAccount(evm.rpc, evm.deployment.commitments_contract)
    canonical = ChainSeenPastHub(followed, site.rpc, prover)
    headers = HeaderWatch(parts.ledger_side, canonical, {HUB_CLIENT.client_type: HUB_CLIENT}, parts.board)
    on_hub = EvmWatchSide(site.rpc, _OnHub(site.deployment.router, site.deployment.deployed_after), site.account)
    at_end = EndBehindHub(evm.rpc, evm.deployment, account)
    of_hub, of_end = (
        CheckpointWatch(parts.validators.ledger_id, host, parts.validators, parts.ledger_side, parts.board)
        for host in (on_hub, at_end)
    )
    return {
        "stored EVM headers": headers.round,
        "Validators' checkpoints on the hub": of_hub.round,
        "Validators' checkpoints": of_end.round,
    }


def _through_enclaves(
    proof: EnclaveProof,
    parts: WatchParts,
    ledger: LedgerAccess,
    evm: EvmAccess,
    account: EvmSender,
    stack: AsyncExitStack,
) -> dict[str, Round]:
    setting, issuer = enclave_setting(proof), ledger.issuer()
    stack.push_async_callback(setting.quorum.close)
    stack.push_async_callback(issuer.close)
    prover = enclave_prover(issuer, ledger.section.client_id, evm.rpc, evm.deployment, setting)
    canonical = EnclaveCanonicalChain(evm.rpc, qbft_states(evm.rpc, evm.deployment, setting), prover)
    kinds = {EnclaveLightClient.client_type: EnclaveLightClient(frozenset())}
    headers = HeaderWatch(parts.ledger_side, canonical, kinds, parts.board)
    states = LedgerStates(parts.validators, setting.ledger_trust)
    host = EnclaveCheckpointHost(evm.rpc, evm.deployment, account, states, setting.quorum)
    checkpoints = CheckpointWatch(
        parts.validators.ledger_id, host, parts.validators, parts.ledger_side, parts.board, host.kept_form
    )
    return {"stored EVM headers": headers.round, "Validators' checkpoints": checkpoints.round}
