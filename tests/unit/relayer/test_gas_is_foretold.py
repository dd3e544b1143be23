"""The gas of a batch is foretold from one like it: in proportion, never from one far larger or of other kinds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ibc.packet import Packet
from relayer.chains.evm_gas import GasKnown
from relayer.core.chain import MessageKind, PacketMessage
from tests.fakes.instant_chain import payload


def some(count: int, kind: MessageKind = MessageKind.RECEIVE) -> list[PacketMessage]:
    packet = Packet(1, "client-one", "client-two", 1_700_000_600, (payload(b"x"),))
    return [PacketMessage(kind, packet, b"", 1)] * count


@given(known=st.integers(1, 200), gas=st.integers(21_000, 10**8), wanted=st.integers(1, 400))
def test_it_is_at_least_in_proportion_and_a_far_smaller_batch_is_asked_for_anew(
    known: int, gas: int, wanted: int
) -> None:
    book = GasKnown()
    book.remember(1, some(known), gas)
    expected = book.expected(1, some(wanted))
    if wanted * 2 < known:
        assert expected is None
    else:
        assert expected is not None
        assert expected >= gas
        assert expected >= gas * wanted // known


def test_what_is_known_of_one_kind_says_nothing_about_another() -> None:
    book = GasKnown()
    book.remember(0, some(3), 100_000)
    assert book.expected(0, some(3, MessageKind.ACKNOWLEDGE)) is None
    assert book.expected(0, some(2) + some(1, MessageKind.ACKNOWLEDGE)) is None
    assert book.expected(1, some(3)) is None
