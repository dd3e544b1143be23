"""A devnet without its socket, a clock one can turn, keys with money, and a few contracts small enough to read."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

from eth_account import Account

from chains.evm.devnet.app import Devnet
from chains.evm.devnet.config import DevnetConfig, MiningMode, Prefunded, derive_secret
from primitives.secp256k1 import address_of

CHAIN_ID: Final = 919_191
GENESIS_TIME_S: Final = 1_800_000_000
RICH: Final = derive_secret("rich", 0)
ALSO_RICH: Final = derive_secret("rich", 1)
POOR: Final = derive_secret("poor", 0)
RECIPIENT: Final = bytes.fromhex("11" * 20)

# returns the parent's BLOCKHASH
PARENT_HASH_CODE: Final = bytes.fromhex("6001430340600052 60206000f3".replace(" ", ""))
# sstore(calldata[0], calldata[32]); log1(calldata[32..64], topic calldata[0])
STORE_AND_LOG_CODE: Final = bytes.fromhex("602035600035 55 602035600052 600035 60206000 a1 00".replace(" ", ""))
# revert with 64 bytes of call data
REVERT_CODE: Final = bytes.fromhex("604060006000 37 60406000fd".replace(" ", ""))
# jump to itself for ever
LOOP_CODE: Final = bytes.fromhex("5b600056")
# the invalid opcode
INVALID_CODE: Final = bytes.fromhex("fe")


def creation_of(runtime: bytes) -> bytes:
    """Init code that returns `runtime` (at most 255 bytes)."""
    return bytes.fromhex(f"60{len(runtime):02x}80600b6000396000f3") + runtime


def hex_of(data: bytes) -> str:
    return "0x" + data.hex()


def words(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(32, "big") for number in numbers)


@dataclass
class TurnableClock:
    """A wall clock that moves when told."""

    now_s: float = float(GENESIS_TIME_S)

    def __call__(self) -> float:
        return self.now_s


class RpcFailure(Exception):  # the tests' own word for an error answer
    """An error answer."""

    def __init__(self, code: int, message: str, data: str | None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.data = data


def devnet_config(**changes: Any) -> DevnetConfig:  # noqa: ANN401 # any field of the model
    fields: dict[str, Any] = {
        "chain_id": CHAIN_ID,
        "mining": MiningMode.MANUAL,
        "genesis_time_s": GENESIS_TIME_S,
        "prefunded": tuple(Prefunded(address=hex_of(address_of(secret))) for secret in (RICH, ALSO_RICH)),
    }
    return DevnetConfig(**(fields | changes))


@dataclass
class DevnetWorld:
    """Talks to the dispatcher as a client would, byte for byte, without HTTP between."""

    config: DevnetConfig = field(default_factory=devnet_config)
    clock: TurnableClock = field(default_factory=TurnableClock)

    def __post_init__(self) -> None:
        self.devnet = Devnet(self.config, self.clock)

    def rpc(self, method: str, *params: Any) -> Any:  # noqa: ANN401 # JSON
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        answer = self.devnet.dispatcher.answer(json.dumps(request).encode())
        assert answer is not None
        parsed = json.loads(answer)
        if "error" in parsed:
            error = parsed["error"]
            raise RpcFailure(error["code"], error["message"], error.get("data"))
        return parsed["result"]

    def block(self, block: str) -> dict[str, Any]:
        """A block with the hashes of its transactions."""
        found: dict[str, Any] = self.rpc("eth_getBlockByNumber", block)
        return found

    def full_block(self, block: str) -> dict[str, Any]:
        """A block with its transactions."""
        found: dict[str, Any] = self.rpc("eth_getBlockByNumber", *(block, True))
        return found

    def mine(self, count: int = 1) -> int:
        return int(self.rpc("devnet_mine", count), 16)

    def nonce(self, secret: bytes) -> int:
        return int(self.rpc("eth_getTransactionCount", hex_of(address_of(secret)), "pending"), 16)

    def signed(self, secret: bytes, **changes: Any) -> str:  # noqa: ANN401 # fields of a transaction
        fields: dict[str, Any] = {
            "gas": 100_000,
            "gasPrice": 0,
            "to": RECIPIENT,
            "value": 0,
            "data": b"",
            "chainId": CHAIN_ID,
        }
        if "nonce" not in changes:
            fields["nonce"] = self.nonce(secret)
        return hex_of(bytes(Account.sign_transaction(fields | changes, secret).raw_transaction))

    def send(self, secret: bytes, **changes: Any) -> str:  # noqa: ANN401 # fields of a transaction
        return str(self.rpc("eth_sendRawTransaction", self.signed(secret, **changes)))

    def deploy(self, runtime: bytes) -> str:
        evm_tx_hash = self.send(RICH, to=b"", data=creation_of(runtime), gas=1_000_000)
        self.mine()
        return str(self.rpc("eth_getTransactionReceipt", evm_tx_hash)["contractAddress"])
