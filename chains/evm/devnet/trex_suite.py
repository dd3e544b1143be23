"""The genuine T-REX suite (ERC-3643) and ONCHAINID, from their makers' npm packages, as messages of one deployer.

Their compiled contracts are GPL-3.0 and are not kept here: `npm ci` brings them, by the lock in `trex`. Steps are plain
messages, so that the same suite goes onto any chain: a test's sandbox, or a devnet over JSON-RPC.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from eth_abi.abi import encode as abi_encode
from eth_keys.datatypes import PrivateKey

from chains.evm.client.account import created_address
from chains.evm.client.artifacts import Artifact, read_artifact
from chains.evm.errors import ArtifactInvalid
from primitives.keccak import keccak256

FOLDER: Final = Path(__file__).resolve().parent / "trex"
PACKAGES: Final = FOLDER / "node_modules"
COMPLETE: Final = ".package-lock.json"
"""In ``PACKAGES``: npm writes it when all else is there."""
TREX: Final = PACKAGES / "@tokenysolutions" / "t-rex" / "artifacts" / "contracts"
ONCHAINID: Final = PACKAGES / "@onchain-id" / "solidity" / "artifacts" / "contracts"
KYC: Final = 1
COUNTRY: Final = 392
_INSTALL_TIMEOUT_S: Final = 120.0
_SOURCES: Final = {
    "Token": TREX / "token/Token.sol",
    "ClaimTopicsRegistry": TREX / "registry/implementation/ClaimTopicsRegistry.sol",
    "TrustedIssuersRegistry": TREX / "registry/implementation/TrustedIssuersRegistry.sol",
    "IdentityRegistry": TREX / "registry/implementation/IdentityRegistry.sol",
    "IdentityRegistryStorage": TREX / "registry/implementation/IdentityRegistryStorage.sol",
    "ModularCompliance": TREX / "compliance/modular/ModularCompliance.sol",
    "CountryRestrictModule": TREX / "compliance/modular/modules/CountryRestrictModule.sol",
    "Identity": ONCHAINID / "Identity.sol",
    "ClaimIssuer": ONCHAINID / "ClaimIssuer.sol",
}
Step = tuple[bytes, bytes]
"""Receiver (empty: a creation) and data."""


@cache
def install_trex() -> None:
    """Bring the packages once, in seconds; of processes that want them at once, the others wait for the first.

    Raises `ArtifactInvalid` where there is no npm, or it cannot.
    """
    with (FOLDER / "package-lock.json").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (PACKAGES / COMPLETE).is_file():  # not begun, or broken off
            _install()


def _install() -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise ArtifactInvalid("the genuine T-REX contracts come by npm, which is not installed: `apt-get install npm`")
    command = (npm, "ci", "--ignore-scripts", "--silent")
    try:
        subprocess.run(command, cwd=FOLDER, check=True, capture_output=True, timeout=_INSTALL_TIMEOUT_S)  # noqa: S603 - a fixed command
    except subprocess.SubprocessError as error:
        why = f"{error}: `npm ci --ignore-scripts --prefix {FOLDER}` says more"
        raise ArtifactInvalid(f"the genuine T-REX contracts could not be brought by npm: {why}") from error


@cache
def trex_artifact(name: str) -> Artifact:
    """Read one of the makers' compiled contracts. Raises `ArtifactInvalid`."""
    install_trex()
    return read_artifact(name, trex_file(name))


def trex_file(name: str) -> Path:
    """Give the file of one of the makers' compiled contracts."""
    return _SOURCES[name] / f"{name}.json"


@dataclass
class TrexSuite:
    """Collects the messages of a deployer that is owner, agent and claim issuer; addresses follow from its nonce."""

    deployer: PrivateKey
    nonce: int
    steps: list[Step] = field(default_factory=list)
    at: dict[str, bytes] = field(default_factory=dict)

    @property
    def admin(self) -> bytes:
        """The deployer's address."""
        return self.deployer.public_key.to_canonical_address()

    def take_steps(self) -> Iterator[Step]:
        """Give the steps not given yet, in order."""
        while self.steps:
            yield self.steps.pop(0)

    def create(self, label: str, name: str, *args: object) -> bytes:
        """Deploy one contract under a label."""
        self.at[label] = created_address(self.admin, self.nonce)
        self._add(b"", trex_artifact(name).creation_code(*args))
        return self.at[label]

    def call(self, label: str, function: str, *args: object, name: str = "") -> None:
        """Call a deployed contract."""
        self._add(self.at[label], trex_artifact(name or label).call_data(function, *args))

    def _add(self, receiver: bytes, data: bytes) -> None:
        self.steps.append((receiver, data))
        self.nonce += 1

    def deploy(self) -> None:
        """Registries, compliance, token; one claim (KYC) is asked for. The token begins paused: that ends here."""
        for name in ("ClaimTopicsRegistry", "TrustedIssuersRegistry", "IdentityRegistryStorage"):
            self.create(name, name)
            self.call(name, "init")
        self.create("IdentityRegistry", "IdentityRegistry")
        registries = ("TrustedIssuersRegistry", "ClaimTopicsRegistry", "IdentityRegistryStorage")
        self.call("IdentityRegistry", "init", *(self.at[name] for name in registries))
        self.create("ModularCompliance", "ModularCompliance")
        self.call("ModularCompliance", "init")
        self.create("Token", "Token")
        linked = (self.at["IdentityRegistry"], self.at["ModularCompliance"])
        self.call("Token", "init", *linked, "Real Estate ST", "RST", 0, bytes(20))
        self.call("IdentityRegistryStorage", "bindIdentityRegistry", self.at["IdentityRegistry"])
        self.call("ClaimTopicsRegistry", "addClaimTopic", KYC)
        self.create("ClaimIssuer", "ClaimIssuer", self.admin)
        self.call("TrustedIssuersRegistry", "addTrustedIssuer", self.at["ClaimIssuer"], [KYC])
        for label, agent in (("IdentityRegistry", self.admin), ("IdentityRegistry", self.at["Token"])):
            self.call(label, "addAgent", agent)
        self.call("Token", "addAgent", self.admin)
        self.call("Token", "unpause")

    def register(self, holder: bytes) -> None:
        """Give an account an identity with a signed claim, and enter it in the registry."""
        label = holder.hex()
        identity = self.create(label, "Identity", self.admin, False)  # noqa: FBT003 - not a library
        data = b"known to the issuer"
        digest = keccak256(abi_encode(["address", "uint256", "bytes"], [identity, KYC, data]))
        prefixed = keccak256(b"\x19Ethereum Signed Message:\n32" + digest)
        signature = self.deployer.sign_msg_hash(prefixed).to_bytes()
        signature = signature[:64] + bytes([signature[64] + 27])
        claim = (KYC, 1, self.at["ClaimIssuer"], signature, data, "")
        self.call(label, "addClaim", *claim, name="Identity")
        self.call("IdentityRegistry", "registerIdentity", holder, identity, COUNTRY)
