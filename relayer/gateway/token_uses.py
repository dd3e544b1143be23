"""Which single-use tokens changed what: a token with a ``jti`` is good for one change, and for repeating it.

Bounded, and this process's own: another instance of the gateway, or this one after a restart, does not know the uses.
What is left then is what a replay can do within the token's life over the same certificate: repeat a request, which its
``request_id`` makes harmless.
"""

from __future__ import annotations

from typing import Final

from relayer.gateway.access_errors import ReplayGuardFull, TokenReplayed

MOST_USES: Final = 20_000
"""Of each platform, so that none uses up another's."""


class TokenUses:
    """The uses that are remembered until their tokens expire."""

    def __init__(self, most: int = MOST_USES) -> None:
        self._most = most
        self._uses: dict[str, dict[str, tuple[bytes, int]]] = {}

    def use(self, platform: str, jti: str, request_hash: bytes, forget_s: int, now_s: int) -> None:
        """Note that the token changes what the request says. ``forget_s``: when it is good no longer.

        Raises ``TokenReplayed`` if it changed something else before, ``ReplayGuardFull`` if no use fits any more.
        """
        uses = self._uses.setdefault(platform, {})
        found = uses.get(jti)
        if found is not None and found[1] > now_s:
            if found[0] != request_hash:
                raise TokenReplayed(jti)
            return
        if len(uses) >= self._most:
            for each in [known for known, (_, until_s) in uses.items() if until_s <= now_s]:
                del uses[each]
            if len(uses) >= self._most:
                raise ReplayGuardFull(platform, self._most)
        uses[jti] = (request_hash, forget_s)
