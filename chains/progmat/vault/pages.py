"""Pages of a listing as values: for who reads them from the tables, and for who shows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

T = TypeVar("T")
Key = tuple[int | str | bytes, ...]
"""The sort columns of a page's last row."""

MAX_PAGE_SIZE: Final = 500
USUAL_PAGE_SIZE: Final = 100


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows in order; ``next_key`` is None on the last page."""

    rows: tuple[T, ...]
    next_key: Key | None


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """A page as a reader gets it; the token is empty on the last one, ``sequence`` the vault's at the first."""

    rows: tuple[T, ...]
    next_page_token: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a listing goes on: the vault's sequence at its first page, and the key after which the next one begins."""

    sequence: int
    after: Key


def page_of(rows: Sequence[T], limit: int, key_of: Callable[[T], Key]) -> Page[T]:
    """A page out of ``limit + 1`` rows or fewer: the one too many only says that there are more."""
    shown = tuple(rows[:limit])
    return Page(shown, key_of(shown[-1]) if len(rows) > limit else None)
