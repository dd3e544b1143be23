"""Errors of the EVM client.

    CrossDvpError
    ├── CallerError
    │   ├── EvmRequestRefused       the node understood and refuses; code and message are the node's
    │   │   ├── NonceTooLow         the account's nonce was used meanwhile
    │   │   ├── EvmTxAlreadyKnown   this very transaction is queued already
    │   │   ├── EvmTxUnderpriced    it pays less than the node, or the transaction it would replace, asks
    │   │   └── InsufficientFunds   the account cannot pay
    │   ├── ExecutionReverted       a contract refuses; `revert` names its error and arguments
    │   ├── EvmTxFailed             included, but reverted
    │   ├── WrongChain              the endpoint serves another chain than configured
    │   ├── ArtifactInvalid         a contract artifact is missing or not one
    │   └── DeploymentInvalid       a deployment file is missing, or not one
    ├── PeerError
    │   ├── NodeMisbehaved          an answer that no correct node gives
    │   └── NodeForked              the node's chain is not the one that was read before
    └── UnavailableError
        ├── NodeUnavailable         no connection, no answer in time, or the node is overloaded
        ├── RateLimited             the node wants fewer requests
        ├── NodeBehind              the node has not got as far as others, or as itself before
        ├── NoHealthyNode           every configured endpoint is set aside
        ├── BlockUnavailable        the node does not have that block (yet)
        ├── ChainReorganised        blocks that were read are no longer on the chain: they are read again
        ├── GasPriceTooHigh         the chain asks more than the account may pay now
        ├── SpendingLimitReached    the account has paid what it may pay in a day
        ├── NonceTakenByOther       somebody else sent with the account's key
        └── EvmTxNotIncluded        no receipt within the time given

Each leaf has a `reason`, a stable code for machines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from primitives.errors import CallerError, PeerError, UnavailableError


@dataclass(frozen=True)
class RevertReason:
    """What a contract said when it refused. `name` is empty when it said nothing or nothing known."""

    name: str
    arguments: tuple[tuple[str, Any], ...]
    data: bytes

    def __str__(self) -> str:
        if not self.data:
            return "no reason (out of gas, or a plain revert)"
        if not self.name:
            return f"an unknown error 0x{self.data[:68].hex()}"
        return f"{self.name}({', '.join(f'{name}={_shown(value)}' for name, value in self.arguments)})"


class EvmRequestRefused(CallerError):
    """The node refuses the request: repeating it unchanged cannot help."""

    reason: ClassVar[str] = "EVM_REQUEST_REFUSED"

    def __init__(self, method: str, code: int, message: str) -> None:
        super().__init__(f"{method}: the node refuses with code {code}: {message}")
        self.method = method
        self.code = code
        self.message = message


class NonceTooLow(EvmRequestRefused):
    """Another transaction of the account has taken the nonce: read it again and sign again."""

    reason: ClassVar[str] = "EVM_NONCE_TOO_LOW"


class EvmTxAlreadyKnown(EvmRequestRefused):
    """The node has this transaction: an earlier attempt to send it succeeded."""

    reason: ClassVar[str] = "EVM_TX_ALREADY_KNOWN"


class EvmTxUnderpriced(EvmRequestRefused):
    """The price is below what the node takes, or does not outbid the transaction that has this nonce already."""

    reason: ClassVar[str] = "EVM_TX_UNDERPRICED"


class InsufficientFunds(EvmRequestRefused):
    """The account cannot pay value and gas: fund it."""

    reason: ClassVar[str] = "EVM_INSUFFICIENT_FUNDS"


class ExecutionReverted(CallerError):
    """A contract refuses the call. `revert` says which of its rules was broken."""

    reason: ClassVar[str] = "EVM_EXECUTION_REVERTED"

    def __init__(self, method: str, revert: RevertReason) -> None:
        super().__init__(f"{method}: execution reverted with {revert}")
        self.method = method
        self.revert = revert


class EvmTxFailed(CallerError):
    """The transaction is in a block and reverted. `why` is found by trying it again on the parent block."""

    reason: ClassVar[str] = "EVM_TX_FAILED"

    def __init__(self, evm_tx_hash: bytes, height: int, why: str) -> None:
        super().__init__(f"transaction 0x{evm_tx_hash.hex()} in block {height} failed: {why}")
        self.evm_tx_hash = evm_tx_hash
        self.height = height
        self.why = why


class WrongChain(CallerError):
    """The endpoint serves another chain: check the address in the configuration."""

    reason: ClassVar[str] = "EVM_WRONG_CHAIN"

    def __init__(self, expected: int, found: int, url: str) -> None:
        super().__init__(f"{url} serves chain {found}, expected {expected}: check the configured address")
        self.expected = expected
        self.found = found


class ArtifactInvalid(CallerError):
    """A contract artifact cannot be read: build the contracts again."""

    reason: ClassVar[str] = "EVM_ARTIFACT_INVALID"


class DeploymentInvalid(CallerError):
    """A deployment file cannot be read: deploy again or name the right file."""

    reason: ClassVar[str] = "EVM_DEPLOYMENT_INVALID"


class NodeMisbehaved(PeerError):
    """The node's answer breaks JSON-RPC, or lacks what every node gives: use another node."""

    reason: ClassVar[str] = "EVM_NODE_MISBEHAVED"

    def __init__(self, subject: str, expected: str, found: str) -> None:
        super().__init__(f"{subject}: expected {expected}, found {found}")
        self.subject = subject
        self.expected = expected
        self.found = found


class AnswerTooLarge(NodeMisbehaved):
    """The node's answer is longer than any that is read: ask for less, or do without."""

    reason: ClassVar[str] = "EVM_ANSWER_TOO_LARGE"

    def __init__(self, most_bytes: int) -> None:
        super().__init__("answer", f"at most {most_bytes} bytes", "more")


class NodeForked(PeerError):
    """The node serves another chain of blocks than the one that was read: use another node, or find out who is wrong.

    `height`, and the hashes there: what was read before, and what this node has.
    """

    reason: ClassVar[str] = "EVM_NODE_FORKED"

    def __init__(self, url: str, height: int, expected: bytes, found: bytes) -> None:
        super().__init__(
            f"{url}: block {height}: expected 0x{expected.hex()}, which was read before, found 0x{found.hex()}; "
            "check which of the nodes follows the right chain"
        )
        self.height = height
        self.expected = expected
        self.found = found


class NodeUnavailable(UnavailableError):
    """The node cannot be reached or cannot answer now."""

    reason: ClassVar[str] = "EVM_NODE_UNAVAILABLE"

    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"{url}: {why}")
        self.url = url
        self.why = why


class RateLimited(UnavailableError):
    """The node wants fewer requests; `retry_after_s` is how long it asks to be left alone, 0 if it does not say."""

    reason: ClassVar[str] = "EVM_RATE_LIMITED"

    def __init__(self, url: str, retry_after_s: int) -> None:
        asked = f"wait {retry_after_s} s" if retry_after_s else "it does not say how long"
        super().__init__(f"{url}: too many requests; {asked}")
        self.url = url
        self.retry_after_s = retry_after_s


class NodeBehind(UnavailableError):
    """The node's newest block is older than what others, or it itself, have shown: wait until it has caught up."""

    reason: ClassVar[str] = "EVM_NODE_BEHIND"

    def __init__(self, url: str, head: int, best: int) -> None:
        super().__init__(f"{url}: newest block {head}, but block {best} was seen before; waiting for it to catch up")
        self.head = head
        self.best = best


class NoHealthyNode(UnavailableError):
    """Every configured endpoint is set aside; the message says why each, and when it is tried again."""

    reason: ClassVar[str] = "EVM_NO_HEALTHY_NODE"


class ChainReorganised(UnavailableError):
    """Blocks that were read are no longer on the chain; reading goes on after the last block both have in common."""

    reason: ClassVar[str] = "EVM_CHAIN_REORGANISED"

    def __init__(self, height: int, was: bytes, now: bytes, common: int) -> None:
        super().__init__(
            f"block {height} was 0x{was.hex()} and is 0x{now.hex()} now: blocks {common + 1} to {height} were replaced "
            f"and are read again; if this happens often, raise confirmations above {height - common}"
        )
        self.height = height
        self.was = was
        self.now = now
        self.common = common


class BlockUnavailable(UnavailableError):
    """The node does not have the block: it is behind, or the block is not made yet."""

    reason: ClassVar[str] = "EVM_BLOCK_UNAVAILABLE"

    def __init__(self, block: str) -> None:
        super().__init__(f"the node does not have block {block}")
        self.block = block


class GasPriceTooHigh(UnavailableError):
    """The node asks more for gas than this account may pay: wait, or allow more (`max_gas_price_wei`)."""

    reason: ClassVar[str] = "EVM_GAS_PRICE_TOO_HIGH"

    def __init__(self, asked_wei: int, most_wei: int) -> None:
        super().__init__(
            f"gas price: expected at most {most_wei} wei, found {asked_wei} wei; wait, or raise max_gas_price_wei"
        )
        self.asked_wei = asked_wei
        self.most_wei = most_wei


class SpendingLimitReached(UnavailableError):
    """The account may have to pay more today than it may: wait for tomorrow (UTC), or raise `max_wei_a_day`."""

    reason: ClassVar[str] = "EVM_SPENDING_LIMIT_REACHED"

    def __init__(self, spent_wei: int, next_wei: int, most_wei: int) -> None:
        super().__init__(
            f"gas a day: expected at most {most_wei} wei, found {spent_wei} wei spent or committed today and up to "
            f"{next_wei} wei for the next transaction; wait for tomorrow (UTC), or raise max_wei_a_day"
        )
        self.spent_wei = spent_wei
        self.next_wei = next_wei
        self.most_wei = most_wei


class NonceTakenByOther(UnavailableError):
    """Another program's transaction has the nonce of ours, which can no longer take effect: submit again.

    Give the other program a key of its own: two that share one keep undoing each other's work.
    """

    reason: ClassVar[str] = "EVM_NONCE_TAKEN_BY_OTHER"

    def __init__(self, address: bytes, nonce: int) -> None:
        super().__init__(
            f"account 0x{address.hex()}: nonce {nonce} was used by a transaction that is not ours; submitting again. "
            "Give each program a key of its own"
        )
        self.nonce = nonce


class EvmTxNotIncluded(UnavailableError):
    """No receipt yet. The transaction may still be included: look for it before sending another."""

    reason: ClassVar[str] = "EVM_TX_NOT_INCLUDED"

    def __init__(self, evm_tx_hash: bytes, timeout_s: float) -> None:
        super().__init__(f"transaction 0x{evm_tx_hash.hex()} is in no block after {timeout_s:g} s")
        self.evm_tx_hash = evm_tx_hash
        self.timeout_s = timeout_s


def _shown(value: object) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else repr(value) if isinstance(value, str) else str(value)
