"""One form: its pages beside its fields, its findings, what would follow; and every decision about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Connection

from core.corrections import NoSuchField
from core.decisions import Verdict
from core.events import (
    OFFER,
    Body,
    CounselAsked,
    DecisionTakenBack,
    EventKind,
    FieldCorrected,
    FindingDecided,
    FormDismissed,
    HolderAssigned,
    NewEvent,
    PagesRegrouped,
    TaxIdShown,
)
from core.findings import FORM, Disposition, Finding
from core.judgements import Judgement
from core.standing import read_in_zone
from core.submissions import Submission
from core.transmissions import PageReading
from judging.books import NOT_EVALUATED, waits
from ledger import desk_work, journal
from ledger.accounts import Permission
from ledger.derived import queued
from ledger.replay import FaxHistory
from review import deciding
from review.board import Board, by_weight, follows
from review.charts import Moment, TimeLine, time_line
from review.deciding import Choice, Draft, NotDecided, Supposed, draft_from_json, draft_to_json
from review.desk import SAID, Act, Desk, Refused, Seat, acting, desk_of, go, seated
from review.fields import Field, FormFields, form_fields, illegible, label_of, value_now
from review.history import OF_THE_OFFER, OF_THE_PAGES, history_of_holder, judged_with, say_event
from review.pictures import picture_of_page
from review.regrouping import forms_on, last_regrouping
from review.routes.images import picture_of, was_shown
from review.routes.queue import claim_next
from review.viewing import View, view_of
from review.wording import DISPOSITION_WORDS

router = APIRouter()
_DECIDING = acting(Permission.DECIDE)
_MOST_SCANNED = 201
_NOT_ALL_SEEN = "More is keyed on this form than your page showed. Look at all of it here, then save."
_LOOK_FIRST = "What you keyed last was not checked yet. Look at what follows from it, then save."


@dataclass(frozen=True, slots=True)
class Look:
    """Where the person looks: a field, a page (0: the field's), a scale and a turn."""

    field: str = ""
    page: int = 0
    zoom: float = 0.0
    turn: int = 0


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """A finding as the panel shows it. `choice` is what the draft makes of it, `field` the field it is about."""

    finding: Finding
    number: int
    follows: str
    field: Field | None
    choice: Choice | None
    is_open: bool
    is_gone: bool
    is_new: bool

    @property
    def key(self) -> str:
        return f"{self.finding.code}|{self.finding.target}"


# ------------------------------------------------------------------------------------------------------------ looking


@router.get("/forms/{form_id}")
def form(
    request: Request,
    form_id: str,
    seat: Annotated[Seat, Depends(seated())],
    field: Annotated[str, Query(max_length=64)] = "",
    page: Annotated[int, Query(ge=0, le=200)] = 0,
    zoom: Annotated[float, Query(ge=0, le=6)] = 0.0,
    turn: Annotated[int, Query(ge=0, le=270)] = 0,
    said: str = "",
) -> Response:
    desk = desk_of(request)
    board = desk.boards.now()
    if form_id in board.running.judged.record.dismissed:
        return _dismissed(desk, board, seat, form_id)
    return _shown(request, seat, form_id, Look(field, page, zoom, turn), said=SAID.get(said, ""))


def _dismissed(desk: Desk, board: Board, seat: Seat, form_id: str) -> HTMLResponse:
    """A form that was found to be none: who said so, and the way back."""
    record = board.running.judged.record
    with desk.books.reading() as connection:
        events = tuple(journal.read(connection, subject=form_id, kinds=[EventKind.FORM_DISMISSED]))
    fax = next((h.fax for h in record.faxes.values() if form_id in _forms_read(h)), "")
    return desk.page(
        "dismissed.html",
        seat,
        board=board,
        section="queue",
        number=board.dismissed[form_id],
        fax=fax,
        events=[(event, event.body()) for event in events],
        reversible=record.reversible,
        can_undo=record.offer.accepted_at is None,
    )


def _forms_read(history: FaxHistory) -> frozenset[str]:
    return frozenset(s.id for version in history.versions for s in version.submissions)


def _shown(
    request: Request, seat: Seat, form_id: str, look: Look, *, said: str = "", trouble: str = "", status: int = 200
) -> HTMLResponse:
    desk = desk_of(request)
    with desk.books.reading() as connection:
        board = desk.boards.now(connection)
        submission = _require(board, form_id)
        claim = desk_work.claim_of(connection, form_id)
        draft = draft_from_json(desk_work.draft_of(connection, form_id, seat.user.login))
        apart = desk_work.read_apart(connection, form_id)
        among = judged_with(board, submission)
        events = journal.about(connection, {one.id for one in among})
        events += tuple(journal.read(connection, subject=OFFER, kinds=OF_THE_OFFER))
        if submission.fax:
            events += tuple(journal.read(connection, subject=submission.fax, kinds=OF_THE_PAGES))
    is_mine = claim is not None and claim.login == seat.user.login and claim.holds_at(desk.now())
    facts = _facts(
        desk,
        board,
        submission,
        draft if is_mine else Draft(),
        seat,
        look,
        trouble,
        tax_id_shown=was_shown(desk, seat, [event for event in events if event.subject == form_id]),
    )
    template = "form_desk.html" if request.headers.get("hx-request") else "form.html"
    return desk.page(
        template,
        seat,
        status=status,
        board=board,
        section="queue",
        said=said,
        claim=claim if claim and claim.holds_at(desk.now()) else None,
        is_mine=is_mine,
        apart=apart,
        draft_waits=not is_mine and not draft.is_empty,
        history=history_of_holder(board, submission, events),
        can_undo=board.running.judged.record.offer.accepted_at is None,
        **facts,
    )


def _facts(
    desk: Desk,
    board: Board,
    submission: Submission,
    draft: Draft,
    seat: Seat,
    look: Look,
    trouble: str,
    *,
    tax_id_shown: bool,
) -> dict[str, Any]:
    running = board.running
    judgement = running.judgement(submission.id)
    supposed: Supposed | None = None
    if not draft.is_empty:
        try:
            supposed = deciding.suppose(running, submission, draft, actor=seat.user.name, now=desk.offer_now())
        except NoSuchField as error:
            trouble = trouble or f"{error}. Take the keying back."
            draft = Draft()
    shown = supposed.submission if supposed else submission
    shown_judgement = supposed.judgement if supposed else judgement
    holder = running.ledger.holder(shown_judgement.holder_id) if shown_judgement.holder_id else None
    fields = form_fields(shown, holder, running.ledger)
    findings = _findings(judgement, supposed, fields, draft)
    chosen = fields.field(look.field) or _first_in_question(findings, fields, draft)
    page = look.page or (chosen.page if chosen else 0) or _first_page(board, submission)
    history = running.judged.record.faxes.get(submission.fax or "")
    return {
        "submission": submission,
        "number": board.numbers[submission.id],
        "judgement": judgement,
        "supposed": supposed,
        "holder": holder,
        "fields": fields,
        "findings": findings,
        "open_count": sum(f.is_open and not f.is_gone for f in findings),
        "chosen": chosen,
        "next_key": _next_in_question(findings, chosen, draft),
        "draft": draft,
        "draft_print": deciding.print_of(draft),
        "version": draft.version or running.version_of(submission.id),
        "fax": picture_of(board, submission.id),
        "image": _image(board, submission, page, with_tax_id=tax_id_shown),
        "own_pages": _own_pages(board, submission),
        "pages": _pages(desk, board, submission),
        "page": page,
        "view": _view(desk, board, picture_of(board, submission.id), chosen, page, look),
        "look": look,
        "receipt": history.received[0].receipt if history and history.received else None,
        "file": history.received[0].file if history and history.received else "",
        "standing_now": running.judged.standings.get(judgement.holder_id or ""),
        "grants": running.ledger.grants_of(holder.holder_id) if holder else (),
        "named_on": _named_on(board, shown_judgement.holder_id),
        "ledger_version": running.judged.record.ledger_version(),
        "line": _time_line(desk, board, submission, shown_judgement),
        "row": board.rows.get(submission.id),
        "waits": waits(judgement, board.decisions_of.get(submission.id, ())),
        "is_unevaluated": _is_unevaluated(judgement, board, submission, draft),
        "with_counsel": submission.id in running.judged.record.with_counsel,
        "reasons": deciding.REASONS,
        "codes": deciding.recodable(),
        "tax_id_shown": tax_id_shown,
        "holders": running.ledger.holders if judgement.holder_id is None else (),
        "trouble": trouble,
        "label_of": label_of,
        "disposition_words": DISPOSITION_WORDS,
    }


def _require(board: Board, form_id: str) -> Submission:
    submission = board.running.by_id.get(form_id)
    if submission is None:
        raise Refused(404, "There is no such form, or it was found to be none.", subject=form_id)
    return submission


def _findings(
    judgement: Judgement, supposed: Supposed | None, fields: FormFields, draft: Draft
) -> tuple[ShownFinding, ...]:
    """Every finding in its place; what the draft lets go is struck through there, what it brings comes last."""
    gone = {(f.code, f.target) for f in supposed.gone} if supposed else set()
    resolved = {(f.code, f.target): f.resolution for f in supposed.judgement.findings} if supposed else {}
    ordered = deciding.waiting_first(by_weight(judgement.findings))
    found = [(f, False) for f in ordered] + [(f, True) for f in (by_weight(supposed.new) if supposed else ())]
    return tuple(
        ShownFinding(
            finding=f,
            number=number,
            follows=follows(f.code),
            field=fields.field_of(f),
            choice=draft.choices.get((f.code, f.target)),
            is_open=queued(f),
            is_gone=(f.code, f.target) in gone and (f.code, f.target) not in resolved,
            is_new=is_new,
        )
        for number, (f, is_new) in enumerate(found)
    )


def _is_unevaluated(judgement: Judgement, board: Board, submission: Submission, draft: Draft) -> bool:
    """Whether rules could not be evaluated and no open finding says so: a person must say that they looked."""
    if any(queued(f) for f in judgement.findings) or not judgement.not_evaluated:
        return False
    return waits(judgement, board.decisions_of.get(submission.id, ()))


def _first_in_question(findings: Sequence[ShownFinding], fields: FormFields, draft: Draft) -> Field | None:
    asked = [f.field for f in findings if f.is_open and not f.is_gone and f.field is not None]
    fresh = [one for one in asked if one.key not in draft.corrections] or asked
    disputed = [one for one in fresh if one.is_doubtful or one.state in ("differs", "illegible")]
    return next(iter(disputed or fresh), None) or next(iter(fields), None)


def _next_in_question(findings: Sequence[ShownFinding], chosen: Field | None, draft: Draft) -> str:
    keys = [f.field.key for f in findings if f.is_open and not f.is_gone and f.field is not None]
    keys = [key for key in dict.fromkeys(keys) if key not in draft.corrections]
    if chosen is not None and chosen.key in keys:
        after = keys[keys.index(chosen.key) + 1 :]
        return next(iter(after), "")
    return next(iter(keys), "")


def _pages(desk: Desk, board: Board, submission: Submission) -> Sequence[PageReading]:
    """The pages of the fax, or of a keyed form's scan."""
    history = board.running.judged.record.faxes.get(submission.fax or "")
    if history is not None and history.transmission is not None:
        return history.transmission.pages
    scanned = desk.pictures.pages_of(picture_of(board, submission.id))
    return tuple(PageReading(number, "scan") for number in range(1, scanned + 1))


def _first_page(board: Board, submission: Submission) -> int:
    if picture_of(board, submission.id) and submission.fax is None:
        return 1
    history = board.running.judged.record.faxes.get(submission.fax or "")
    if history is None or history.transmission is None:
        return 0
    return min(_own_pages(board, submission), default=1)


def _own_pages(board: Board, submission: Submission) -> frozenset[int]:
    """The numbers of the pages that are this form's; of a keyed one, every page of its scan."""
    history = board.running.judged.record.faxes.get(submission.fax or "")
    if history is None or history.transmission is None:
        return frozenset(range(1, _MOST_SCANNED))
    index = [s.id for s in history.transmission.submissions].index(submission.id)
    return frozenset(p.number for p in history.transmission.pages if p.submission == index)


def _view(desk: Desk, board: Board, fax: str, chosen: Field | None, page: int, look: Look) -> View | None:
    if not fax or not page:
        return None
    size = desk.pictures.size(fax, _picture_name(board, fax, page))
    if size is None:
        return None
    is_here = chosen is not None and chosen.page == page and chosen.has_picture
    box = chosen.box if chosen is not None and is_here and not look.turn else None
    return view_of(*size, box, zoom=look.zoom, turn=look.turn)


def _picture_name(board: Board, fax: str, page: int) -> str:
    """The name of a page's picture; of a scan's, its number."""
    history = board.running.judged.record.faxes.get(fax)
    return picture_of_page(history, page) if history else str(page)


def _image(board: Board, submission: Submission, page: int, *, with_tax_id: bool) -> str:
    """The address of the page's picture; what it shows is in the address, since a browser may keep it for a while."""
    fax = picture_of(board, submission.id)
    _, _, anew = _picture_name(board, fax, page).partition(".")
    asked = {"as": anew, "form": submission.id if with_tax_id else ""}
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"/faxes/{fax}/{page}.png" + (f"?{query}" if query else "")


def _named_on(board: Board, holder_id: str | None) -> Mapping[str, list[str]]:
    """Grant number to the numbers of the holder's forms that name it."""
    named: dict[str, list[str]] = {}
    for submission in board.running.forms_of(holder_id) if holder_id else ():
        for target in board.running.judgement(submission.id).row_statuses:
            named.setdefault(target, []).append(board.numbers[submission.id])
    return named


def _time_line(desk: Desk, board: Board, submission: Submission, judgement: Judgement) -> TimeLine:
    colours = {
        Disposition.EFFECTIVE: "agree",
        Disposition.HELD: "doubt",
        Disposition.REJECTED: "differ",
        Disposition.DUPLICATE: "ink-3",
    }
    among = board.running.forms_of(judgement.holder_id) if judgement.holder_id else (submission,)
    moments = []
    for one in among:
        judged = board.running.judgement(one.id)
        is_this = one.id == submission.id
        word = "this form" if is_this else f"{board.numbers[one.id]}, {DISPOSITION_WORDS[judged.disposition]}"
        received = read_in_zone(one.received_at, desk.zone) if one.received_at else None
        moments.append(
            Moment(board.numbers[one.id], judged.signed_at, received, is_this, colours[judged.disposition], word)
        )
    begins = datetime.combine(desk.terms.commencement_on, datetime.min.time(), tzinfo=desk.zone)
    return time_line(moments[-12:], begins, desk.expiration(board), desk.offer_now(), desk.zone)


# ----------------------------------------------------------------------------------------------------------- deciding


@router.post("/forms/{form_id}/check")
def check(request: Request, form_id: str, act: Annotated[Act, Depends(_DECIDING)]) -> Response:
    """Takes the keying into the person's draft and shows what would follow; nothing is saved."""
    desk = desk_of(request)
    look = Look(field=act.text("field")[:64])
    with desk.books.writing() as connection:
        board = desk.boards.now(connection)
        submission = _require(board, form_id)
        desk.require_mine(connection, act.seat, form_id)
        draft = draft_from_json(desk_work.draft_of(connection, form_id, act.user.login))
        try:
            draft = _with_act(_keyed(draft, submission, board, act, desk.offer_now()), submission, board, act)
        except NotDecided as missing:
            trouble = str(missing)
        else:
            trouble = ""
            _keep(desk, connection, act, form_id, draft)
    if request.headers.get("hx-request") or trouble:
        return _shown(request, act.seat, form_id, look, trouble=trouble, status=200)
    return go(f"/forms/{quote(form_id)}?field={quote(look.field)}")


def _keyed(draft: Draft, submission: Submission, board: Board, act: Act, now: datetime) -> Draft:
    """The draft with the choices and the holder that the form was sent with."""
    if draft.is_empty:
        draft = replace(draft, version=board.running.version_of(submission.id))
    if "reason" in act.form:
        draft = replace(draft, listed=act.text("listed")[:120], words=act.text("reason")[: deciding.LONGEST_REASON])
    known = {(f.code, f.target) for f in board.running.judgement(submission.id).findings}
    known |= {(NOT_EVALUATED, FORM), *draft.choices}
    for name in act.form:
        if name.startswith("d:"):
            code, _, target = name.removeprefix("d:").partition("|")
            verdict = act.text(name)
            recoded_to = act.text(f"to:{code}|{target}") or None
            choice = Choice(Verdict(verdict), recoded_to) if verdict in set(Verdict) else None
            if choice is None or (code, target) in known or _is_new(board, submission, draft, (code, target), act, now):
                draft = draft.choosing((code, target), choice)
    if not (named := act.text("holder").strip()[:200]):
        return draft
    holder = deciding.holder_named(board.running.ledger, named)
    if holder is None:
        raise NotDecided(f"The ledger knows no one holder {named!r}. Give the holder's id, such as H022.")
    return replace(draft, holder_id=holder.holder_id)


def _is_new(board: Board, submission: Submission, draft: Draft, key: tuple[str, str], act: Act, now: datetime) -> bool:
    """Whether the draft itself brings the finding about."""
    after = deciding.suppose(board.running, submission, draft, actor=act.user.name, now=now)
    return any((f.code, f.target) == key for f in after.judgement.findings)


def _with_act(draft: Draft, submission: Submission, board: Board, act: Act) -> Draft:
    """The draft with what the pressed button says about the chosen field."""
    key, typed = act.text("field")[:64], act.text("value")
    match act.text("act"):
        case "illegible":
            typed = illegible(key)
        case "undo":
            return draft.without(key)
        case "drop-holder":
            return replace(draft, holder_id=None)
        case "drop-all":
            return Draft()
        case "choose" if not _is_unchecked(act):
            return draft
        case _:
            if key == "tax_id" and not typed.strip():
                return draft
    if not key or _says_nothing_new(submission, key, typed):
        return draft.without(key)
    deciding.checked_correction(submission, key, typed)
    return draft.correcting(key, typed)


def _is_unchecked(act: Act) -> bool:
    """Whether the box holds something else than when the page came, and no check has shown what follows from it."""
    return bool(act.text("field")) and act.text("value").split() != act.text("was").split()


def _says_nothing_new(submission: Submission, key: str, typed: str) -> bool:
    """Whether a field without doubt is keyed as it stands: nothing to save."""
    in_doubt = any(doubt.key == key for doubt in submission.doubts)
    return not in_doubt and " ".join(typed.split()) == value_now(submission, key)


def _keep(desk: Desk, connection: Connection, act: Act, form_id: str, draft: Draft) -> None:
    desk_work.save_draft(connection, form_id, act.user.login, draft_to_json(draft), desk.now())


@router.post("/forms/{form_id}/save")
def save(request: Request, form_id: str, act: Annotated[Act, Depends(_DECIDING)]) -> Response:
    """Writes the draft as events, one for each decision, and takes the next form."""
    desk = desk_of(request)
    look = Look(field=act.text("field")[:64])
    with desk.books.writing() as connection:
        board = desk.boards.now(connection)
        submission = _require(board, form_id)
        desk.require_mine(connection, act.seat, form_id)
        draft = draft_from_json(desk_work.draft_of(connection, form_id, act.user.login))
        try:
            shown = deciding.print_of(draft)
            draft = _keyed(draft, submission, board, act, desk.offer_now())
            if act.text("draft") not in ("", shown):
                raise NotDecided(_NOT_ALL_SEEN)
            if _is_unchecked(act):
                draft = _with_act(draft, submission, board, act)
                raise NotDecided(_LOOK_FIRST)
            trouble = _why_not_saved(draft, submission, board, act)
            if not trouble:
                trouble = _write(desk, connection, board, submission, draft, act)
        except NotDecided as missing:
            trouble = str(missing)
        if trouble:
            _keep(desk, connection, act, form_id, draft)
        is_stale = board.running.version_of(form_id) > draft.version
    if trouble and is_stale:
        return _conflict(request, act, form_id, draft)
    if trouble:
        return _shown(request, act.seat, form_id, look, trouble=trouble, status=200)
    following = claim_next(desk, act.seat, but=form_id)
    path = f"/forms/{quote(following)}?said=saved" if following else "/?said=saved-last"
    if request.headers.get("hx-request"):
        return HTMLResponse("", headers={"HX-Redirect": path})
    return go(path)


def _why_not_saved(draft: Draft, submission: Submission, board: Board, act: Act) -> str:
    """What stands against saving; "" when nothing does."""
    if draft.is_empty:
        return "Nothing was keyed or decided yet. Put the form back if somebody else shall decide it."
    if board.running.version_of(submission.id) > draft.version:
        return "The form was changed meanwhile."
    return ""


def _write(desk: Desk, connection: Connection, board: Board, submission: Submission, draft: Draft, act: Act) -> str:
    events = deciding.events_of(
        board.running,
        submission,
        draft,
        actor=act.user.name,
        now=desk.offer_now(),
        listed=act.text("listed"),
        words=act.text("reason"),
        next_seq=journal.head(connection).seq + 1,
    )
    journal.append(connection, events)
    desk_work.save_draft(connection, submission.id, act.user.login, "", desk.now())
    desk_work.put_back(connection, submission.id, act.user.login)
    desk.log(connection, act.seat, "save", submission.id, ", ".join(event.kind.value for event in events))
    return ""


def _conflict(request: Request, act: Act, form_id: str, draft: Draft) -> Response:
    """Both versions side by side: what was keyed here, and what was decided meanwhile. Never merged."""
    desk = desk_of(request)
    board = desk.boards.now()
    submission = _require(board, form_id)
    among = board.running.forms_of(board.running.group_of(form_id)) or (submission,)
    subjects = {one.id for one in among} | {one.fax for one in among if one.fax} | {"offer"}
    with desk.books.reading() as connection:
        later = [e for e in journal.read(connection, after=draft.version) if e.subject in subjects]
    desk.log_refusal(act.user.login, act.seat.address, "save", form_id, "the form was changed meanwhile")
    page = desk.page(
        "conflict.html",
        act.seat,
        status=200 if request.headers.get("hx-request") else 409,
        board=board,
        section="queue",
        submission=submission,
        number=board.numbers[form_id],
        draft=draft,
        later=[(e, say_event(e.body()) or e.kind.value.replace("_", " ")) for e in later],
        label_of=label_of,
    )
    if request.headers.get("hx-request"):
        page.headers["HX-Retarget"] = "body"
        page.headers["HX-Reswap"] = "innerHTML"
    return page


@router.post("/forms/{form_id}/renew-draft")
def renew_draft(request: Request, form_id: str, act: Annotated[Act, Depends(_DECIDING)]) -> Response:
    """After a conflict: goes on with one's own keying over the form as it now stands, or drops it."""
    desk = desk_of(request)
    with desk.books.writing() as connection:
        board = desk.boards.now(connection)
        _require(board, form_id)
        desk.require_mine(connection, act.seat, form_id)
        draft = draft_from_json(desk_work.draft_of(connection, form_id, act.user.login))
        kept = replace(draft, version=board.running.version_of(form_id)) if act.text("act") == "keep" else Draft()
        _keep(desk, connection, act, form_id, kept)
    return go(f"/forms/{quote(form_id)}")


@router.post("/forms/{form_id}/counsel")
def ask_counsel(request: Request, form_id: str, act: Annotated[Act, Depends(_DECIDING)]) -> Response:
    """Holds the form for counsel: it leaves the order of work until that is taken back."""
    return _one_event(request, form_id, act, lambda reason: CounselAsked(form_id, reason))


@router.post("/forms/{form_id}/dismiss")
def dismiss(request: Request, form_id: str, act: Annotated[Act, Depends(_DECIDING)]) -> Response:
    """Says that this is no form at all; it leaves the books' judgement, its fax stays."""
    return _one_event(request, form_id, act, lambda reason: FormDismissed(form_id, reason))


def _one_event(request: Request, form_id: str, act: Act, body_of: Any) -> Response:
    desk = desk_of(request)
    reason = act.text("reason").strip()[: deciding.LONGEST_REASON]
    if not reason:
        return _shown(request, act.seat, form_id, Look(), trouble="Say why, in a sentence; it is kept for good.")
    with desk.books.writing() as connection:
        _require(desk.boards.now(connection), form_id)
        desk.require_mine(connection, act.seat, form_id)
        body = body_of(reason)
        journal.append(connection, [NewEvent(desk.offer_now(), act.user.name, body)])
        desk_work.put_back(connection, form_id, act.user.login)
        desk.log(connection, act.seat, NewEvent(desk.offer_now(), "", body).kind.value, form_id)
    return go("/", say="saved")


@router.post("/forms/{form_id}/reveal")
def reveal(request: Request, form_id: str, act: Annotated[Act, Depends(_DECIDING)]) -> Response:
    """Shows the tax id to this person for a while; the asking is an event."""
    desk = desk_of(request)
    reason = act.text("reason").strip()[: deciding.LONGEST_REASON] or "compared with the ledger"
    with desk.books.writing() as connection:
        _require(desk.boards.now(connection), form_id)
        journal.append(connection, [NewEvent(desk.offer_now(), act.user.name, TaxIdShown(form_id, reason))])
        desk.log(connection, act.seat, "show tax id", form_id)
    return go(f"/forms/{quote(form_id)}?field=tax_id")


@router.post("/take-back")
def take_back(request: Request, act: Annotated[Act, Depends(_DECIDING)]) -> Response:
    """Undoes one decision by a second event, while no acceptance has run and nobody else has the form."""
    desk = desk_of(request)
    event_id, reason = act.text("event"), act.text("reason").strip() or "taken back at the desk"
    with desk.books.writing() as connection:
        board = desk.boards.now(connection)
        record = board.running.judged.record
        body = record.reversible.get(event_id)
        if body is None:
            raise Refused(409, "That decision was taken back already, or never made.")
        if record.offer.accepted_at is not None:
            raise Refused(409, "The tenders were accepted; make a new decision instead.")
        subject = _subject_of(body)
        if isinstance(body, PagesRegrouped) and event_id != last_regrouping(record, body.fax):
            raise Refused(409, "The pages were put together anew since. Take that back first.", subject=subject)
        forms = [s.id for s in forms_on(record, subject)] if isinstance(body, PagesRegrouped) else [subject]
        for claim in (desk_work.claim_of(connection, form) for form in forms):
            if claim is not None and claim.login != act.user.login and claim.holds_at(desk.now()):
                raise Refused(409, f"{claim.name} has this form now.", subject=subject)
        undo = DecisionTakenBack(event_id, subject, reason[: deciding.LONGEST_REASON])
        journal.append(connection, [NewEvent(desk.offer_now(), act.user.name, undo)])
        desk.log(connection, act.seat, "take back", subject, event_id)
    if isinstance(body, PagesRegrouped):
        return go(f"/faxes/{subject}/pages", say="taken-back")
    if subject == OFFER:
        return go("/offer", say="taken-back")
    if subject in record.faxes:
        return go(f"/faxes/{subject}")
    if subject in desk.boards.now().running.by_id:
        return go(f"/forms/{quote(subject)}", say="taken-back")
    return go("/", say="taken-back")


def _subject_of(body: Body) -> str:
    match body:
        case FindingDecided(decision=decision):
            return decision.submission_id
        case FieldCorrected() | HolderAssigned() | CounselAsked():
            return body.submission_id
        case FormDismissed(subject=subject):
            return subject
        case PagesRegrouped(fax=fax):
            return fax
        case _:
            raise AssertionError(f"{type(body).__name__} cannot be taken back")


# -------------------------------------------------------------------------------------- faxes that gave no form


@router.get("/faxes/{fax}")
def fax(request: Request, fax: str, seat: Annotated[Seat, Depends(seated())]) -> Response:
    """A fax that gave no form: its pages, and why."""
    desk = desk_of(request)
    board = desk.boards.now()
    history = board.running.judged.record.faxes.get(fax)
    file = next((file for file in board.files if file.fax == fax), None)
    if history is None:
        raise Refused(404, "There is no such fax.")
    pages = history.transmission.pages if history.transmission else ()
    with desk.books.reading() as connection:
        events = tuple(journal.read(connection, subject=fax, kinds=[EventKind.FORM_DISMISSED]))
    record = board.running.judged.record
    return desk.page(
        "fax.html",
        seat,
        board=board,
        section="queue",
        fax=fax,
        file=file,
        history=history,
        pages=pages,
        events=[(event, event.body()) for event in events],
        reversible=record.reversible,
        can_undo=record.offer.accepted_at is None,
    )


@router.post("/faxes/{fax}/dismiss")
def dismiss_fax(request: Request, fax: str, act: Annotated[Act, Depends(_DECIDING)]) -> Response:
    """Says that a fax without a form is none (REC_FILE_NO_SUBMISSION: marked non-form by a person)."""
    desk = desk_of(request)
    reason = act.text("reason").strip()[: deciding.LONGEST_REASON]
    if not reason:
        raise Refused(400, "Say why, in a sentence; it is kept for good.")
    with desk.books.writing() as connection:
        board = desk.boards.now(connection)
        if not any(file.fax == fax for file in board.files):
            raise Refused(409, "This fax is settled already, or it gave a form.", subject=fax)
        journal.append(connection, [NewEvent(desk.offer_now(), act.user.name, FormDismissed(fax, reason))])
        desk.log(connection, act.seat, "form_dismissed", fax)
    return go("/", say="saved")
