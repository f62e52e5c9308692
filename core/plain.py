"""Our frozen values as plain JSON and back, for the journal; it refuses to know what any of them means.

Every field is written, defaults too: what an event said must not change when a default does. A field that an older
journal lacks takes its default; one that we do not know is refused, since a newer program wrote it.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Mapping
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
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in dataclasses.fields(value) if f.init}
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value // timedelta(microseconds=1)
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return {str(k): to_plain(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [to_plain(v) for v in value]
    if isinstance(value, frozenset):
        return sorted(to_plain(v) for v in value)
    raise TypeError(f"no plain form for {type(value).__name__}")


def from_plain(shape: type[T], plain: Json, place: str = "") -> T:
    """The value of type `shape` that `plain` describes; raises MalformedRecord with the place of the fault."""
    return typing.cast(T, _read(shape, plain, place or getattr(shape, "__name__", "value")))


def _read(shape: Any, plain: Json, place: str) -> Any:
    origin = typing.get_origin(shape)
    if origin in (types.UnionType, typing.Union):
        return _read_optional(shape, plain, place)
    if origin is tuple:
        return _read_tuple(typing.get_args(shape), plain, place)
    if origin is frozenset:
        (item,) = typing.get_args(shape)
        return frozenset(_read(item, p, place) for p in _expect(list, plain, place))
    if origin is not None and issubclass(origin, Mapping):
        _, item = typing.get_args(shape)
        entries = _expect(dict, plain, place).items()
        return MappingProxyType({k: _read(item, v, f"{place}.{k}") for k, v in entries})
    if dataclasses.is_dataclass(shape):
        return _read_dataclass(shape, plain, place)
    return _read_scalar(shape, plain, place)


def _read_optional(shape: Any, plain: Json, place: str) -> Any:
    if plain is None:
        return None
    (inner,) = (arm for arm in typing.get_args(shape) if arm is not types.NoneType)
    return _read(inner, plain, place)


def _read_tuple(arms: tuple[Any, ...], plain: Json, place: str) -> tuple[Any, ...]:
    items = _expect(list, plain, place)
    if len(arms) == 2 and arms[1] is Ellipsis:
        return tuple(_read(arms[0], p, f"{place}[{n}]") for n, p in enumerate(items))
    if len(arms) != len(items):
        raise MalformedRecord(f"{place}: {len(items)} values where {len(arms)} belong")
    return tuple(_read(arm, p, f"{place}[{n}]") for n, (arm, p) in enumerate(zip(arms, items, strict=True)))


def _read_dataclass(shape: Any, plain: Json, place: str) -> Any:
    hints = _hints(shape)
    given = _expect(dict, plain, place)
    if unknown := given.keys() - hints.keys():
        raise MalformedRecord(f"{place}: unknown field {min(unknown)!r}; a newer version of the program wrote this")
    try:
        return shape(**{name: _read(hints[name], value, f"{place}.{name}") for name, value in given.items()})
    except TypeError as error:
        raise MalformedRecord(f"{place}: {error}") from error


def _read_scalar(shape: Any, plain: Json, place: str) -> Any:
    if shape is float:
        return float(_expect((int, float), plain, place))
    if shape is timedelta:
        return timedelta(microseconds=_expect(int, plain, place))
    if shape in (str, int, bool):
        return _expect(shape, plain, place)
    text = _expect(str, plain, place)
    try:
        if shape is datetime or shape is date:
            return shape.fromisoformat(text)
        return shape(text)
    except (ValueError, ArithmeticError) as error:
        raise MalformedRecord(f"{place}: {text!r} is no {shape.__name__}") from error


def _expect(kind: Any, plain: Json, place: str) -> Any:
    if (isinstance(plain, bool) and kind is not bool) or not isinstance(plain, kind):
        raise MalformedRecord(f"{place}: {type(plain).__name__} where another type belongs")
    return plain


@cache
def _hints(shape: type[Any]) -> Mapping[str, Any]:
    hints = typing.get_type_hints(shape)
    return {f.name: hints[f.name] for f in dataclasses.fields(shape) if f.init}
