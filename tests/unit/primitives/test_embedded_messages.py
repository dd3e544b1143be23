"""A message that is bytes already goes into another one as protobuf itself would write it."""

from __future__ import annotations

import pytest
from crossdvp.ledger.v1 import transaction_pb2 as pb

from primitives.codec import deterministic_bytes, embedded


@pytest.mark.parametrize("size", [0, 1, 127, 128, 16_383, 16_384, 70_000])
def test_embedded_bytes_are_those_that_protobuf_writes(size: int) -> None:
    component = bytes(size)
    expected = deterministic_bytes(pb.ComponentGroup(components=[component]))
    assert embedded(pb.ComponentGroup.COMPONENTS_FIELD_NUMBER, component) == expected


def test_embedded_messages_are_those_that_protobuf_writes() -> None:
    group = pb.ComponentGroup(ordinal=17, components=[b"a", b"b" * 200])
    expected = deterministic_bytes(pb.WireTransaction(salt=b"salt", groups=[group, group]))
    again = embedded(pb.WireTransaction.GROUPS_FIELD_NUMBER, deterministic_bytes(group))
    assert embedded(pb.WireTransaction.SALT_FIELD_NUMBER, b"salt") + again + again == expected
