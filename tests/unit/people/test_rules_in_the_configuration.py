"""The section of a node's configuration for its people becomes their rules, and cannot turn them off."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from chains.progmat.node.config import PeopleSection


def test_the_section_becomes_the_rules() -> None:
    provider = {"issuer": "https://id.example.jp", "audience": "cn-a", "keys_url": "https://id.example.jp/jwks"}
    rules = PeopleSection(password_max_age_days=30, lock_after_failures=5, providers=(provider,)).rules()  # type: ignore[arg-type] # as from a file
    assert (rules.policy.max_age_s, rules.policy.lock_after) == (30 * 86_400, 5)
    assert rules.providers[0].audience == "cn-a"
    assert PeopleSection().rules().policy.log2_n >= 15


@pytest.mark.parametrize(
    "section",
    [
        {"password_min_chars": 4},
        {"lock_after_failures": 10**6},
        {"session_s": 10**9},
        {"providers": [{"issuer": "http://id.example.jp", "audience": "a", "keys_url": "https://id.example.jp/jwks"}]},
        {"no_such_rule": 1},
    ],
)
def test_a_rule_that_is_none_is_refused(section: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PeopleSection.model_validate(section)
