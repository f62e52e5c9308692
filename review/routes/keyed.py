"""Keyed entry: a hand-delivered form that a clerk types, with a scan of the paper where there is one."""

from __future__ import annotations

import io
import json
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from PIL import Image
from starlette.datastructures import UploadFile

from core.events import FormKeyed, NewEvent
from core.failures import MalformedCase
from core.grammar import parse_date_and_time
from core.notation import parse_submission
from core.plain import canonical
from core.submissions import Submission
from extractors.decode import decode_fax
from extractors.failures import FaxFileRefused
from extractors.limits import DecodeLimits
from ledger import archive, journal
from ledger.accounts import Permission
from review.board import by_weight
from review.deciding import LONGEST_VALUE, NotDecided
from review.desk import Act, Desk, Seat, acting, desk_of, go, seated
from review.fields import CELLS
from review.guards import MOST_SCAN_BYTES

router = APIRouter()
ROWS = 8
_DPI = 200
_LIMITS = DecodeLimits(max_pages=12, max_file_bytes=MOST_SCAN_BYTES)
_TEXTS = ("printed_name", "tax_id", "signed_at", "email", "address", "notes", "capacity", "title")


@router.get("/keyed")
def keyed(request: Request, seat: Annotated[Seat, Depends(seated(Permission.DECIDE))]) -> Response:
    return _page(request, seat, {})


@router.post("/keyed")
def key(request: Request, act: Annotated[Act, Depends(acting(Permission.DECIDE))]) -> Response:
    """Shows what the rules say of the form; saves it once that has been shown for exactly what stands there."""
    desk = desk_of(request)
    typed = {name: value for name, value in act.form.items() if isinstance(value, str) and name != "token"}
    try:
        typed["scan"] = _scan(desk, act) or typed.get("scan", "")
        submission = _submission(desk, typed)
    except (NotDecided, MalformedCase) as wrong:
        return _page(request, act.seat, typed, trouble=str(wrong), status=400)
    except FaxFileRefused as refused:
        return _page(request, act.seat, typed, trouble=f"The scan cannot be read: {refused}", status=400)
    if act.text("act") != "save" or typed.get("checked") != submission.id:
        return _page(request, act.seat, typed, submission=submission)
    with desk.books.writing() as connection:
        if submission.id in desk.boards.now(connection).running.by_id:
            return _page(request, act.seat, typed, trouble="The very same form is in the books already.", status=409)
        body = FormKeyed(submission, act.user.name, typed["scan"] or None)
        journal.append(connection, [NewEvent(desk.offer_now(), act.user.name, body)])
        desk.log(connection, act.seat, "key form", submission.id)
    return go(f"/forms/{submission.id}", say="keyed")


def _page(
    request: Request,
    seat: Seat,
    typed: dict[str, str],
    *,
    submission: Submission | None = None,
    trouble: str = "",
    status: int = 200,
) -> Response:
    desk = desk_of(request)
    board = desk.boards.now()
    judgement, standings = board.running.supposing(submission) if submission else (None, {})
    holder = board.running.ledger.holder(judgement.holder_id) if judgement and judgement.holder_id else None
    return desk.page(
        "keyed.html",
        seat,
        status=status,
        board=board,
        section="keyed",
        typed=typed,
        cells=CELLS,
        row_count=ROWS,
        versions=desk.terms.form_versions,
        submission=submission,
        judgement=judgement,
        findings=by_weight(judgement.findings) if judgement else (),
        holder=holder,
        before=board.running.judged.standings.get(holder.holder_id) if holder else None,
        after=standings.get(holder.holder_id) if holder else None,
        trouble=trouble,
        local_now=desk.offer_now().astimezone(desk.zone),
    )


def _submission(desk: Desk, typed: dict[str, str]) -> Submission:
    """The form as keyed (design 3.3); raises NotDecided for a stamp that is none, MalformedCase otherwise."""
    if any(len(value) > LONGEST_VALUE for value in typed.values()):
        raise NotDecided("A box holds more than a form can.")
    date, time = parse_date_and_time(typed.get("signed_at", ""))
    kind = typed.get("kind", "election")
    rows = [row for n in range(1, ROWS + 1) if any((row := _row(typed, n)).values())] if kind == "election" else []
    fields: dict[str, Any] = {
        **{name: typed.get(name, "").strip() for name in _TEXTS if name != "signed_at"},
        "date": date,
        "time": time,
        "amend_box": {"yes": True, "no": False}.get(typed.get("amend_box", "no")),
        "signature": {"present": {"yes": True, "no": False}.get(typed.get("signature", "unsure")), "reads_as": None},
        "rows": rows,
    }
    if typed.get("reads_as", "").strip():
        fields["signature"]["reads_as"] = typed["reads_as"].strip()
    form: dict[str, Any] = {
        "kind": kind,
        "delivery": "hand",
        "form_version": typed.get("form_version") or None,
        "pages": ["E1", "E2"] if kind == "election" else ["N1"],
        "received_at": _stamp(desk, typed.get("received_at", "")),
        "fields": fields,
    }
    own_id = f"hand-{sha256(canonical(json.loads(json.dumps(form))).encode()).hexdigest()[:12]}"
    return parse_submission({**form, "id": own_id})


def _row(typed: dict[str, str], number: int) -> dict[str, str]:
    return {cell: typed.get(f"row{number}.{cell}", "").strip() for cell in CELLS}


def _stamp(desk: Desk, text: str) -> str:
    """The stamp of delivery, in the offer's zone where none is written."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise NotDecided("The time of the stamp is missing or no time; it decides whether the form is late.") from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=desk.zone)
    return aware.isoformat()


def _scan(desk: Desk, act: Act) -> str:
    """Keeps an attached scan in the archive and its pages as pictures; returns its hash, "" without one.

    A hash that was sent back is taken only if such a scan is kept. Raises FaxFileRefused.
    """
    file = act.form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        named = act.text("scan")
        return named if desk.pictures.pages_of(named) else ""
    content = file.file.read(MOST_SCAN_BYTES + 1)
    decoded = decode_fax(content, _LIMITS, "the scan")
    kept = archive.keep(desk.workplace.archive, io.BytesIO(content), size_limit=MOST_SCAN_BYTES)
    folder = desk.workplace.pages / kept.sha256
    folder.mkdir(parents=True, exist_ok=True)
    for page in decoded.pages:
        across, down = page.dpi or (_DPI, _DPI)
        height, width = page.picture.shape[:2]
        size = (max(1, round(width * _DPI / across)), max(1, round(height * _DPI / down)))
        _write(folder / f"{page.number}.png", Image.fromarray(page.picture).convert("L").resize(size))
    return kept.sha256


def _write(path: Path, picture: Image.Image) -> None:
    partial = path.with_suffix(".part")
    picture.save(partial, "PNG")
    partial.replace(path)
