"""The notary's role, put together from its parts; belongs to the composition root as ``roles`` does."""

from __future__ import annotations

import asyncio

import grpc.aio

from chains.progmat.client.part_names import NOTARY
from chains.progmat.flows.back_chain import BackChain
from chains.progmat.flows.seams import Role
from chains.progmat.flows.verification import LedgerVerifier
from chains.progmat.network.learning import NOTICE_S
from chains.progmat.node.following_network import ListedWith
from chains.progmat.node.node_storage import NodeStorage
from chains.progmat.node.peers import PeerRouter
from chains.progmat.node.roles import Surroundings
from chains.progmat.node.standing import NodePart
from chains.progmat.notary.duty import Duty, duty_of
from chains.progmat.notary.finder import FIND, POSITIONS, Finder
from chains.progmat.notary.intake import Intake, TearOffIntake
from chains.progmat.notary.keys import key_in_force, signer_of
from chains.progmat.notary.service import NOTARISE, READ_JOURNAL, NotaryService, NotarySettings
from chains.progmat.notary.signature_checks import InlineChecks, WorkerChecks
from chains.progmat.notary.uniqueness import UniquenessStore
from chains.progmat.notary.validating import OwnAnswers, VerifiedArchive, WholeIntake


class NotaryRole:
    """NN; with VALIDATING beside it, the notary verifies whole transactions."""

    def __init__(
        self,
        around: Surroundings,
        service: NotaryService,
        finder: Finder,
        store: UniquenessStore,
        duty: Duty | None,
        archive: NodeStorage | None,
    ) -> None:
        self._around = around
        self._service = service
        self._finder = finder
        self._store = store
        self._archive = archive
        self.duty = duty

    @classmethod
    async def open(cls, around: Surroundings) -> NotaryRole:
        """Open the uniqueness store.

        Raises ``UniquenessStoreError``, ``UniquenessStoreFailed``, ``KeyMissing``, ``NotANotary``.
        """
        around.node_signer()
        key_in_force(around.parameters_book, around.me.name)
        path = around.folder / "notary.sqlite3"
        store = await asyncio.to_thread(around.open_uniqueness_store, path, around.parameters.ledger_id)
        duty = duty_of(store)
        try:
            intake, archive = await _intake_of(around, store)
        except BaseException:
            store.close()
            raise
        service = NotaryService(
            name=around.me.name,
            store=store,
            keys=around.keys,
            parameters=around.parameters_book,
            key_of=around.key_of,
            clock_s=around.now_s,
            settings=NotarySettings(journal_readers=ListedWith(around.map_book, Role.VALIDATOR)),
            checks=WorkerChecks(around.verify_workers) if around.verify_workers else InlineChecks(),
            intake=intake,
            duty=duty,
        )
        finder = Finder(
            store,
            lambda: signer_of(around.keys, key_in_force(around.parameters_book, around.me.name)),
            around.key_of,
            duty,
        )
        # An epoch that comes too late is refused here, so that what is journalled is never judged anew.
        around.parameters_book.guard(lambda: store.head().time_s + NOTICE_S)
        return cls(around, service, finder, store, duty, archive)

    def answer_peers(self, router: PeerRouter) -> None:
        """Notarise, find, read the journal."""
        self._around.answer_about_network(router)
        if self._archive is None:
            router.register_group(NOTARISE, self._service.notarise_group)
        else:  # a history is fetched from the peer: no request waits for another's
            router.register(NOTARISE, self._service.notarise)
        router.register(FIND, self._finder.handle)
        router.register(POSITIONS, self._finder.handle_positions)
        router.register(READ_JOURNAL, self._service.read_journal)

    def serve(self, _server: grpc.aio.Server) -> tuple[str, ...]:
        """No API of its own."""
        return ()

    def parts(self) -> tuple[NodePart, ...]:
        """The notary: its store takes what is to be final."""
        return (NodePart(NOTARY, self._service.require_able, self._service.watch, self._service.about),)

    async def start(self) -> None:
        """Take requests, tick; or stand by."""
        await self._service.start()

    async def stop(self) -> None:
        """Finish what is queued, close the store."""
        await self._service.stop()
        self._finder.stop()
        self._store.close()
        if self._archive is not None:
            await self._archive.release()


async def _intake_of(around: Surroundings, store: UniquenessStore) -> tuple[Intake, NodeStorage | None]:
    """As the network map says: tear-offs, or whole transactions and an archive of the histories that were verified."""
    if Role.VALIDATING not in around.me.roles:
        return TearOffIntake(), None
    storage = around.node_storage()
    archive = await storage.acquire(around.now_s)
    verifier = LedgerVerifier(around.parameters_book, around.package)
    confirmed = OwnAnswers(around.me.name, store, verifier, around.keys, around.clock).confirmed
    back_chain = BackChain(
        archive, around.network, around.map_book, verifier, VerifiedArchive(), around.clock, confirmed=confirmed
    )
    return WholeIntake(archive, back_chain, verifier), storage
