"""The genuine T-REX token: what its agent, owner and claim issuer can do to a settlement, and what shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from chains.evm.devnet.trex_suite import COUNTRY, TrexSuite
from tests.fakes.adapter_worlds import LEAD_SECURITIES, AdapterWorld, adapter_world, adapter_worlds
from tests.fakes.dvp_deployment import BUYER, EARMARK_MARGIN_S, SELLER, STRANGER, refusal_of, with_field
from tests.fakes.evm_abi import decode_revert
from tests.fakes.evm_sandbox import GENESIS_TIME_S, Contract, Reverted
from tests.fakes.ibc_oracle import Terms
from tests.fakes.progmat_oracle import keccak
from tests.fakes.trex_abi import missing_trex, trex_abi

SETTLE_BY_S = GENESIS_TIME_S + 3600
ON, OFF = True, False
pytestmark = pytest.mark.xdist_group("trex")


@pytest.fixture
def world() -> AdapterWorld:
    """Trade 1 is earmarked."""
    world = adapter_world("erc3643")
    world.earmark(world.terms())
    return world


def obstacle(world: AdapterWorld) -> str:
    encoded = world.dvp.adapter.call("obstacle", world.terms())
    reason, evidence = world.dvp.app.call("preflight", world.terms())
    assert not encoded or (reason, evidence) == (encoded[:4], encoded)
    return decode_revert(encoded).error


def alarms(world: AdapterWorld) -> list[str]:
    return [decode_revert(alarm).error for alarm in world.dvp.adapter.call("interference", [world.terms()])]


def escrow(world: AdapterWorld) -> bytes:
    return world.dvp.adapter.address


def pause(world: AdapterWorld) -> None:
    world.dvp.token.transact("pause")


def freeze_the_escrow(world: AdapterWorld) -> None:
    world.dvp.token.transact("setAddressFrozen", escrow(world), ON)


def freeze_tokens_of_the_escrow(world: AdapterWorld) -> None:
    world.dvp.token.transact("freezePartialTokens", escrow(world), 1)


def force_tokens_out_of_the_escrow(world: AdapterWorld) -> None:
    world.dvp.token.transact("forcedTransfer", escrow(world), SELLER.address, 1)


def burn_tokens_of_the_escrow(world: AdapterWorld) -> None:
    world.dvp.token.transact("burn", escrow(world), 1)


def recover_the_escrows_wallet(world: AdapterWorld) -> None:
    identity = world.extra["escrow identity"]
    identity.transact("addKey", keccak(bytes(12) + STRANGER.address), 1, 1)
    world.dvp.token.transact("recoveryAddress", escrow(world), STRANGER.address, identity.address)


def freeze_the_buyer(world: AdapterWorld) -> None:
    world.dvp.token.transact("setAddressFrozen", BUYER.address, ON)


def remove_the_buyers_identity(world: AdapterWorld) -> None:
    world.extra["IdentityRegistry"].transact("deleteIdentity", BUYER.address)


def revoke_the_buyers_claim(world: AdapterWorld) -> None:
    issuer, identity = world.extra["ClaimIssuer"], world.extra["buyer identity"]
    claim_id = keccak(bytes(12) + issuer.address + (1).to_bytes(32, "big"))
    issuer.transact("revokeClaim", claim_id, identity.address)


def restrict_the_buyers_country(world: AdapterWorld) -> None:
    compliance = world.extra["ModularCompliance"]
    module = deploy_trex(world, "CountryRestrictModule")
    compliance.transact("addModule", module.address)
    call = module.encode("addCountryRestriction", COUNTRY)
    compliance.transact("callModuleFunction", call, module.address)


def deploy_trex(world: AdapterWorld, name: str) -> Contract:
    sandbox = world.dvp.sandbox
    receipt = sandbox.send(sandbox.deployer, b"", trex_abi(name).encode_constructor(()))
    return Contract(sandbox, trex_abi(name), receipt.contract_address)


Act = Callable[[AdapterWorld], None]
#: act -> what keeps a delivery, and the alarms that stand
ACTS: dict[Act, tuple[str, list[str]]] = {
    pause: ("Erc3643Paused", ["Erc3643Paused"]),
    freeze_the_escrow: ("Erc3643AccountFrozen", ["Erc3643AccountFrozen"]),
    freeze_tokens_of_the_escrow: ("Erc3643TokensFrozen", ["Erc3643TokensFrozen"]),
    force_tokens_out_of_the_escrow: ("AdapterShortfall", ["AdapterShortfall"]),
    burn_tokens_of_the_escrow: ("AdapterShortfall", ["AdapterShortfall"]),
    recover_the_escrows_wallet: ("AdapterShortfall", ["AdapterShortfall", "Erc3643NotVerified"]),
    freeze_the_buyer: ("Erc3643AccountFrozen", []),
    remove_the_buyers_identity: ("Erc3643NotVerified", []),
    revoke_the_buyers_claim: ("Erc3643NotVerified", []),
    restrict_the_buyers_country: ("Erc3643NotCompliant", []),
}


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_what_an_issuer_does_is_named_beforehand_refuses_the_packet_and_moves_nothing(
    world: AdapterWorld, act: Act
) -> None:
    assert (obstacle(world), alarms(world)) == ("", [])
    act(world)
    expected, standing = ACTS[act]
    assert obstacle(world) == expected
    assert alarms(world) == standing
    before = world.units()
    assert refusal_of(world.deliver(world.terms()))
    assert world.units() == before
    assert world.units()[1] == 0


@pytest.mark.parametrize("act", [pause, freeze_the_buyer, revoke_the_buyers_claim], ids=lambda act: act.__name__)
def test_an_act_after_the_payment_blocks_the_delivery_and_gives_nothing_back(act: Act) -> None:
    world = adapter_world("erc3643")
    terms = world.terms(lead=LEAD_SECURITIES)
    packet = world.lock_and_send(terms)
    act(world)
    with pytest.raises(Reverted):
        world.pay(packet, terms)
    assert world.units() == (975, 0, 25)


def test_a_delivery_for_which_the_agent_took_the_tokens_is_made_good_by_putting_them_back(world: AdapterWorld) -> None:
    force_tokens_out_of_the_escrow(world)
    assert refusal_of(world.deliver(world.terms()))
    world.dvp.token.transact("transfer", escrow(world), 1, sender=SELLER)
    assert (obstacle(world), alarms(world)) == ("", [])


def test_one_trade_short_is_felt_by_whoever_comes_last_and_alarmed_for_all(world: AdapterWorld) -> None:
    """The escrow is one account: the alarm must come before the first delivery hides who is short."""
    second = world.terms(2)
    world.earmark(second)
    force_tokens_out_of_the_escrow(world)
    (alarm,) = world.dvp.adapter.call("interference", [world.terms(), second])
    token, account = ("0x" + contract.address.hex() for contract in (world.dvp.token, world.dvp.adapter))
    assert decode_revert(alarm).error_args == (token, account, 50, 49)
    world.deliver(world.terms())
    assert refusal_of(world.deliver(second, sequence=2))


def test_a_seller_whose_wallet_was_recovered_is_not_paid_at_the_old_one(world: AdapterWorld) -> None:
    """What is due waits in the escrow; the agent, who recovered the wallet, can move it by force."""
    identity = world.extra["seller identity"]
    identity.transact("addKey", keccak(bytes(12) + STRANGER.address), 1, 1)
    world.dvp.token.transact("recoveryAddress", SELLER.address, STRANGER.address, identity.address)
    world.dvp.sandbox.now_s = SETTLE_BY_S + EARMARK_MARGIN_S
    with pytest.raises(Reverted):
        world.dvp.app.transact("reclaim", world.terms())
    assert world.dvp.token.call("balanceOf", escrow(world)) == 25
    world.dvp.token.transact("forcedTransfer", escrow(world), STRANGER.address, 25)
    assert world.dvp.token.call("balanceOf", STRANGER.address) == 1000


def test_an_escrow_without_a_verified_identity_takes_nothing(world: AdapterWorld) -> None:
    world.extra["IdentityRegistry"].transact("deleteIdentity", escrow(world))
    terms = world.terms(2)
    world.prepare(terms)
    with pytest.raises(Reverted) as caught:
        world.dvp.app.transact("earmark", terms, sender=SELLER)
    assert caught.value.error == "Erc3643NotVerified"


def outcomes_of_paying_too_little(world: AdapterWorld, terms: Terms) -> Iterator[str]:
    """Bring the packet with ever more gas, from too little to more than enough."""
    packet = world.dvp.committed(world.dvp.packet(terms))
    with world.dvp.sandbox.undone():
        enough = world.dvp.receive(packet).gas_used
    for gas in (*range(enough - 80_000, enough + 20_000, 3_011), *range(enough + 20_000, enough + 1_200_000, 190_013)):
        with world.dvp.sandbox.undone():
            try:
                receipt = world.dvp.receive(packet, gas=gas)
            except Reverted:
                yield "nothing"
                continue
        paid = receipt.named("WriteAcknowledgement")[0].args[3] == (world.dvp.terms_hash(terms),)
        yield "delivered" if paid else "refused"


def ask_a_hungry_claim_issuer(world: AdapterWorld) -> None:
    """The buyer's one claim comes from an issuer whose check takes much gas, as one behind proxies may."""
    hungry = world.dvp.sandbox.deploy("HungryClaimIssuer")
    registry = Contract(
        world.dvp.sandbox,
        trex_abi("TrustedIssuersRegistry"),
        bytes.fromhex(world.extra["IdentityRegistry"].call("issuersRegistry")[2:]),
    )
    world.extra["buyer identity"].transact("addClaim", 1, 1, hungry.address, b"", b"", "")
    registry.transact("addTrustedIssuer", hungry.address, [1])
    registry.transact("removeTrustedIssuer", world.extra["ClaimIssuer"].address)


def test_a_relayer_that_starves_the_claim_issuer_never_turns_a_delivery_into_a_refusal(world: AdapterWorld) -> None:
    """The registry takes a claim issuer's lack of gas for an invalid claim, and the token then refuses in words."""
    ask_a_hungry_claim_issuer(world)
    assert set(outcomes_of_paying_too_little(world, world.terms())) == {"nothing", "delivered"}


def test_the_plain_escrow_can_be_starved_into_a_refusal_which_is_why_this_family_has_its_own() -> None:
    """The attack is real: an escrow that knows nothing of the token's registry asks for too little gas."""
    if missing_trex():
        pytest.skip(missing_trex())
    worlds = adapter_worlds()
    world, escrow = worlds["erc3643"], worlds["escrow"].dvp.adapter
    suite = TrexSuite(world.dvp.sandbox.deployer.key, world.dvp.sandbox.nonce(world.dvp.sandbox.deployer))
    suite.at = {name: world.extra[name].address for name in ("ClaimIssuer", "IdentityRegistry")}
    suite.register(escrow.address)
    for receiver, data in suite.take_steps():
        world.dvp.sandbox.send(world.dvp.sandbox.deployer, receiver, data)
    terms = with_field(world.terms(), "adapter", escrow.address)
    world.dvp.token.transact("approve", escrow.address, 25, sender=SELLER)
    world.dvp.app.transact("earmark", terms, sender=SELLER)
    ask_a_hungry_claim_issuer(world)
    assert "refused" in outcomes_of_paying_too_little(world, terms)
