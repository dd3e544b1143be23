"""Security tokens: ERC-20, the controls of ERC-7943, and the register of the reference token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from chains.evm.client.abi import AbiFunction, EvmCall
from chains.evm.client.node_types import BlockTag
from chains.evm.client.rpc import BlockId, EvmRpc

# ERC-20
BALANCE_OF: Final = AbiFunction("balanceOf", ("address",), ("uint256",))
TOTAL_SUPPLY: Final = AbiFunction("totalSupply", (), ("uint256",))
ALLOWANCE: Final = AbiFunction("allowance", ("address", "address"), ("uint256",))
APPROVE: Final = AbiFunction("approve", ("address", "uint256"), ("bool",))
TRANSFER: Final = AbiFunction("transfer", ("address", "uint256"), ("bool",))
# ERC-7943 for fungible tokens
CAN_SEND: Final = AbiFunction("canSend", ("address",), ("bool",))
CAN_RECEIVE: Final = AbiFunction("canReceive", ("address",), ("bool",))
CAN_TRANSFER: Final = AbiFunction("canTransfer", ("address", "address", "uint256"), ("bool",))
GET_FROZEN_TOKENS: Final = AbiFunction("getFrozenTokens", ("address",), ("uint256",))
SET_FROZEN_TOKENS: Final = AbiFunction("setFrozenTokens", ("address", "uint256"), ("bool",))
FORCED_TRANSFER: Final = AbiFunction("forcedTransfer", ("address", "address", "uint256"), ("bool",))
# the reference token's own
MINT: Final = AbiFunction("mint", ("address", "uint256"))
BURN: Final = AbiFunction("burn", ("address", "uint256"))
ALLOW: Final = AbiFunction("allow", ("address",))
DISALLOW: Final = AbiFunction("disallow", ("address",))
PAUSE: Final = AbiFunction("pause", ())
UNPAUSE: Final = AbiFunction("unpause", ())


@dataclass(frozen=True)
class TokenBinding:
    """One token contract. Quantities are whole units: these tokens have no decimals."""

    address: bytes

    def approve(self, spender: bytes, quantity: int) -> EvmCall:
        """Let a spender take up to a quantity of the sender's tokens."""
        return APPROVE.call(self.address, spender, quantity)

    def transfer(self, recipient: bytes, quantity: int) -> EvmCall:
        """Move the sender's tokens."""
        return TRANSFER.call(self.address, recipient, quantity)

    def mint(self, holder: bytes, quantity: int) -> EvmCall:
        """Issue (issuer)."""
        return MINT.call(self.address, holder, quantity)

    def burn(self, holder: bytes, quantity: int) -> EvmCall:
        """Redeem (issuer)."""
        return BURN.call(self.address, holder, quantity)

    def allow(self, account: bytes) -> EvmCall:
        """Let an account send and receive (registrar)."""
        return ALLOW.call(self.address, account)

    def disallow(self, account: bytes) -> EvmCall:
        """Keep an account from sending and receiving (registrar)."""
        return DISALLOW.call(self.address, account)

    def set_frozen(self, account: bytes, quantity: int) -> EvmCall:
        """Freeze a quantity of an account's tokens (enforcer)."""
        return SET_FROZEN_TOKENS.call(self.address, account, quantity)

    def forced_transfer(self, holder: bytes, recipient: bytes, quantity: int) -> EvmCall:
        """Move somebody's tokens by order (enforcer)."""
        return FORCED_TRANSFER.call(self.address, holder, recipient, quantity)

    def pause(self) -> EvmCall:
        """Stop all transfers (pauser)."""
        return PAUSE.call(self.address)

    def unpause(self) -> EvmCall:
        """Let transfers go on (pauser)."""
        return UNPAUSE.call(self.address)

    async def balance_of(self, rpc: EvmRpc, holder: bytes, block: BlockId = BlockTag.LATEST) -> int:
        """Give an account's tokens."""
        return int(await self._read(rpc, BALANCE_OF, holder, block=block))

    async def total_supply(self, rpc: EvmRpc, block: BlockId = BlockTag.LATEST) -> int:
        """Give all tokens there are."""
        return int(await self._read(rpc, TOTAL_SUPPLY, block=block))

    async def allowance(self, rpc: EvmRpc, holder: bytes, spender: bytes) -> int:
        """Give what a spender may take."""
        return int(await self._read(rpc, ALLOWANCE, holder, spender))

    async def frozen(self, rpc: EvmRpc, holder: bytes, block: BlockId = BlockTag.LATEST) -> int:
        """Give the frozen part of an account's tokens."""
        return int(await self._read(rpc, GET_FROZEN_TOKENS, holder, block=block))

    async def can_send(self, rpc: EvmRpc, account: bytes) -> bool:
        """Tell whether the register lets the account send."""
        return bool(await self._read(rpc, CAN_SEND, account))

    async def can_receive(self, rpc: EvmRpc, account: bytes) -> bool:
        """Tell whether the register lets the account receive."""
        return bool(await self._read(rpc, CAN_RECEIVE, account))

    async def can_transfer(self, rpc: EvmRpc, sender: bytes, recipient: bytes, quantity: int) -> bool:
        """Tell whether this transfer would be allowed now."""
        return bool(await self._read(rpc, CAN_TRANSFER, sender, recipient, quantity))

    async def _read(
        self, rpc: EvmRpc, function: AbiFunction, *arguments: object, block: BlockId = BlockTag.LATEST
    ) -> Any:  # noqa: ANN401 # one value of whatever type the function's ABI says
        output = await rpc.call(function.call(self.address, *arguments), block)
        (value,) = function.decode_output(output)
        return value
