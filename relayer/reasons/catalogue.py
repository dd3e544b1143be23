"""The catalogue of reasons: what each means, whose fault it is, whether asking again helps, and what to do.

The words are in the ``*.toml`` files beside this module, a table a layer. Pages in docs/errors are made of them, and
tests hold them against the error classes.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

from chains.rpc_status import Blame


@dataclass(frozen=True)
class Entry:
    """A reason. ``code``: the gRPC status it comes with. ``what`` and ``do`` are English sentences, ``ja`` is both."""

    reason: str
    layer: str
    blame: Blame
    code: str
    what: str
    do: str
    ja: str

    @property
    def is_worth_a_retry(self) -> bool:
        """Whether the same call may succeed later."""
        return self.blame is Blame.UNAVAILABLE


@cache
def catalogue() -> Mapping[str, Entry]:
    """Every entry by its reason; read once."""
    entries: dict[str, Entry] = {}
    files = [file for file in resources.files("relayer.reasons").iterdir() if file.name.endswith(".toml")]
    for file in sorted(files, key=lambda each: each.name):
        layer = file.name.removesuffix(".toml")
        for reason, fields in tomllib.loads(file.read_text(encoding="utf-8")).items():
            if reason in entries:
                raise ValueError(f"{reason} is in {entries[reason].layer}.toml and in {file.name}")
            told = {**fields, "blame": Blame(fields["blame"])}
            entries[reason] = Entry(reason=reason, layer=layer, **told)
    return MappingProxyType(entries)


def general_entry(reason: str, code: str) -> Entry:
    """What can be said of a reason that a remote made up after this catalogue was written."""
    return Entry(
        reason=reason,
        layer="unknown",
        blame=Blame.INTERNAL,
        code=code,
        what="This reason is not in the catalogue of this version.",
        do="Read the English message; tell the gateway's operator the request id.",
        ja=(
            "この理由コードは本バージョンのカタログにありません。"
            "英語のメッセージを確認し、リクエスト ID を運用者に伝えてください。"
        ),
    )


def near(reason: str) -> list[str]:
    """Reasons that look like a mistyped one, most alike first."""
    return difflib.get_close_matches(reason.upper().replace("-", "_"), list(catalogue()), n=5, cutoff=0.5)
