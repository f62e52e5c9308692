"""What people write into each kind of box, in all the ways they write it; it refuses to know how it looks on paper.

The strings are uniform on purpose: any digit in any place, dates that nobody granted on. A reader trained on likely
strings would read the likely string, and smooth away the very difference that an intake desk must not miss.
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from extractors.readers.reader import Writing

Dice = np.random.Generator
T = TypeVar("T")

_MONTHS = (
    ("Jan", "January"),
    ("Feb", "February"),
    ("Mar", "March"),
    ("Apr", "April"),
    ("May", "May"),
    ("Jun", "June"),
    ("Jul", "July"),
    ("Aug", "August"),
    ("Sep", "September"),
    ("Oct", "October"),
    ("Nov", "November"),
    ("Dec", "December"),
)
_WORDS: Mapping[str, list[str]] = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
_FIRST_NAMES = _WORDS["first_names"]
_SURNAMES = _WORDS["surnames"]
_CITIES = _WORDS["cities"]
_STATES = _WORDS["states"]
_STREETS = _WORDS["streets"]
_TIME_ZONES = _WORDS["time_zones"]
_WEEKDAYS = _WORDS["weekdays"]
_NO_NUMBERS = _WORDS["no_numbers"]
_CONSONANTS = ("b", "c", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "x", "z")
_ONSETS = (*_CONSONANTS, "ch", "sh", "th", "br", "gr", "kr", "st", "sch", "tr", "ph", "kh", "fl", "qu", "y")
_VOWELS = ("a", "e", "i", "o", "u", "a", "e", "i", "o", "ee", "ou", "ai", "ia", "y", "oo", "ei")
_CODAS = ("", "", "", "n", "r", "l", "s", "t", "m", "ck", "ng", "rd", "tt", "ll", "ns", "h", "rt", "son", "man")


def pick(dice: Dice, among: Sequence[T]) -> T:
    """One of the given things, each as likely as the others."""
    return among[int(dice.integers(len(among)))]


def chance(dice: Dice, probability: float) -> bool:
    """True in `probability` of the throws."""
    return bool(dice.random() < probability)


def _digits(dice: Dice, count: int) -> str:
    return "".join(pick(dice, list(string.digits)) for _ in range(count))


def _letters(dice: Dice, count: int, among: str = string.ascii_uppercase) -> str:
    return "".join(pick(dice, list(among)) for _ in range(count))


def _grant_number(dice: Dice) -> str:
    digits = _digits(dice, int(dice.integers(3, 7)))
    match int(dice.integers(13)):
        case 0:
            return f"{_letters(dice, int(dice.integers(1, 4)))}{pick(dice, ('-', '-', '', ' '))}{digits}"
        case 1:
            return f"{digits[:3]}{pick(dice, ('-', '/', '.'))}{digits[3:] or '0'}"
        case 2:
            return f"{pick(dice, ('#', '# ', 'No. ', 'No ', 'no. ', 'Nr. ', 'Grant '))}{digits}"
        case 3:
            return f"{digits}{pick(dice, ('-', ''))}{_letters(dice, 1)}"
        case 4:
            return f"{_letters(dice, 2)}-00{digits[:4]}"
        case 5 | 6 | 7:
            # The prefix of the company's own register.
            return f"{pick(dice, ('CP', 'CP', _letters(dice, 2)))}-{pick(dice, ('', '0', '00'))}{digits}"
        case _:
            return digits


def _date(dice: Dice) -> str:
    month, day = int(dice.integers(1, 13)), int(dice.integers(1, 32))
    year = pick(dice, (int(dice.integers(1993, 2010)), int(dice.integers(1990, 2030))))
    short = f"{year % 100:02d}"
    years = pick(dice, (str(year), str(year), short))
    gap = pick(dice, ("/", "/", "/", "-", "-", ".", " / ", "/ "))
    numeric_month, numeric_day = pick(dice, ((f"{month:02d}", f"{day:02d}"), (str(month), str(day))))
    name = pick(dice, _MONTHS[month - 1])
    if chance(dice, 0.12):
        name = name.upper()
    elif chance(dice, 0.06):
        name = name.lower()
    dot = "." if len(name) < 5 and chance(dice, 0.2) else ""
    ordinal = {1: "st", 2: "nd", 3: "rd"}.get(day % 10 if day not in (11, 12, 13) else 0, "th")
    match int(dice.integers(20)):
        case 0 | 1 | 2 | 3:
            return f"{name}{dot} {day}{pick(dice, (', ', ', ', ' ', ','))}{years}"
        case 4 | 5:
            return f"{day} {name}{dot} {years}"
        case 6:
            return f"{day}{pick(dice, ('-', ' ', '/', '.'))}{name}{pick(dice, ('-', ' ', '/', '.'))}{years}"
        case 7:
            return f"{year}{pick(dice, ('-', '-', '/'))}{month:02d}-{day:02d}"
        case 8:
            return f"{numeric_day}{gap}{numeric_month}{gap}{years}"
        case 9:
            return f"{name} {day}{ordinal}{pick(dice, (', ', ' '))}{years}"
        case 10:
            return f"{numeric_month}{gap}{numeric_day}{gap}'{short}"
        case 11:
            return f"{numeric_month}{gap}{numeric_day}"
        case 12:
            return f"{pick(dice, list('0123456789'))}{numeric_month}{gap}{_digits(dice, 2)}{gap}{_digits(dice, 4)}"
        case _:
            return f"{numeric_month}{gap}{numeric_day}{gap}{years}"


def _time(dice: Dice) -> str:
    hour, minute = int(dice.integers(1, 13)), int(dice.integers(60))
    if chance(dice, 0.15):
        return f"{int(dice.integers(24)):02d}:{minute:02d}"
    half = pick(dice, ("am", "pm", "AM", "PM", "a.m.", "p.m.", "A.M.", "P.M.", "a", "p"))
    clock = pick(dice, (f"{hour}:{minute:02d}", f"{hour}:{minute:02d}", f"{hour}:{minute:02d}", f"{hour}"))
    zone = f" {pick(dice, _TIME_ZONES)}" if chance(dice, 0.3) else ""
    return f"{clock}{pick(dice, (' ', ' ', ''))}{half}{zone}"


def _date_and_time(dice: Dice) -> str:
    if chance(dice, 0.1):
        return pick(dice, (_date(dice), _time(dice)))
    if chance(dice, 0.08):
        return f"{pick(dice, _WEEKDAYS)} {_date(dice)}"
    return f"{_date(dice)}{pick(dice, (' ', ' ', ' ', ', ', '  ', ' at ', ' @ ', '; ', ' - '))}{_time(dice)}"


def _price(dice: Dice) -> str:
    whole = int(10 ** dice.uniform(0, 2.3)) if chance(dice, 0.85) else int(dice.integers(1000, 20000))
    if chance(dice, 0.25):
        whole = int(_digits(dice, int(dice.integers(1, 4))))
    cents = _digits(dice, pick(dice, (2, 2, 2, 2, 2, 1, 3, 4)))
    text = f"{whole:,}" if chance(dice, 0.8) else str(whole)
    if chance(dice, 0.93):
        text += f"{pick(dice, ('.', '.', '.', '.', '.', '.', '.', ',', ' .'))}{cents}"
    sign = pick(dice, ("$", "$", "$", "$ ", "", "", "", "US$", "USD "))
    return sign + text if chance(dice, 0.97) else text + pick(dice, (" USD", "$", "/sh", " per share"))


def _shares(dice: Dice) -> str:
    number = int(_digits(dice, pick(dice, (2, 3, 3, 4, 4, 4, 5, 5, 6, 7))))
    if chance(dice, 0.4):
        number = max(1, round(number, -int(dice.integers(1, 4))))
    if chance(dice, 0.04):
        return pick(dice, _NO_NUMBERS)
    comma = pick(dice, (",", ",", ",", ",", "", "", "", "", " ", "."))
    text = f"{number:,}".replace(",", comma)
    if chance(dice, 0.05):
        text += pick(dice, (" shares", " sh", " shs", "-", ".00", ".", " sh.", "/"))
    return text


def _tax_id(dice: Dice) -> str:
    digits = ("000" if chance(dice, 0.3) else _digits(dice, 3)) + _digits(dice, 6)
    match int(dice.integers(8)):
        case 0:
            return digits
        case 1:
            return f"{digits[:2]}-{digits[2:]}"
        case 2:
            return f"{digits[:3]} {digits[3:5]} {digits[5:]}"
        case 3:
            return f"{digits[:3]} - {digits[3:5]} - {digits[5:]}"
        case _:
            return f"{digits[:3]}-{digits[3:5]}-{digits[5:]}"


def _invented(dice: Dice) -> str:
    word = "".join(
        pick(dice, _ONSETS) + pick(dice, _VOWELS) + pick(dice, _CODAS) for _ in range(int(dice.integers(1, 4)))
    )
    return word.capitalize()


def _name(dice: Dice) -> str:
    first = pick(dice, _FIRST_NAMES) if chance(dice, 0.5) else _invented(dice)
    last = pick(dice, _SURNAMES) if chance(dice, 0.4) else _invented(dice)
    middle = pick(dice, ("", "", "", f" {_letters(dice, 1)}.", f" {_letters(dice, 1)}", f" {_invented(dice)}"))
    name = pick(dice, (f"{first}{middle} {last}",) * 6 + (f"{last}, {first}{middle}", f"{first[0]}. {last}", last))
    if chance(dice, 0.06):
        name += pick(dice, (", Jr.", " Jr.", " III", ", Esq.", " (formerly " + _invented(dice) + ")", ", Ph.D."))
    return name.upper() if chance(dice, 0.22) else name


def _email(dice: Dice) -> str:
    first, last = pick(dice, _FIRST_NAMES).lower(), _invented(dice).lower()
    user = pick(dice, (f"{first}.{last}", f"{first[0]}{last}", f"{first}_{last}", f"{first}{_digits(dice, 2)}", last))
    host = pick(dice, ("example.com", "example.com", "example.org", f"{_invented(dice).lower()}.com", "aol.com"))
    email = (
        f"{user}@{host}"
        if chance(dice, 0.85)
        else f"{user}@{_invented(dice).lower()}.{pick(dice, ('net', 'edu', 'co.uk', 'org'))}"
    )
    return email.upper() if chance(dice, 0.05) else email


def _address(dice: Dice) -> str:
    street = f"{_digits(dice, int(dice.integers(1, 6)))} {_invented(dice)} {pick(dice, _STREETS)}"
    if chance(dice, 0.25):
        street += pick(
            dice,
            (f" #{_digits(dice, 2)}", f", Apt. {_digits(dice, 1)}{_letters(dice, 1)}", f", Suite {_digits(dice, 3)}"),
        )
    city = f"{pick(dice, _CITIES)}, {pick(dice, _STATES)} {_digits(dice, 5)}"
    address = pick(dice, (street, city, f"{street}, {city}", f"{street}, {pick(dice, _CITIES)}"))
    return address.upper() if chance(dice, 0.12) else address


def _words(dice: Dice) -> str:
    among = string.ascii_letters + string.digits * 3 + string.punctuation
    count = int(dice.integers(1, 4))
    return " ".join(_letters(dice, int(dice.integers(1, 8)), among) for _ in range(count))


CONTENTS: Mapping[Writing, Callable[[Dice], str]] = {
    Writing.GRANT_NO: _grant_number,
    Writing.DATE: _date,
    Writing.PRICE: _price,
    Writing.SHARES: _shares,
    Writing.TAX_ID: _tax_id,
    Writing.DATE_TIME: _date_and_time,
    Writing.NAME: _name,
    Writing.EMAIL: _email,
    Writing.ADDRESS: _address,
    Writing.WORDS: _words,
}
SHARE_OF_TRAINING: Mapping[Writing, float] = {
    Writing.GRANT_NO: 0.13,
    Writing.DATE: 0.14,
    Writing.PRICE: 0.11,
    Writing.SHARES: 0.09,
    Writing.TAX_ID: 0.05,
    Writing.DATE_TIME: 0.11,
    Writing.NAME: 0.15,
    Writing.EMAIL: 0.11,
    Writing.ADDRESS: 0.08,
    Writing.WORDS: 0.03,
}
SHARE_OF_FIGURES: Mapping[Writing, float] = {
    Writing.GRANT_NO: 0.20,
    Writing.DATE: 0.22,
    Writing.PRICE: 0.17,
    Writing.SHARES: 0.10,
    Writing.TAX_ID: 0.07,
    Writing.DATE_TIME: 0.24,
}
"""Of the further training that makes the network for figures."""


def drawn_content(dice: Dice, shares: Mapping[Writing, float]) -> tuple[Writing, str]:
    """A kind of box, and what somebody writes into it."""
    writing = drawn_kind(dice, shares)
    return writing, content_of(writing, dice)


def drawn_kind(dice: Dice, shares: Mapping[Writing, float]) -> Writing:
    """A kind of box; the shares of all sum to 1."""
    kinds = tuple(shares)
    return kinds[int(dice.choice(len(kinds), p=np.array([shares[kind] for kind in kinds])))]


def content_of(writing: Writing, dice: Dice) -> str:
    """What somebody writes into a box of that kind: single spaces, printable ASCII, never empty."""
    return " ".join(CONTENTS[writing](dice).split())
