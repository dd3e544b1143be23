"""What a relayer needs of one path: the EVM chain's nodes, its account, the ledger's parties, the light clients."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from chains.evm.client.account import EvmAccount
from chains.evm.client.deployment import Deployment, address_bytes, read_deployment
from chains.evm.client.examination import ConsensusWanted, Examinee, Finding, Fitness, examine
from chains.evm.client.rpc import EvmRpc
from chains.progmat.client.channel import ApiTls
from chains.progmat.client.ledger_client import LedgerClient
from chains.progmat.client.rpc_validator import ValidatorApi
from ibc.light_client import LightClientStatus
from primitives.errors import CrossDvpError
from relayer.chains.evm_consensus import EVM_CONSENSUS
from relayer.config import PathSection
from relayer.core.chain import ChainEndpoint
from relayer.core.plan import REFRESH_FRACTION
from relayer.evm_config import ConsensusKind, EvmSection
from relayer.peer_config import Peer
from relayer.proof_ends import EvmAccess, LedgerAccess, opened_ends

PATIENCE_S: Final = 10.0
MOST_SKEW_S, BAD_SKEW_S = 15, 300
GAS_OF_A_SUBMISSION: Final = 4_000_000
"""About a full batch; docs/evm/gas.md has the figures."""
FEW_SUBMISSIONS: Final = 100


@dataclass(frozen=True)
class PathExaminee:
    """A path of the configuration, our certificate, and this machine's clock."""

    section: PathSection
    tls: ApiTls
    now_s: Callable[[], float]


def rpc_urls(section: EvmSection) -> tuple[str, ...]:
    """Every node of the EVM chain that is configured."""
    return section.rpc_urls


async def examine_path(path: PathExaminee) -> list[Finding]:
    """Every question about a path. Raises nothing of ours: a failure is a finding."""
    section, found = path.section, list[Finding]()
    try:
        deployment = read_deployment(section.evm.deployment_file)
        secret = section.evm_secret()
    except CrossDvpError as broken:
        return [Finding("files", Fitness.UNFIT, broken.reason, str(broken))]
    for url in rpc_urls(section.evm):
        found += await _node(url, section.evm, deployment)
    for role, peer in (
        ("issuer", section.ledger.issuer),
        *(("custodian", each) for each in section.ledger.custodians),
    ):
        found.append(await _asked(f"{role} {peer.name}", _ledger_node(peer, path.tls)))
    for peer in section.ledger.validators:
        found.append(await _asked(f"Validator {peer.name}", _validator(peer, path.tls)))
    async with AsyncExitStack() as stack:
        rpc = await stack.enter_async_context(EvmRpc(rpc_urls(section.evm)[0], PATIENCE_S))
        account = EvmAccount(rpc, secret, deployment.chain_id, section.evm.max_gas_price_wei)
        found.append(await _asked("account", _account(account, section.evm)))
        found += await _ends(path, rpc, deployment, account, stack)
    return found


async def _asked(question: str, answer: Awaitable[Finding]) -> Finding:
    try:
        return await answer
    except CrossDvpError as failure:
        return Finding(question, Fitness.UNFIT, failure.reason, str(failure)[:400])


async def _node(url: str, section: EvmSection, deployment: Deployment) -> list[Finding]:
    wanted = ConsensusWanted.MOCK if section.consensus is ConsensusKind.MOCK else ConsensusWanted.SEALED
    try:
        async with EvmRpc(url, PATIENCE_S) as rpc:
            asked = await examine(Examinee(rpc, deployment.chain_id, address_bytes(deployment.router), wanted))
    except CrossDvpError as away:
        return [Finding(f"EVM node {url}", Fitness.UNFIT, away.reason, f"{away}; start it, or mend rpc_url")]
    return [Finding(f"EVM node: {each.question}", each.fitness, each.found, each.advice) for each in asked.findings]


async def _ledger_node(peer: Peer, tls: ApiTls) -> Finding:
    node = LedgerClient(peer.endpoint(), tls)
    try:
        info = await node.node_info()
    finally:
        await node.close()
    return Finding(f"ledger node {peer.name}", Fitness.GOOD, f"{info.name} at {peer.target}")


async def _validator(peer: Peer, tls: ApiTls) -> Finding:
    validator = ValidatorApi(peer.endpoint(), tls)
    try:
        head = await validator.head()
    finally:
        await validator.close()
    return Finding(f"Validator {peer.name}", Fitness.GOOD, f"has verified height {head.height}")


async def _account(account: EvmAccount, section: EvmSection) -> Finding:
    """Balance, and whether the allowance covers what the chain asks."""
    asked_wei, balance_wei = await account.rpc.gas_price_wei(), await account.rpc.balance_wei(account.address)
    shown = f"0x{account.address.hex()} has {balance_wei} wei; gas costs {asked_wei} wei, {section.max_gas_price_wei} "
    shown += "at most is paid"
    if asked_wei > section.max_gas_price_wei and section.max_gas_price_wei:
        fix = f"raise max_gas_price_wei above {asked_wei}, or wait: nothing is sent while the chain asks more"
        return Finding("account", Fitness.UNFIT, shown, fix)
    if section.max_gas_price_wei == 0:
        advice = "" if asked_wei == 0 else "the node asks a price and none is paid: set max_gas_price_wei if it insists"
        return Finding("account", Fitness.LIMITED if asked_wei else Fitness.GOOD, shown, advice)
    lasting = balance_wei // (max(asked_wei, 1) * GAS_OF_A_SUBMISSION)
    if lasting < 1:
        return Finding("account", Fitness.UNFIT, shown, f"fund 0x{account.address.hex()}: it pays for no submission")
    if lasting < FEW_SUBMISSIONS:
        return Finding("account", Fitness.LIMITED, shown, f"fund it: it pays for about {lasting} submissions")
    return Finding("account", Fitness.GOOD, shown)


async def _ends(
    path: PathExaminee, rpc: EvmRpc, deployment: Deployment, account: EvmAccount, stack: AsyncExitStack
) -> list[Finding]:
    """Both ends as the relayer opens them: heads against this machine's clock, hosted clients and their age."""
    section = path.section
    evm = EvmAccess(rpc, deployment, EVM_CONSENSUS[section.evm.consensus])
    try:
        ends = await opened_ends(section.proof, LedgerAccess(section.ledger, path.tls), evm, account, stack)
    except CrossDvpError as broken:
        return [Finding("proofs", Fitness.UNFIT, broken.reason, str(broken)[:400])]
    found = []
    for end in ends:
        found.append(await _asked(f"clock of {end.chain_name}", _clock(end, path.now_s())))
        found.append(await _asked(f"light client on {end.chain_name}", _hosted(end, path.now_s())))
    return found


async def _clock(end: ChainEndpoint, now_s: float) -> Finding:
    question, head = f"clock of {end.chain_name}", await end.head()
    apart_s = int(now_s) - head.timestamp_s
    told = f"height {head.height} is {abs(apart_s)} s {'old' if apart_s >= 0 else 'in the future'}"
    if abs(apart_s) >= BAD_SKEW_S:
        fix = "the chain stands still, or one of the clocks is wrong: compare this machine's with NTP first"
        return Finding(question, Fitness.UNFIT, told, fix)
    if apart_s < -MOST_SKEW_S or apart_s > MOST_SKEW_S:
        return Finding(question, Fitness.LIMITED, told, "compare this machine's clock with NTP, and the block period")
    return Finding(question, Fitness.GOOD, told)


async def _hosted(end: ChainEndpoint, now_s: float) -> Finding:
    question, client = f"light client on {end.chain_name}", await end.hosted_client()
    age_s, period_s = int(now_s) - client.latest_timestamp_s, client.trusting_period_s
    told = (
        f"{client.client_id} is {client.status.value} at height {client.latest_height}, {age_s} s of {period_s} s old"
    )
    if client.status is not LightClientStatus.ACTIVE:
        fix = "governance has to put another in its place: docs/security/light-clients-in-trouble.md"
        return Finding(question, Fitness.UNFIT, told, fix)
    if age_s * REFRESH_FRACTION >= period_s * 2:
        return Finding(question, Fitness.LIMITED, told, "it is overdue: start the relayer, which refreshes it at 1/3")
    return Finding(question, Fitness.GOOD, told)
