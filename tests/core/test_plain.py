"""Values as plain JSON and back: nothing is lost, and nothing half understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import pytest

from core.plain import MalformedRecord, canonical, from_plain, to_plain


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Thing:
    name: str
    count: int = 0
    share: float = 0.0
    known: bool = False
    price: Decimal = Decimal(0)
    on: date = date(2003, 7, 24)
    at: datetime | None = None
    colour: Colour | None = None
    place: tuple[float, float] = (0.0, 0.0)
    names: tuple[str, ...] = ()
    marks: frozenset[str] = frozenset()
    counts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


THING = Thing(
    "ä",
    3,
    0.5,
    True,
    Decimal("24.50"),
    date(2003, 6, 25),
    datetime.fromisoformat("2003-07-24T17:00:00-07:00"),
    Colour.RED,
    (1.0, 2.0),
    ("a", "b"),
    frozenset({"x", "y"}),
    MappingProxyType({"k": 1}),
)


def test_every_kind_of_value_comes_back_as_it_was() -> None:
    assert from_plain(Thing, to_plain(THING)) == THING


def test_a_field_that_an_older_record_lacks_takes_its_default() -> None:
    assert from_plain(Thing, {"name": "a"}) == Thing("a")


def test_a_whole_number_is_a_share_but_a_truth_value_is_no_number() -> None:
    assert from_plain(Thing, {"name": "a", "share": 1}).share == 1.0
    with pytest.raises(MalformedRecord, match=r"Thing\.count"):
        from_plain(Thing, {"name": "a", "count": True})


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"colour": "blue"}, r"Thing\.colour: 'blue' is no Colour"),
        ({"price": "x"}, r"Thing\.price: 'x' is no Decimal"),
        ({"on": "2003-02-30"}, r"Thing\.on"),
        ({"place": [1.0]}, r"Thing\.place: 1 values where 2 belong"),
        ({"names": "ab"}, r"Thing\.names: str where another type belongs"),
        ({"names": ["a", 1]}, r"Thing\.names\[1\]"),
        ({"counts": {"k": "1"}}, r"Thing\.counts\.k"),
        ({"known": 1}, r"Thing\.known"),
        ({"size": 1}, r"unknown field 'size'"),
        ({"name": None}, r"Thing\.name"),
    ],
)
def test_a_record_that_does_not_fit_names_the_place(changed: dict[str, Any], place: str) -> None:
    with pytest.raises(MalformedRecord, match=place):
        from_plain(Thing, to_plain(THING) | changed)


def test_a_record_without_a_needed_field_is_refused() -> None:
    with pytest.raises(MalformedRecord, match="name"):
        from_plain(Thing, {})


def test_equal_values_have_one_text() -> None:
    assert canonical(to_plain({"b": (1,), "a": "ä"})) == '{"a":"ä","b":[1]}'
    assert to_plain(frozenset({"b", "a"})) == ["a", "b"]


def test_what_has_no_plain_form_is_a_fault_of_ours() -> None:
    with pytest.raises(TypeError, match="object"):
        to_plain(object())
