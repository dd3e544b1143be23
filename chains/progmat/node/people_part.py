"""The people of a node and its master data: users, approvals, audit; names, accounts, erasure."""

from __future__ import annotations

from collections.abc import Callable

from crossdvp.ledger.v1.master_data_service_pb2_grpc import add_MasterDataServiceServicer_to_server
from crossdvp.ledger.v1.user_service_pb2_grpc import add_UserServiceServicer_to_server

from chains.progmat.market.master_data.desk import MasterDataDesk, carried_out
from chains.progmat.market.master_data.erasing import ERASE, Erasing
from chains.progmat.market.master_data.obstacles import LEDGER_OBSTACLES
from chains.progmat.market.master_data.scrubbing import scrub
from chains.progmat.market.people.desk import PeopleDesk
from chains.progmat.market.people.rules import PeopleRules
from chains.progmat.market.trades.erasing import DeskObstacles, erase_bank_traces
from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.calling_people import ActingPeople
from chains.progmat.node.ledger_node import LedgerNode
from chains.progmat.node.peers import PeerRouter
from chains.progmat.node.rpc_master_data_service import MasterDataServiceRpc
from chains.progmat.node.rpc_user_service import UserServiceRpc
from chains.progmat.node.served_api import ServedApi


class PeoplePart:
    """``market_parts.MarketPart``. ``acting`` stands before all services of the node."""

    def __init__(
        self, node: LedgerNode, access: ApiAccess, random_bytes: Callable[[int], bytes], rules: PeopleRules
    ) -> None:
        clock, database = node.parts.clock, node.parts.database
        erasing = Erasing((*LEDGER_OBSTACLES, DeskObstacles()), (erase_bank_traces,))
        self.people = PeopleDesk(
            database,
            lambda: clock.now_ms() // 1000,
            random_bytes,
            rules,
            carried_out(erasing),
            afterwards={ERASE: scrub},
        )
        self.master_data = MasterDataDesk(self.people, erasing)
        self.acting = ActingPeople(self.people, access)
        master_data = MasterDataServiceRpc(self.people, self.master_data, access)
        self.apis = (
            ServedApi("UserService", add_UserServiceServicer_to_server, UserServiceRpc(self.people, access)),
            ServedApi("MasterDataService", add_MasterDataServiceServicer_to_server, master_data),
        )

    def answer_peers(self, router: PeerRouter) -> None:
        """No peer asks about people."""

    async def start(self) -> None:
        """Nothing goes on by itself."""

    async def stop(self) -> None:
        """Nothing to stop."""
