"""`tenderfax status`: what it says, and what it calls to attention."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from flows.attempts import owner_is_gone, this_owner
from flows.desk import Desk
from flows.figures import Figures
from flows.heartbeat import Heartbeat
from flows.receiving import receive
from flows.status import status_of


def test_an_empty_house_needs_no_attention(desk: Desk) -> None:
    found = status_of(desk)
    assert (found.work.waiting, found.work.read, found.work.oldest_waiting_since) == (0, 0, None)
    assert found.work.expires_at == desk.offer.terms.expiration
    assert (found.watchers, found.attention) == ((), ())


def test_what_waits_is_counted_with_its_age(desk: Desk) -> None:
    path = desk.settings.inbox / "1.tif"
    path.write_bytes(b"II*\0one")
    receive(desk, path)
    found = status_of(desk)
    assert (found.work.waiting, found.work.held, found.work.deliveries) == (1, 0, 1)
    assert found.work.oldest_waiting_since is not None
    assert found.inbox is not None and found.inbox.faxes == 1
    assert found.attention == ("1 faxes lie in the inbox and no watcher runs",)


def test_an_extended_offer_expires_later(desk: Desk) -> None:
    from core.events import NewEvent, OfferExtended
    from core.offer_state import Extension
    from ledger import journal

    terms = desk.offer.terms
    later = terms.expiration + timedelta(days=7)
    extension = Extension(announced_at=terms.expiration - timedelta(days=1), new_expiration=later)
    with desk.books.writing() as connection:
        journal.append(connection, [NewEvent(desk.now(), "jo", OfferExtended(extension, "storm"))])
    assert status_of(desk).work.expires_at == later


def test_a_watcher_is_seen_by_its_heartbeat(desk: Desk) -> None:
    heartbeat = Heartbeat(desk.settings.heartbeats, this_owner(), endpoint="http://127.0.0.1:1")
    heartbeat.write(Figures())
    (watcher,) = status_of(desk).watchers
    assert (watcher.state, watcher.endpoint, watcher.held_up) == ("runs", "http://127.0.0.1:1", {})
    heartbeat.remove()
    assert status_of(desk).watchers == ()


def test_a_dead_watcher_is_called_to_attention(desk: Desk) -> None:
    machine, process_id, _ = this_owner().rsplit(":", 2)
    Heartbeat(desk.settings.heartbeats, f"{machine}:{process_id}:1").write(Figures())
    found = status_of(desk)
    assert [one.state for one in found.watchers] == ["dead"]
    assert "is dead since" in found.attention[0]


def test_the_next_watcher_removes_the_heartbeats_of_the_dead_and_of_nobody_else(desk: Desk) -> None:
    machine, process_id, _ = this_owner().rsplit(":", 2)
    ours = Heartbeat(desk.settings.heartbeats, this_owner())
    ours.write(Figures())
    Heartbeat(desk.settings.heartbeats, f"{machine}:{99_999_999}:1").write(Figures())
    Heartbeat(desk.settings.heartbeats, "elsewhere:7:1").write(Figures())
    ours.sweep(owner_is_gone)
    assert sorted(one.owner for one in status_of(desk).watchers) == sorted([f"{machine}:{process_id}", "elsewhere:7"])


def test_a_watcher_of_another_machine_that_writes_no_more_is_silent(desk: Desk) -> None:
    heartbeat = Heartbeat(desk.settings.heartbeats, "elsewhere:7:1")
    heartbeat.write(Figures())
    assert [one.state for one in status_of(desk).watchers] == ["runs"]
    old = json.loads(heartbeat.path.read_text())
    old["at"] = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
    heartbeat.path.write_text(json.dumps(old))
    assert [one.state for one in status_of(desk).watchers] == ["silent"]


def test_held_up_work_is_called_to_attention(desk: Desk) -> None:
    from flows.logbook import open_logbook
    from flows.trouble import Trouble

    figures, trouble = Figures(), Trouble("receiving", open_logbook(part="test"))
    trouble.begins(OSError(28, "No space left on device"))
    figures.beat([trouble])
    Heartbeat(desk.settings.heartbeats, this_owner()).write(figures)
    assert status_of(desk).attention == ("receiving is held up: No space left on device",)


def test_an_inbox_that_cannot_be_read_is_called_to_attention(desk: Desk) -> None:
    away = replace(desk, settings=replace(desk.settings, inbox_folder=desk.settings.workspace / "nowhere"))
    assert status_of(away).attention == ("the inbox cannot be read",)


def test_a_stopped_loop_shows_in_healthz() -> None:
    import urllib.error
    import urllib.request

    import pytest

    from flows.endpoint import Endpoint

    figures = Figures()
    endpoint = Endpoint("127.0.0.1:0", figures)
    endpoint.start()
    try:
        with urllib.request.urlopen(f"{endpoint.url}/healthz", timeout=30) as answer:
            assert answer.status == 200
        figures.pulse = time.monotonic() - 3600
        with pytest.raises(urllib.error.HTTPError, match="503") as refused:
            urllib.request.urlopen(f"{endpoint.url}/healthz", timeout=30)
        assert b"has not moved" in refused.value.read()
        refused.value.close()
    finally:
        endpoint.close()
