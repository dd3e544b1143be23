"""What can go wrong when asking the ledger.

CrossDvpError
├── PeerError
│   └── Refusal
│       └── ValidatorAnswerRefused   a Validator's answer that does not verify
└── UnavailableError
    └── TooFewCheckpointSignatures   fewer Validators than the threshold gave a signature over one checkpoint

What a node or a Validator itself reports arrives as ``Remote…Error`` of ``chains.rpc_status``.
"""

from __future__ import annotations

from typing import ClassVar

from primitives.errors import Refusal, UnavailableError


class ValidatorAnswerRefused(Refusal):
    """A Validator's answer fails its check; the other Validators are enough, but somebody should look at this one."""

    reason: ClassVar[str] = "VALIDATOR_ANSWER_REFUSED"


class TooFewCheckpointSignatures(UnavailableError):
    """No checkpoint of that height has the threshold's signatures yet."""

    reason: ClassVar[str] = "TOO_FEW_CHECKPOINT_SIGNATURES"

    def __init__(self, height: int, needed: int, found: int, problems: tuple[str, ...]) -> None:
        self.height = height
        self.needed = needed
        self.found = found
        self.problems = problems
        told = "; ".join(problems) or "no further problem"
        super().__init__(f"checkpoint {height} has {found} of {needed} signatures ({told}): ask again")
