"""A member that asks a registrar's node to sign away the states that only the registrar changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from chains.progmat.contracts.membership import MemberRole
from chains.progmat.contracts.names import SECURITY, SECURITY_TOKEN, TRANSFER_GATE
from chains.progmat.contracts.notary_change import change_command
from chains.progmat.contracts.replacement import replaced
from chains.progmat.flows.replacement_requests import ChangeNotary, StateChoice
from chains.progmat.flows.securities_requests import ForceToken
from chains.progmat.ibc_host.frame import TransactionFrame
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import StateAndRef
from chains.rpc_status import RemoteCallerError
from primitives.composite_key import Key
from tests.adversarial.flows.attacker import countersign, output_of, recorded, signed_by
from tests.fakes.ledger_parties import AN, CN_A, CN_B, SECOND, SELLER, STRANGER
from tests.fakes.token_parties import ST, TOKEN_ID
from tests.integration.ledger.network import BUYER_ACCOUNT, MAP, PACKAGE, SELLER_ACCOUNT, TOKEN_PARTIES, LedgerNetwork
from tests.integration.ledger.securities import NOTE, REGISTER, UNITS, Securities
from tests.integration.ledger.two_notaries import TWO_NOTARIES, ledger_of_two_notaries


def to_the_second_notary(*states: StateAndRef, signers: tuple[Key, ...] = (AN.key,)) -> TransactionBuilder:
    outputs = replaced(states, lambda state: replace(state.state, notary=SECOND.party))
    frame = TransactionFrame(TWO_NOTARIES, PACKAGE.hash)
    refs = tuple(state.ref for state in states)
    return replace(frame.start(), inputs=refs, outputs=outputs, commands=(change_command(SECOND.party, *signers),))


async def made_by(ledger: LedgerNetwork, flow_id: str) -> StateAndRef:
    record = await ledger.vault(AN).node.engine.outcome(flow_id, 1)
    return output_of(await recorded(ledger, AN, record.tx_id), 0)


async def test_an_open_gate_is_not_carried_to_where_its_registrar_does_not_close_it(tmp_path: Path) -> None:
    async with ledger_of_two_notaries(tmp_path, (*TOKEN_PARTIES, SECOND), MAP) as ledger:
        await Securities.open(ledger)
        security, gate = await made_by(ledger, "register"), await made_by(ledger, "gate-1")
        tokens = await made_by(ledger, "issue-units")
        assert [state.state.contract for state in (security, gate, tokens)] == [SECURITY, TRANSFER_GATE, SECURITY_TOKEN]
        with_the_owner = to_the_second_notary(gate, tokens, signers=(AN.key, SELLER.key))

        for attack, signers in (
            (to_the_second_notary(gate), []),
            (to_the_second_notary(security), []),
            (with_the_owner, [SELLER]),
        ):
            with pytest.raises(RemoteCallerError, match="nobody else's to replace") as refused:
                await countersign(ledger, CN_A, AN, signed_by(attack, signers))
            assert refused.value.reason == "COUNTERSIGN_REFUSED"

        own = signed_by(to_the_second_notary(tokens, signers=(SELLER.key, AN.key)), [SELLER])
        with pytest.raises(RemoteCallerError, match="an account of cn-a is spent, and cn-b asks"):
            await countersign(ledger, CN_B, AN, own)
        await ledger.stop(CN_A)
        assert await countersign(ledger, CN_A, AN, own)


async def test_a_security_has_no_other_approvers_at_another_notary_and_units_do_not_escape_it_there(
    tmp_path: Path,
) -> None:
    async with ledger_of_two_notaries(tmp_path, (*TOKEN_PARTIES, SECOND), MAP) as ledger:
        securities = await Securities.open(ledger)
        await ledger.admit(AN, ST, MemberRole.REGISTRAR, notary=SECOND.name)
        there = replace(REGISTER, request_id="there", notary=SECOND.name)

        own_approver = replace(there, request_id="own", approver_keys=(STRANGER.key.encoded(),))
        assert await securities.refused(AN, own_approver) == "INVALID_REQUEST"
        await ledger.done(AN, there)

        for party, role in ((CN_A, MemberRole.CUSTODIAN), (CN_B, MemberRole.CUSTODIAN)):
            await ledger.admit(party, ST, role, notary=SECOND.name)
        fled = StateChoice(contract=SECURITY_TOKEN, account_key=SELLER_ACCOUNT.key, asset_id=TOKEN_ID)
        await ledger.done(CN_A, ChangeNotary("flee", SECOND.name, "", fled))
        forced = ForceToken("force", ST, TOKEN_ID, UNITS, SELLER_ACCOUNT, BUYER_ACCOUNT, NOTE, SECOND.name)
        await ledger.done(AN, forced)
        assert await securities.register() == (0, UNITS)
