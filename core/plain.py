"""Our frozen values as plain JSON and back, for the journal; it refuses to know what any of them means.

Every field is written, defaults too: what an event said must not change when a default does. A field that an older
journal lacks takes its default; one that we do not know is refused, since a newer program wrote it.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar

from core.failures import TenderfaxError

T = TypeVar("T")
Json = Any
"""What `json.loads` may return: dict, list, str, int, float, bool or None."""


class MalformedRecord(TenderfaxError):
    """A stored record that does not have the shape this version of the program expects."""


def canonical(value: Json) -> str:
    """The one JSON text of a plain value: sorted keys, no spaces, so that equal values have equal hashes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def to_plain(value: object) -> Json:
    """Dataclasses become objects, tuples lists, times ISO 8601, spans microseconds, decimals and enums strings."""
    shape: Any = type(value)
    return value if shape in _AS_IT_IS else _writer(shape)(value)


_AS_IT_IS = frozenset({str, int, float, bool, types.NoneType})
Writer = Callable[[Any], Json]


@cache
def _writer(shape: type[Any]) -> Writer:
    """Writes values of just this type. Made once for each type, as the readers are."""
    if issubclass(shape, Enum):
        return lambda value: value.value
    if issubclass(shape, str | bool | int | float):
        return lambda value: value
    if dataclasses.is_dataclass(shape):
        names = tuple(f.name for f in dataclasses.fields(shape) if f.init)
        return lambda value: {name: to_plain(getattr(value, name)) for name in names}
    if issubclass(shape, date):
        return lambda value: value.isoformat()
    if issubclass(shape, timedelta):
        return lambda value: value // timedelta(microseconds=1)
    if issubclass(shape, Decimal):
        return str
    if issubclass(shape, Mapping):
        return lambda value: {str(k): to_plain(v) for k, v in value.items()}
    if issubclass(shape, tuple | list):
        return lambda value: [to_plain(v) for v in value]
    if issubclass(shape, frozenset):
        return lambda value: sorted(to_plain(v) for v in value)
    raise TypeError(f"no plain form for {shape.__name__}")


def from_plain(shape: type[T], plain: Json, place: str = "") -> T:
    """The value of type `shape` that `plain` describes; raises MalformedRecord with the place of the fault."""
    try:
        return typing.cast(T, _reader(typing.cast(Any, shape))(plain))
    except _Fault as fault:
        where = "".join([place or getattr(shape, "__name__", "value"), *reversed(fault.path)])
        raise MalformedRecord(f"{where}: {fault.reason}") from fault


class _Fault(Exception):
    """Something that does not fit. `path` is its place, innermost part first, put together while it rises."""

    def __init__(self, reason: str) -> None:
        self.reason, self.path = reason, list[str]()


Reader = Callable[[Json], Any]


@cache
def _reader(shape: Any) -> Reader:
    """Reads plain values into `shape`. Made once for each shape: a night reads millions of values."""
    origin = typing.get_origin(shape)
    if origin in (types.UnionType, typing.Union):
        (inner,) = (arm for arm in typing.get_args(shape) if arm is not types.NoneType)
        read = _reader(inner)
        return lambda plain: None if plain is None else read(plain)
    if origin is tuple:
        return _tuple_reader(typing.get_args(shape))
    if origin is frozenset:
        (item,) = typing.get_args(shape)
        read_item = _reader(item)
        return lambda plain: frozenset(read_item(p) for p in _expect(list, plain))
    if origin is not None and issubclass(origin, Mapping):
        return _mapping_reader(_reader(typing.get_args(shape)[1]))
    if dataclasses.is_dataclass(shape):
        return _dataclass_reader(shape)
    return _scalar_reader(shape)


def _tuple_reader(arms: tuple[Any, ...]) -> Reader:
    if len(arms) == 2 and arms[1] is Ellipsis:
        item = _reader(arms[0])
        return lambda plain: _items(_expect(list, plain), item)
    readers = tuple(_reader(arm) for arm in arms)

    def read(plain: Json) -> tuple[Any, ...]:
        items = _expect(list, plain)
        if len(readers) != len(items):
            raise _Fault(f"{len(items)} values where {len(readers)} belong")
        return tuple(one(p) for one, p in zip(readers, items, strict=True))

    return read


def _items(items: list[Json], read: Reader) -> tuple[Any, ...]:
    found = []
    for number, plain in enumerate(items):
        try:
            found.append(read(plain))
        except _Fault as fault:
            fault.path.append(f"[{number}]")
            raise
    return tuple(found)


def _mapping_reader(item: Reader) -> Reader:
    def read(plain: Json) -> Mapping[str, Any]:
        found = {}
        for key, value in _expect(dict, plain).items():
            try:
                found[key] = item(value)
            except _Fault as fault:
                fault.path.append(f".{key}")
                raise
        return MappingProxyType(found)

    return read


def _dataclass_reader(shape: Any) -> Reader:
    fields: dict[str, Reader] = {}

    def read(plain: Json) -> Any:
        if not fields:
            # Not sooner: a shape may hold itself.
            fields.update({name: _reader(hint) for name, hint in _hints(shape).items()})
        given = _expect(dict, plain)
        values = {}
        for name, value in given.items():
            if name not in fields:
                raise _Fault(f"unknown field {min(given.keys() - fields.keys())!r}; {_NEWER}")
            try:
                values[name] = fields[name](value)
            except _Fault as fault:
                fault.path.append(f".{name}")
                raise
        try:
            return shape(**values)
        except TypeError as error:
            raise _Fault(str(error)) from error

    return read


_NEWER = "a newer version of the program wrote this"


def _scalar_reader(shape: Any) -> Reader:
    if shape is float:
        return lambda plain: float(_expect((int, float), plain))
    if shape is timedelta:
        return lambda plain: timedelta(microseconds=_expect(int, plain))
    if shape in (str, int, bool):
        return lambda plain: plain if type(plain) is shape else _expect(shape, plain)
    make = shape.fromisoformat if shape is datetime or shape is date else shape

    def read(plain: Json) -> Any:
        text = plain if type(plain) is str else _expect(str, plain)
        try:
            return make(text)
        except (ValueError, ArithmeticError) as error:
            raise _Fault(f"{text!r} is no {shape.__name__}") from error

    return read


def _expect(kind: Any, plain: Json) -> Any:
    if (isinstance(plain, bool) and kind is not bool) or not isinstance(plain, kind):
        raise _Fault(f"{type(plain).__name__} where another type belongs")
    return plain


@cache
def _hints(shape: type[Any]) -> Mapping[str, Any]:
    hints = typing.get_type_hints(shape)
    return {f.name: hints[f.name] for f in dataclasses.fields(shape) if f.init}
