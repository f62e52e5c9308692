"""Where the reviewer's desk shows what a break is about."""

from __future__ import annotations

from urllib.parse import quote

from core.night import Break


def link_of(desk_url: str, one: Break) -> str:
    """The form if there is one, else the fax, else the holder's forms, else the queue."""
    base = desk_url.rstrip("/")
    if one.submission_id is not None:
        return link_of_form(desk_url, one.submission_id)
    if one.fax is not None:
        return f"{base}/faxes/{quote(one.fax, safe='')}"
    if one.holder_id is not None:
        return f"{base}/?holder={quote(one.holder_id, safe='')}"
    return f"{base}/"


def link_of_form(desk_url: str, submission_id: str) -> str:
    return f"{desk_url.rstrip('/')}/forms/{quote(submission_id, safe='')}"


def link_words(one: Break) -> str:
    """What the link of a break is called."""
    if one.submission_id is not None:
        return "Open the form"
    if one.fax is not None:
        return "Open the fax"
    return "Holder’s forms" if one.holder_id is not None else "Open the queue"
