"""The gateway's custody, dying at a named line over a database and a real chain that outlive it; its calls are audited.

A platform repeats each call until it is answered, at whichever instance lives. Some of its transactions it signs
itself; others a key management service signs, which never gives the same signature twice.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import sqlalchemy as sa
from crossdvp.gateway.v1 import custody_service_pb2 as pb
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from chains.evm.client.rpc import EvmRpc
from chains.evm.client.unsigned_tx import UnsignedEvmTx
from primitives.errors import UnavailableError
from primitives.secp256k1 import address_of, sign_digest
from relayer.gateway.access import Speakers
from relayer.gateway.audit import AuditLog, AuditWriter
from relayer.gateway.audit_calls import AuditedCalls
from relayer.gateway.crash_points import GatewayCrashPoint
from relayer.gateway.custody.recoverable import recoverable
from relayer.gateway.custody.rpc_custody import CustodyDesk, CustodyRpc
from relayer.gateway.custody.sending import OperationSender
from relayer.gateway.custody.signers import DelegatedSigners
from relayer.gateway.custody.tables import Operation, Prepared
from relayer.gateway.settlement_tables import AUDIT_TABLE, CUSTODY
from relayer.gateway.store import GatewayStore
from tests.fakes.evm_devnet_world import (
    ALSO_RICH,
    CHAIN_ID,
    REVERT_CODE,
    RICH,
    STORE_AND_LOG_CODE,
    DevnetWorld,
    words,
)
from tests.fakes.mortal_life import Killed, Life
from tests.fakes.settlement_terms import T0_S

PLATFORM = "broker-a"
SPEAKERS = Speakers({PLATFORM: ("cn-a",)})

CUSTODY_POINTS = [
    (GatewayCrashPoint.BEFORE_AUDIT_ENTRIES, 1),
    (GatewayCrashPoint.AFTER_AUDIT_ENTRIES, 1),
    (GatewayCrashPoint.BEFORE_HAND_IN, 1),
    (GatewayCrashPoint.AFTER_HAND_IN, 1),
    (GatewayCrashPoint.AFTER_HAND_IN, 3),  # signed by a key management service
    (GatewayCrashPoint.BEFORE_OPERATION_SENT, 1),
    (GatewayCrashPoint.AFTER_OPERATION_SENT, 1),
    (GatewayCrashPoint.AFTER_OPERATION_SENT, 4),
    (GatewayCrashPoint.BEFORE_OPERATION_RECORDED, 1),
    (GatewayCrashPoint.AFTER_OPERATION_RECORDED, 1),
    (GatewayCrashPoint.BEFORE_OPERATION_RECORDED, 4),  # why the last was refused
    (GatewayCrashPoint.AFTER_OPERATION_RECORDED, 4),
]


class Meanwhile(Enum):
    """What became of the transactions that waited at the EVM node while the gateway was dead."""

    INCLUDED = "included"
    WAITING = "waiting"
    FORGOTTEN = "forgotten"


class ListeningRpc(EvmRpc):
    """A real client of the node; ``handed_in``: all bytes, each time."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.handed_in: list[bytes] = []

    async def send_raw(self, raw: bytes) -> bytes:
        """See EvmRpc."""
        self.handed_in.append(raw)
        return await super().send_raw(raw)


class FreshSigner:
    """Another signature each time, as key management services give them: their nonces are random.

    ``signed``: every digest, each time.
    """

    def __init__(self, secret: bytes) -> None:
        self.signed: list[bytes] = []
        self._key = ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256K1())
        self.address = address_of(secret)

    async def sign(self, digest: bytes) -> bytes:
        """See Signer."""
        self.signed.append(digest)
        der = self._key.sign(digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
        return recoverable(digest, der, self.address)


@dataclass(frozen=True)
class Caller:
    """The context of a call, as far as it is asked."""

    name: str

    def auth_context(self) -> dict[str, list[bytes]]:
        """See ServicerContext."""
        return {"x509_common_name": [self.name.encode()]}


class CustodyInstance:
    """One gateway process's custody; it dies when it comes to ``kill_at`` for the ``nth`` time."""

    def __init__(self, world: CustodyWorld, kill_at: GatewayCrashPoint | None = None, nth: int = 1) -> None:
        self._world = world
        self._life = Life(kill_at, nth)
        self.store = store = world.open_store()
        reach = self._life.reach
        self._writer = AuditWriter(AuditLog(store.database, AUDIT_TABLE), reach)
        self._calls = AuditedCalls(self._writer, SPEAKERS, world.clock_s)
        self._sender = OperationSender(store, world.rpc, world.clock_s, crash=reach)
        signers = DelegatedSigners([(PLATFORM, world.signer)])
        planner: Any = None  # for what is prepared; here it is prepared already
        desk = CustodyDesk(store, SPEAKERS, planner, world.rpc, signers, self._sender, world.clock_s, crash=reach)
        self._custody = CustodyRpc(desk)
        self._stopping = asyncio.Event()
        self._writing = asyncio.create_task(self._writer.run(self._stopping))

    @property
    def is_mortal(self) -> bool:
        """There is a line at which it dies."""
        return self._life.kill_at is not None

    @property
    def is_dead(self) -> bool:
        """It came to the line."""
        return self._life.is_over

    async def step(self) -> None:
        """What the process does now and then: answers who asks, and looks after what is pending."""
        work = asyncio.create_task(self._work())
        await asyncio.wait({work, self._writing}, return_when=asyncio.FIRST_COMPLETED)
        if not self.is_dead:
            await work
            return
        for task in (work, self._writing):
            task.cancel()
        await asyncio.gather(work, self._writing, return_exceptions=True)

    async def _work(self) -> None:
        for request in self._world.unanswered():
            await self._answer(request)
        await self._sender.round()

    async def _answer(self, request: pb.ExecuteTransactionRequest) -> None:
        context: Any = Caller(PLATFORM)
        try:
            answer = await self._calls._before(self._custody.ExecuteTransaction, request, context)
        except UnavailableError:
            return  # asked again
        self._world.answers[request.prepared_transaction].append(answer.operation.name)

    async def close(self) -> None:
        """As SIGTERM does."""
        self._stopping.set()
        await asyncio.gather(self._writing, return_exceptions=True)
        try:
            await self._writer.close()
        except Killed:
            assert self.is_dead


@dataclass
class CustodyWorld:
    """A chain that makes a block a second, a platform with four transactions from two accounts, one clock."""

    open_store: Callable[[], GatewayStore]
    chain: DevnetWorld
    rpc: ListeningRpc
    now_s: int = T0_S
    meanwhile: Meanwhile = Meanwhile.INCLUDED
    signer: FreshSigner = field(default_factory=lambda: FreshSigner(ALSO_RICH))
    requests: list[pb.ExecuteTransactionRequest] = field(default_factory=list)
    answers: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.store = self.open_store()
        self.writes = bytes.fromhex(self.chain.deploy(STORE_AND_LOG_CODE)[2:])
        reverts = bytes.fromhex(self.chain.deploy(REVERT_CODE)[2:])
        for at, (secret, to) in enumerate(
            [(RICH, self.writes), (RICH, self.writes), (ALSO_RICH, self.writes), (ALSO_RICH, reverts)]
        ):
            self._prepare(at + 1, secret, to)

    def _prepare(self, number: int, secret: bytes, to: bytes) -> None:
        nonce = self.chain.nonce(secret) + (number + 1) % 2
        content = UnsignedEvmTx(CHAIN_ID, nonce, 0, 100_000, to, words(number, number))
        made = Prepared(
            *(f"{number:032x}", PLATFORM, bytes(32), f"step {number}", address_of(secret)),
            *(content, 0, T0_S + 600),
        )
        with self.store.database.transaction() as connection:
            CUSTODY.replace_steps(connection, [made], T0_S)
        request = pb.ExecuteTransactionRequest(prepared_transaction=made.name)
        if secret is ALSO_RICH:
            request.use_delegated_signer = True
        else:
            request.signed_transaction = content.signed(sign_digest(secret, content.digest)).raw
        self.requests.append(request)

    def clock_s(self) -> int:
        """The gateways' clock."""
        return self.now_s

    def unanswered(self) -> list[pb.ExecuteTransactionRequest]:
        """What the platform asks again."""
        return [each for each in self.requests if each.prepared_transaction not in self.answers]

    async def run(
        self, instances: list[CustodyInstance], restarted: Callable[[], CustodyInstance], most_s: int = 20
    ) -> None:
        """Second by second until everybody was answered and all has ended; the dead are replaced by ``restarted``.

        Who is to die goes first, or others would do all its work; those do theirs at the same time.
        """
        for _ in range(most_s):
            instances = [restarted() if each.is_dead else each for each in instances]
            for instance in instances:
                if instance.is_mortal:
                    await instance.step()
            await asyncio.gather(*(instance.step() for instance in instances if not instance.is_mortal))
            died = any(instance.is_dead for instance in instances)
            self._go_on(self.meanwhile if died else Meanwhile.INCLUDED)
            if not self.unanswered() and not self._pending():
                break
        else:
            raise AssertionError(f"not over: {self._pending()}, unanswered: {self.unanswered()}")
        for instance in instances:
            await instance.close()

    def _go_on(self, what: Meanwhile) -> None:
        self.now_s += 1
        if what is Meanwhile.INCLUDED:
            self.chain.mine()
        elif what is Meanwhile.FORGOTTEN:
            pool = self.chain.devnet.producer.mempool
            for evm_tx_hash in list(pool._by_hash):
                pool.remove(evm_tx_hash)

    def _pending(self) -> list[Operation]:
        with self.store.database.reading() as connection:
            return list(CUSTODY.pending(connection, 100))

    def operations(self) -> list[Operation]:
        """All that are stored, by what was prepared for them."""
        with self.store.database.reading() as connection:
            found = connection.execute(sa.text("SELECT evm_tx_hash FROM operations ORDER BY prepared_id")).scalars()
            read = [CUSTODY.operation(connection, bytes(each)) for each in found.all()]
        return [each for each in read if each is not None]


@asynccontextmanager
async def custody_world(
    open_store: Callable[[], GatewayStore], meanwhile: Meanwhile = Meanwhile.INCLUDED
) -> AsyncIterator[CustodyWorld]:
    """A node behind real HTTP, and everything prepared."""
    chain = DevnetWorld()
    async with chain.devnet as devnet, ListeningRpc(devnet.url) as rpc:
        yield CustodyWorld(open_store, chain, rpc, meanwhile=meanwhile)
