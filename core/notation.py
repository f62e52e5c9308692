"""The JSON of keyed forms, cases and results (design 3.3-3.5) to and from the nouns.

A missing optional key takes its default; a key that a holder's words would be lost under is refused when misspelt, and
every refusal says where, what and what to do. It refuses to know files and to judge.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from core.failures import MalformedCase
from core.holders import Category, Grant, GrantType, Holder, OptionLedger, Plan
from core.judgements import Judgement, Standing
from core.offer_state import Extension, OfferState
from core.submissions import Evidence, Fields, GrantRow, Kind, Schedule, Signature, Submission

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

UNKNOWN = "unknown"
"""What a null says of how or where a form arrived: rules 2 and 3 then hold it."""


@dataclass(frozen=True, slots=True)
class KeyedCase:
    """One case of design 3.3: `prior` in order of receipt, then the submission that it is about."""

    id: str
    offer: OfferState
    ledger: OptionLedger
    prior: tuple[Submission, ...]
    submission: Submission


def parse_cases(json_cases: object) -> list[KeyedCase]:
    """The cases of a list; raises MalformedCase naming the place, the fact and the next step."""
    return [_case(item) for item in _items(json_cases, "the file", "cases")]


def parse_submission(json_submission: object, *, sequence: int = 0) -> Submission:
    """A keyed form (the `submission` object of design 3.3); raises MalformedCase.

    `signed_at` and `signed_date` may be there and are not used: the boxes are parsed.
    """
    return _submission(_Place.root("the form", json_submission), sequence)


# ----------------------------------------------------------------------------------------------------- reading safely


def _refuse(where: str, fact: str, next_step: str) -> NoReturn:
    raise MalformedCase(f"{where}: {fact}; {next_step}")


def _items(value: object, where: str, what: str) -> list[_Place]:
    if not isinstance(value, list):
        _refuse(where, f"a list of {what} is expected, found {_kind_of(value)}", "put the items in [ ]")
    return [_Place.root(f"{where}, item {number}", item) for number, item in enumerate(value, start=1)]


def _kind_of(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


@dataclass(frozen=True, slots=True)
class _Place:
    """A JSON object and where it stands, so that every complaint can name its place."""

    where: str
    values: Mapping[str, Any]

    @classmethod
    def root(cls, where: str, value: object) -> _Place:
        if not isinstance(value, dict):
            _refuse(where, f"an object is expected, found {_kind_of(value)}", "write it in { }")
        return cls(where, value)

    def refuse(self, key: str, fact: str, next_step: str) -> NoReturn:
        _refuse(f"{self.where}, {key}", fact, next_step)

    def only(self, *keys: str) -> None:
        """Refuses keys other than these: what stands under a misspelt one would be lost."""
        for key in self.values:
            if key not in keys:
                self.refuse(key, "no such key", f"use one of {', '.join(keys)}")

    def required(self, key: str) -> object:
        if self.values.get(key) in (None, ""):
            self.refuse(key, "missing", "add it")
        return self.values[key]

    def text(self, key: str, default: str = "") -> str:
        value = self.values.get(key)
        if value is None:
            return default
        if not isinstance(value, str):
            self.refuse(key, f"a text is expected, found {_kind_of(value)}", 'write it in " "')
        return value

    def required_text(self, key: str) -> str:
        self.required(key)
        return self.text(key)

    def optional_text(self, key: str) -> str | None:
        """None when it is missing, null or empty."""
        return self.text(key) or None

    def stated_text(self, key: str, default: str) -> str:
        """The default when the key is missing; null says that nobody knows, which is no default."""
        return self.text(key, UNKNOWN) if key in self.values else default

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.values.get(key) or []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.refuse(key, "a list of texts is expected", 'write it as ["...", "..."]')
        return tuple(value)

    def flag(self, key: str, default: bool = False) -> bool:
        value = self.tristate(key, default)
        if value is None:
            self.refuse(key, "true or false is expected, found null", "write true or false")
        return value

    def tristate(self, key: str, default: bool) -> bool | None:
        """True, false, or null for unsure; a missing key is the default."""
        value = self.values.get(key, default)
        if value is not None and not isinstance(value, bool):
            self.refuse(key, f"true, false or null is expected, found {_kind_of(value)}", "write one of them")
        return value

    def whole(self, key: str) -> int:
        value = self.required(key)
        if isinstance(value, bool) or not isinstance(value, int):
            self.refuse(key, f"a whole number is expected, found {value!r}", "write digits only")
        return value

    def parsed(self, key: str, parse: Callable[[str], T], expected: str) -> T | None:
        """The value of a text that `parse` understands; None when it is missing or null."""
        written = self.optional_text(key)
        if written is None:
            return None
        try:
            return parse(written)
        except (ValueError, InvalidOperation):
            self.refuse(key, f"{written!r} is not {expected}", f"write {expected}")

    def instant(self, key: str) -> datetime | None:
        return self.parsed(key, datetime.fromisoformat, "an ISO 8601 date and time")

    def aware(self, key: str) -> datetime | None:
        """An instant whose zone must be written: the offer's own times have no doubt."""
        instant = self.instant(key)
        if instant is not None and instant.tzinfo is None:
            self.refuse(key, "has no UTC offset", "add it, such as -07:00")
        return instant

    def required_aware(self, key: str) -> datetime:
        self.required(key)
        instant = self.aware(key)
        assert instant is not None
        return instant

    def day(self, key: str) -> date | None:
        return self.parsed(key, date.fromisoformat, "an ISO 8601 date")

    def one_of(self, key: str, kinds: type[E]) -> E:
        return self.member(key, self.required_text(key), kinds)

    def member(self, key: str, value: str, kinds: type[E]) -> E:
        try:
            return kinds(value)
        except ValueError:
            self.refuse(key, f"{value!r} is not known", f"use one of {', '.join(kinds)}")

    def inner(self, key: str) -> _Place | None:
        value = self.values.get(key)
        return None if value is None else _Place.root(f"{self.where}, {key}", value)

    def required_inner(self, key: str) -> _Place:
        self.required(key)
        return _Place.root(f"{self.where}, {key}", self.values[key])

    def inners(self, key: str) -> list[_Place]:
        value = self.values.get(key)
        return [] if value is None else _items(value, f"{self.where}, {key}", key)


# --------------------------------------------------------------------------------------------------- cases and ledgers


def _case(place: _Place) -> KeyedCase:
    case_id = place.required_text("id")
    named = _Place(f"case {case_id}", place.values)
    prior = tuple(_submission(one, sequence) for sequence, one in enumerate(named.inners("prior")))
    submission = _submission(named.required_inner("submission"), len(prior))
    ids = [one.id for one in (*prior, submission)]
    for submission_id in ids:
        if ids.count(submission_id) > 1:
            named.refuse("prior", f"the submission id {submission_id!r} stands twice", "give each its own id")
    return KeyedCase(
        id=case_id,
        offer=_offer(named.required_inner("offer")),
        ledger=_ledger(named.required_inner("ledger")),
        prior=prior,
        submission=submission,
    )


def _offer(place: _Place) -> OfferState:
    return OfferState(
        expiration=place.required_aware("expiration"),
        extensions=tuple(
            Extension(one.required_aware("announced_at"), one.required_aware("new_expiration"))
            for one in place.inners("extensions")
        ),
        accepted_at=place.aware("accepted_at"),
        terminated_at=place.aware("terminated_at"),
    )


def _ledger(place: _Place) -> OptionLedger:
    holders = [_holder(one) for one in place.inners("holders")]
    grants = [_grant(one) for one in place.inners("grants")]
    for key, names in (("holders", [h.holder_id for h in holders]), ("grants", [g.grant_no for g in grants])):
        for name in names:
            if names.count(name) > 1:
                place.refuse(key, f"{name} stands twice", "keep one")
    return OptionLedger.of(holders, grants)


def _holder(place: _Place) -> Holder:
    return Holder(
        holder_id=place.required_text("holder_id"),
        name_on_agreement=place.required_text("name_on_agreement"),
        category=place.one_of("category", Category),
        country=place.text("country") or None,
        tax_id=place.text("tax_id"),
        title=place.text("title"),
        legal_name_changes=place.texts("legal_name_changes"),
        email=place.text("email"),
        address=place.text("address"),
    )


def _grant(place: _Place) -> Grant:
    place.required("grant_date")
    granted_on = place.day("grant_date")
    price = place.parsed("exercise_price", Decimal, "a decimal number")
    assert granted_on is not None
    if price is None or not price.is_finite():
        place.refuse("exercise_price", "no decimal number", 'write it as "24.50"')
    return Grant(
        grant_no=place.required_text("grant_no"),
        holder_id=place.required_text("holder_id"),
        plan=place.one_of("plan", Plan),
        grant_date=granted_on,
        exercise_price=price,
        shares_granted=place.whole("shares_granted"),
        shares_exercised=place.whole("shares_exercised"),
        shares_cancelled=place.whole("shares_cancelled"),
        type=place.one_of("type", GrantType),
        split_group=place.optional_text("split_group"),
        held_since=place.day("held_since"),
        expires_on=place.day("expires_on"),
    )


# --------------------------------------------------------------------------------------------------------- submissions

_FIELD_KEYS = (
    "printed_name", "signature", "tax_id", "date", "time", "email", "address", "notes", "amend_box", "rows", "schedule",
    "capacity", "title", "evidence",
)  # fmt: skip
_ROW_KEYS = ("grant_no", "grant_date", "price", "shares", "struck", "altered")


def _submission(place: _Place, sequence: int) -> Submission:
    submission_id = place.required_text("id")
    named = _Place(f"{place.where} ({submission_id})", place.values)
    kind = named.optional_text("kind")
    return Submission(
        id=submission_id,
        kind=None if kind is None else named.member("kind", kind, Kind),
        delivery=named.stated_text("delivery", "fax"),
        destination=named.stated_text("destination", "listed"),
        form_version=named.optional_text("form_version"),
        pages=named.texts("pages"),
        received_start=named.instant("received_start"),
        received_at=named.instant("received_at"),
        struck_text=named.texts("struck_text"),
        fields=_fields(named.required_inner("fields")),
        sequence=sequence,
    )


def _fields(place: _Place) -> Fields:
    place.only(*_FIELD_KEYS)
    schedule = place.inner("schedule")
    return Fields(
        printed_name=place.text("printed_name"),
        signature=_signature(place.inner("signature")),
        tax_id=place.text("tax_id"),
        date=place.text("date"),
        time=place.text("time"),
        email=place.text("email"),
        address=place.text("address"),
        notes=place.text("notes"),
        amend_box=place.tristate("amend_box", default=False),
        rows=tuple(_row(one) for one in place.inners("rows")),
        schedule=_schedule(schedule) if schedule else None,
        capacity=place.text("capacity"),
        title=place.text("title"),
        evidence=tuple(place.member("evidence", one, Evidence) for one in place.texts("evidence")),
    )


def _signature(place: _Place | None) -> Signature:
    """A form that says nothing of a signature is unsigned."""
    if place is None:
        return Signature(present=False)
    place.only("present", "reads_as")
    return Signature(present=place.tristate("present", default=False), reads_as=place.optional_text("reads_as"))


def _row(place: _Place) -> GrantRow:
    place.only(*_ROW_KEYS)
    return GrantRow(
        grant_no=place.text("grant_no"),
        grant_date=place.text("grant_date"),
        price=place.text("price"),
        shares=place.text("shares"),
        struck=place.flag("struck"),
        altered=place.flag("altered"),
    )


def _schedule(place: _Place) -> Schedule:
    place.only("rows", "name", "signed", "date")
    return Schedule(
        rows=tuple(_row(one) for one in place.inners("rows")),
        name=place.text("name"),
        signed=place.tristate("signed", default=False),
        date=place.text("date"),
    )


# --------------------------------------------------------------------------------------------------------- and back


def fields_to_json(fields: Fields) -> dict[str, Any]:
    """The `fields` object of design 3.3 and 3.4: the strings as written or read."""
    return {
        "printed_name": fields.printed_name,
        "signature": {"present": fields.signature.present, "reads_as": fields.signature.reads_as},
        "tax_id": fields.tax_id,
        "date": fields.date,
        "time": fields.time,
        "email": fields.email,
        "address": fields.address,
        "notes": fields.notes,
        "amend_box": fields.amend_box,
        "rows": [_row_to_json(row) for row in fields.rows],
        "schedule": _schedule_to_json(fields.schedule) if fields.schedule else None,
        "capacity": fields.capacity,
        "title": fields.title,
        "evidence": [str(evidence) for evidence in fields.evidence],
    }


def _schedule_to_json(schedule: Schedule) -> dict[str, Any]:
    return {
        "rows": [_row_to_json(row) for row in schedule.rows],
        "name": schedule.name,
        "signed": schedule.signed,
        "date": schedule.date,
    }


def _row_to_json(row: GrantRow) -> dict[str, Any]:
    return {
        "grant_no": row.grant_no,
        "grant_date": row.grant_date,
        "price": row.price,
        "shares": row.shares,
        "struck": row.struck,
        "altered": row.altered,
    }


def submission_to_json(submission: Submission) -> dict[str, Any]:
    """A keyed form that `parse_submission` reads back."""
    return {
        "id": submission.id,
        "kind": None if submission.kind is None else str(submission.kind),
        "delivery": submission.delivery,
        "destination": submission.destination,
        "form_version": submission.form_version,
        "pages": list(submission.pages),
        "received_start": submission.received_start and submission.received_start.isoformat(),
        "received_at": submission.received_at and submission.received_at.isoformat(),
        "struck_text": list(submission.struck_text),
        "fields": fields_to_json(submission.fields),
    }


def standing_to_json(standing: Standing | None) -> dict[str, Any] | None:
    if standing is None:
        return None
    return {
        "state": str(standing.state),
        "grants": dict(standing.grants),
        "held_grants": list(standing.held_grants),
        "basis": standing.basis,
        "contested": standing.contested,
    }


def codes_to_json(judgement: Judgement) -> dict[str, Any]:
    """`codes` and `codes_by_target` of design 3.4 and 3.5: sorted and distinct."""
    by_target: dict[str, set[str]] = defaultdict(set)
    for finding in judgement.findings:
        by_target[finding.target].add(finding.code)
    return {
        "codes": sorted({finding.code for finding in judgement.findings}),
        "codes_by_target": {target: sorted(codes) for target, codes in sorted(by_target.items())},
    }


def result_to_json(case_id: str, judgement: Judgement, prior: Sequence[Judgement]) -> dict[str, Any]:
    """What `judge` says of a case (design 3.5)."""
    return {
        "id": case_id,
        **codes_to_json(judgement),
        "disposition": str(judgement.disposition),
        "standing": standing_to_json(judgement.standing),
        "prior_dispositions": {one.submission_id: str(one.disposition) for one in prior},
    }
