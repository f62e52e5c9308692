"""What holders put on their forms: the words, in every format of the time, and what may be wrong with them.

The outcome is a Submission whose strings are what stands on the paper: the truth that readings are measured against.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from core.grammar import parse_date_and_time
from core.holders import Category, Grant, Holder, OptionLedger, Plan
from core.submissions import Evidence, Fields, GrantRow, Kind, Schedule, Signature, Submission
from samples.writing import Rng

PACIFIC = ZoneInfo("America/Los_Angeles")
COMMENCED, AMENDED = date(2003, 6, 25), date(2003, 7, 9)
EXPIRATION = datetime(2003, 7, 24, 17, 0, tzinfo=PACIFIC)
MINIMUM_PRICE_USD = Decimal("2.00")


@dataclass(frozen=True, slots=True)
class Manner:
    """How one person writes dates, times, prices and numbers; kept for a whole form, as people do."""

    date_format: str
    signed_format: str
    time_format: str
    dollar: str
    thousands: bool
    cents: str
    capitals: bool
    joint: str


_DATE_FORMATS = (
    "{m}/{d}/{yy}", "{mm}/{dd}/{yy}", "{m}/{d}/{yyyy}", "{mm}/{dd}/{yyyy}", "{m}-{d}-{yy}", "{mm}-{dd}-{yyyy}",
    "{mon} {d}, {yyyy}", "{month} {d}, {yyyy}", "{d} {mon} {yyyy}", "{d}-{mon}-{yy}", "{m}.{d}.{yy}",
    "{yyyy}-{mm}-{dd}",
)  # fmt: skip
_DATE_WEIGHTS = (0.26, 0.12, 0.14, 0.12, 0.07, 0.05, 0.06, 0.05, 0.03, 0.03, 0.03, 0.04)
_TIME_FORMATS = (
    "{h}:{min} {ap}",
    "{h}:{min}{ap}",
    "{h}:{min} {AP}",
    "{h}:{min} {a.p.}",
    "{hh}:{min}",
    "{h}:{min} {ap} PT",
    "{h}:{min} {AP} PDT",
)
_TIME_WEIGHTS = (0.34, 0.14, 0.18, 0.12, 0.1, 0.08, 0.04)
_JOINTS = (" ", "  ", ", ", " at ", " @ ", " - ")
_JOINT_WEIGHTS = (0.5, 0.14, 0.14, 0.1, 0.06, 0.06)


def some_manner(rng: Rng) -> Manner:
    return Manner(
        date_format=str(rng.choice(_DATE_FORMATS, p=_DATE_WEIGHTS)),
        signed_format=str(rng.choice(_DATE_FORMATS, p=_DATE_WEIGHTS)),
        time_format=str(rng.choice(_TIME_FORMATS, p=_TIME_WEIGHTS)),
        dollar=str(rng.choice(["$", "", "$ "], p=[0.62, 0.33, 0.05])),
        thousands=bool(rng.random() < 0.62),
        cents=str(rng.choice(["exact", "trimmed"], p=[0.9, 0.1])),
        capitals=bool(rng.random() < 0.15),
        joint=str(rng.choice(_JOINTS, p=_JOINT_WEIGHTS)),
    )


def written_date(on: date, pattern: str) -> str:
    return pattern.format(
        m=on.month, d=on.day, mm=f"{on.month:02d}", dd=f"{on.day:02d}", yy=f"{on.year % 100:02d}", yyyy=on.year,
        mon=f"{on:%b}", month=f"{on:%B}",
    )  # fmt: skip


def written_time(at: datetime, pattern: str) -> str:
    """`{hh}` is the 24-hour clock, used only where no rule takes it for half a day: 10:00 may be either, 09:00 not."""
    if "{hh}" in pattern and 10 <= at.hour <= 12:
        pattern = _TIME_FORMATS[0]
    half = "am" if at.hour < 12 else "pm"
    parts = {
        "h": at.hour % 12 or 12, "hh": f"{at.hour:02d}", "min": f"{at.minute:02d}",
        "ap": half, "AP": half.upper(), "a.p.": f"{half[0]}.m.",
    }  # fmt: skip
    for name, value in parts.items():
        pattern = pattern.replace("{" + name + "}", str(value))
    return pattern


def written_price(price: Decimal, manner: Manner) -> str:
    digits = str(price)
    if manner.cents == "trimmed" and digits.endswith("0"):
        digits = digits.rstrip("0").rstrip(".")
    return manner.dollar + digits


def written_row(grant: Grant, manner: Manner) -> GrantRow:
    """A row that says what the ledger says: all unexercised shares."""
    shares = f"{grant.unexercised:,}" if manner.thousands else str(grant.unexercised)
    on = written_date(grant.grant_date, manner.date_format)
    return GrantRow(grant.grant_no, on, written_price(grant.exercise_price, manner), shares)


def joint_of(manner: Manner, fields: Fields) -> str:
    """What stands between date and time in their one box; a plain blank where the manner's would be ambiguous."""
    joined = manner.joint.join((fields.date, fields.time))
    return manner.joint if parse_date_and_time(joined) == (fields.date, fields.time) else " "


# ---------------------------------------------------------------- forms in good order


def may_tender(holder: Holder) -> bool:
    return holder.category is Category.EMPLOYEE and holder.country == "US" and not holder.title.startswith("VP")


def eligible_grants(ledger: OptionLedger, holder: Holder) -> tuple[Grant, ...]:
    """The holder's grants that may be tendered without any finding, split partners included or both left out."""
    good = [grant for grant in ledger.grants_of(holder.holder_id) if _is_good(grant)]
    numbers = {grant.grant_no for grant in good}
    partners: dict[str, list[Grant]] = {}
    for grant in ledger.grants_of(holder.holder_id):
        if grant.split_group:
            partners.setdefault(grant.split_group, []).append(grant)
    whole = {group for group, members in partners.items() if all(member.grant_no in numbers for member in members)}
    twins = _same_day_pairs(good)
    return tuple(g for g in good if (g.split_group is None or g.split_group in whole) and g.grant_no not in twins)


def _is_good(grant: Grant) -> bool:
    return (
        grant.plan is not Plan.OUTSIDE
        and grant.exercise_price >= MINIMUM_PRICE_USD
        and grant.unexercised > 0
        and (grant.held_since or grant.grant_date) <= COMMENCED
        and (grant.expires_on is None or grant.expires_on > date(2003, 7, 25))
    )


def _same_day_pairs(grants: Sequence[Grant]) -> set[str]:
    """Grants that look like halves of a split nobody recorded (SPLIT_SUSPECTED)."""
    return {
        a.grant_no
        for a in grants
        for b in grants
        if a is not b and a.split_group is None is b.split_group and a.grant_date == b.grant_date
    }


def some_grants(rng: Rng, ledger: OptionLedger, holder: Holder, most: int = 8) -> tuple[Grant, ...]:
    """One to `most` of the holder's eligible grants, split pairs whole, in ledger order or by date."""
    grants = list(eligible_grants(ledger, holder))
    units: dict[str, list[Grant]] = {}
    for grant in grants:
        units.setdefault(grant.split_group or grant.grant_no, []).append(grant)
    keys = list(units)
    wanted = int(rng.integers(1, len(keys) + 1)) if rng.random() < 0.4 else len(keys)
    chosen = {str(key) for key in rng.choice(keys, wanted, replace=False)}
    picked = [grant for key in keys if key in chosen for grant in units[key]][:most]
    if rng.random() < 0.5:
        picked.sort(key=lambda grant: (grant.grant_date, grant.grant_no))
    return tuple(picked)


def some_holder(rng: Rng, ledger: OptionLedger) -> Holder:
    """One who may tender, has something to tender and is alone of that name."""
    names = [holder.name_on_agreement for holder in ledger.holders]
    able = [
        holder
        for holder in ledger.holders
        if may_tender(holder) and eligible_grants(ledger, holder) and names.count(holder.name_on_agreement) == 1
    ]
    return able[int(rng.integers(len(able)))]


def some_signing(rng: Rng, version: str) -> datetime:
    """When somebody signs a form of that edition: office hours, minutes, before the last afternoon."""
    first = AMENDED if version == "2003-07-09" else COMMENCED
    day = first + timedelta(days=int(rng.integers(0, (date(2003, 7, 24) - first).days)))
    return datetime(day.year, day.month, day.day, int(rng.integers(7, 20)), int(rng.integers(60)), tzinfo=PACIFIC)


def good_election(
    rng: Rng,
    ledger: OptionLedger,
    holder: Holder,
    manner: Manner,
    *,
    version: str,
    signed_at: datetime,
    grants: Sequence[Grant],
) -> Submission:
    """An election in good order, received within hours of its signing."""
    rows = tuple(written_row(grant, manner) for grant in grants)
    fields = replace(_signature_block(holder, manner, signed_at), rows=rows)
    return _received(
        rng, Submission("", Kind.ELECTION, form_version=version, pages=("E1", "E2"), fields=fields), holder, signed_at
    )


def good_notice(rng: Rng, holder: Holder, manner: Manner, *, version: str, signed_at: datetime) -> Submission:
    fields = _signature_block(holder, manner, signed_at)
    return _received(
        rng, Submission("", Kind.NOTICE, form_version=version, pages=("N1",), fields=fields), holder, signed_at
    )


def _signature_block(holder: Holder, manner: Manner, signed_at: datetime) -> Fields:
    name = holder.name_on_agreement.upper() if manner.capitals else holder.name_on_agreement
    return Fields(
        printed_name=name,
        signature=Signature(True, None),
        tax_id=holder.tax_id,
        date=written_date(signed_at.date(), manner.signed_format),
        time=written_time(signed_at, manner.time_format),
        email=holder.email,
        address=holder.address,
    )


def _received(rng: Rng, submission: Submission, holder: Holder, signed_at: datetime) -> Submission:
    latest = min(signed_at + timedelta(hours=9), EXPIRATION - timedelta(minutes=3))
    span = max(60.0, (latest - signed_at).total_seconds())
    start = (signed_at + timedelta(seconds=float(rng.uniform(30, span)))).replace(microsecond=0)
    end = start + timedelta(seconds=int(rng.integers(38, 160)))
    return replace(submission, received_start=start, received_at=end, holder_id=holder.holder_id)


# ---------------------------------------------------------------- forms not in good order


def with_a_slip(rng: Rng, submission: Submission, ledger: OptionLedger) -> tuple[Submission, str]:
    """The submission with one thing wrong, and the name of it. Which finding follows is the rules' affair."""
    slips = _SLIPS_OF_BOTH + (_SLIPS_OF_ELECTIONS if submission.kind is Kind.ELECTION else ())
    name = str(rng.choice(slips))
    return replace(submission, fields=_slipped(rng, name, submission, ledger)), name


_SLIPS_OF_BOTH = (
    "tax id missing", "tax id partial", "e-mail missing", "address missing", "time missing", "date missing", "unsigned",
    "name shortened", "note", "tax id wrong", "time ambiguous", "year missing", "name changed", "representative",
)  # fmt: skip
_SLIPS_OF_ELECTIONS = (
    "partial tender", "wrong price", "wrong date", "wrong number", "row struck", "row altered", "shares all",
    "price missing", "ineligible row", "another's grant", "blank table",
)  # fmt: skip
_NOTES = (
    "Please confirm receipt 818-555-0142",
    "Debbie - call me with questions x4417",
    "only if the new price is below $2",
    "Please e-mail me when received",
    "I want to keep my 2002 grant",
    "Page 3 of 3 to follow",
)


_NEW_FAMILY_NAMES = ("Ostrander", "Blackwood", "Fairbanks", "Lindgren")
_ATTORNEYS = ("Carl Ostrander", "Miriam Feld", "George T. Haas")
COVER_CONDITION = "I tender only if the new exercise price is below $2.00. Otherwise please return my form."
"""What a holder wrote on the cover sheet and not on the form; it counts the same (rule 24)."""


def _slipped(rng: Rng, name: str, submission: Submission, ledger: OptionLedger) -> Fields:
    fields = submission.fields
    row = int(rng.integers(len(fields.rows))) if fields.rows else 0
    match name:
        case "tax id missing":
            return replace(fields, tax_id="")
        case "tax id partial":
            return replace(fields, tax_id=fields.tax_id[-4:])
        case "tax id wrong":
            return replace(fields, tax_id=fields.tax_id[:-1] + str((int(fields.tax_id[-1]) + 4) % 10))
        case "e-mail missing":
            return replace(fields, email="")
        case "address missing":
            return replace(fields, address="")
        case "time missing":
            return replace(fields, time="")
        case "date missing":
            return replace(fields, date="", time="")
        case "year missing":
            return replace(fields, date=_without_year(submission))
        case "time ambiguous":
            return replace(fields, time="2:15")
        case "unsigned":
            return replace(fields, signature=Signature(False, None))
        case "name shortened":
            return replace(fields, printed_name=_shortened(fields.printed_name))
        case "name changed":
            married = f"{fields.printed_name.split()[0]} {rng.choice(_NEW_FAMILY_NAMES)}"
            return replace(fields, printed_name=married, evidence=(Evidence.NAME_CHANGE_PROOF,))
        case "representative":
            signed = Signature(True, str(rng.choice(_ATTORNEYS)))
            capacity, title = "attorney-in-fact", "Attorney-in-Fact"
            papers = (Evidence.AUTHORITY_EVIDENCE,)
            return replace(fields, signature=signed, capacity=capacity, title=title, evidence=papers)
        case "note":
            return replace(fields, notes=str(rng.choice(_NOTES)))
        case "blank table":
            return replace(fields, rows=())
        case "another's grant":
            return replace(fields, rows=(*fields.rows[:7], _anothers_row(rng, submission, ledger)))
        case "ineligible row":
            return replace(fields, rows=(*fields.rows[:7], *_low_priced_row(submission, ledger)))
        case _:
            rows = list(fields.rows)
            rows[row] = _slipped_row(rng, name, rows[row])
            return replace(fields, rows=tuple(rows))


def _slipped_row(rng: Rng, name: str, row: GrantRow) -> GrantRow:
    shares = int(row.shares.replace(",", ""))
    match name:
        case "partial tender":
            return replace(row, shares=f"{max(1, shares // 2):,}")
        case "shares all":
            return replace(row, shares=str(rng.choice(["ALL", "all", "100%"])))
        case "wrong price":
            return replace(row, price=_one_digit_off(rng, row.price))
        case "wrong date":
            return replace(row, grant_date=_one_digit_off(rng, row.grant_date))
        case "wrong number":
            return replace(row, grant_no=_one_digit_off(rng, row.grant_no))
        case "price missing":
            return replace(row, price="")
        case "row struck":
            return replace(row, struck=True)
        case "row altered":
            return replace(row, altered=True)
        case _:
            raise AssertionError(name)


def _one_digit_off(rng: Rng, text: str) -> str:
    """One figure changed for its neighbour: the slip that a reader must never smooth away."""
    places = [index for index, character in enumerate(text) if character.isdigit()]
    index = places[-1 - int(rng.integers(min(3, len(places))))]
    return text[:index] + str((int(text[index]) + 1) % 10) + text[index + 1 :]


def received(submission: Submission) -> datetime:
    """When the call began; every form made here has been received."""
    if submission.received_start is None:
        raise AssertionError(f"{submission.id} was never received")
    return submission.received_start


def _without_year(submission: Submission) -> str:
    began = received(submission)
    return f"{began:%B} {began.day}"


def _shortened(name: str) -> str:
    """Without its middle initial, or with the given name cut to one."""
    words = name.split()
    return " ".join([words[0], *words[2:]]) if len(words) > 2 else f"{words[0][0]}. {words[-1]}"


def _anothers_row(rng: Rng, submission: Submission, ledger: OptionLedger) -> GrantRow:
    others = [g for g in ledger.grants if g.holder_id != submission.holder_id and _is_good(g)]
    return written_row(others[int(rng.integers(len(others)))], some_manner(rng))


def _low_priced_row(submission: Submission, ledger: OptionLedger) -> tuple[GrantRow, ...]:
    own = ledger.grants_of(submission.holder_id or "")
    manner = Manner("{m}/{d}/{yy}", "", "", "$", thousands=True, cents="exact", capitals=False, joint=" ")
    low = [g for g in own if g.exercise_price < MINIMUM_PRICE_USD and g.unexercised > 0]
    return tuple(written_row(grant, manner) for grant in low[:1])


# ---------------------------------------------------------------- strangers and schedules


_STRANGERS = (
    "Walter Pruitt", "Simone Achterberg", "Bettina Krause", "Dale R. Hutchins", "Imelda Santos", "Frank Zabriskie",
    "Noor Rahman", "Gwendolyn Pike", "Tobias Engstrom", "Mercedes Villanueva",
)  # fmt: skip


def a_stranger(rng: Rng, submission: Submission) -> Submission:
    """The same form from somebody whom the ledger does not know: name, number, e-mail and grants of his own."""
    name = str(rng.choice(_STRANGERS))
    tax_id = f"000-{rng.integers(10, 99)}-{rng.integers(1000, 9999)}"
    email = f"{name.split()[0].lower()}{rng.integers(10, 99)}@example.com"
    rows = tuple(replace(row, grant_no=f"CP-{rng.integers(800000, 999999)}") for row in submission.fields.rows)
    fields = replace(submission.fields, printed_name=name, tax_id=tax_id, email=email, rows=rows)
    return replace(submission, fields=fields, holder_id=None)


def on_a_schedule(submission: Submission, keep: int) -> Submission:
    """The rows after the first `keep` moved to an attached schedule, named, signed and dated."""
    fields = submission.fields
    schedule = Schedule(fields.rows[keep:], fields.printed_name, True, fields.date)
    pages = (*submission.pages, "SCHEDULE")
    return replace(submission, pages=pages, fields=replace(fields, rows=fields.rows[:keep], schedule=schedule))
