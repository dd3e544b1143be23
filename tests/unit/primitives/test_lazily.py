"""Attributes computed once."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from primitives.lazily import lazily


@dataclass(frozen=True)
class Square:
    side: int

    @lazily
    def area(self) -> int:
        """Side by side."""
        computed.append(self.side)
        return self.side * self.side


computed: list[int] = []


def test_a_value_is_computed_when_first_asked_for_and_once() -> None:
    computed.clear()
    square = Square(3)
    assert computed == []
    assert (square.area, square.area) == (9, 9)
    assert computed == [3]


def test_each_value_belongs_to_its_own_instance_and_counts_for_nothing_in_equality() -> None:
    first, second = Square(2), Square(2)
    assert first.area == 4
    assert first == second
    assert "area" not in vars(second)


def test_what_raises_is_computed_again() -> None:
    class Stubborn:
        tries = 0

        @lazily
        def value(self) -> int:
            self.tries += 1
            if self.tries == 1:
                raise LookupError("not yet")
            return self.tries

    stubborn = Stubborn()
    with pytest.raises(LookupError):
        _ = stubborn.value
    assert stubborn.value == 2


def test_the_class_shows_the_descriptor_and_its_documentation() -> None:
    assert isinstance(Square.area, lazily)
    assert Square.area.__doc__ == "Side by side."
