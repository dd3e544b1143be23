"""New master keys, data keys and passphrases for a store that may be in use. Each can be run again after it broke off.

- *master key*: every data key is wrapped anew, in one transaction; no node or account key is touched or opened;
- *data key*: new keys are sealed under a new generation, old ones batch by batch; both are readable meanwhile;
- *passphrase*: a new master key that happens to be a passphrase.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from chains.progmat.keys.data_keys import DataKeys
from chains.progmat.keys.envelopes import Tally, WrappedDataKey
from chains.progmat.keys.key_book import KeyBook, KeyRow
from chains.progmat.keys.wrapper import KeyWrapper

BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class DataRotation:
    """What a rotation of the data key did. ``resumed``: it went on with one that had broken off."""

    generation: int
    resealed: int
    resumed: bool


def rotate_master(data_keys: DataKeys, present: KeyWrapper, following: KeyWrapper) -> int:
    """Wrap every data key by ``following``'s master key; how many. All or none; raises both wrappers' errors.

    Of one kind, ``following`` must open what ``present`` wrapped: the service rewraps, nothing is opened here.
    """
    book = data_keys.book
    with book.changing():  # whoever adds a key or rotates data keys waits
        wrapped = {generation: WrappedDataKey.decode(data) for generation, data in book.data_keys().items()}
        for generation, envelope in wrapped.items():
            context = data_keys.context(generation)
            if present.wrapping is following.wrapping:
                moved = following.rewrap(envelope, context)
            else:
                moved = following.wrap(present.unwrap(envelope, context), context)
            book.put_data_key(generation, moved.encoded())
        _advance(data_keys, max(wrapped))
    return len(wrapped)


def rotate_data(
    data_keys: DataKeys,
    wrapper: KeyWrapper,
    batch: int = BATCH,
    after_batch: Callable[[int], None] = lambda _done: None,
) -> DataRotation:
    """A new data key for every key of the store; goes on with a rotation that broke off instead of beginning another.

    Raises the wrapper's errors and ``BadKeyFile``. ``after_batch`` is told how many keys are done so far.
    """
    book = data_keys.book
    resumed = len(book.data_keys()) > 1
    generation = data_keys.current() if resumed else _begin(data_keys, wrapper)
    done = 0
    while moved := _reseal(book, data_keys, generation, batch):
        done += moved
        after_batch(done)
    with book.changing():
        if not book.keys_before(generation, 1):
            book.drop_data_keys_before(generation)
            _advance(data_keys, generation)
    return DataRotation(generation, done, resumed)


def _begin(data_keys: DataKeys, wrapper: KeyWrapper) -> int:
    with data_keys.book.changing():
        generation = data_keys.current() + 1
        made = wrapper.generate_data_key(data_keys.context(generation))
        data_keys.book.put_data_key(generation, data_keys.keep(generation, made))
        _advance(data_keys, generation)
    return generation


def _reseal(book: KeyBook, data_keys: DataKeys, generation: int, batch: int) -> int:
    with book.changing():
        rows = book.keys_before(generation, batch)
        book.reseal([_under(data_keys, row, generation) for row in rows])
    return len(rows)


def _under(data_keys: DataKeys, row: KeyRow, generation: int) -> KeyRow:
    place, secret = data_keys.unseal(row)
    return data_keys.seal(replace(row, generation=generation), place, secret)


def _advance(data_keys: DataKeys, generation: int) -> None:
    tally = data_keys.tally()
    data_keys.book.put_tally(data_keys.seal_tally(Tally(tally.serial + 1, tally.keys), generation))
