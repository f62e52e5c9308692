"""The sweep: every doubtful cell of the waiting forms, one after the other, keyed from the paper alone.

The ledger's value is never shown here, so that nobody reads it into the paper. One post settles one cell and is one
event; with JavaScript the posts follow behind while the person goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Connection

from core.events import DecisionTakenBack, Event, EventKind, FieldCorrected, NewEvent
from core.readings import Doubt
from ledger import desk_work, journal
from ledger.accounts import Permission
from review import deciding
from review.board import Board, QueueRow
from review.deciding import NotDecided
from review.desk import Act, Desk, Refused, Seat, acting, desk_of, doubtful_cells, go, seated
from review.fields import choices_of, illegible, keyed_value, label_of, value_now

router = APIRouter()
_DECIDING = acting(Permission.DECIDE)
PAGE_OF_CELLS = 120
_LINES_LOOKED_BACK = 400

KINDS = {
    "shares": "Shares",
    "price": "Prices",
    "grant_date": "Grant dates",
    "grant_no": "Grant numbers",
    "signed_at": "Date and time",
    "other": "Other boxes",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One doubtful reading. `others` are further readings worth a key."""

    form_id: str
    number: str
    key: str
    label: str
    read: str
    confidence: float
    asks: float
    why: str
    others: tuple[str, ...]
    choices: tuple[tuple[str, str], ...] = ()

    @property
    def id(self) -> str:
        return f"{self.form_id}:{self.key}"


@router.get("/sweep")
def sweep(
    request: Request,
    seat: Annotated[Seat, Depends(seated(Permission.DECIDE))],
    kind: Annotated[str, Query(max_length=16)] = "",
    cell: Annotated[str, Query(max_length=200)] = "",
    said: Annotated[str, Query(max_length=16)] = "",
) -> Response:
    desk = desk_of(request)
    board = desk.boards.now()
    cells = _cells(desk, board, seat)
    by_kind: dict[str, list[Cell]] = {name: [] for name in KINDS}
    for one in cells:
        by_kind[kind_of(one.key)].append(one)
    chosen_kind = kind if by_kind.get(kind) else next((name for name in KINDS if by_kind[name]), "shares")
    shown = by_kind[chosen_kind][:PAGE_OF_CELLS]
    current = next((one for one in shown if one.id == cell), shown[0] if shown else None)
    return desk.page(
        "sweep.html",
        seat,
        board=board,
        section="sweep",
        said=_SAID.get(said, ""),
        kinds=KINDS,
        by_kind=by_kind,
        kind=chosen_kind,
        cells=shown,
        current=current,
        just_now=_just_now(desk, board, seat),
        two=desk.workplace.policy.two_readers,
    )


_SAID = {
    "settled": "That cell was settled by somebody else meanwhile.",
    "first": "Read once. A second person reads it blind.",
    "apart": "Two people read it differently. The form decides it, in the queue.",
    "claimed": "Somebody has that form on the desk.",
    "bad": "The field cannot say that.",
    "empty": "Nothing was read there. Type what the paper says, or say that nobody can read it.",
    "back": "Taken back.",
}


@router.post("/sweep")
def settle(request: Request, act: Annotated[Act, Depends(_DECIDING)]) -> Response:
    """Settles one cell as this person reads it."""
    desk = desk_of(request)
    form_id, _, key = act.text("cell").rpartition(":")
    with desk.books.writing() as connection:
        outcome, event = _settle(desk, connection, act, form_id, key)
    if outcome == "claimed":
        desk.log_refusal(act.user.login, act.seat.address, "sweep", act.text("cell"), "somebody else has the form")
    return _answer(request, outcome, event, f"/sweep?kind={quote(kind_of(key))}")


@router.post("/sweep/back")
def take_back(request: Request, act: Annotated[Act, Depends(_DECIDING)]) -> Response:
    """Takes this person's last settled cell back, or the one named; of one read blind, their own reading."""
    desk = desk_of(request)
    form_id, _, key = act.text("cell").rpartition(":")
    with desk.books.writing() as connection:
        if form_id and not act.text("event"):
            desk_work.forget_blind_reading(connection, form_id, key, act.user.login)
            desk.log(connection, act.seat, "sweep blind back", act.text("cell"))
            return _answer(request, "back", None, f"/sweep?kind={quote(kind_of(key))}&cell={quote(act.text('cell'))}")
        board = desk.boards.now(connection)
        record = board.running.judged.record
        event_id = act.text("event") or next((e.id for e, _ in _mine(connection, act.seat, board)), "")
        body = record.reversible.get(event_id)
        if not isinstance(body, FieldCorrected):
            raise Refused(409, "There is nothing to take back.")
        if record.offer.accepted_at is not None:
            raise Refused(409, "The tenders were accepted; make a new decision instead.")
        undo = DecisionTakenBack(event_id, body.submission_id, "taken back in the sweep")
        journal.append(connection, [NewEvent(desk.offer_now(), act.user.name, undo)])
        desk.log(connection, act.seat, "sweep back", f"{body.submission_id}:{body.key}")
    path = f"/sweep?kind={quote(kind_of(body.key))}&cell={quote(f'{body.submission_id}:{body.key}')}"
    return _answer(request, "back", None, path)


def _answer(request: Request, outcome: str, event: Event | None, path: str) -> Response:
    """What came of a post, for the script that goes on meanwhile; without it, on to `path`."""
    if "application/json" in request.headers.get("accept", ""):
        said = _SAID.get(outcome, "")
        return JSONResponse({"outcome": outcome, "said": said, "event": event.id if event else ""})
    return go(path, say="" if outcome == "saved" else outcome)


def kind_of(key: str) -> str:
    last = key.rpartition(".")[2]
    return last if last in KINDS else "other"


def _settle(desk: Desk, connection: Connection, act: Act, form_id: str, key: str) -> tuple[str, Event | None]:
    """What came of it (a key of _SAID, or "saved") and the event, if one was written."""
    board = desk.boards.now(connection)
    submission = board.running.by_id.get(form_id)
    if submission is None or not any(doubt.key == key for doubt in submission.doubts):
        return "settled", None
    claim = desk_work.claim_of(connection, form_id)
    if claim is not None and claim.login != act.user.login and claim.holds_at(desk.now()):
        return "claimed", None
    typed = illegible(key) if act.text("act") == "illegible" else act.text("value")
    if not typed.strip() and not value_now(submission, key).strip():
        return "empty", None  # a key pressed on nothing must not become "the box is blank"
    try:
        deciding.checked_correction(submission, key, typed)
    except NotDecided:
        return "bad", None
    value, was = keyed_value(key, typed), value_now(submission, key)
    reason = deciding.CONFIRMED
    if desk.workplace.policy.asks_two(key):
        outcome = _read_blind(desk, connection, act, form_id, key, value)
        if outcome != "agreed":
            return outcome, None
        reason = "two people read the same, blind"
    body = FieldCorrected(form_id, key, value, reason, was)
    (event,) = journal.append(connection, [NewEvent(desk.offer_now(), act.user.name, body)])
    same = " ".join(value.split("|")) == " ".join(was.split())
    desk.log(connection, act.seat, "sweep", f"{form_id}:{key}", "confirmed" if same else "corrected")
    return "saved", event


def _read_blind(desk: Desk, connection: Connection, act: Act, form_id: str, key: str, value: str) -> str:
    """Notes one blind reading: "first", "apart", or "agreed" once two different people read the same."""
    before = desk_work.blind_readings_of(connection, form_id, key)
    others = [read for login, read in before.items() if login != act.user.login]
    desk_work.note_blind_reading(connection, form_id, key, login=act.user.login, value=value, now=desk.now())
    desk.log(connection, act.seat, "sweep blind", f"{form_id}:{key}")
    if not others:
        return "first"
    if value not in others:
        return "apart"
    desk_work.forget_blind_readings(connection, form_id, key)
    return "agreed"


def _cells(desk: Desk, board: Board, seat: Seat) -> list[Cell]:
    """The cells this person may settle, the most urgent form's first; none that they or two people have read blind."""
    with desk.books.reading() as connection:
        claims = desk_work.claims(connection, desk.now())
        blind = desk_work.blind_counts(connection)
        read = desk_work.cells_read_by(connection, seat.user.login)
    cells = []
    for row, key in sorted(doubtful_cells(board), key=_order):
        held = claims.get(row.id)
        is_others = held is not None and held.login != seat.user.login
        if is_others or (row.id, key) in read or blind.get((row.id, key), 0) > 1:
            continue
        submission = board.running.by_id[row.id]
        history = board.running.judged.record.faxes.get(submission.fax or "")
        if history is None or not desk.pictures.shows(history, submission, key):
            continue  # nobody can say what the paper says without seeing it: the form page is the place
        if (cell := _cell(board, row, key)) is not None:
            cells.append(cell)
    return cells


def _order(pair: tuple[QueueRow, str]) -> tuple[object, ...]:
    row, key = pair
    return row.due_at is None, row.due_at.isoformat() if row.due_at else "", -row.shares, row.id, key


def _cell(board: Board, row: QueueRow, key: str) -> Cell | None:
    submission = board.running.by_id[row.id]
    reading = submission.readings.get(key)
    doubt: Doubt = next(doubt for doubt in submission.doubts if doubt.key == key)
    if reading is None:
        return None
    read = value_now(submission, key) or reading.value
    others = tuple(dict.fromkeys(text for text in (reading.raw.strip(),) if text and text != read))
    return Cell(
        form_id=row.id,
        number=row.number,
        key=key,
        label=label_of(key),
        read=read,
        confidence=doubt.confidence,
        asks=doubt.asks,
        why=doubt.why,
        others=others,
        choices=choices_of(key),
    )


def _just_now(desk: Desk, board: Board, seat: Seat) -> list[tuple[str, FieldCorrected, bool]]:
    """This person's last settled cells: the form's number, what was keyed, and whether it changed the reading."""
    with desk.books.reading() as connection:
        mine = _mine(connection, seat, board)[:6]
    shown = []
    for _, body in mine:
        changed = " ".join(body.value.split("|")) != " ".join(body.was.split())
        shown.append((board.numbers.get(body.submission_id, ""), body, changed))
    return shown


def _mine(connection: Connection, seat: Seat, board: Board) -> list[tuple[Event, FieldCorrected]]:
    """This person's latest settled cells that still stand, the last first."""
    after = max(0, journal.head(connection).seq - _LINES_LOOKED_BACK)
    reversible = board.running.judged.record.reversible
    found = [
        (event, body)
        for event in journal.read(connection, after=after, kinds=[EventKind.FIELD_CORRECTED])
        if event.actor == seat.user.name and event.id in reversible and isinstance(body := event.body(), FieldCorrected)
    ]
    return found[::-1]
