"""The queue: what waits, most urgent first; taking a form, putting it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from core.findings import Severity
from core.submissions import Kind
from ledger import desk_work
from ledger.accounts import Permission
from ledger.desk_work import FormClaim
from reports.wording import say_day, say_moment, say_span
from review.board import Board, QueueRow
from review.charts import Hours, hours_of
from review.desk import SAID, Act, Desk, Seat, acting, desk_of, go, seated

router = APIRouter()
PAGE_SIZE = 60
_NEVER = datetime.max.replace(tzinfo=UTC)
SORTS = {"due": "Deadline, then shares", "shares": "Shares", "received": "Received", "holder": "Holder"}
AGES = {"": "Any age", "due": "Past due", "1": "Older than a day", "2": "Older than two days", "7": "Older than a week"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the person asked the queue to show."""

    q: str = ""
    rule: str = ""
    severity: str = ""
    kind: str = ""
    age: str = ""
    holder: str = ""
    whose: str = ""
    sort: str = "due"
    page: int = 1

    def address(self, **changed: object) -> str:
        """The queue's address with some of the questions changed; empty ones are left out."""
        asked = {name: getattr(self, name) for name in self.__slots__} | changed
        standard = {"sort": "due", "page": 1}
        given = {name: value for name, value in asked.items() if value and value != standard.get(name)}
        return "/?" + "&".join(f"{name}={quote(str(value))}" for name, value in given.items()) if given else "/"


@dataclass(frozen=True, slots=True)
class Group:
    """Rows with the same deadline."""

    title: str
    is_past: bool
    note: str
    rows: tuple[QueueRow, ...]


@router.get("/")
def queue(
    request: Request,
    seat: Annotated[Seat, Depends(seated())],
    q: Annotated[str, Query(max_length=100)] = "",
    rule: Annotated[str, Query(max_length=64)] = "",
    severity: Annotated[str, Query(max_length=16)] = "",
    kind: Annotated[str, Query(max_length=16)] = "",
    age: Annotated[str, Query(max_length=4)] = "",
    holder: Annotated[str, Query(max_length=64)] = "",
    whose: Annotated[str, Query(max_length=8)] = "",
    sort: Annotated[str, Query(max_length=16)] = "due",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    said: str = "",
) -> Response:
    desk = desk_of(request)
    asked = Asked(q, rule, severity, kind, age, holder, whose, sort if sort in SORTS else "due", page)
    with desk.books.reading() as connection:
        board = desk.boards.now(connection)
        claims = desk_work.claims(connection, desk.now())
    found = [row for row in board.rows.values() if _answers(row, asked, claims, seat, desk.offer_now())]
    found.sort(key=lambda row: _order(row, asked.sort))
    shown = found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    return desk.page(
        "queue.html",
        seat,
        board=board,
        section="queue",
        said=SAID.get(said, ""),
        asked=asked,
        groups=_groups(shown, desk) if asked.sort == "due" else (Group("", False, "", tuple(shown)),),
        found=len(found),
        first=next((row for row in found if row.id not in claims), None),
        pages=max(1, -(-len(found) // PAGE_SIZE)),
        claims=claims,
        counts=_counts(board, claims, seat, desk.offer_now()),
        by_rule=board.open_by_code.most_common(10),
        hours=_hours(board, desk),
        sorts=SORTS,
        ages=AGES,
        at_desk=_at_desk(board, claims),
        pool=desk.terms.eligible_shares,
    )


@router.post("/next")
def take_next(request: Request, act: Annotated[Act, Depends(acting(Permission.DECIDE))]) -> Response:
    """Claims the most urgent free form and goes to it."""
    taken = claim_next(desk_of(request), act.seat)
    return go(f"/forms/{taken}") if taken else go("/", say="nothing")


@router.post("/take")
def take(request: Request, act: Annotated[Act, Depends(acting(Permission.DECIDE))]) -> Response:
    """Claims one form, if nobody else has it, and goes to it."""
    submission_id = act.text("id")
    desk = desk_of(request)
    if submission_id not in desk.boards.now().running.by_id:
        return go("/", say="nothing")
    claim = _claim(desk, act.seat, submission_id)
    path = f"/forms/{quote(submission_id)}"
    return go(path) if claim.login == act.user.login else go(path, say="taken")


@router.post("/put-back")
def put_back(request: Request, act: Annotated[Act, Depends(acting(Permission.DECIDE))]) -> Response:
    """Gives one's own claim up; what was keyed stays as a draft."""
    desk = desk_of(request)
    with desk.books.writing() as connection:
        desk_work.put_back(connection, act.text("id"), act.user.login)
        desk.log(connection, act.seat, "put back", act.text("id"))
    return go("/", say="put-back")


def claim_next(desk: Desk, seat: Seat, *, but: str = "") -> str | None:
    """Claims the most urgent form that is free or one's own; None when there is none. `but` is left out."""
    with desk.books.reading() as connection:
        board = desk.boards.now(connection)
        claims = desk_work.claims(connection, desk.now())
    rows = sorted((r for r in board.rows.values() if not r.with_counsel), key=lambda row: _order(row, "due"))
    for row in rows:
        held = claims.get(row.id)
        if row.id == but or (held is not None and held.login != seat.user.login):
            continue
        if _claim(desk, seat, row.id).login == seat.user.login:
            return row.id
    return None


def _claim(desk: Desk, seat: Seat, submission_id: str) -> FormClaim:
    now = desk.now()
    with desk.books.writing() as connection:
        claim = desk_work.claim(
            connection, submission_id, login=seat.user.login, now=now, until=now + desk.workplace.policy.lease
        )
        desk.log(connection, seat, "take", submission_id, "" if claim.login == seat.user.login else "had by another")
    return claim


def _order(row: QueueRow, sort: str) -> tuple[object, ...]:
    due, received = row.due_at or _NEVER, row.received_at or _NEVER
    match sort:
        case "shares":
            return -row.shares, due, row.id
        case "received":
            return received, row.id
        case "holder":
            return row.name.lower(), received, row.id
        case _:
            return row.with_counsel, due, -row.shares, row.confidence, row.id


def _answers(row: QueueRow, asked: Asked, claims: Mapping[str, FormClaim], seat: Seat, now: datetime) -> bool:
    held = claims.get(row.id)
    return (
        (not asked.q or asked.q.lower().strip() in row.words)
        and (not asked.rule or any(f.code == asked.rule for f in row.findings))
        and (not asked.severity or any(f.severity.value == asked.severity for f in row.findings))
        and (not asked.kind or (row.kind.value if row.kind else "unknown") == asked.kind)
        and (not asked.holder or row.holder_id == asked.holder)
        and _is_of_age(row, asked.age, now)
        and {
            "mine": held is not None and held.login == seat.user.login,
            "free": held is None,
            "counsel": row.with_counsel,
        }.get(asked.whose, True)
    )


def _is_of_age(row: QueueRow, age: str, now: datetime) -> bool:
    if age == "due":
        return row.due_at is not None and row.due_at <= now
    if age.isdecimal():
        return row.received_at is not None and row.received_at < now - timedelta(days=int(age))
    return True


def _counts(board: Board, claims: Mapping[str, FormClaim], seat: Seat, now: datetime) -> dict[str, int]:
    rows = board.rows.values()
    return {
        "due": sum(_is_of_age(row, "due", now) for row in rows),
        "election": sum(row.kind is Kind.ELECTION for row in rows),
        "notice": sum(row.kind is Kind.NOTICE for row in rows),
        "fatal": sum(any(f.severity is Severity.FATAL for f in row.findings) for row in rows),
        "mine": sum(claim.login == seat.user.login and key in board.rows for key, claim in claims.items()),
        "free": sum(row.id not in claims for row in rows),
        "counsel": sum(row.with_counsel for row in rows),
    }


def _groups(rows: Sequence[QueueRow], desk: Desk) -> tuple[Group, ...]:
    """Rows under their deadlines; those with counsel last, those of unknown receipt before them."""
    now, zone = desk.offer_now(), desk.zone
    today = now.astimezone(zone).date()
    grouped: dict[tuple[str, bool, str], list[QueueRow]] = {}
    for row in rows:
        if row.with_counsel:
            heading = ("With counsel", False, "nobody is asked to decide these meanwhile")
        elif row.due_at is None:
            heading = ("Time of receipt unknown", False, "no deadline can be said")
        elif row.due_at <= now:
            heading = ("Past due", True, "a confirmation was due within two business days")
        else:
            local = row.due_at.astimezone(zone)
            day = "today" if local.date() == today else say_day(local.date())
            clock = say_moment(row.due_at, zone, zone_name=True).partition(", ")[2]
            heading = (f"Due {day} by {clock}", False, f"{say_span(row.due_at - now)} left")
        grouped.setdefault(heading, []).append(row)
    return tuple(Group(*heading, tuple(rows)) for heading, rows in grouped.items())


def _at_desk(board: Board, claims: Mapping[str, FormClaim]) -> list[tuple[str, list[str], FormClaim]]:
    """Who has what: name, form numbers, and the claim that ends last."""
    by_login: dict[str, list[FormClaim]] = {}
    for claim in claims.values():
        if claim.submission_id in board.numbers:
            by_login.setdefault(claim.login, []).append(claim)
    return [
        (held[0].name, [board.numbers[c.submission_id] for c in held], max(held, key=lambda c: c.lease_until))
        for _, held in sorted(by_login.items())
    ]


def _hours(board: Board, desk: Desk) -> Hours:
    now = desk.offer_now()
    received = board.received_per_hour
    last = min(now, max(received, default=now) + timedelta(hours=1))
    return hours_of(received, last, now, desk.zone)
