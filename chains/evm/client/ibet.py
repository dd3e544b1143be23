"""ibet's security tokens and its delivery exchange, as far as the parties and the adapters' owners use them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from chains.evm.client.abi import AbiEvent, AbiFunction, EvmCall
from chains.evm.client.node_types import EvmLog
from chains.evm.client.rpc import EvmRpc

# token
LOCK: Final = AbiFunction("lock", ("address", "uint256", "string"))
LOCKED_OF: Final = AbiFunction("lockedOf", ("address", "address"), ("uint256",))
TRANSFER: Final = AbiFunction("transfer", ("address", "uint256"), ("bool",))
# exchange
CREATE_DELIVERY: Final = AbiFunction(
    "createDelivery", ("address", "address", "uint256", "address", "string"), ("uint256",)
)
CONFIRM_DELIVERY: Final = AbiFunction("confirmDelivery", ("uint256",), ("bool",))
CANCEL_DELIVERY: Final = AbiFunction("cancelDelivery", ("uint256",), ("bool",))
WITHDRAW: Final = AbiFunction("withdraw", ("address",), ("bool",))
EXCHANGE_BALANCE_OF: Final = AbiFunction("balanceOf", ("address", "address"), ("uint256",))
DELIVERY_CREATED_EVENT: Final = AbiEvent(
    "DeliveryCreated",
    ("uint256", "address", "address", "address", "uint256", "address", "string"),
    ("uint256", "address"),
    ("address", "address", "uint256", "address", "string"),
)
# our adapters
ABANDON: Final = AbiFunction("abandon", ("uint256",))
UNLOCK_UNBOOKED: Final = AbiFunction("unlockUnbooked", ("address", "uint256"))
LIST_TOKEN: Final = AbiFunction("listToken", ("address",))
UNLIST_TOKEN: Final = AbiFunction("unlistToken", ("address",))


@dataclass(frozen=True)
class IbetTokenBinding:
    """One ibet security token."""

    address: bytes

    def deposit(self, exchange: bytes, quantity: int) -> EvmCall:
        """Move the sender's tokens to its account at the exchange."""
        return TRANSFER.call(self.address, exchange, quantity)

    def lock(self, adapter: bytes, quantity: int, data: str = "") -> EvmCall:
        """Let nobody but the adapter move a quantity of the sender's tokens."""
        return LOCK.call(self.address, adapter, quantity, data)

    async def locked_of(self, rpc: EvmRpc, adapter: bytes, holder: bytes) -> int:
        """Give what a holder has locked to an adapter, over all its locks."""
        return int(await _read(rpc, LOCKED_OF, self.address, adapter, holder))


@dataclass(frozen=True)
class IbetExchangeBinding:
    """One ibet delivery exchange."""

    address: bytes

    def create_delivery(self, token: bytes, buyer: bytes, quantity: int, adapter: bytes, data: str) -> EvmCall:
        """Set the sender's deposited tokens aside for a delivery that the adapter will end."""
        return CREATE_DELIVERY.call(self.address, token, buyer, quantity, adapter, data)

    def confirm_delivery(self, delivery_id: int) -> EvmCall:
        """Agree to a delivery as its buyer: from here on only its agent ends it."""
        return CONFIRM_DELIVERY.call(self.address, delivery_id)

    def cancel_delivery(self, delivery_id: int) -> EvmCall:
        """Take a delivery back that is not confirmed."""
        return CANCEL_DELIVERY.call(self.address, delivery_id)

    def withdraw(self, token: bytes) -> EvmCall:
        """Take the sender's tokens out of the exchange."""
        return WITHDRAW.call(self.address, token)

    async def balance_of(self, rpc: EvmRpc, account: bytes, token: bytes) -> int:
        """Give what an account can withdraw."""
        return int(await _read(rpc, EXCHANGE_BALANCE_OF, self.address, account, token))

    def created_delivery(self, log: EvmLog) -> int | None:
        """Give the id of a delivery that a log says was created here, None for any other log."""
        if log.address != self.address or not log.topics or log.topics[0] != DELIVERY_CREATED_EVENT.topic0:
            return None
        (delivery_id, _), _ = DELIVERY_CREATED_EVENT.decode(log.topics, log.data)
        return int.from_bytes(delivery_id, "big")


@dataclass(frozen=True)
class IbetAdapterBinding:
    """What the two ibet adapters have beyond other adapters."""

    address: bytes

    def list_token(self, token: bytes) -> EvmCall:
        """Take this token from now on (owner)."""
        return LIST_TOKEN.call(self.address, token)

    def unlist_token(self, token: bytes) -> EvmCall:
        """Take this token for no new trade (owner)."""
        return UNLIST_TOKEN.call(self.address, token)

    def abandon(self, delivery_id: int) -> EvmCall:
        """Give back a confirmed delivery that no trade took (seller or buyer)."""
        return ABANDON.call(self.address, delivery_id)

    def unlock_unbooked(self, token: bytes, quantity: int) -> EvmCall:
        """Unlock to the sender what it locked beyond its trades."""
        return UNLOCK_UNBOOKED.call(self.address, token, quantity)


def delivery_data(delivery_id: int) -> bytes:
    """Give the adapter data of an earmark by an ibet delivery."""
    return delivery_id.to_bytes(32, "big")


async def _read(rpc: EvmRpc, function: AbiFunction, contract: bytes, *arguments: object) -> Any:  # noqa: ANN401 # as ABI says
    (value,) = function.decode_output(await rpc.call(function.call(contract, *arguments)))
    return value
