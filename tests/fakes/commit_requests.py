"""Short ways to say what a transaction uses and writes, for tests of the uniqueness stores."""

from __future__ import annotations

from chains.progmat.notary.decisions import Outcome
from chains.progmat.notary.errors import NotarisationConflict
from chains.progmat.notary.model import CommitRequest, Committed, Repeated, Requester
from chains.progmat.notary.requester import sign_request
from chains.progmat.transactions.model import ProvableWrite, StateRef, TimeWindow, WriteKind
from primitives.hashing import sha256
from primitives.signatures import SignatureScheme, SoftwareSigner
from primitives.types import Hash32

LEDGER_ID = "progmat-test"
NOW_S = 1_800_000_000
CN_SIGNER = SoftwareSigner.from_seed(SignatureScheme.ED25519, sha256(b"cn-1"))


def tx_id_of(name: str) -> Hash32:
    """A transaction id that a test can name."""
    return Hash32(sha256(b"tx " + name.encode()))


def state(name: str, index: int = 0) -> StateRef:
    """Output ``index`` of the transaction called ``name``."""
    return StateRef(tx_id_of(name), index)


def value(name: str) -> Hash32:
    """A 32-byte value that a test can name."""
    return Hash32(sha256(b"value " + name.encode()))


def create(path: str, content: str = "a") -> ProvableWrite:
    """Create ``path`` with the value called ``content``."""
    return ProvableWrite(WriteKind.CREATE, path.encode(), value(content))


def delete(path: str) -> ProvableWrite:
    """Delete ``path``."""
    return ProvableWrite(WriteKind.DELETE, path.encode(), b"")


def request(
    name: str,
    *,
    inputs: tuple[StateRef, ...] = (),
    references: tuple[StateRef, ...] = (),
    writes: tuple[ProvableWrite, ...] = (),
    window: TimeWindow | None = None,
) -> CommitRequest:
    """A checked transaction called ``name``."""
    return CommitRequest(
        tx_id_of(name), inputs, references, writes, window, b"evidence of " + name.encode(), asked_by(tx_id_of(name))
    )


def asked_by(tx_id: Hash32, name: str = "cn-1", signer: SoftwareSigner = CN_SIGNER) -> Requester:
    """The evidence that ``name`` asked for a transaction."""
    return Requester(name, signer.public_key, sign_request(signer, tx_id))


def told(outcome: Outcome) -> Committed | Repeated | tuple[object, ...]:
    """An outcome as a value that compares by content."""
    if isinstance(outcome, Committed | Repeated):
        return outcome
    if isinstance(outcome, NotarisationConflict):
        return (type(outcome), outcome.states, outcome.paths)
    return (type(outcome), str(outcome))
