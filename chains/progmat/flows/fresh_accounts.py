"""Which accounts of this node receive under fresh keys; stored, and at hand in memory for every payment."""

from __future__ import annotations

import asyncio
from functools import partial

from chains.progmat.flows.own_fresh_keys import OwnFreshKeys
from chains.progmat.flows.request_base import KeyChoice
from chains.progmat.node.storage import NodeDatabase
from chains.progmat.vault.fresh_keys import read_fresh_accounts, set_fresh_account, unset_fresh_account


class FreshAccounts:
    """One node's, with their ``keys``. ``load`` before it is asked. All but ``load`` and ``choose`` for any thread."""

    def __init__(self, database: NodeDatabase, keys: OwnFreshKeys) -> None:
        self.keys = keys
        self._database = database
        self._set: frozenset[bytes] = frozenset()

    async def load(self) -> None:
        """Read what is stored."""
        self._set = await self._database.read(read_fresh_accounts)

    async def choose(self, account_key: bytes, choice: KeyChoice) -> None:
        """Store how an account is set; the same again changes nothing. ``AS_SET`` leaves it as it is.

        Raises ``AccountUnknown``.
        """
        self.keys.require_account(account_key)
        if choice is KeyChoice.AS_SET:
            return
        change = set_fresh_account if choice is KeyChoice.FRESH else unset_fresh_account
        stored = partial(self._stored, account_key, choice)
        await self._database.submit(partial(change, account_key=account_key), heard=stored)

    def _stored(self, account_key: bytes, choice: KeyChoice, ended: asyncio.Future[None]) -> None:
        """Also where the caller has gone: memory says what the tables say."""
        if ended.exception() is None:
            self._set = self._set | {account_key} if choice is KeyChoice.FRESH else self._set - {account_key}

    def chosen(self, account_key: bytes) -> KeyChoice:
        """How an account is set."""
        return KeyChoice.FRESH if account_key in self._set else KeyChoice.ACCOUNT

    def wants_fresh(self, choice: KeyChoice, *account_keys: bytes) -> bool:
        """Whether a request's choice, or else how any of the accounts is set, asks for fresh keys."""
        if choice is KeyChoice.AS_SET:
            return any(key in self._set for key in account_keys)
        return choice is KeyChoice.FRESH
