"""A hosted client that does not know who signs now gets an update first, even if its height would do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relayer.core.chain import MessageKind, ProofKind
from relayer.core.lifecycle import PacketState
from relayer.core.plan import Action, Target, TrackedPacket, UpdateNeed, update_need
from tests.fakes.instant_chain import instant_pair

NOW_S = 1_700_000_000


@pytest.mark.parametrize("is_new", [False, True])
async def test_it_is_updated_beyond_its_height_only_when_signers_are_new(is_new: bool) -> None:  # noqa: FBT001  # a parameter of the test
    prover, target = instant_pair(lambda: NOW_S)
    packet = prover.send(b"hello", NOW_S + 600)
    sent = prover.height
    await target.submit(await prover.update_for_counterparty(0, sent), ())
    prover.make_block()
    client = replace(await target.hosted_client(), needs_update_first=is_new)
    tracked = TrackedPacket(packet, PacketState.SENT, sent)
    action = Action(Target.DESTINATION, MessageKind.RECEIVE, ProofKind.COMMITMENT, tracked, sent)
    need = update_need(client, await prover.head(), [action])
    assert need is (UpdateNeed.NEEDED if is_new else UpdateNeed.NONE)
