"""A night's reconciliation as one page that needs nothing else: fonts, charts and style are in it.

Every sum on it is the sum of rows that stand on it, so that a controller can add it up with a pencil. Text that
somebody outside wrote is shown as text; no tax id is ever more than its last four figures.
"""

from __future__ import annotations

import base64
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import zip_longest
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Template

from core.night import (
    AGE_BANDS,
    Amount,
    Break,
    BreakSeverity,
    CheckOutcome,
    CheckRun,
    CountedForms,
    Night,
    ReceiptHour,
    Tie,
    by_age_and_rule,
)
from reports.desk_links import link_of, link_of_form, link_words
from reports.night_charts import (
    Chart,
    Column,
    Fill,
    TimeLeft,
    columns_chart,
    row_chart,
    time_left_chart,
)
from reports.templating import make_environment
from reports.wording import say_moment, say_signed, say_span
from validators.wording import say_date

BREAKS_SHOWN_OF_A_CHECK = 50
"""More breaks of one check are counted here and listed in breaks.csv: a lost disk breaks ten thousand things."""
_MOST_DAYS_WITH_GAPS = 45
"""Past that the days without a form are left out of the chart, or one wrong year would leave nothing to see."""
_ASSETS = Path(__file__).parent / "assets"
_FACES = (
    ("Plex", 400, "ibm-plex-sans-latin-400-normal"),
    ("Plex", 600, "ibm-plex-sans-latin-600-normal"),
    ("PlexC", 500, "ibm-plex-sans-condensed-latin-500-normal"),
    ("PlexM", 400, "ibm-plex-mono-latin-400-normal"),
)
_OUTCOME_WORDS: Mapping[CheckOutcome, str] = {
    CheckOutcome.HOLDS: "hold",
    CheckOutcome.BROKEN: "are broken",
    CheckOutcome.NOT_DUE: "are not due",
    CheckOutcome.NOT_EVALUATED: "could not be made",
}
_RECEIPT_FILLS = (Fill.SOLID, Fill.PALE, Fill.HATCHED, Fill.OPEN)
_AGE_FILLS = (Fill.OPEN, Fill.PALE, Fill.HATCHED, Fill.SOLID, Fill.DARK)


@dataclass(frozen=True, slots=True)
class TieLine:
    """Two amounts that stand side by side and are each added up in their own column; "" where a side has no more."""

    this_label: str = ""
    this: str = ""
    that_label: str = ""
    that: str = ""


@dataclass(frozen=True, slots=True)
class BrokenCheck:
    """The breaks of one check: those shown on the page, and how many more breaks.csv has."""

    check: CheckRun
    breaks: tuple[Break, ...]
    count: int
    most_nights: int

    @property
    def more(self) -> int:
        return self.count - len(self.breaks)

    @property
    def severity(self) -> BreakSeverity:
        """The heaviest of its breaks: a check may weigh more on some days."""
        blocks = any(one.severity is BreakSeverity.BLOCKS for one in self.breaks)
        return BreakSeverity.BLOCKS if blocks else BreakSeverity.WARNS

    @property
    def common_step(self) -> str:
        """The next step where it is the same for all of them, else "": said once, it is read."""
        steps = {one.next_step for one in self.breaks}
        return min(steps) if len(steps) == 1 else ""


@dataclass(frozen=True, slots=True)
class DayOfReceipts(CountedForms):
    """Forms received on one day of the offer's zone; `on` None for unknown times of receipt."""

    on: date | None
    effective: int
    held: int
    rejected: int
    duplicate: int


@dataclass(frozen=True, slots=True)
class RuleAges:
    """The open irregularities of one rule by age, with their bar."""

    code: str
    counts: tuple[int, ...]
    bar: Chart

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class PoolLine:
    """One part of the shares that were counted for the offer; `fill` is how the bar shows it."""

    label: str
    shares: int
    fill: Fill


@dataclass(frozen=True, slots=True)
class DueDay:
    """Confirmations that fall due at one moment. `is_past` when it lies before this night."""

    due_at: datetime
    forms: int
    sent: int
    is_past: bool

    @property
    def unsent(self) -> int:
        return self.forms - self.sent


def night_page(night: Night, desk_url: str) -> str:
    """The page's HTML. `desk_url` is where the reviewer's desk answers; the links to evidence begin with it."""
    zone = ZoneInfo(night.time_zone)
    days = receipt_days(night.receipts, zone)
    pool = pool_lines(night)
    broken = broken_checks(night)
    return _template(zone).render(
        night=night,
        verdict=verdict(night),
        style=_style(),
        checks_made=Counter(check.outcome for check in night.checks),
        broken=broken,
        broken_codes={group.check.code for group in broken},
        tie_lines=tie_lines,
        days=days,
        days_chart=_days_chart(days, night, zone),
        hours_chart=_hours_chart(night.receipts, night.as_of, zone),
        hours_words=_hours_words(night.receipts, zone),
        unknown_hour=sum(hour.forms for hour in night.receipts if hour.begins_at is None),
        tonight=night.as_of.astimezone(zone).date(),
        pool=pool,
        pool_chart=row_chart([(line.fill, line.shares) for line in pool], night.eligible_cap),
        ages=rule_ages(night),
        bands=[name for name, _ in AGE_BANDS],
        age_fills=_AGE_FILLS,
        due_days=due_days(night),
        time_left=_time_left(night, zone),
        ending=ending(night, zone),
        link=lambda one: link_of(desk_url, one),
        link_words=link_words,
        form_link=lambda submission_id: link_of_form(desk_url, submission_id),
    )


def verdict(night: Night) -> str:
    """`Balanced`, or `Not balanced` and why, in one line."""
    if night.balanced:
        return "Balanced"
    blocking, warnings = len(night.blocking), len(night.breaks) - len(night.blocking)
    parts = []
    if blocking:
        parts.append(f"{blocking:,} break{' blocks' if blocking == 1 else 's block'} the close")
    if warnings:
        parts.append(f"{warnings:,} warning{'' if warnings == 1 else 's'}")
    if unproven := len(night.unproven):
        parts.append(f"{unproven} check{'' if unproven == 1 else 's'} could not be made")
    return f"Not balanced: {', '.join(parts)}"


def ending(night: Night, zone: ZoneInfo) -> tuple[str, str]:
    """When the offer ends or how it ended, and how long that is from this run."""
    if night.terminated_at is not None:
        return f"offer terminated {say_moment(night.terminated_at, zone, zone_name=True)}", "nothing is accepted"
    expires = say_moment(night.expiration, zone, zone_name=True)
    if night.accepted_at is not None:
        return f"offer ended {expires}", f"accepted {say_moment(night.accepted_at, zone, zone_name=True)}"
    if night.time_left is None:
        return f"offer ended {expires}", f"{say_span(night.as_of - night.expiration)} before this run"
    return f"offer ends {expires}", f"{say_span(night.time_left)} left"


def tie_lines(tie: Tie) -> tuple[TieLine, ...]:
    """The lines of both sides, side by side."""
    sides = zip_longest(_said(tie.this), _said(tie.that), fillvalue=("", ""))
    return tuple(TieLine(*this, *that) for this, that in sides)


def _said(amounts: Sequence[Amount]) -> Iterator[tuple[str, str]]:
    """The first amount as it is, the others with the sign that says whether they are added or taken away."""
    for place, amount in enumerate(amounts):
        yield amount.label, say_signed(amount.number, plus=place > 0 and amount.number > 0)


def broken_checks(night: Night) -> tuple[BrokenCheck, ...]:
    """The checks that are broken, in the order of their breaks."""
    checks = {check.code: check for check in night.checks}
    found: dict[str, list[Break]] = defaultdict(list)
    for one in night.breaks:
        found[one.code].append(one)
    return tuple(
        BrokenCheck(
            checks[code], tuple(breaks[:BREAKS_SHOWN_OF_A_CHECK]), len(breaks), max(one.nights for one in breaks)
        )
        for code, breaks in found.items()
    )


def receipt_days(receipts: Sequence[ReceiptHour], zone: ZoneInfo) -> tuple[DayOfReceipts, ...]:
    """The days on which a form came, in order; unknown times of receipt last."""
    summed: dict[date | None, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for hour in receipts:
        counts = summed[hour.begins_at.astimezone(zone).date() if hour.begins_at else None]
        for n, count in enumerate((hour.effective, hour.held, hour.rejected, hour.duplicate)):
            counts[n] += count
    return tuple(DayOfReceipts(on, *summed[on]) for on in sorted(summed, key=lambda on: (on is None, on or date.min)))


def _days_chart(days: Sequence[DayOfReceipts], night: Night, zone: ZoneInfo) -> Chart:
    by_day = {day.on: day for day in days}
    known = [day.on for day in days if day.on is not None]
    tonight = night.as_of.astimezone(zone).date()
    first, last = min([night.commenced_on, *known]), max([tonight, *known])
    shown: list[date | None] = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    if len(shown) > _MOST_DAYS_WITH_GAPS:
        shown = list(known)
    if None in by_day:
        shown.append(None)
    return columns_chart([_day_column(on, by_day.get(on), number, shown, tonight) for number, on in enumerate(shown)])


def _day_column(
    on: date | None, day: DayOfReceipts | None, number: int, shown: Sequence[date | None], tonight: date
) -> Column:
    counts = (day.effective, day.duplicate, day.held, day.rejected) if day is not None else (0, 0, 0, 0)
    label, anchor = _day_label(on, number, shown)
    parts = tuple(zip(_RECEIPT_FILLS, counts, strict=True))
    return Column(label, parts, shows_count=on in (tonight, None), anchor=anchor)


def _day_label(on: date | None, number: int, shown: Sequence[date | None]) -> tuple[str, str]:
    """Every seventh day and the last one are named, those too close to the last are not."""
    if on is None:
        return "?", "middle"
    days = sum(day is not None for day in shown)
    if number == days - 1:
        return f"{on:%b} {on.day}", "end"
    return (f"{on:%b} {on.day}" if number % 7 == 0 and number < days - 6 else ""), "start"


def _hours_chart(receipts: Sequence[ReceiptHour], as_of: datetime, zone: ZoneInfo) -> Chart:
    """The hours of the day over all days: this night's day dark, the days before it pale."""
    today = as_of.astimezone(zone).date()
    counts = [[0, 0] for _ in range(24)]
    for hour in receipts:
        if hour.begins_at is not None:
            local = hour.begins_at.astimezone(zone)
            counts[local.hour][local.date() == today] += hour.forms
    return columns_chart(
        [
            Column(_hour_label(n), ((Fill.SOLID, tonight), (Fill.PALE, before)), shows_count=True)
            for n, (before, tonight) in enumerate(counts)
        ],
        figures=9.0,
    )


def _hours_words(receipts: Sequence[ReceiptHour], zone: ZoneInfo) -> str:
    """The figures of the chart of hours, for who cannot see it."""
    counts = Counter[int]()
    for hour in receipts:
        if hour.begins_at is not None:
            counts[hour.begins_at.astimezone(zone).hour] += hour.forms
    said = ", ".join(f"{count:,} from {n % 12 or 12} {_half(n)}" for n, count in sorted(counts.items()) if count)
    return f"Forms received by hour of the day: {said or 'none'}"


def _hour_label(hour: int) -> str:
    return f"{hour % 12 or 12} {_half(hour)}" if hour % 6 == 0 else ""


def _half(hour: int) -> str:
    return "a.m." if hour < 12 else "p.m."


def pool_lines(night: Night) -> tuple[PoolLine, ...]:
    """The shares counted for the offer, part by part; together they are the offer's own count."""
    gone: dict[str, int] = defaultdict(int)
    for change in night.pool_changes:
        gone[change.why or "change that nothing explains"] += change.before - change.after
    tendered, held, eligible = night.tendered_shares, night.held_shares, night.eligible_shares
    rest = night.eligible_cap - eligible - sum(gone.values())
    lines = [
        PoolLine("tendered", tendered, Fill.SOLID),
        PoolLine("held", held, Fill.HATCHED),
        PoolLine("not tendered", eligible - tendered - held, Fill.PALE),
        *(PoolLine(f"no longer eligible: {why}", shares, Fill.OPEN) for why, shares in sorted(gone.items())),
    ]
    return (*lines, PoolLine("not accounted for", rest, Fill.DARK)) if rest else tuple(lines)


def rule_ages(night: Night) -> tuple[RuleAges, ...]:
    """Rules with open irregularities, the most first; all bars on one scale."""
    counted = by_age_and_rule(night.open_irregularities)
    most = max((sum(counts) for counts in counted.values()), default=0)
    return tuple(
        RuleAges(code, counts, row_chart(list(zip(_AGE_FILLS, counts, strict=True)), most, width=160.0, height=10.0))
        for code, counts in sorted(counted.items(), key=lambda item: (-sum(item[1]), item[0]))
    )


def due_days(night: Night) -> tuple[DueDay, ...]:
    """When the confirmations of receipt fall due, and how many of them were sent."""
    forms: dict[datetime, list[bool]] = defaultdict(list)
    for form in night.forms:
        if form.confirmation_due_at is not None:
            forms[form.confirmation_due_at].append(form.confirmed_at is not None)
    return tuple(DueDay(due_at, len(sent), sum(sent), due_at < night.as_of) for due_at, sent in sorted(forms.items()))


def _time_left(night: Night, zone: ZoneInfo) -> TimeLeft:
    begins = datetime.combine(night.commenced_on, datetime.min.time(), tzinfo=zone)
    return time_left_chart(begins, night.expiration, night.as_of, zone)


@cache
def _style() -> str:
    """The style sheet with the typefaces inside it, so that the page is one file."""
    faces = "".join(
        f"@font-face{{font-family:{family};font-weight:{weight};src:url(data:font/woff2;base64,{_base64(file)})}}\n"
        for family, weight, file in _FACES
    )
    return faces + (_ASSETS / "night.css").read_text("utf-8")


def _base64(file: str) -> str:
    return base64.b64encode((_ASSETS / "fonts" / f"{file}.woff2").read_bytes()).decode("ascii")


def _template(zone: ZoneInfo) -> Template:
    environment = make_environment("reports", zone)
    environment.filters.update(
        signed=say_signed,
        date=say_date,
        utc=lambda at: f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        nth=lambda items, place: items[place],
    )
    environment.globals.update(
        BreakSeverity=BreakSeverity, CheckOutcome=CheckOutcome, Fill=Fill, outcome_words=_OUTCOME_WORDS
    )
    return environment.get_template("night.html")
