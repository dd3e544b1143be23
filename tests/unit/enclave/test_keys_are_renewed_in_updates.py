"""An update to the ledger brings the keys it does not know yet, and those that would expire before the next one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from light_clients.enclave import EnclaveKey, KeyRegistration, encode_statement
from light_clients.enclave.client_message import EnclaveUpdate
from light_clients.enclave.codec import decode_client_message, encode_consensus_state
from light_clients.enclave.keys import claimed_key
from relayer.provers.enclave_forms import LedgerForm
from relayer.provers.enclave_quorum import QuorumStatement
from tests.fakes.enclave_world import ENCLAVES, EnclaveScenario
from tests.fakes.qbft_headers import TIME_0_S

SCENARIO = EnclaveScenario()
SIGNERS = ENCLAVES[:2]
RENEW_BEFORE_S = 100


async def offered() -> Sequence[KeyRegistration]:
    return [each.registration() for each in SIGNERS]


@pytest.mark.parametrize(("left_s", "is_renewed"), [(1, True), (RENEW_BEFORE_S, True), (RENEW_BEFORE_S + 50, False)])
async def test_a_key_is_registered_again_before_it_expires_and_not_sooner(left_s: int, is_renewed: bool) -> None:  # noqa: FBT001  # a parameter of the test
    statement = SCENARIO.statement
    expires_at_s = statement.timestamp_ns // 10**9 + left_s
    keys = tuple(EnclaveKey(each.named.enclave_key, each.named.operator, expires_at_s) for each in SIGNERS)
    lasting = replace(keys[1], expires_at_s=TIME_0_S + 100_000)
    trusted = encode_consensus_state(replace(SCENARIO.consensus_state, keys=(keys[0], lasting)))

    async def kept(_height: int) -> bytes:
        return trusted

    signatures = tuple(each.sign(statement) for each in SIGNERS)
    stated = QuorumStatement(statement, encode_statement(statement), signatures)
    message = await LedgerForm(kept, offered, RENEW_BEFORE_S).update(stated)
    update = decode_client_message(message)
    assert isinstance(update, EnclaveUpdate)
    brought = [claimed_key(each).enclave_key for each in update.registrations]
    assert brought == ([SIGNERS[0].named.enclave_key] if is_renewed else [])
