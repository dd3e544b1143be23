"""Attacks on fresh keys: claiming another's account or key, replaying, hiding a holder, finding out by asking."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.cash_codec import OwnerKind
from chains.progmat.flows import peer_codec
from chains.progmat.flows.fresh_key_codec import (
    FRESH_KEY,
    MAX_SHOWN_KEYS,
    SHOW_FRESH_KEYS,
    decode_fresh_key_request,
    decode_fresh_key_response,
    decode_show_response,
    encode_fresh_key_request,
    encode_fresh_key_response,
    encode_show_request,
    encode_show_response,
)
from chains.progmat.flows.fresh_key_desk import KEYS_AT_ONCE
from chains.progmat.flows.signed_records import signed_of
from chains.progmat.flows.steps import FlowStep
from chains.progmat.node.peers import PeerIdentity, PeerRouter
from chains.progmat.transactions.fresh_keys import FreshKeyStatement, tag_of_output
from chains.progmat.transactions.signed import SignedTransaction
from chains.rpc_status import RemoteCallerError, RemotePeerError, RemoteUnavailableError
from tests.adversarial.flows.attacker import FRAME, output_of, recorded, signed_by
from tests.fakes.ledger_parties import (
    BUYER,
    CN_A,
    CN_B,
    LEDGER_ID,
    SELLER,
    SN,
    STRANGER,
    LedgerParty,
    cash,
    cash_move,
    salt_of,
)
from tests.integration.ledger.fresh_keys import coins_made, fresh_pay, known_of
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    CASH_PARTIES,
    SELLER_ACCOUNT,
    LedgerNetwork,
    running_ledger,
)
from tests.integration.ledger.test_recovery import forget_everything

FRESH = LedgerParty("a fresh key")
TAG = tag_of_output(LEDGER_ID, salt_of("attack"), 0)


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[LedgerNetwork]:
    async with running_ledger(tmp_path, CASH_PARTIES) as running:
        yield running


def statement(
    account: LedgerParty = SELLER,
    fresh: LedgerParty = FRESH,
    node: LedgerParty = CN_A,
    tag: bytes = TAG,
    ledger_id: str = LEDGER_ID,
) -> FreshKeyStatement:
    return FreshKeyStatement.agreed(ledger_id, node.name, account.signer, fresh.signer, tag)


def under(fresh: LedgerParty, amount_yen: int, node: LedgerParty = CN_A) -> CashState:
    return replace(cash(amount_yen, fresh, node), owner_kind=OwnerKind.FRESH)


async def ask(ledger: LedgerNetwork, asker: LedgerParty, asked: LedgerParty, method: str, body: bytes) -> bytes:
    """Ask as a node that goes on working."""
    return await ledger.nodes[asker.name].around.network.request(asked.name, method, body, 5)


async def payment(ledger: LedgerNetwork) -> SignedTransaction:
    """The buyer's whole coin to a fresh key at cn-a; its salt is that of ``TAG``."""
    return await moved(ledger, under(FRESH, 1000))


async def moved(ledger: LedgerNetwork, coin: CashState) -> SignedTransaction:
    """The buyer's whole coin, with the memberships that the contract demands."""
    issued = await recorded(ledger, SN, (await ledger.issue(1000)).tx_id)
    custodians = dict.fromkeys((CN_B.name, coin.node))
    admitted = [await ledger.operations(SN).flow(f"admit-{name}") for name in custodians]
    members = [output_of(await recorded(ledger, SN, flow.tx_id), 0).ref for flow in admitted]
    built = replace(cash_move(FRAME, [output_of(issued, 0)], coin), references=tuple(members))
    return signed_by(built, [BUYER])


async def countersigned_with(ledger: LedgerNetwork, signed: SignedTransaction, *shown: FreshKeyStatement) -> bytes:
    body = peer_codec.encode_countersign_request(signed.encode(), shown)
    return await ask(ledger, CN_B, SN, peer_codec.COUNTERSIGN, body)


LIES = {
    "nobody is disclosed": (),
    "another's account": (replace(statement(), account_key=BUYER.key),),
    "an account that did not sign": (replace(statement(STRANGER), account_key=SELLER.key),),
    "a fresh key that did not sign": (replace(statement(fresh=STRANGER), fresh_key=FRESH.key),),
    "an account elsewhere": (statement(node=CN_B),),
    "of another payment": (statement(tag=tag_of_output(LEDGER_ID, salt_of("another"), 0)),),
    "of another output": (statement(tag=tag_of_output(LEDGER_ID, salt_of("attack"), 1)),),
    "of another ledger": (statement(ledger_id="progmat-other"),),
    "twice": (statement(), statement()),
    "one more than there are coins": (statement(), statement(fresh=STRANGER)),
}


@pytest.mark.parametrize("lie", LIES)
async def test_the_issuer_signs_for_no_holder_it_was_not_shown(ledger: LedgerNetwork, lie: str) -> None:
    paid = await payment(ledger)
    with pytest.raises((RemoteCallerError, RemotePeerError)) as refused:
        await countersigned_with(ledger, paid, *LIES[lie])
    assert refused.value.reason in {"COUNTERSIGN_REFUSED", "BAD_FRESH_KEY"}
    assert await countersigned_with(ledger, paid, statement())  # the truth is signed


async def test_a_key_once_disclosed_stays_with_its_account(ledger: LedgerNetwork) -> None:
    paid = await payment(ledger)
    await countersigned_with(ledger, paid, statement())
    with pytest.raises(RemotePeerError) as refused:  # its owner, too, cannot put it on another account
        await countersigned_with(ledger, paid, statement(account=STRANGER))
    assert refused.value.reason == "BAD_FRESH_KEY"


async def test_change_goes_back_to_no_key_whose_holder_was_never_disclosed(ledger: LedgerNetwork) -> None:
    """A coin under a stranger's unmarked key is an account's; marking its change as fresh would hide the holder."""
    hiding = await moved(ledger, replace(cash(1000), owner_kind=OwnerKind.FRESH))
    with pytest.raises(RemoteCallerError) as refused:
        await countersigned_with(ledger, hiding)
    assert refused.value.reason == "COUNTERSIGN_REFUSED"


# ---- what asking gives away ----


async def test_nobody_learns_by_asking_whose_a_key_is_that_he_has_seen(ledger: LedgerNetwork) -> None:
    """A later owner knows the salts of the coin's history, and asks for the key of every account it can think of."""
    await ledger.issue(1000)
    wire = signed_of(await ledger.done(CN_B, fresh_pay("pay", 400))).wire
    seen = {CashState.of(state).owner for state in wire.outputs}
    for asker, asked, account in ((SN, CN_A, SELLER_ACCOUNT), (CN_A, CN_B, BUYER_ACCOUNT), (SN, CN_B, BUYER_ACCOUNT)):
        for index in range(len(wire.outputs)):
            body = encode_fresh_key_request(account.key, tag_of_output(LEDGER_ID, wire.salt, index))
            given = decode_fresh_key_response(await ask(ledger, asker, asked, FRESH_KEY, body))
            assert given.fresh_key not in seen


async def test_only_the_coins_issuer_is_shown_whose_a_key_is(ledger: LedgerNetwork) -> None:
    await ledger.issue(1000)
    paid = await ledger.done(CN_B, fresh_pay("pay", 400))
    to_payee, change = (coin.owner.encoded() for coin in coins_made(paid))
    for asker, asked in ((CN_B, CN_A), (CN_A, CN_B), (CN_A, SN), (CN_B, SN)):
        answer = await ask(ledger, asker, asked, SHOW_FRESH_KEYS, encode_show_request((to_payee, change)))
        assert decode_show_response(answer) == ()
    shown = decode_show_response(await ask(ledger, SN, CN_A, SHOW_FRESH_KEYS, encode_show_request((to_payee, change))))
    assert [(item.fresh_key.encoded(), item.account_key.encoded()) for item in shown] == [
        (to_payee, SELLER_ACCOUNT.key)
    ]


async def test_who_asks_for_a_million_keys_gets_a_few_and_nothing_is_kept(ledger: LedgerNetwork) -> None:
    view = ledger.nodes[CN_B.name].around.network
    bodies = [
        encode_fresh_key_request(SELLER_ACCOUNT.key, tag_of_output(LEDGER_ID, b"", number))
        for number in range(KEYS_AT_ONCE)
    ]
    given = [decode_fresh_key_response(await view.request(CN_A.name, FRESH_KEY, body, 5)) for body in bodies]
    assert len({statement.fresh_key for statement in given}) == KEYS_AT_ONCE
    with pytest.raises(RemoteUnavailableError) as refused:
        await view.request(CN_A.name, FRESH_KEY, bodies[0], 5)
    assert refused.value.reason == "TOO_MANY_FRESH_KEYS"
    ledger.clock.advance_ms(1000)
    await view.request(CN_A.name, FRESH_KEY, encode_fresh_key_request(SELLER_ACCOUNT.key, TAG), 5)
    database = ledger.vault(CN_A).node.parts.database
    kept = await database.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM vault_fresh_keys").scalar_one())
    assert kept == 0


async def test_another_who_asks_meanwhile_is_served(ledger: LedgerNetwork) -> None:
    view = ledger.nodes[CN_B.name].around.network
    for number in range(0, KEYS_AT_ONCE, MAX_SHOWN_KEYS):
        keys = tuple(b"%d" % (number + offset) for offset in range(MAX_SHOWN_KEYS))
        await view.request(CN_A.name, SHOW_FRESH_KEYS, encode_show_request(keys), 5)
    with pytest.raises(RemoteUnavailableError):
        await view.request(CN_A.name, FRESH_KEY, encode_fresh_key_request(SELLER_ACCOUNT.key, TAG), 5)
    assert await ask(ledger, SN, CN_A, FRESH_KEY, encode_fresh_key_request(SELLER_ACCOUNT.key, TAG))


async def test_an_account_that_is_not_here_gets_no_key(ledger: LedgerNetwork) -> None:
    for key in (STRANGER.key.encoded(), CN_A.key.encoded()):  # the node's own key is no account
        with pytest.raises(RemoteCallerError) as refused:
            await ask(ledger, CN_B, CN_A, FRESH_KEY, encode_fresh_key_request(key, TAG))
        assert refused.value.reason == "ACCOUNT_UNKNOWN"


@pytest.mark.parametrize("method", [FRESH_KEY, SHOW_FRESH_KEYS])
async def test_garbage_gets_a_named_error(ledger: LedgerNetwork, method: str) -> None:
    bodies = (b"", b"\xff" * 100, bytes(100_000), encode_fresh_key_request(SELLER_ACCOUNT.key, TAG) + b"\x00")
    for body in (*bodies, encode_show_request(()), encode_show_request((b"x", b"x"))):
        with pytest.raises((RemotePeerError, RemoteCallerError)) as refused:
            await ask(ledger, CN_B, CN_A, method, body)
        assert refused.value.reason != "INTERNAL"


# ---- a payee's node, and an issuer's custodian, that lie ----

ANSWERS: dict[str, Callable[[bytes], FreshKeyStatement]] = {
    "another's account": lambda tag: statement(STRANGER, tag=tag),
    "another payment": lambda _tag: statement(),
    "another node": lambda tag: statement(node=CN_B, tag=tag),
    "not signed": lambda tag: replace(statement(tag=tag), account_signature=bytes(64)),
}


@pytest.mark.parametrize("answer", ANSWERS)
async def test_a_payer_pays_to_no_key_that_the_payee_has_not_signed_for(ledger: LedgerNetwork, answer: str) -> None:
    await ledger.issue(1000)

    async def lying(_asker: PeerIdentity, body: bytes) -> bytes:
        return encode_fresh_key_response(ANSWERS[answer](decode_fresh_key_request(body)[1]))

    router = PeerRouter()
    router.register(FRESH_KEY, lying)
    await ledger.stop(CN_A)
    ledger.hub.join(CN_A.name, router)
    refused = await ledger.run(CN_B, fresh_pay("pay", 400))
    assert (refused.step, refused.last_error_reason) == (FlowStep.FAILED, "BAD_FRESH_KEY")
    assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 1000
    await ledger.start(CN_A)


async def test_an_issuer_records_no_coin_on_the_false_word_of_a_custodian(ledger: LedgerNetwork) -> None:
    """Its records are lost, and the custodian that should show the holder again names another account."""
    await ledger.issue(1000)
    paid = await ledger.done(CN_B, fresh_pay("pay", 1000))
    fresh_key = coins_made(paid)[0].owner
    (record,) = (await known_of(ledger, SN, paid)).values()

    async def lying(_asker: PeerIdentity, _body: bytes) -> bytes:
        false = replace(statement(STRANGER, tag=record.tag), fresh_key=fresh_key)
        return encode_show_response((false,))

    await ledger.stop(SN)
    forget_everything(ledger.folder / SN.name)
    router = PeerRouter()
    router.register(SHOW_FRESH_KEYS, lying)
    await ledger.stop(CN_A)
    ledger.hub.join(CN_A.name, router)
    await ledger.start(SN)
    report = await ledger.vault(SN).node.recovery.reconcile()
    assert any("BAD_FRESH_KEY" in peer.problem for peer in report.peers)
    assert await known_of(ledger, SN, paid) == {}
    await ledger.start(CN_A)
    await ledger.vault(SN).node.recovery.reconcile()
    assert {known.account_key for known in (await known_of(ledger, SN, paid)).values()} == {SELLER_ACCOUNT.key}


async def test_a_payer_that_reuses_a_salt_links_nothing_that_it_did_not_know(ledger: LedgerNetwork) -> None:
    """The same question has the same answer, so that a payment can be built again; another payer's has another."""
    body = encode_fresh_key_request(SELLER_ACCOUNT.key, TAG)
    first, again, other = [
        decode_fresh_key_response(await ask(ledger, asker, CN_A, FRESH_KEY, body)) for asker in (CN_B, CN_B, SN)
    ]
    assert first == again
    assert first.fresh_key != other.fresh_key
    first.verify(LEDGER_ID)
