"""The ledger's endpoint brings, with an update, every hand-over of the Validators since the client's height."""

from __future__ import annotations

from chains.progmat.client.channel import ApiEndpoint
from chains.progmat.client.checkpoints import CheckpointCollector
from chains.progmat.client.ledger_client import LedgerClient
from ibc.light_client import LightClientStatus
from light_clients.progmat import decode_header
from relayer.chains.progmat import LedgerEndpoint
from relayer.core.chain import Head, HostedClient
from relayer.core.plan import needs_refresh
from tests.fakes.qbft_headers import validator_keys
from tests.fakes.rpc_parties import tls_of
from tests.fakes.scripted_validators import LEDGER_ID, RotatingLedger, ScriptedValidator, set_of

A_KEYS, B_KEYS, C_KEYS = (validator_keys(4, name) for name in "abc")
A, B, C = (set_of(keys, 3) for keys in (A_KEYS, B_KEYS, C_KEYS))


async def test_an_update_over_two_rotations_carries_both_hand_overs_in_order() -> None:
    ledger = RotatingLedger({1: A, 11: B, 21: C}, 30)
    validators = [ScriptedValidator(key, ledger) for key in (*A_KEYS, *B_KEYS, *C_KEYS)]
    issuer = LedgerClient(ApiEndpoint("sn", "127.0.0.1:1"), tls_of("broker-a"))
    endpoint = LedgerEndpoint(issuer, CheckpointCollector(LEDGER_ID, A, validators), "qbft-0")
    update = await endpoint.update_for_counterparty(5, 25)
    assert update.height == 30
    shown = [decode_header(message, LEDGER_ID) for message in (*update.earlier, update.client_message)]
    assert [(header.checkpoint.height, header.validator_set) for header in shown] == [(10, A), (20, B), (30, C)]
    ledger.head_height = 31
    again = await endpoint.update_for_counterparty(30, 31)
    assert (again.height, again.earlier) == (31, ()), "what the client has passed is not shown again"
    await endpoint.close()


def test_a_client_is_refreshed_at_a_third_of_its_trusting_period_to_the_second() -> None:
    client = HostedClient("progmat-0", 5, 1000, 300, LightClientStatus.ACTIVE)
    assert not needs_refresh(client, Head(9, 1099))
    assert needs_refresh(client, Head(9, 1100))
