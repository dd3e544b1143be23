"""Tokens that must not be believed: each breaks one rule, and is refused by that rule's name."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from hypothesis import given
from hypothesis import strategies as st

from relayer.gateway.access_errors import (
    ReplayGuardFull,
    TokenExpired,
    TokenRefused,
    TokenReplayed,
    TokenUserUnknown,
)
from relayer.gateway.tenants import Role
from relayer.gateway.token_uses import TokenUses
from relayer.gateway.tokens import TokenClaims, TokenRules, TokenVerifier
from relayer.rpc.callers import CallerCertificate
from tests.fakes.settlement_terms import T0_S
from tests.fakes.token_holders import good_claims, p256_key, signed, signing_key, tenant_of, thumbprint, token_for

TENANT = tenant_of("broker-a", "cn-a")
CERTIFICATE = CallerCertificate("broker-a", thumbprint("broker-a"))


def verify(token: str, now_s: int = T0_S, certificate: CallerCertificate = CERTIFICATE) -> TokenClaims:
    return TokenVerifier(TokenRules("gateway")).verify(TENANT, certificate, token, now_s)


def roles_of(token: str) -> set[Role]:
    return set(verify(token).roles or ())


def refused_rule(token: str, now_s: int = T0_S, certificate: CallerCertificate = CERTIFICATE) -> str:
    with pytest.raises(TokenRefused) as caught:
        verify(token, now_s, certificate)
    return caught.value.rule


def test_a_good_token_gives_its_user_the_users_roles() -> None:
    token = token_for("broker-a", "alice")
    assert verify(token).user == "alice"
    assert roles_of(token) == {Role.PROPOSER, Role.AFFIRMER}


def test_a_token_of_a_p256_key_is_as_good() -> None:
    token = jwt.encode(good_claims("broker-a", "bob"), p256_key("broker-a"), "ES256", {"kid": "p256"})
    assert verify(token).user == "bob"


def test_a_token_may_have_fewer_roles_than_its_user_and_never_more() -> None:
    assert roles_of(token_for("broker-a", "alice", roles=["affirmer"])) == {Role.AFFIRMER}
    assert roles_of(token_for("broker-a", "bob", roles=["operator", "affirmer"])) == {Role.AFFIRMER}
    assert not roles_of(token_for("broker-a", "bob", roles=[]))


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        *[("iss", value) for value in ("broker-b", "", None, 5, ["broker-a"])],
        *[("aud", value) for value in ("gateway-2", ["gateway"], ["gateway", "other"], None, "")],
        *[("sub", value) for value in ("", None, 5, "x" * 129, "ali\nce", ["alice"])],
        *[("cnf", value) for value in (None, {}, 5, {"x5t#S256": ""}, {"x5t#S256": thumbprint("broker-b")})],
        *[("iat", value) for value in (None, "1", 1.5, True, -1, 2**80, T0_S + 31)],
        *[("exp", value) for value in (None, "1", T0_S, T0_S - 1, T0_S + 3601, True, float(T0_S + 5))],
        *[("nbf", value) for value in (None, "x", T0_S + 31, 0.5)],
        *[("jti", value) for value in (None, "", 7, "x" * 129)],
        *[("roles", value) for value in ("proposer", ["king"], [1], None, {"proposer": 1})],
    ],
)
def test_a_claim_that_breaks_its_rule_is_named(claim: str, value: Any) -> None:  # noqa: ANN401  # any JSON
    assert refused_rule(token_for("broker-a", "alice", **{claim: value})) == claim


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "cnf", "iat", "exp"])
def test_a_claim_that_is_missing_is_named(claim: str) -> None:
    claims = good_claims("broker-a", "alice")
    del claims[claim]
    assert refused_rule(signed(claims, "broker-a")) == claim


def test_a_token_that_was_good_expires_also_where_it_is_remembered() -> None:
    verifier, token = TokenVerifier(TokenRules("gateway")), token_for("broker-a", "alice")
    verifier.verify(TENANT, CERTIFICATE, token, T0_S + 629)  # within the skew
    with pytest.raises(TokenExpired):
        verifier.verify(TENANT, CERTIFICATE, token, T0_S + 630)


def test_a_stolen_token_is_useless_over_the_thiefs_own_certificate() -> None:
    token = token_for("broker-a", "alice")
    assert refused_rule(token, certificate=CallerCertificate("broker-b", thumbprint("broker-b"))) == "iss"
    another = CallerCertificate("broker-a", thumbprint("broker-c"))  # the same name, issued again
    assert refused_rule(token, certificate=another) == "cnf"
    assert refused_rule(token, certificate=CallerCertificate("broker-a", "")) == "cnf"


def test_a_remembered_token_is_not_good_over_another_certificate() -> None:
    verifier, token = TokenVerifier(TokenRules("gateway")), token_for("broker-a", "alice")
    verifier.verify(TENANT, CERTIFICATE, token, T0_S)
    with pytest.raises(TokenRefused, match="cnf"):
        verifier.verify(TENANT, CallerCertificate("broker-a", thumbprint("broker-c")), token, T0_S)


def _unsigned(header: dict[str, Any]) -> str:
    parts = [json.dumps(part).encode() for part in (header, good_claims("broker-a", "alice"))]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."


def test_alg_none_and_the_public_key_as_a_secret_are_refused() -> None:
    assert refused_rule(_unsigned({"alg": "none", "kid": "k1"})) == "form"
    assert refused_rule(_unsigned({"alg": "none", "kid": "k1"}) + "AA") == "alg"
    pem = signing_key("broker-a").public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    confused = jwt.encode(good_claims("broker-a", "alice"), pem, "HS256", {"kid": "k1"})
    assert refused_rule(confused) == "alg"


def test_a_good_signature_under_the_other_keys_name_is_refused() -> None:
    token = jwt.encode(good_claims("broker-a", "bob"), p256_key("broker-a"), "ES256", {"kid": "k1"})
    assert refused_rule(token) == "alg"


@pytest.mark.parametrize("kid", ["k2", "", "../k1", None])
def test_a_key_that_is_not_listed_is_refused(kid: str | None) -> None:
    header = {} if kid is None else {"kid": kid}
    assert refused_rule(jwt.encode(good_claims("broker-a", "alice"), signing_key("broker-a"), "EdDSA", header)) == "kid"


def test_a_stranger_who_signs_under_a_listed_name_is_refused() -> None:
    stranger = ed25519.Ed25519PrivateKey.generate()
    token = jwt.encode(good_claims("broker-a", "alice"), stranger, "EdDSA", {"kid": "k1"})
    assert refused_rule(token) == "signature"


@pytest.mark.parametrize(
    "extra", [{"jwk": {}}, {"jku": "https://x"}, {"x5c": []}, {"crit": ["exp"]}, {"typ": "at+jwt"}]
)
def test_a_header_that_says_more_than_it_may_is_refused(extra: dict[str, Any]) -> None:
    assert refused_rule(signed(good_claims("broker-a", "alice"), "broker-a", **extra)) in {"header", "form"}


def test_a_name_that_comes_twice_is_refused_rather_than_read_one_way() -> None:
    claims = json.dumps(good_claims("broker-a", "bob"))
    doubled = claims[:-1] + ', "sub": "alice"}'
    assert refused_rule(signed(doubled.encode(), "broker-a")) == "claims"


@pytest.mark.parametrize("payload", [b"", b"[]", b"5", b"{", b"\xff", b"[" * 3000])
def test_a_payload_that_is_no_object_is_refused(payload: bytes) -> None:
    assert refused_rule(signed(payload, "broker-a")) == ("size" if len(payload) > 2000 else "claims")


def test_an_oversized_token_is_refused_before_it_is_read() -> None:
    assert refused_rule("a" * 4097) == "size"
    assert refused_rule("é" * 10) == "size"


def test_a_good_token_of_somebody_who_is_not_listed_is_refused() -> None:
    with pytest.raises(TokenUserUnknown, match="mallory"):
        verify(token_for("broker-a", "mallory"))


@given(text=st.text(max_size=200))
def test_no_text_at_all_is_a_token_or_a_defect(text: str) -> None:
    with pytest.raises(TokenRefused):
        verify(text)


@given(position=st.integers(min_value=0), replacement=st.sampled_from("ABCDabcd0189-_."))
def test_a_token_with_one_character_changed_is_refused(position: int, replacement: str) -> None:
    token = token_for("broker-a", "alice")
    where = position % len(token)
    changed = token[:where] + replacement + token[where + 1 :]
    if changed != token:
        with pytest.raises(TokenRefused):
            verify(changed)


def test_a_single_use_token_repeats_its_change_and_makes_no_other() -> None:
    uses = TokenUses()
    uses.use("broker-a", "id", b"1" * 32, T0_S + 60, T0_S)
    uses.use("broker-a", "id", b"1" * 32, T0_S + 60, T0_S)
    uses.use("broker-b", "id", b"2" * 32, T0_S + 60, T0_S)  # another platform's ids are its own
    with pytest.raises(TokenReplayed):
        uses.use("broker-a", "id", b"2" * 32, T0_S + 60, T0_S)


def test_a_platform_that_fills_its_memory_of_uses_is_refused_and_holds_up_no_other() -> None:
    uses = TokenUses(most=2)
    for number in range(2):
        uses.use("broker-a", str(number), bytes(32), T0_S + 60, T0_S)
    with pytest.raises(ReplayGuardFull):
        uses.use("broker-a", "2", bytes(32), T0_S + 60, T0_S)
    uses.use("broker-b", "2", bytes(32), T0_S + 60, T0_S)
    uses.use("broker-a", "2", bytes(32), T0_S + 120, T0_S + 60)  # the first ones have expired by now
