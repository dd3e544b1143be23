from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from chains.evm.devnet.app import Devnet
from chains.evm.devnet.config import DevnetConfig, MiningMode, derive_secret, load_config
from chains.evm.devnet.errors import DevnetConfigError
from primitives.secp256k1 import address_of
from tests.fakes.evm_devnet_world import hex_of

TOML = """
chain_id = 5
port = 0
mining = "interval"
block_period_ms = 2000
validator_secrets = ["{secret}"]
data_dir = "{directory}/chain"

[[prefunded]]
address = "0x1111111111111111111111111111111111111111"
balance_wei = 7

[limits]
max_batch = 2
"""


def test_a_file_becomes_a_configuration(tmp_path: Path) -> None:
    secret = derive_secret("test", 0)
    path = tmp_path / "devnet.toml"
    path.write_text(TOML.format(secret=hex_of(secret), directory=tmp_path))
    config = load_config(path)
    assert (config.chain_id, config.mining, config.block_period_ms) == (5, MiningMode.INTERVAL, 2000)
    assert config.validator_keys() == (secret,)
    assert config.data_dir == tmp_path / "chain"
    assert config.limits.max_batch == 2


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("chain_id = 0", "chain_id"),
        ("chain_idd = 1", "chain_idd"),
        ("port = 70000", "port"),
        ('mining = "sometimes"', "mining"),
        ("block_period_ms = 500", "whole seconds"),
        ("block_period_ms = 1500", "whole seconds"),
        ("validator_count = 0", "validator_count"),
        ('validator_secrets = ["0x12"]', "validator_secrets"),
        (f'validator_secrets = ["0x{"00" * 32}"]', "no secp256k1 key"),
        (f'validator_secrets = ["0x{"ff" * 32}"]', "no secp256k1 key"),
        (f'validator_secrets = ["0x{"11" * 32}", "0x{"11" * 32}"]', "twice"),
        ('prefunded = [{address = "0x11"}]', "prefunded.0.address"),
        ("= 5", "not TOML"),
        ("\x00", "not TOML"),
    ],
)
def test_a_wrong_field_is_named(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "devnet.toml"
    path.write_text(text)
    with pytest.raises(DevnetConfigError, match=named):
        load_config(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DevnetConfigError, match="No such file"):
        load_config(tmp_path / "none.toml")


def test_fast_blocks_need_virtual_time() -> None:
    with pytest.raises(ValidationError, match="virtual"):
        DevnetConfig.model_validate({"block_period_ms": 100})
    assert DevnetConfig.model_validate({"block_period_ms": 100, "clock": "virtual"}).block_period_ms == 100


def test_validators_from_a_seed_are_always_the_same_and_differ_by_seed() -> None:
    keys = DevnetConfig(validator_seed="a", validator_count=4).validator_keys()
    assert keys == DevnetConfig(validator_seed="a", validator_count=4).validator_keys()
    assert not set(keys) & set(DevnetConfig(validator_seed="b", validator_count=4).validator_keys())
    assert len({address_of(key) for key in keys}) == 4


async def test_an_address_in_use_is_an_error_one_can_act_on() -> None:
    async with Devnet(DevnetConfig(mining=MiningMode.MANUAL)) as first:
        port = int(first.url.rsplit(":", 1)[1])
        second = Devnet(DevnetConfig(mining=MiningMode.MANUAL, port=port))
        with pytest.raises(DevnetConfigError, match="choose another port"):
            await second.start()
        await second.stop()
