"""What can go wrong when a venue publishes executions. Continues ``errors``.

CallerError
├── ExecutionPublishedOtherwise  the execution's number is published already, and says something else
└── ExecutionNotPublished        there is no notice to take back
"""

from __future__ import annotations

from primitives.errors import CallerError


class ExecutionPublishedOtherwise(CallerError):
    """One number, one execution."""

    reason = "EXECUTION_PUBLISHED_OTHERWISE"

    def __init__(self, trade_id: bytes) -> None:
        self.trade_id = trade_id
        super().__init__(
            f"trade {trade_id.hex()} is published with other content: withdraw it, and publish under the next number"
        )


class ExecutionNotPublished(CallerError):
    """Nothing to take back, or to publish again."""

    reason = "EXECUTION_NOT_PUBLISHED"

    def __init__(self, trade_id: bytes, rule: str) -> None:
        self.trade_id = trade_id
        super().__init__(f"trade {trade_id.hex()}: {rule}")
