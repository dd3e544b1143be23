"""Configuration files of relayer and gateway: every problem is named with file and field."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from relayer.config import GatewayConfig, RelayerConfig, load_config
from relayer.core.crash_points import CrashPoint
from relayer.evm_config import ConsensusKind
from relayer.gateway.access import Speakers
from relayer.gateway.crash_points import GatewayCrashPoint
from relayer.peer_config import ConfigInvalid
from tests.fakes.process_files import FOR_GATEWAY, certified_folder, write_config
from tests.fakes.rpc_parties import tls_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return certified_folder(tmp_path)


def test_a_good_file_is_read_with_its_relative_paths_beside_it(folder: Path) -> None:
    config = load_config(RelayerConfig, write_config(folder))
    assert config.database == folder / "relayer.sqlite3"
    assert config.paths[0].evm_secret() == b"\x01" * 32
    assert config.tls.load().certificate == tls_of("relayer").certificate


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("listen", '"127.0.0.1"'), ("listen", '"127.0.0.1:70000"'), ("listen", '":1"'), ("listen", "")],
        *[("callers", '[""]'), ("callers", '"operator"'), ("database", "5"), ("evm.rpc_urls", '["ftp://x"]')],
        *[("poll_interval_ms", "9"), ("poll_interval_ms", '"fast"'), ("receive_margin_s", "-1")],
        *[("kill_at", '"whenever"'), ("colour", '"red"'), ("ledger.colour", '"red"'), ("ledger.threshold", "0")],
        *[("ledger.issuer", '{ name = "sn", target = "nowhere" }'), ("ledger.validators", "[]")],
        *[("ledger.validator_addresses", '["0x12"]'), ("tls.authority", ""), ("ledger.issuer", '{ name = "sn" }')],
    ],
)
def test_a_wrong_value_is_refused_naming_file_and_field(folder: Path, field: str, value: str) -> None:
    path = write_config(folder, **{field: value})
    with pytest.raises(ConfigInvalid, match=re.escape(field)) as caught:
        load_config(RelayerConfig, path)
    assert str(path) in str(caught.value)


def test_a_gateways_callers_are_those_it_says_whom_they_speak_for(folder: Path) -> None:
    config = load_config(GatewayConfig, write_config(folder, **FOR_GATEWAY))
    speakers = Speakers.of_tenants({name: tenant.tenant() for name, tenant in config.tenants.items()})
    assert speakers.callers == ("operator",)
    assert speakers.speaker("operator").nodes == {"cn-a", "cn-b"}
    assert not speakers.speaker("anybody").nodes
    assert not speakers.speaker("anybody").roles


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("tenants.operator.nodes", text) for text in ("[]", '""', '[""]', '"cn-a"', "5")],
        *[("tenants", text) for text in ("{}", "[]", '["operator"]', '{ "" = { nodes = ["cn-a"] } }')],
        ("callers", '["operator"]'),
    ],
)
def test_a_gateways_caller_who_speaks_for_nobody_is_refused(folder: Path, field: str, value: str) -> None:
    path = write_config(folder, **{**FOR_GATEWAY, "tenants.operator.nodes": "", field: value})
    with pytest.raises(ConfigInvalid, match=re.escape(field)):
        load_config(GatewayConfig, path)


def test_every_problem_is_told_at_once(folder: Path) -> None:
    path = write_config(folder, listen='"x"', kill_at='"whenever"', ledger__threshold="0")
    with pytest.raises(ConfigInvalid) as caught:
        load_config(RelayerConfig, path)
    assert all(field in str(caught.value) for field in ("listen", "kill_at", "ledger.threshold"))


@pytest.mark.parametrize(
    ("threshold", "addresses", "problem"),
    [
        ("2", [1], "threshold: 2 signatures cannot come"),
        ("1", [1, 1], "listed twice"),
        ("2", [1, 2], "threshold: 2 signatures cannot come from 1 validators"),
    ],
)
def test_a_threshold_that_can_never_be_reached_is_refused(
    folder: Path, threshold: str, addresses: list[int], problem: str
) -> None:
    listed = json.dumps([f"0x{number:040x}" for number in addresses])
    path = write_config(folder, ledger__threshold=threshold, ledger__validator_addresses=listed)
    with pytest.raises(ConfigInvalid, match=problem):
        load_config(RelayerConfig, path)


@pytest.mark.parametrize("content", [b"listen = ", b"\xff\xfe", b"a = 1\na = 2\n", b"x" * 300_000])
def test_a_file_that_is_no_toml_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "gateway.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigInvalid, match=r"gateway\.toml"):
        load_config(GatewayConfig, path)


@pytest.mark.parametrize("path", [Path("none.toml"), Path()])
def test_a_file_that_cannot_be_read_is_refused_by_name(tmp_path: Path, path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="cannot be read"):
        load_config(GatewayConfig, tmp_path / path)


@pytest.mark.parametrize("secret", ["", "0x12", "zz" * 32, "00" * 32, "ff" * 32, "01" * 33])
def test_a_key_file_without_a_secret_is_refused_and_its_contents_not_told(folder: Path, secret: str) -> None:
    (folder / "relayer.hex").write_text(secret)
    config = load_config(RelayerConfig, write_config(folder))
    with pytest.raises(ConfigInvalid, match=r"relayer\.hex") as caught:
        config.paths[0].evm_secret()
    assert not secret or secret not in str(caught.value)


@pytest.mark.parametrize("name", ["authority.pem", "certificate.pem", "key.pem"])
def test_tls_files_that_are_not_what_they_should_be_are_named(folder: Path, name: str) -> None:
    config = load_config(RelayerConfig, write_config(folder))
    (folder / name).write_bytes(b"-----BEGIN NONSENSE-----\n")
    with pytest.raises(ConfigInvalid, match=name):
        config.tls.load()


def test_a_key_of_another_certificate_is_refused(folder: Path) -> None:
    (folder / "key.pem").write_bytes(tls_of("gateway").private_key)
    with pytest.raises(ConfigInvalid, match="is not the key of the certificate"):
        load_config(RelayerConfig, write_config(folder)).tls.load()


MOCK = {"evm__consensus": '"mock"'}


@pytest.mark.parametrize("profile", ["", '"production"'])
@pytest.mark.parametrize(("model", "rest"), [(RelayerConfig, {}), (GatewayConfig, FOR_GATEWAY)])
def test_a_mock_consensus_is_refused_by_name_unless_the_file_says_it_is_for_tests(
    folder: Path, model: type[RelayerConfig | GatewayConfig], rest: dict[str, str], profile: str
) -> None:
    path = write_config(folder, **rest, **MOCK, profile=profile)
    with pytest.raises(ConfigInvalid, match=r'evm.consensus: .*"mock".*profile = "test"'):
        load_config(model, path)


def consensus_of(config: RelayerConfig | GatewayConfig) -> ConsensusKind:
    return (config.paths[0] if isinstance(config, RelayerConfig) else config).evm.consensus


@pytest.mark.parametrize(("model", "rest"), [(RelayerConfig, {}), (GatewayConfig, FOR_GATEWAY)])
def test_a_file_for_tests_may_name_the_mock_and_any_other_means_qbft(
    folder: Path, model: type[RelayerConfig | GatewayConfig], rest: dict[str, str]
) -> None:
    for_tests = load_config(model, write_config(folder, **rest, **MOCK, profile='"test"'))
    assert consensus_of(for_tests) is ConsensusKind.MOCK
    assert consensus_of(load_config(model, write_config(folder, **rest))) is ConsensusKind.QBFT


@pytest.mark.parametrize(
    ("field", "value"),
    [("evm.consensus", '"ethash"'), ("evm.max_gas_price_wei", "-1"), ("profile", '"testing"')],
)
def test_an_unknown_consensus_price_or_profile_is_refused(folder: Path, field: str, value: str) -> None:
    with pytest.raises(ConfigInvalid, match=re.escape(field)):
        load_config(RelayerConfig, write_config(folder, **{field: value}))


def test_a_relayer_of_several_paths_names_each_of_them_differently(folder: Path) -> None:
    file = write_config(folder)
    head, path = file.read_text().split("[[paths]]")
    paths = [path.replace('"only"', f'"{name}"') for name in ("a", "b")]
    file.write_text("[[paths]]".join((head, *paths)))
    assert [each.name for each in load_config(RelayerConfig, file).paths] == ["a", "b"]
    file.write_text("[[paths]]".join((head, *paths, paths[0])))
    with pytest.raises(ConfigInvalid, match="found 'a' twice"):
        load_config(RelayerConfig, file)


@pytest.mark.parametrize("name", ['""', '"a/b"', '"A"', f'"{"a" * 64}"', "5"])
def test_a_paths_name_that_would_be_ambiguous_is_refused(folder: Path, name: str) -> None:
    file = write_config(folder)
    file.write_text(file.read_text().replace('"only"', name))
    with pytest.raises(ConfigInvalid, match=r"paths\.0\.name"):
        load_config(RelayerConfig, file)


@pytest.mark.parametrize(
    ("model", "rest", "line"),
    [
        (RelayerConfig, {}, CrashPoint.BEFORE_RECEIVE.value),
        (GatewayConfig, FOR_GATEWAY, next(iter(GatewayCrashPoint)).value),
    ],
)
def test_a_process_kills_itself_only_where_its_file_says_it_is_for_tests(
    folder: Path, model: type[RelayerConfig | GatewayConfig], rest: dict[str, str], line: str
) -> None:
    with pytest.raises(ConfigInvalid, match=r'kill_at: .*profile = "test"'):
        load_config(model, write_config(folder, **rest, kill_at=f'"{line}"'))
    assert load_config(model, write_config(folder, **rest, kill_at=f'"{line}"', profile='"test"')).kill_at == line
