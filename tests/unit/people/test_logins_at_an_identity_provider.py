"""ID tokens with real keys: the honest login, and everything a thief, another client or a clock can bring."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
import pytest
import pytest_asyncio
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from chains.progmat.market.people.errors import IdTokenRefused, LoginRefused, StaffNotActive
from chains.progmat.market.people.oidc import REFETCH_S, HttpKeySource, KeySetUnavailable
from chains.progmat.market.people.rules import IdentityProvider
from chains.progmat.market.people.staff_roles import StaffRole
from chains.progmat.market.people.statuses import UserStatus
from chains.progmat.market.people.users import NewUser, UserChange
from tests.fakes.people_world import ADMIN_A, ADMIN_B, TERMINAL, PeopleWorld, empty_world

ISSUER, AUDIENCE, SUBJECT = "https://id.example.jp", "crossdvp-cn-a", "8f2c"
PROVIDER = IdentityProvider(ISSUER, AUDIENCE, f"{ISSUER}/jwks.json")
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
NEXT_KEY = ec.generate_private_key(ec.SECP256R1())
THIEF = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public(kid: str, key: Any, algorithm: str) -> dict[str, Any]:  # noqa: ANN401  # either kind of key
    kinds: dict[str, Any] = {"RS256": RSAAlgorithm, "ES256": ECAlgorithm}
    return {**json.loads(kinds[algorithm].to_jwk(key.public_key())), "kid": kid, "alg": algorithm, "use": "sig"}


@dataclass
class Issuer:
    """An identity provider: its key set, and how often it was asked for."""

    keys: list[dict[str, Any]] = field(
        default_factory=lambda: [public("rsa-1", RSA_KEY, "RS256"), public("ec-1", EC_KEY, "ES256")]
    )
    fetched: int = 0

    async def fetch(self, provider: IdentityProvider) -> bytes:
        assert provider is PROVIDER
        self.fetched += 1
        return json.dumps({"keys": self.keys}).encode()


@dataclass
class Login:
    """A world with one user at the provider."""

    people: PeopleWorld
    issuer: Issuer

    def claims(self, changed: dict[str, Any]) -> dict[str, Any]:
        now_s = self.people.clock.now_s()
        told = {"iss": ISSUER, "aud": AUDIENCE, "sub": SUBJECT, "iat": now_s, "exp": now_s + 300}
        return {name: value for name, value in {**told, **changed}.items() if value is not None}

    async def token(self, key: Any = RSA_KEY, kid: str = "rsa-1", algorithm: str = "RS256", **changed: Any) -> str:  # noqa: ANN401  # whatever JSON has
        nonce = await self.people.desk.begin_login()
        return jwt.encode(self.claims({"nonce": nonce, **changed}), key, algorithm, headers={"kid": kid})

    async def enter(self, token: str) -> str:
        return (await self.people.desk.log_in_by_token(ISSUER, token, TERMINAL)).staff_id


@pytest_asyncio.fixture
async def login(tmp_path: Path) -> AsyncIterator[Login]:
    issuer = Issuer()
    async with empty_world(tmp_path, (PROVIDER,), issuer) as people:
        admins = [
            NewUser(
                staff_id=staff_id,
                name="N",
                roles=frozenset({StaffRole.ADMIN}),
                oidc_issuer=ISSUER,
                oidc_subject=subject,
            )
            for staff_id, subject in ((ADMIN_A, SUBJECT), (ADMIN_B, "another"), ("adm-c", "a third"))
        ]
        await people.desk.create_first(admins, TERMINAL)
        yield Login(people, issuer)


@pytest.mark.parametrize(("key", "kid", "algorithm"), [(RSA_KEY, "rsa-1", "RS256"), (EC_KEY, "ec-1", "ES256")])
async def test_an_honest_token_opens_a_session(login: Login, key: object, kid: str, algorithm: str) -> None:
    assert await login.enter(await login.token(key, kid, algorithm)) == ADMIN_A


async def test_a_token_is_good_for_one_login(login: Login) -> None:
    token = await login.token()
    await login.enter(token)
    with pytest.raises(IdTokenRefused, match="nonce"):
        await login.enter(token)


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"iss": "https://evil.example"}, "iss"),
        ({"aud": "another-client"}, "aud"),
        ({"aud": [AUDIENCE, "another-client"]}, "azp"),
        ({"azp": "another-client"}, "azp"),
        ({"exp": 1_799_999_000}, "expired"),
        ({"exp": None}, "exp"),
        ({"exp": "1800000300"}, "exp"),
        ({"iat": None}, "iat"),
        ({"iat": 1_800_000_100}, "issued"),
        ({"iat": 1_799_990_000}, "issued"),
        ({"nonce": "made up"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"sub": ""}, "sub"),
        ({"sub": 7}, "sub"),
    ],
)
async def test_a_token_that_breaks_a_rule_is_refused_by_it(login: Login, changed: dict[str, Any], rule: str) -> None:
    with pytest.raises(IdTokenRefused, match=rule):
        await login.enter(await login.token(**changed))


async def test_of_several_audiences_the_one_in_azp_counts(login: Login) -> None:
    assert await login.enter(await login.token(aud=[AUDIENCE, "b"], azp=AUDIENCE)) == ADMIN_A


async def test_other_keys_and_algorithms_are_refused(login: Login) -> None:
    for key, kid, algorithm, rule in (
        (THIEF, "rsa-1", "RS256", "signature"),
        (THIEF, "unknown", "RS256", "none of the provider's keys"),
        (EC_KEY, "rsa-1", "ES256", "not made for"),
        (RSA_KEY, "rsa-1", "RS512", "expected one of"),
        ("the public key as a secret, 32 bytes at least", "rsa-1", "HS256", "expected one of"),
        (None, "rsa-1", "none", "expected one of"),
    ):
        token = await login.token(key, kid, algorithm)
        with pytest.raises(IdTokenRefused, match=rule):
            await login.enter(token)
    for garbage in ("", "a.b.c", "x" * 9000, "é.é.é"):
        with pytest.raises(IdTokenRefused):
            await login.enter(garbage)


async def test_a_rotated_key_is_asked_for_but_not_by_everybody_all_the_time(login: Login) -> None:
    await login.enter(await login.token())
    login.issuer.keys.append(public("ec-2", NEXT_KEY, "ES256"))
    for _ in range(5):
        with pytest.raises(IdTokenRefused, match="none of the provider's keys"):
            await login.enter(await login.token(NEXT_KEY, "ec-2", "ES256"))
    assert login.issuer.fetched == 1
    login.people.clock.advance_s(REFETCH_S)
    assert await login.enter(await login.token(NEXT_KEY, "ec-2", "ES256")) == ADMIN_A
    login.issuer.keys.pop(0)
    login.people.clock.advance_s(REFETCH_S)
    with pytest.raises(IdTokenRefused):
        await login.enter(await login.token(kid="gone"))
    with pytest.raises(IdTokenRefused, match="none of the provider's keys"):
        await login.enter(await login.token())
    assert login.issuer.fetched == 3


async def test_strangers_locked_users_and_other_issuers_stay_outside(login: Login) -> None:
    with pytest.raises(LoginRefused):
        await login.enter(await login.token(sub="nobody"))
    with pytest.raises(IdTokenRefused, match="no provider"):
        await login.people.desk.log_in_by_token("https://evil.example", await login.token(), TERMINAL)
    await login.people.change(UserChange(staff_id="adm-c", status=UserStatus.LOCKED))
    with pytest.raises(StaffNotActive):
        await login.enter(await login.token(sub="a third"))


async def test_keys_come_over_http_bounded_and_without_redirections() -> None:
    answers = {
        "/good": web.json_response({"keys": []}),
        "/moved": web.Response(status=302, headers={"Location": "/good"}),
        "/large": web.Response(body=b" " * 70_000),
    }

    async def answer(request: web.Request) -> web.Response:
        return answers[request.path]

    app = web.Application()
    app.router.add_get("/{name}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        port = runner.addresses[0][1]
        source = HttpKeySource()
        assert json.loads(await source.fetch(_at(f"http://127.0.0.1:{port}/good"))) == {"keys": []}
        for name in ("moved", "large"):
            with pytest.raises(KeySetUnavailable):
                await source.fetch(_at(f"http://127.0.0.1:{port}/{name}"))
    finally:
        await runner.cleanup()
    with pytest.raises(KeySetUnavailable):
        await source.fetch(_at(f"http://127.0.0.1:{port}/good"))


def _at(url: str) -> IdentityProvider:
    return IdentityProvider(ISSUER, AUDIENCE, url)
