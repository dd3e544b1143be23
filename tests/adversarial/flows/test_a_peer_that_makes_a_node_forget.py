"""What one peer may fetch is remembered in memory that another peer cannot fill."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chains.progmat.flows import peer_codec
from chains.progmat.flows.disclosing import MAX_DISCLOSED, MAX_SENT, Disclosing
from chains.progmat.flows.errors import NotAParticipant
from chains.progmat.flows.peer_codec import WantedOutputs
from chains.progmat.node.peers import PeerIdentity
from primitives.hashing import sha256
from tests.fakes.ledger_parties import CN_A, CN_B
from tests.integration.ledger.network import CASH_PARTIES, LedgerNetwork, running_ledger


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[LedgerNetwork]:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        yield ledger


def disclosing(ledger: LedgerNetwork) -> Disclosing:
    return ledger.vault(CN_B).node._disclosing


async def test_a_flood_of_one_peers_facts_leaves_the_others_theirs(ledger: LedgerNetwork) -> None:
    issued = await ledger.issue(100)
    tx_id = issued.tx_id or b""
    wanted = peer_codec.encode_fetch_request((WantedOutputs(tx_id, ()),))
    with pytest.raises(NotAParticipant):
        await disclosing(ledger).handle_fetch(PeerIdentity(CN_A.name), wanted)
    disclosing(ledger).disclose_ids(CN_A.name, [tx_id])  # the buyer pays with it
    flood = [bytes(sha256(number.to_bytes(8, "big"))) for number in range(MAX_DISCLOSED + MAX_SENT)]
    disclosing(ledger).disclose_ids("mallory", flood)
    answer = await disclosing(ledger).handle_fetch(PeerIdentity(CN_A.name), wanted)
    assert peer_codec.decode_fetch_response(answer).transactions


async def test_what_one_peer_may_fetch_is_bounded(ledger: LedgerNetwork) -> None:
    first = bytes(sha256(b"first"))
    disclosing(ledger).disclose_ids("mallory", [first])
    assert ("mallory", first) in disclosing(ledger)._disclosed
    flood = [bytes(sha256(number.to_bytes(8, "big"))) for number in range(MAX_DISCLOSED)]
    disclosing(ledger).disclose_ids("mallory", flood)
    assert ("mallory", first) not in disclosing(ledger)._disclosed
