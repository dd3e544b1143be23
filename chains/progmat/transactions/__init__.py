"""Ledger transactions: one type per stage of trust, Corda 4's hashing, and the platform's rules.

``TransactionBuilder`` (being put together) -> ``WireTransaction`` (fixed bytes, has an id) -> ``SignedTransaction``
(with signatures) -> ``LedgerTransaction`` (inputs and references resolved, ready for the contracts).
``FilteredTransaction`` is a tear-off of chosen component groups. Everything here is pure: clock, salt and keys are
arguments.
"""
