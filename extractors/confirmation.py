"""What the ledger has for each field of the holder found, and how likely it is that the ink says just that.

Reading looks for what is written without knowing the ledger (fusion.py). Here the one value that nearly every holder
copies is held against the ink beside everything that was found: it is confirmed where the ink leaves it likely enough,
and else the field stays as it was read. What is likely enough stands in `thresholds.toml`, with how often a value that
differs from the ledger's by one character would be taken for it (docs/decisions/0056).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from core.addresses import Place, place_of, state_and_code
from core.grammar import normalise_grant_no, normalise_name, tax_id_digits
from core.holders import Grant, Holder, OptionLedger
from core.readings import BY_LIKELIHOOD, Mark
from core.submissions import Fields, GrantRow
from extractors.answers import Answer, ReadField
from extractors.fusion import chance_of, is_unseen
from extractors.matching import Match
from extractors.meanings import meaning
from extractors.readers.ctc import Frames, decode_greedily
from extractors.readers.likelihood import log_likelihood_of_end
from extractors.readers.reader import ReaderResult, Writing
from extractors.thresholds import Thresholds

_OF_A_GRANT: Mapping[str, Writing] = {
    "grant_no": Writing.GRANT_NO,
    "grant_date": Writing.DATE,
    "price": Writing.PRICE,
    "shares": Writing.SHARES,
}


def ledger_texts(fields: Fields, match: Match, ledger: OptionLedger) -> Mapping[str, tuple[str, ...]]:
    """What the ledger has of the holder and grants found, by the key of the reading that should say it.

    Each value in the ways in which people write it, the plainest first. Nothing where no holder was found.
    """
    holder = ledger.holder(match.holder_id) if match.holder_id else None
    return dict(_texts_of_form(fields, match, holder, ledger)) if holder else {}


def confirmed_by_ink(field: ReadField, answer: Answer, texts: tuple[str, ...], thresholds: Thresholds) -> ReadField:
    """The field saying what the ledger has, as surely as the ink does; itself where the ink does not say it.

    It stays as it is too where it was surely read, or where something stands for a value that is none.
    """
    reading, writing = field.reading, field.writing
    if writing is None or reading.mark is not Mark.READ or answer.stands_in:
        return field
    asks, said = thresholds.asks[writing], says(writing, reading.value, texts)
    if said and reading.confidence >= asks.confirmed:
        return field
    chance = round(chance_of(writing, texts, answer.by_reader, thresholds), 4)
    if chance < asks.likely:
        return _ending_as_the_ledgers(field, answer, texts[0], thresholds) if writing is Writing.ADDRESS else field
    value = reading.value if said else texts[0]
    return replace(field, reading=replace(reading, value=value, confidence=chance, reader=BY_LIKELIHOOD), rivals=())


def end_of_address(results: Mapping[str, ReaderResult], end: str) -> tuple[float, str]:
    """How likely each character (the geometric mean) of `end` is to end what a network saw, and what stands before it.

    Of the network that finds it likeliest; there is one.
    """
    heard = [result.frames for result in results.values() if result.frames is not None and result.text]
    most, step, frames = max(
        ((*log_likelihood_of_end(frames, end), frames) for frames in heard), key=lambda found: found[0]
    )
    before, _ = decode_greedily(Frames(frames.log_probabilities[:step], frames.alphabet))
    return math.exp(most / len(end)), before.strip()


def _ending_as_the_ledgers(field: ReadField, answer: Answer, address: str, thresholds: Thresholds) -> ReadField:
    """An address whose end the ink bears out: of an address only its country counts (rulebook 49).

    One that was read as lying abroad is never mended. What was read stays where it names a state; else the ledger's
    state and ZIP code stand in place of what was read.
    """
    place, end = place_of(field.reading.value), state_and_code(address)
    if not end or place is Place.ABROAD or is_unseen(Writing.ADDRESS, answer.by_reader, thresholds):
        return field
    chance, before = end_of_address(answer.by_reader, end)
    if chance < thresholds.end_of_address:
        return field
    value = field.reading.value if place is Place.UNITED_STATES else f"{before} {end}".strip()
    reading = replace(field.reading, value=value, confidence=round(chance, 4), reader=BY_LIKELIHOOD)
    return replace(field, reading=reading, rivals=())


def keys_of_others(fields: Fields, match: Match, ledger: OptionLedger) -> Iterator[str]:
    """Keys of the readings that say what the ledger has of somebody else, or of another grant than the row's.

    That is never a misreading to be mended: two holders, or two grants, may be a stroke apart.
    """
    others = [holder for holder in ledger.holders if holder.holder_id != match.holder_id]
    names = {normalise_name(name) for other in others for name in (other.name_on_agreement, *other.legal_name_changes)}
    yield from (key for key, name in _names_in(fields) if normalise_name(name) in names)
    if tax_id_digits(fields.tax_id) in {tax_id_digits(other.tax_id) for other in others if other.tax_id}:
        yield "tax_id"
    if fields.email.casefold() in {other.email.casefold() for other in others if other.email}:
        yield "email"
    for (stem, row), grant_no in zip(fields.rows_by_stem.items(), match.grants, strict=True):
        grant = ledger.grant(normalise_grant_no(row.grant_no))
        if grant is not None and grant.grant_no != grant_no:
            yield f"{stem}.grant_no"


def _names_in(fields: Fields) -> Iterator[tuple[str, str]]:
    yield "printed_name", fields.printed_name
    if fields.schedule is not None:
        yield "schedule.printed_name", fields.schedule.name


def says(writing: Writing, value: str, texts: tuple[str, ...]) -> bool:
    """Whether a value as read means what the ledger has."""
    sense = meaning(writing, value)
    return sense is not None and sense == meaning(writing, texts[0])


def columns_that_say(row: GrantRow, grant: Grant) -> Iterator[str]:
    """The columns of a row that say what the ledger has of a grant."""
    for column, texts in _texts_of_grant(grant).items():
        if says(_OF_A_GRANT[column], getattr(row, column), texts):
            yield column


def _texts_of_form(
    fields: Fields, match: Match, holder: Holder, ledger: OptionLedger
) -> Iterator[tuple[str, tuple[str, ...]]]:
    names = (holder.name_on_agreement, holder.name_on_agreement.upper())
    yield from (("printed_name", names), ("schedule.printed_name", names))
    if holder.tax_id:
        yield "tax_id", (holder.tax_id, tax_id_digits(holder.tax_id))
    if holder.email:
        yield "email", (holder.email, holder.email.casefold())
    if holder.address:
        yield "address", (holder.address, holder.address.replace(",", ""))
    for stem, grant_no in zip(fields.rows_by_stem, match.grants, strict=True):
        grant = ledger.grant(grant_no) if grant_no else None
        for column, texts in (_texts_of_grant(grant) if grant else {}).items():
            yield f"{stem}.{column}", texts


def _texts_of_grant(grant: Grant) -> Mapping[str, tuple[str, ...]]:
    return {
        "grant_no": (grant.grant_no,),
        "grant_date": tuple(_dates(grant.grant_date)),
        "price": tuple(_prices(grant.exercise_price)),
        "shares": (f"{grant.unexercised:,}", f"{grant.unexercised}"),
    }


def _dates(on: date) -> Iterator[str]:
    for gap in "/-.":
        for month, day in ((f"{on.month}", f"{on.day}"), (f"{on.month:02}", f"{on.day:02}")):
            yield from (f"{month}{gap}{day}{gap}{year}" for year in (f"{on.year}", f"{on:%y}"))
    for month in (f"{on:%B}", f"{on:%b}", f"{on:%b}."):
        yield from (f"{month} {on.day}, {on.year}", f"{month} {on.day} {on.year}", f"{on.day} {month} {on.year}")
    yield on.isoformat()


def _prices(price: Decimal) -> Iterator[str]:
    plain = f"{price.normalize():f}"
    cents = f"{price:.2f}" if price == round(price, 2) else plain
    yield from (f"${cents}", cents, f"$ {cents}", f"${plain}", plain)
