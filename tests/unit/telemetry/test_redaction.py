"""Logs and traces hide what a careless caller, or a library's error, hands them."""

from __future__ import annotations

import json
import logging
from io import StringIO

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from relayer.process import LogFormat, configure_logs
from relayer.telemetry.config import LogLevel
from relayer.telemetry.logs import MOST_FIELDS, bounded_fields
from relayer.telemetry.redaction import MOST_CHARS, redacted

WORDS = st.text("abcdefghijklmnopqrstuvwxyzABCDEFG0123456789-_.!", min_size=8, max_size=40)


@given(WORDS, WORDS, st.sampled_from(["postgresql", "postgresql+psycopg", "http", "https", "amqp"]))
def test_a_password_in_any_url_is_hidden_and_the_host_stays(user: str, password: str, scheme: str) -> None:
    shown = redacted(f"cannot connect to {scheme}://{user}:{password}@db.example:5432/relayer: refused")
    assert f":{password}@" not in shown
    assert "@db.example:5432/relayer: refused" in shown


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIHVuc2VjcmV0c2VjcmV0\n-----END PRIVATE KEY-----",
        "-----BEGIN EC PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIHVuc2VjcmV0c2VjcmV0",
        "authorization: Bearer MC4CAQAwBQYDK2VwBCIEIHVuc2VjcmV0c2VjcmV0",
        "eyJhbGciOiJFZERTQSJ9.MC4CAQAwBQYDK2VwBCIEIHVuc2VjcmV0c2VjcmV0.sig",
        "host=db password=MC4CAQAwBQYDK2VwBCIEIHVuc2VjcmV0c2VjcmV0 user=relayer",
        "endpoint signs with whsec_MC4CAQAwBQYDK2VwBCIEIHVuc2VjcmV0c2VjcmV0",
        "whsk_MC4CAQAwBQYDK2VwBCIEIHVuc2VjcmV0c2VjcmV0",
        "access_token=MC4CAQAwBQYDK2VwBCIEIHVuc2VjcmV0c2VjcmV0",
    ],
)
def test_keys_and_tokens_are_hidden(text: str) -> None:
    assert "MC4CAQAwBQYDK2VwBCIEIHVuc2VjcmV0c2VjcmV0" not in redacted(f"before {text}")


def test_what_a_security_token_says_is_not_taken_for_a_secret() -> None:
    said = "TOKEN_PAUSED: the token refuses: token: paused by its issuer"
    assert redacted(said) == said


@given(st.text(max_size=9000))
def test_every_text_is_bounded(text: str) -> None:
    assert len(redacted(text)) <= MOST_CHARS


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.one_of(st.text(max_size=3000), st.binary(), st.none())))
def test_every_field_is_bounded_and_bytes_are_never_written(fields: dict[str, object]) -> None:
    out = bounded_fields(None, "info", dict(fields))
    assert len(out) <= MOST_FIELDS + 1
    assert len(json.dumps(out)) < (MOST_FIELDS + 1) * 8 * MOST_CHARS
    assert not any(isinstance(value, bytes) for value in out.values())


def test_fields_by_the_names_of_secrets_are_hidden_and_long_lists_cut() -> None:
    out = bounded_fields(None, "info", {"secret": "x" * 9, "Password": "y", "more": {"token": "z"}, "l": [1] * 90})
    assert (out["secret"], out["Password"], out["more"]) == ("***", "***", {"token": "***"})
    assert len(out["l"]) == 20


@pytest.fixture
def lines() -> StringIO:
    """What the process's own configuration writes, as JSON; the root's handlers are put back after."""
    return StringIO()


def test_levels_are_set_by_package_and_json_lines_hold_no_password(
    lines: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr", lines)
    root = logging.getLogger()
    before, config = (list(root.handlers), root.level), structlog.get_config()
    try:
        configure_logs(LogFormat.JSON, {"relayer.noisy": LogLevel.ERROR, "a.library": LogLevel.DEBUG})
        structlog.get_logger("relayer.noisy").warning("left out")
        structlog.get_logger("relayer.quiet").info("kept", url="postgresql://u:hunter2hunter2@db/x", trade_id="ab")
        logging.getLogger("a.library").debug("connecting to postgresql://u:%s@db", "hunter2hunter2")
        logging.getLogger("b.library").info("left out")
    finally:
        root.handlers[:], root.level = before
        structlog.configure(**config)
        for package in ("relayer.noisy", "a.library"):
            logging.getLogger(package).setLevel(logging.NOTSET)
    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [line["event"].split(" to ")[0] for line in told] == ["kept", "connecting"]
    assert "hunter2" not in lines.getvalue()
    assert {"timestamp", "level", "logger", "event"} <= told[0].keys()
