"""``crossdvp gateway audit``, ``crossdvp gateway token`` and ``crossdvp explain`` at a terminal and for programs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from typer.testing import CliRunner

from relayer.cli.explain import app as explain_app
from relayer.cli.gateway_audit import app as audit_app
from relayer.cli.gateway_token import app as token_app
from relayer.gateway.audit import AuditLog
from relayer.gateway.audit_entries import AuditKind, AuditRecord
from relayer.gateway.settlement_tables import AUDIT_TABLE
from relayer.gateway.store import GatewayStore
from relayer.gateway.tokens import TokenRules, TokenVerifier
from relayer.reasons.catalogue import catalogue
from relayer.rpc.callers import CallerCertificate
from tests.fakes.process_files import FOR_GATEWAY, certified_folder, write_config
from tests.fakes.rpc_parties import tls_of
from tests.fakes.settlement_terms import T0_S
from tests.fakes.token_holders import signing_key, tenant_of, thumbprint

ROOT = Path(__file__).resolve().parents[3]
RUN = CliRunner()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = write_config(certified_folder(tmp_path), **FOR_GATEWAY)
    _append(tmp_path, 3)
    return path


def _append(folder: Path, entries: int) -> None:
    store = GatewayStore(folder / "relayer.sqlite3")
    made = [AuditRecord(AuditKind.INTENT, T0_S, "broker-a", "alice", "/x/Create", "r", bytes(32))] * entries
    AuditLog(store.database, AUDIT_TABLE).append(made)
    store.close()


def test_the_log_is_listed_verified_and_anchored(config: Path) -> None:
    listed = RUN.invoke(audit_app, ["list", "--config", str(config), "--json"])
    assert [call["height"] for call in json.loads(listed.stdout)["calls"]] == [3, 2, 1]
    people = RUN.invoke(audit_app, ["list", "--config", str(config)])
    assert "no outcome" in people.stdout
    anchor = config.parent / "anchor.json"
    assert RUN.invoke(audit_app, ["anchor", "--config", str(config), "--to", str(anchor)]).exit_code == 0
    _append(config.parent, 2)
    verified = RUN.invoke(audit_app, ["verify", "--config", str(config), "--from-anchor", str(anchor), "--json"])
    assert (verified.exit_code, json.loads(verified.stdout)["height"]) == (0, 5)


def test_a_log_that_was_cut_off_behind_an_anchor_is_refused_naming_the_entry(config: Path) -> None:
    anchor = config.parent / "anchor.json"
    RUN.invoke(audit_app, ["anchor", "--config", str(config), "--to", str(anchor)])
    (config.parent / "relayer.sqlite3").unlink()
    _append(config.parent, 2)
    assert RUN.invoke(audit_app, ["verify", "--config", str(config)]).exit_code == 0
    found = RUN.invoke(audit_app, ["verify", "--config", str(config), "--from-anchor", str(anchor), "--json"])
    assert found.exit_code == 1
    error = json.loads(found.stdout)["error"]
    assert error["reason"] == "AUDIT_CHAIN_BROKEN"
    assert error["message"].startswith("audit entry 3:")


@pytest.mark.parametrize(
    "content", [None, "", "{}", "[]", '{"format": "crossdvp-audit-anchor/1", "height": -1}', "x" * 9000]
)
def test_a_file_that_is_no_anchor_is_refused_by_name(config: Path, content: str | None) -> None:
    anchor = config.parent / "anchor.json"
    if content is not None:
        anchor.write_text(content)
    found = RUN.invoke(audit_app, ["verify", "--config", str(config), "--from-anchor", str(anchor), "--json"])
    assert (found.exit_code, json.loads(found.stdout)["error"]["reason"]) == (1, "AUDIT_ANCHOR_UNUSABLE")


def _key_files(folder: Path) -> list[str]:
    key, certificate = folder / "tokens.pem", folder / "broker.pem"
    plain = serialization.NoEncryption()
    pem = signing_key("broker-a").private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    key.write_bytes(pem)
    certificate.write_bytes(tls_of("broker-a").certificate)
    return ["--key", str(key), "--platform", "broker-a", "--certificate", str(certificate)]


def test_a_minted_token_is_what_the_gateway_believes(tmp_path: Path) -> None:
    arguments = [
        *_key_files(tmp_path),
        "--user",
        "alice",
        "--ttl",
        "60",
        "--role",
        "affirmer",
        "--single-use",
        "--json",
    ]
    made = json.loads(RUN.invoke(token_app, arguments).stdout)
    certificate = CallerCertificate("broker-a", thumbprint("broker-a"))
    verifier = TokenVerifier(TokenRules("gateway"))
    claims = verifier.verify(tenant_of("broker-a", "cn-a"), certificate, made["token"], made["expires_s"] - 60)
    assert (claims.user, [role.value for role in claims.roles or ()]) == ("alice", ["affirmer"])
    assert claims.jti


def test_a_certificate_in_the_place_of_the_key_is_refused_by_name(tmp_path: Path) -> None:
    arguments = _key_files(tmp_path)
    arguments[1] = arguments[-1]
    found = RUN.invoke(token_app, [*arguments, "--user", "alice", "--json"])
    assert (found.exit_code, json.loads(found.stdout)["error"]["reason"]) == (1, "TOKEN_SIGNING_KEY_UNUSABLE")


def test_a_reason_is_explained_in_both_languages_and_for_programs() -> None:
    english = RUN.invoke(explain_app, ["TRADE_ALREADY_LOCKED"])
    assert "only evidence from the other ledger ends it" in english.stdout
    japanese = RUN.invoke(explain_app, ["trade-already-locked", "--lang", "ja"])
    assert "ロック済み" in japanese.stdout
    told = json.loads(RUN.invoke(explain_app, ["TRADE_ALREADY_LOCKED", "--json"]).stdout)
    assert (told["grpc_code"], told["blame"], told["retry"]) == ("FAILED_PRECONDITION", "caller", False)


def test_a_mistyped_reason_is_refused_with_those_that_look_like_it() -> None:
    found = RUN.invoke(explain_app, ["TRADE_ALREDY_LOCKD", "--json"])
    assert found.exit_code == 1
    assert "TRADE_ALREADY_LOCKED" in json.loads(found.stdout)["error"]["message"]


def test_every_entry_has_words_in_both_languages() -> None:
    for entry in catalogue().values():
        assert entry.what.endswith((".", "?")), entry.reason
        assert entry.do.endswith("."), entry.reason
        assert entry.ja.endswith("。"), entry.reason


def test_catalogue_pages_and_error_classes_agree() -> None:
    """In a process of its own: the classes of other tests' modules are not the product's."""
    script = ROOT / "scripts" / "gen_error_pages.py"
    found = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
