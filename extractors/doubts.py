"""Which readings the form's use of them does not trust: each becomes a Doubt, and the form goes to a person.

A field that says what the ledger has for the holder found, or a signing day just before the receipt, needs less
confidence than one that nothing else speaks for: a misreading would have to hit that very value by chance. No value is
changed here; a field that the ink was asked about (confirmation.py) says how likely it was found, and that is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import datetime

from core.addresses import Place, place_of
from core.grammar import normalise_grant_no, parse_date, parse_date_and_time, parse_time
from core.holders import OptionLedger
from core.readings import BY_LIKELIHOOD, Doubt, Mark, Reading
from core.submissions import Fields
from extractors.answers import ReadField
from extractors.confirmation import columns_that_say, ledger_texts, says
from extractors.matching import Match
from extractors.thresholds import Thresholds

_TICK_ASKS = 0.9
_DAYS_TO_THE_FAX = 3
_BESIDE_THE_NUMBER = 2
_NO_CONFIDENCE = 1.0
"""What a number that stands alone is asked for: no reading is as sure."""
_FAXED_LATER = 0.05
"""What a rival counts whose moment is not just before the receipt. Were one form in ten faxed later than that, some day
of the month that the offer is open would be a fortieth as likely as one of the last four; twice that is counted."""


@dataclass(frozen=True, slots=True)
class FormAsRead:
    """All that a form's doubts are drawn from; `read` in reading order, `received_at` None where it is not known.

    `fields` are as they were read, before the ink was asked for what the ledger has: that is no evidence of its own.
    """

    read: tuple[ReadField, ...]
    fields: Fields
    match: Match
    received_at: datetime | None


def doubts_of(form: FormAsRead, ledger: OptionLedger, thresholds: Thresholds) -> tuple[Doubt, ...]:
    """The doubtful readings, in reading order."""
    fields, received_at = form.fields, form.received_at
    confirmed = frozenset((*_confirmed_by_form(fields), *_confirmed_by_ledger(form, ledger)))
    by_receipt = {"signed_at"} if _is_just_before(fields.date, fields.time, received_at) else set()
    alone = frozenset(_numbers_that_stand_alone(form, ledger))
    return tuple(
        doubt
        for each in form.read
        for doubt in (
            _doubt(
                each,
                _given_the_receipt(each, received_at) if each.reading.key in by_receipt else each.reading.confidence,
                each.reading.key in confirmed | by_receipt,
                thresholds,
            )
            or _doubt_of_a_number(each.reading, alone)
        )
    )


def _doubt(field: ReadField, sure: float, confirmed: bool, thresholds: Thresholds) -> tuple[Doubt, ...]:
    reading = field.reading
    if field.writing is None:
        if reading.key.endswith("amend_box") and reading.confidence < _TICK_ASKS:
            return (Doubt(reading.key, reading.confidence, _TICK_ASKS, "the box may or may not be ticked"),)
        return ()
    asks = thresholds.asks[field.writing]
    asked = asks.likely if reading.reader == BY_LIKELIHOOD else asks.confirmed if confirmed else asks.plain
    if sure >= asked:
        return ()
    why = {
        Mark.ILLEGIBLE: "something stands there that cannot be read",
        Mark.BLANK: "it looks blank, but the fax may have lost what stood there",
        Mark.READ: "the readers are not sure of it",
    }[reading.mark]
    return (Doubt(reading.key, reading.confidence, asked, why),)


def _doubt_of_a_number(reading: Reading, alone: Set[str]) -> tuple[Doubt, ...]:
    if reading.key not in alone:
        return ()
    return (Doubt(reading.key, reading.confidence, _NO_CONFIDENCE, "the rest of its row is not that grant's"),)


def _numbers_that_stand_alone(form: FormAsRead, ledger: OptionLedger) -> Iterator[str]:
    """Keys of numbers that the ledger knows, in rows that otherwise say little of that grant: one figure misread makes
    another grant's number, and another holder's, yet hardly its date, price and shares."""
    rows = {f"{stem}.grant_no": row for stem, row in form.fields.rows_by_stem.items()}
    for each in form.read:
        row, grant = rows.get(each.reading.key), ledger.grant(normalise_grant_no(each.reading.value))
        if row is None or grant is None:
            continue
        if len(set(columns_that_say(row, grant)) - {"grant_no"}) < _BESIDE_THE_NUMBER:
            yield each.reading.key


def _confirmed_by_form(fields: Fields) -> Iterator[str]:
    """An address is asked only whether it lies in the United States (rule 49): one that says so says enough."""
    if place_of(fields.address) is Place.UNITED_STATES:
        yield "address"


def _is_just_before(day: str, clock: str, received_at: datetime | None) -> bool:
    """Forms are faxed when they are signed: a misread moment hardly falls on the days just before the receipt.

    A time that was not read says nothing, nor does any where the receipt's zone is not known; one without a zone is
    meant on the clock of the receipt.
    """
    signed_on, signed_at = parse_date(day).value, parse_time(clock).value
    if signed_on is None or received_at is None:
        return False
    if signed_at is not None and received_at.tzinfo is not None:
        moment = datetime.combine(signed_on.on, signed_at.at, tzinfo=signed_at.zone or received_at.tzinfo)
        if moment > received_at:
            return False
    return 0 <= (received_at.date() - signed_on.on).days <= _DAYS_TO_THE_FAX


def _given_the_receipt(signed_at: ReadField, received_at: datetime | None) -> float:
    """How sure a signing moment just before the receipt is, now that earlier days and later moments are hardly to be
    expected."""
    far_off = sum(
        rival.chance for rival in signed_at.rivals if not _is_just_before(*parse_date_and_time(rival.text), received_at)
    )
    return signed_at.reading.confidence / (1 - (1 - _FAXED_LATER) * far_off)


def _confirmed_by_ledger(form: FormAsRead, ledger: OptionLedger) -> Iterator[str]:
    """Keys of the readings that say what the ledger says of the holder found."""
    texts = ledger_texts(form.fields, form.match, ledger)
    for each in form.read:
        key = each.reading.key
        if each.writing is not None and key in texts and says(each.writing, each.reading.value, texts[key]):
            yield key
