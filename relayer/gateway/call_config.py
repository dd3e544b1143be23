"""The ``[calls]`` section of the gateway's configuration: deadlines, tokens, and where errors are explained."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from relayer.gateway.error_details import HELP_URL
from relayer.gateway.tokens import TokenRules
from relayer.rpc.call import Deadlines


@dataclass(frozen=True)
class CallRules:
    """What holds for every call to a gateway. ``help_url``: what the pages of errors are found under."""

    tokens: TokenRules = field(default_factory=lambda: TokenRules("gateway"))
    deadlines: Deadlines = field(default_factory=Deadlines)
    help_url: str = HELP_URL


class CallsSection(BaseModel):
    """``[calls]``: seconds that a call has without a deadline of its own and at most; a token's life, clocks' skew."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    default_deadline_s: Annotated[int, Field(ge=1, le=3600)] = 30
    most_deadline_s: Annotated[int, Field(ge=1, le=3600)] = 300
    token_life_s: Annotated[int, Field(ge=1, le=86_400)] = 3600
    token_skew_s: Annotated[int, Field(ge=0, le=300)] = 30
    help_url: Annotated[str, Field(min_length=1, max_length=256)] = HELP_URL

    def rules(self, gateway: str) -> CallRules:
        """As the server takes them; ``gateway``: its name, for which tokens are made out."""
        return CallRules(
            TokenRules(gateway, self.token_life_s, self.token_skew_s),
            Deadlines(self.default_deadline_s, self.most_deadline_s),
            self.help_url,
        )
