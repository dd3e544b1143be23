"""Security tokens: ERC-20, and what issuer and registrar of the reference token do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from chains.evm.client.abi import AbiFunction, EvmCall
from chains.evm.client.node_types import BlockTag
from chains.evm.client.rpc import BlockId, EvmRpc

# ERC-20
BALANCE_OF: Final = AbiFunction("balanceOf", ("address",), ("uint256",))
ALLOWANCE: Final = AbiFunction("allowance", ("address", "address"), ("uint256",))
APPROVE: Final = AbiFunction("approve", ("address", "uint256"), ("bool",))
TRANSFER: Final = AbiFunction("transfer", ("address", "uint256"), ("bool",))
# the reference token's own
MINT: Final = AbiFunction("mint", ("address", "uint256"))
ALLOW: Final = AbiFunction("allow", ("address",))
DISALLOW: Final = AbiFunction("disallow", ("address",))
PAUSE: Final = AbiFunction("pause", ())
UNPAUSE: Final = AbiFunction("unpause", ())
FORCED_TRANSFER: Final = AbiFunction("forcedTransfer", ("address", "address", "uint256"), ("bool",))


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

    def allow(self, account: bytes) -> EvmCall:
        """Let an account send and receive (registrar)."""
        return ALLOW.call(self.address, account)

    def disallow(self, account: bytes) -> EvmCall:
        """Keep an account from sending and receiving (registrar)."""
        return DISALLOW.call(self.address, account)

    def pause(self) -> EvmCall:
        """Stop all transfers but forced ones (pauser; an ERC-3643 token's agent)."""
        return PAUSE.call(self.address)

    def unpause(self) -> EvmCall:
        """End the pause (as `pause`)."""
        return UNPAUSE.call(self.address)

    def forced_transfer(self, holder: bytes, recipient: bytes, quantity: int) -> EvmCall:
        """Move anybody's tokens (enforcer; an ERC-3643 token's agent)."""
        return FORCED_TRANSFER.call(self.address, holder, recipient, quantity)

    async def balance_of(self, rpc: EvmRpc, holder: bytes, block: BlockId = BlockTag.LATEST) -> int:
        """Give an account's tokens."""
        return int(await self._read(rpc, BALANCE_OF, holder, block=block))

    async def allowance(self, rpc: EvmRpc, holder: bytes, spender: bytes) -> int:
        """Give what a spender may take."""
        return int(await self._read(rpc, ALLOWANCE, holder, spender))

    async def _read(
        self, rpc: EvmRpc, function: AbiFunction, *arguments: object, block: BlockId = BlockTag.LATEST
    ) -> Any:  # noqa: ANN401 # one value of whatever type the function's ABI says
        output = await rpc.call(function.call(self.address, *arguments), block)
        (value,) = function.decode_output(output)
        return value
