"""The notary: makes ledger transactions final, once, and keeps the journal of provable writes.

Non-validating: it sees a tear-off (states used, notary, time window, parameters, provable writes) and
nothing of amounts or parties.

    request bytes -> codec -> rules -> CommitRequest -> store (decisions) -> Committed or refusal -> answer bytes
                                                             -> journal entries, read by the Validators

`rules`, `decisions` and `journal` are pure; `memory_store` and `sqlite_store` keep what `decisions` decides; `service`
owns the queue and the clock.
"""

from __future__ import annotations
