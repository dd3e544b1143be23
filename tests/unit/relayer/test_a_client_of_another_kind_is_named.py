"""A relayer that is configured for another kind of light client than is hosted is told so, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from chains.progmat.client.checkpoints import CheckpointCollector
from chains.progmat.client.ledger_client import LightClientInfo
from primitives.errors import DecodeError
from relayer.chains.client_kind import LightClientKindDiffers, of_kind
from relayer.chains.progmat import LedgerEndpoint
from relayer.watch.alarms import AlarmBoard, AlarmKind
from relayer.watch.header_watch import HeaderWatch
from relayer.watch.ports import HostedHeaders
from relayer.watch.service import WatchLoop
from tests.fakes.checkpoints import CheckpointScenario


@dataclass
class Issuer:
    """A node that hosts a client of the given kind."""

    client_type: str
    name: str = "sn"

    async def light_client(self, _client_id: str, max_heights: int) -> LightClientInfo:
        assert max_heights == 1
        return LightClientInfo(
            *(self.client_type, b"\xff not this kind's state", "progmat-0", (), ((7, 1000),), False, "", ()),
            *("active", b""),
        )


@pytest.mark.parametrize(
    ("found", "fix"),
    [("enclave", 'proof.kind = "enclave"'), ("mock", 'evm.consensus = "mock"'), ("future", "compare proof.kind")],
)
async def test_the_ledgers_end_names_both_kinds_and_the_line_to_change(found: str, fix: str) -> None:
    collector = CheckpointCollector("ledger-1", CheckpointScenario().validator_set, [])
    issuer = Issuer(found)
    endpoint = LedgerEndpoint(issuer, collector, "qbft-0", client_type="qbft")  # type: ignore[arg-type] # a node's answer is all it needs
    with pytest.raises(LightClientKindDiffers, match=f"qbft-0 on ledger-1 is of kind {found}.*is for qbft") as caught:
        await endpoint.hosted_client()
    assert fix in str(caught.value)
    assert (caught.value.expected, caught.value.found) == ("qbft", found)


async def test_a_state_that_cannot_be_decoded_is_another_kind_and_no_decode_error() -> None:
    async def reading() -> bytes:
        raise DecodeError("client state has the wrong size", expected=1, found=2)

    with pytest.raises(LightClientKindDiffers, match=r"progmat-0 on evm-7 .*another or unknown"):
        await of_kind(reading(), "evm-7", "progmat-0", "progmat")


async def test_a_client_that_no_watch_can_compare_is_an_alarm_and_not_silence() -> None:
    class Host:
        client_id = "enclave-0"

        async def hosted_headers(self) -> HostedHeaders:
            return HostedHeaders("enclave", b"", (7,), frozen=False)

    board = AlarmBoard(lambda: 1.0)
    watch = HeaderWatch(Host(), Host(), {}, board)  # type: ignore[arg-type] # it goes no further
    await WatchLoop((), {"stored headers": watch.round}, board, 1.0, lambda: 1.0).round()
    (raised,) = board.raised
    assert raised.alarm.kind is AlarmKind.WATCH_BLIND
    assert "LIGHT_CLIENT_NOT_WATCHED" in raised.alarm.detail
