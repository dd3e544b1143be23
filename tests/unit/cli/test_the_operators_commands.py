"""``crossdvp relayer`` against a running relayer: what each command says, to people and programs, and its exit code."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from crossdvp.relayer.v1 import relayer_service_pb2 as pb

from ibc.dvp import dvp_payload_of
from ibc.packet import Payload
from light_clients.progmat import SignedStatement, equivocation_of
from relayer.core.chain import EventKind
from relayer.watch.evidence_desk import EvidenceDesk
from relayer.watch.evidence_file import equivocation_document, keep_evidence
from tests.fakes import instant_chain
from tests.fakes.checkpoints import CheckpointScenario, signature
from tests.fakes.running_relayer import OPERATOR, RunningRelayer
from tests.fakes.settlement_terms import some_terms

T0_S = 1_700_000_000
SCENARIO = CheckpointScenario()


class Court:
    """Suspends whoever is brought before it."""

    def __init__(self) -> None:
        self.brought: list[bytes] = []

    async def convict(self, equivocation: bytes) -> str:
        """See Tribunal."""
        self.brought.append(equivocation)
        return "suspended by abcd"


@pytest.fixture
async def relayer(tmp_path: Path) -> AsyncIterator[RunningRelayer]:
    desk = EvidenceDesk(tmp_path / "evidence", {SCENARIO.next_checkpoint.ledger_id: Court()})
    async with RunningRelayer(T0_S, tmp_path, desk).running() as running:
        yield running


async def _stuck(relayer: RunningRelayer) -> str:
    """A packet that gets no further: its proof never holds."""
    packet = relayer.chains[0].send(b"x", T0_S + 7200)
    del relayer.chains[0].commitments[packet.sequence]
    client = relayer.client()

    async def refused() -> bool:
        found = await client.packet("client-one", packet.sequence)
        return found is not None and found.attempts > 0

    await relayer.until(refused)
    await client.close()
    return f"client-one/{packet.sequence}"


async def test_pending_shows_what_waits_and_why_and_filters(relayer: RunningRelayer) -> None:
    reference = await _stuck(relayer)
    shown = await relayer.command("pending")
    assert shown.exit_code == 0, shown.output
    assert "one/client-one/1" in shown.output
    assert "proof_refused" in shown.output
    assert "  2h  " in shown.output
    document = json.loads((await relayer.command("pending", "--json")).stdout)
    (packet,) = document["packets"]
    assert (packet["state"], packet["refusal_class"], packet["path"]) == (
        *("PACKET_STATE_SENT", "proof_refused", "test"),
    )
    relayer.now_s += 100
    for options, count in (
        (("--stuck-for", "90s"), 1),
        (("--stuck-for", "1h"), 0),
        (("--parked",), 0),
        (("--state", "received"), 0),
        (("--path", "test"), 1),
    ):
        found = json.loads((await relayer.command("pending", "--json", *options)).stdout)
        assert len(found["packets"]) == count, options
    assert (await relayer.command("pending", "--path", "none")).exit_code == 1
    assert (await relayer.command("pending", "--stuck-for", "soon")).exit_code == 2
    watched = await relayer.command("pending", "--watch", "--every", "0.1", "--times", "2", "--json")
    assert len(watched.stdout.splitlines()) == 2
    assert reference == "client-one/1"


async def test_explain_is_a_story_that_a_person_understands(relayer: RunningRelayer) -> None:
    reference = await _stuck(relayer)
    shown = await relayer.command("explain", reference)
    assert shown.exit_code == 0, shown.output
    for words in (
        "It is sent since 2023-11-14 22:13:20 UTC and waits for the destination to receive it",
        "1 attempt so far; the last one at 2023-11-14 22:13:20 UTC was answered: INVALID_PROOF",
        "the hosted light client refuses the proof: made anew, at another height",
        "Next is to bring the packet to two, at 2023-11-14 22:13:20 UTC",
        "If nothing happens, it times out at 2023-11-15 00:13:20 UTC of two's clock, in 7200 s",
        "sent on one",
    ):
        assert words in shown.output, shown.output
    document = json.loads((await relayer.command("explain", "one/client-one/1", "--json")).stdout)
    assert document["packet"]["to_timeout"] == "7200s"
    assert document["packet"]["send_by"] == "2023-11-15T00:13:14Z"
    missing = await relayer.command("explain", "client-one/99", "--json")
    assert missing.exit_code == 1
    assert json.loads(missing.stdout)["error"]["reason"] == "PACKET_UNKNOWN"


async def test_a_packet_is_found_by_its_trade_its_settlements_name_its_path_and_its_chain(
    relayer: RunningRelayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    terms = some_terms()
    sent = dvp_payload_of(terms).encode()
    monkeypatch.setattr(
        instant_chain, "payload", lambda value: Payload("dvp", "dvp", "dvp-1", "application/x-solidity-abi", value)
    )
    relayer.chains[0].send(sent, T0_S + 600)
    client = relayer.client()

    async def seen() -> bool:
        return await client.packet("client-one", 1) is not None

    await relayer.until(seen)
    await client.close()
    trade = terms.trade_id.hex()
    for reference in (trade, f"0x{trade}", f"settlements/0x{trade}", f"settlements/{trade}", "test/1", "one/1"):
        shown = await relayer.command("explain", reference)
        assert "one/client-one/1" in shown.output, (reference, shown.output)
        assert f"settlements/0x{trade}" in shown.output
    relayer.chains[1].send(b"the other way", T0_S + 600)

    async def both() -> bool:
        return (await relayer.command("explain", "test/1")).exit_code == 1

    await relayer.until(both)
    ambiguous = await relayer.command("explain", "test/1", "--json")
    error = json.loads(ambiguous.stdout)["error"]
    assert error["reason"] == "PACKET_AMBIGUOUS"
    assert "one/client-one/1, two/client-two/1" in error["message"]


async def test_park_unpark_and_retry_are_done_once_and_written_down(relayer: RunningRelayer) -> None:
    reference = await _stuck(relayer)
    parked = await relayer.command("park", reference, "--why", "the issuer asked us", "--request-id", "r-1")
    assert parked.exit_code == 0, parked.output
    assert f"{OPERATOR} park one/client-one/1: the issuer asked us" in parked.output
    again = await relayer.command("park", reference, "--why", "the issuer asked us", "--request-id", "r-1", "--json")
    assert json.loads(again.stdout)["packet"]["parking"]["by"] == OPERATOR
    assert json.loads((await relayer.command("pending", "--parked", "--json")).stdout)["packets"]
    shown = await relayer.command("explain", reference)
    assert f"It was parked by {OPERATOR}: the issuer asked us. It is tried again when it is unparked." in shown.output
    for words, reason in (
        (("retry", reference, "--why", "now", "--request-id", "r-2"), "PACKET_IS_PARKED"),
        (("unpark", reference, "--why", "now", "--request-id", "r-1"), "REQUEST_ID_REUSED"),
        (("unpark", reference, "--why", " "), "BAD_ACT_REQUEST"),
        (("unpark", reference, "--why", "two\nlines"), "BAD_ACT_REQUEST"),
        (("unpark", reference, "--why", "now", "--request-id", "x y"), "BAD_ACT_REQUEST"),
    ):
        refused = await relayer.command(*words, "--json")
        assert refused.exit_code == 1
        assert json.loads(refused.stdout)["error"]["reason"] == reason
    assert (await relayer.command("unpark", reference)).exit_code == 2
    assert (await relayer.command("unpark", reference, "--why", "agreed")).exit_code == 0
    assert (await relayer.command("retry", reference, "--why", "now")).exit_code == 0
    document = json.loads((await relayer.command("acts", "--json")).stdout)
    assert [(act["kind"], act["who"], act["why"]) for act in document["acts"]] == [
        *(("retry", OPERATOR, "now"), ("unpark", OPERATOR, "agreed"), ("park", OPERATOR, "the issuer asked us")),
    ]
    assert "parked (person)" in document["acts"][1]["before"]
    listed = await relayer.command("acts", "--packet", reference)
    assert listed.output.count("one/client-one/1") == 3


async def test_paths_clients_and_alarms_say_what_is_and_halt_says_how_to_go_on(relayer: RunningRelayer) -> None:
    client = relayer.client()

    async def relaying() -> bool:
        return [path.state for path in await client.paths()] == ["relaying"]

    await relayer.until(relaying)
    shown = await relayer.command("paths")
    assert shown.exit_code == 0, shown.output
    assert "one - two" in shown.output
    assert "not watched: the weather" in shown.output
    clients = json.loads((await relayer.command("clients", "--json")).stdout)["clients"]
    assert {(each["client_id"], each["chain"], each["of_chain"]) for each in clients} == {
        *(("client-one", "one", "two"), ("client-two", "two", "one")),
    }
    assert "active" in (await relayer.command("clients")).output
    assert "no alarm" in (await relayer.command("alarms")).output
    packet = relayer.chains[0].send(b"x", T0_S + 600)
    relayer.chains[0]._note(EventKind.TIMEOUT_PROCESSED, packet)
    relayer.chains[0]._note(EventKind.ACK_PROCESSED, packet)

    async def halted() -> bool:
        return [alarm.kind for alarm in await client.alarms()] == ["path_halted"]

    await relayer.until(halted)
    await client.close()
    shown = await relayer.command("paths")
    assert shown.exit_code == 1
    assert "go on: compare both chains by hand" in shown.output
    assert (await relayer.command("alarms")).exit_code == 1


async def test_evidence_is_listed_verified_and_brought_once(relayer: RunningRelayer, tmp_path: Path) -> None:
    truth = SCENARIO.next_checkpoint
    key = SCENARIO.keys[0]
    lie = replace(truth, root=bytes(32))
    evidence = equivocation_of(*(SignedStatement(each, signature(key, each)) for each in (truth, lie)))
    kept = keep_evidence(tmp_path / "evidence", evidence)
    listed = await relayer.command("evidence", "list")
    assert kept.name in listed.output
    assert f"signed height {truth.height}" in listed.output
    done = await relayer.command("evidence", "submit", str(kept), "--why", "seen elsewhere", "--request-id", "e-1")
    assert done.exit_code == 0, done.output
    assert "suspended by abcd" in done.output
    again = await relayer.command("evidence", "submit", str(kept), "--why", "seen elsewhere", "--request-id", "e-1")
    assert again.exit_code == 0
    assert len((await relayer.command("acts")).output.strip().splitlines()) == 1
    forged = tmp_path / "forged.json"
    forged.write_text(json.dumps(equivocation_document(evidence) | {"equivocation": "0x" + "00" * 40}))
    refused = await relayer.command("evidence", "submit", str(forged), "--why", "x", "--json")
    assert json.loads(refused.stdout)["error"]["reason"] == "EVIDENCE_UNUSABLE"
    nothing = await relayer.command("evidence", "submit", str(tmp_path / "none.json"), "--why", "x", "--json")
    assert json.loads(nothing.stdout)["error"]["reason"] == "EVIDENCE_FILE_UNUSABLE"


async def test_a_target_that_is_unclear_is_said_to_be(relayer: RunningRelayer, tmp_path: Path) -> None:
    for words in (("--target", "nowhere"), ("--target", "127.0.0.1:1")):
        found = await relayer.bare_command("pending", *words, "--json")
        assert json.loads(found.stdout)["error"]["reason"] == "TARGET_UNCLEAR"
    found = await relayer.bare_command("pending", "--dir", str(tmp_path / "none"), "--json")
    assert json.loads(found.stdout)["error"]["reason"] == "DEVNET_NOT_RUNNING"


@pytest.mark.parametrize(
    "request_of",
    [
        pb.ListPacketsRequest(path="none"),
        pb.ListPacketsRequest.FromString(b"\x28\x63"),  # parked = 99
    ],
)
async def test_a_filter_that_cannot_be_is_refused(relayer: RunningRelayer, request_of: pb.ListPacketsRequest) -> None:
    client = relayer.client()
    with pytest.raises(Exception, match=r"path none|is not a filter"):
        await client.packets(request_of)
    await client.close()


async def test_the_authoritys_certificate_may_stand_above_ones_own(relayer: RunningRelayer, tmp_path: Path) -> None:
    own = tmp_path / "operator"
    own.mkdir()
    for name in ("certificate.pem", "private-key.pem"):
        (own / name).write_bytes((tmp_path / name).read_bytes())
    target = ("--target", f"relayer@127.0.0.1:{relayer.port}", "--tls-dir", str(own))
    assert (await relayer.bare_command("pending", *target)).exit_code == 0
