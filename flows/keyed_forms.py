"""A hand-delivered form that a clerk keyed, put into the journal: the same rules as for a fax, and no reading."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from core.events import FormKeyed, NewEvent
from core.failures import MalformedCase
from core.notation import parse_submission
from core.offer_state import OfferState
from core.plain import canonical
from core.submissions import Submission
from flows.desk import Desk
from flows.settings import parse_moment
from ledger import journal
from ledger.replay import Record, replay

_FORM_BYTES = 4 * 2**20


def key_form(desk: Desk, path: Path, *, clerk: str, stamp: str | None) -> str:
    """Journals the form in `path` and returns its id; the very same form again adds nothing.

    Raises MalformedCase for a file that is no keyed form, or an id that another form has.
    """
    form = _read(path)
    if stamp is not None:
        form["received_at"] = parse_moment("--stamp", stamp).isoformat()
    submission = _submission(path, form)
    with desk.books.writing() as connection:
        record = replay(journal.read(connection), Record(OfferState(desk.offer.terms.expiration)))
        known = record.keyed.get(submission.id)
        if known is not None and replace(known.submission, sequence=0) == submission:
            return submission.id
        faxed = {s.id for h in record.faxes.values() for version in h.versions for s in version.submissions}
        if known is not None or submission.id in faxed:
            raise MalformedCase(f"{path.name}, id: {submission.id!r} is another form's; give this one its own id")
        journal.append(connection, [NewEvent(desk.now(), clerk, FormKeyed(submission, clerk))])
    return submission.id


def _read(path: Path) -> dict[str, Any]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise MalformedCase(f"{path}: cannot be read ({error.strerror}); check the path") from None
    if len(content) > _FORM_BYTES:
        raise MalformedCase(f"{path.name}: is larger than {_FORM_BYTES // 2**20} MB; no keyed form is")
    try:
        form = json.loads(content)
    except ValueError as error:
        raise MalformedCase(f"{path.name}: is no JSON ({error}); correct it and repeat") from None
    if not isinstance(form, dict):
        raise MalformedCase(f"{path.name}: an object is expected; write the form in {{ }}")
    return form


def _submission(path: Path, form: dict[str, Any]) -> Submission:
    """The form as a submission: delivered by hand and with an id of its content, where it does not say otherwise."""
    for key in ("received_at", "received_start"):
        if isinstance(form.get(key), str) and form[key]:
            parse_moment(f"{path.name}, {key}", form[key])
    own_id = f"hand-{sha256(canonical(form).encode()).hexdigest()[:12]}"
    return parse_submission({"delivery": "hand", "id": own_id, **form})
