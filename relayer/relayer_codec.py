"""What the relayer knows as messages of RelayerService."""

from __future__ import annotations

from collections.abc import Sequence

from crossdvp.relayer.v1 import relayer_service_pb2 as pb
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from relayer.acts import Act
from relayer.core.explain import deadline_s
from relayer.core.lifecycle import WAITS_FOR
from relayer.core.plan import REFRESH_FRACTION, DirectionView, Parked
from relayer.packet_care import Parking
from relayer.packet_desk import name_of
from relayer.packet_states import STATES
from relayer.service import RelayerLoop
from relayer.store_tables import ArchivedPacket, PacketRow, StepRow
from relayer.watch.alarms import AlarmBoard
from relayer.watch.evidence_desk import KeptEvidence

_NUMBERS = {state: number for number, state in STATES.items()}
_LAST_SECOND = 253_402_300_799
"""Of the year 9999, the last that a Timestamp holds."""


def stamp(at_s: float) -> Timestamp:
    """A moment; what lies beyond the calendar is its end."""
    at_s = min(at_s, _LAST_SECOND)
    return Timestamp(seconds=int(at_s), nanos=int(at_s % 1 * 1e9))


def chain_statuses(loop: RelayerLoop) -> Sequence[pb.ChainStatus]:
    """Both ends of a path."""
    view, path = loop.path.view, loop.path
    error, standby = loop.last_error, loop.standby
    if view is None:
        return [
            pb.ChainStatus(chain=chain.chain_name, last_error=error, path=path.name, standby=standby)
            for chain in path.endpoints
        ]
    return [
        pb.ChainStatus(
            chain=chain.chain_name,
            height=head.height,
            head_time=stamp(head.timestamp_s),
            client_id=client.client_id,
            client_height=client.latest_height,
            client_expires=stamp(client.latest_timestamp_s + client.trusting_period_s),
            client_status=client.status.name.lower(),
            last_error=error,
            path=path.name,
            standby=standby,
        )
        for chain, head, client in zip(path.endpoints, view.heads, view.clients, strict=True)
    ]


def light_clients(loop: RelayerLoop) -> Sequence[pb.LightClient]:
    """The light clients of both ends; none before the chains were read. Age by the followed chain's own clock."""
    view, path = loop.path.view, loop.path
    if view is None:
        return []
    found = []
    for index in (0, 1):
        client, followed = view.clients[index], view.heads[1 - index]
        period_s, latest_s = client.trusting_period_s, client.latest_timestamp_s
        found.append(
            pb.LightClient(
                path=path.name,
                chain=path.endpoints[index].chain_name,
                client_id=client.client_id,
                of_chain=path.endpoints[1 - index].chain_name,
                status=client.status.value,
                latest_height=client.latest_height,
                latest_time=stamp(latest_s),
                age=Duration(seconds=followed.timestamp_s - latest_s),
                trusting_period=Duration(seconds=period_s),
                refresh_due=stamp(latest_s + -(-period_s // REFRESH_FRACTION)),
                expires=stamp(latest_s + period_s),
            )
        )
    return found


def packet_message(
    row: PacketRow, steps: Sequence[StepRow] = (), view: DirectionView | None = None, parking: Parking | None = None
) -> pb.Packet:
    """A packet; ``view`` gives its distance from the time-out."""
    tracked, packet = row.tracked, row.tracked.packet
    waits_long = tracked.not_before_s > 0 and not tracked.state.is_final
    message = pb.Packet(
        name=name_of(row.key),
        path=row.path,
        source_chain=row.source_chain,
        source_client=packet.source_client,
        destination_client=packet.destination_client,
        sequence=packet.sequence,
        timeout=stamp(packet.timeout_s),
        state=_NUMBERS[tracked.state],
        waits_for=WAITS_FOR[tracked.state],
        since=stamp(row.since_s),
        attempts=tracked.attempts,
        last_error=row.last_error,
        refusal_class=tracked.refusal_class.value if tracked.refusal_class else "",
        trade_id=row.trade_id,
        next_attempt=stamp(tracked.not_before_s) if waits_long else None,
        steps=[_step(step) for step in steps],
    )
    if parking is not None:
        message.parking.CopyFrom(_parking(parking))
    elif tracked.parked is not Parked.NO:
        message.parking.held_back = _held_back(tracked.parked)
    if view is not None and not tracked.state.is_final:
        left_s = min(packet.timeout_s, _LAST_SECOND) - view.destination.timestamp_s
        message.to_timeout.CopyFrom(Duration(seconds=left_s))
        last_s = deadline_s(tracked, view.receive_margin_s)
        if last_s is not None:
            message.send_by.CopyFrom(stamp(last_s))
    return message


def _held_back(parked: Parked) -> str:
    return "everything" if parked is Parked.BY_PERSON else parked.value


def _parking(parking: Parking) -> pb.Parking:
    by_itself = f", or another light client on {parking.waits_for.chain}" if parking.waits_for.mark else ""
    return pb.Parking(
        by=parking.who,
        why=parking.why,
        since=stamp(parking.since_s),
        held_back=_held_back(parking.parked),
        ends_with=f"unpark{by_itself}",
    )


def _step(step: StepRow) -> pb.Step:
    return pb.Step(
        chain=step.chain,
        what=step.what,
        tx_id=step.tx_id,
        height=step.height,
        proof_bytes=step.proof_bytes,
        refusal=step.refusal,
        at=stamp(step.at_s),
        refusal_class=step.refusal_class,
    )


def archived_message(found: ArchivedPacket) -> pb.Packet:
    """A packet that ended long ago."""
    return pb.Packet(
        name=name_of(found.key),
        path=found.path,
        source_chain=found.key.source_chain,
        source_client=found.key.source_client,
        destination_client=found.destination_client,
        sequence=found.key.sequence,
        timeout=stamp(found.timeout_s),
        state=_NUMBERS[found.state],
        waits_for=WAITS_FOR[found.state],
        since=stamp(found.ended_s),
        attempts=found.attempts,
        steps=[_step(step) for step in found.events],
        trade_id=found.trade_id or "",
    )


def alarm_messages(boards: Sequence[AlarmBoard]) -> list[pb.Alarm]:
    """All alarms, the oldest first."""
    raised = sorted((each for board in boards for each in board.raised), key=lambda each: each.since_s)
    return [
        pb.Alarm(
            kind=each.alarm.kind.value,
            subject=each.alarm.subject,
            detail=each.alarm.detail,
            since=stamp(each.since_s),
        )
        for each in raised
    ]


def act_message(act: Act) -> pb.Act:
    """What a person did."""
    return pb.Act(
        request_id=act.request_id,
        kind=act.kind.value,
        subject=act.subject,
        who=act.who,
        why=act.why,
        at=stamp(act.at_s),
        before=act.before,
        after=act.after,
    )


def evidence_message(kept: KeptEvidence) -> pb.Evidence:
    """Evidence as it is kept."""
    return pb.Evidence(
        name=kept.name,
        ledger_id=kept.evidence.ledger_id,
        height=kept.evidence.height,
        validator="0x" + kept.validator.hex(),
        equivocation=kept.packed,
    )
