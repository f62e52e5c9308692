"""The watcher's figures, for Prometheus and for its heartbeat; counted in memory, measured every few seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from flows.attempts import ReadFax
from flows.desk import Desk
from flows.inbox import Look
from flows.nights import last_run
from flows.trouble import Trouble, kind_of
from flows.work_in_hand import WorkInHand, work_in_hand

_SECONDS = (0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 20, 60, 180, 600)


class Figures:
    """An onlooker of the work (flows.attempts). Safe to be told from several threads."""

    every_seconds = 10.0

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.troubles: tuple[Trouble, ...] = ()
        self.books_away: str | None = None
        self.work: WorkInHand | None = None
        self.inbox = Look()
        self.pulse = time.monotonic()
        self._lock = threading.Lock()
        self._deliveries = self._counter("tenderfax_deliveries", "Files taken over from the inbox.")
        self._again = self._counter("tenderfax_deliveries_known", "Those whose bytes were known already.")
        self._refused = self._counter("tenderfax_files_refused", "Files in the inbox that are no fax.")
        self._faxes = Counter("tenderfax_faxes", "Faxes finished.", ["outcome"], registry=self.registry)
        self._pages = self._counter("tenderfax_pages", "Pages read.")
        self._stages = Histogram(
            "tenderfax_stage_seconds",
            "Seconds per fax and stage.",
            ["stage"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._inbox = Gauge("tenderfax_inbox_files", "Files in the inbox.", ["state"], registry=self.registry)
        self._waiting = self._gauge("tenderfax_faxes_waiting", "Faxes in the books that wait for a reader.")
        self._held = self._gauge("tenderfax_faxes_being_read", "Those that a reader holds.")
        self._oldest = self._gauge("tenderfax_oldest_unprocessed_seconds", "Age of the oldest fax not yet read.")
        self._quarantined = self._gauge("tenderfax_quarantined_files", "Files ever put into quarantine.")
        self._to_review = self._gauge("tenderfax_review_queue_items", "Irregularities that wait for a person.")
        self._expiration = self._gauge("tenderfax_seconds_to_expiration", "Until the offer expires; negative after.")
        self._night_done = self._gauge(
            "tenderfax_reconciliation_last_done_timestamp_seconds", "As of when the last nightly run was done."
        )
        self._night_overdue = self._gauge("tenderfax_reconciliation_overdue", "1 when the night's run has not come.")
        self._night_failing = self._gauge("tenderfax_reconciliation_failing", "1 when the last run failed.")
        self._night_balanced = self._gauge("tenderfax_reconciliation_balanced", "1 when the last run done balanced.")
        self._trouble = Gauge("tenderfax_held_up", "1 while this work is held up.", ["work"], registry=self.registry)
        self._books = self._gauge("tenderfax_books_reachable", "1 while the database answers.")

    def stage_took(self, stage: str, seconds: float) -> None:
        self._stages.labels(stage).observe(seconds)

    def was_recorded(self, outcome: ReadFax) -> None:
        self._faxes.labels("read" if outcome.transmission is not None else "quarantined").inc()
        if outcome.transmission is not None:
            self._pages.inc(len(outcome.transmission.pages))

    def was_taken_over(self, *, new_fax: bool) -> None:
        self._deliveries.inc()
        if not new_fax:
            self._again.inc()

    def was_refused(self) -> None:
        self._refused.inc()

    def looked(self, look: Look) -> None:
        self.inbox = look
        for state, count in (
            ("complete", len(look.ready)),
            ("growing", look.growing),
            ("unfinished", look.unfinished),
            ("set_aside", look.aside),
            ("other", len(look.others)),
        ):
            self._inbox.labels(state).set(count)

    def beat(self, troubles: Sequence[Trouble]) -> None:
        """The loop is alive; called from it."""
        self.pulse = time.monotonic()
        self.troubles = tuple(troubles)
        for trouble in troubles:
            self._trouble.labels(trouble.work).set(trouble.since is not None)

    def measure(self, desk: Desk) -> None:
        """Asks the books; that they are away is a figure too."""
        try:
            work, night = work_in_hand(desk), last_run(desk)
        except Exception as failure:  # noqa: BLE001 - said by /healthz, and by whoever needs the books
            self.books_away = kind_of(failure)
            self._books.set(0)
            return
        self.books_away, self.work = None, work
        self._books.set(1)
        self._waiting.set(work.waiting)
        self._held.set(work.held)
        self._quarantined.set(work.quarantined)
        self._to_review.set(work.to_review)
        self._oldest.set(self.oldest_seconds())
        self._expiration.set((work.expires_at - desk.now()).total_seconds())
        self._night_done.set(night.done_as_of.timestamp() if night.done_as_of is not None else 0)
        self._night_overdue.set(night.overdue)
        self._night_failing.set(night.failing)
        self._night_balanced.set(night.balanced is True)

    def oldest_seconds(self) -> float:
        """Age of the oldest fax that nobody has read: in the books, or still in the inbox."""
        since = self.work.oldest_waiting_since if self.work else None
        in_books = (datetime.now(UTC) - since).total_seconds() if since else 0.0
        return max(0.0, in_books, self.inbox.waiting_seconds)

    def ailments(self) -> dict[str, str]:
        """What is wrong just now, by where; empty when all is well."""
        found = {trouble.work: trouble.what for trouble in self.troubles if trouble.since is not None}
        return found | ({"books": self.books_away} if self.books_away else {})

    def exposition(self) -> bytes:
        """In Prometheus' text format."""
        return generate_latest(self.registry)

    def _counter(self, name: str, says: str) -> Counter:
        return Counter(name, says, registry=self.registry)

    def _gauge(self, name: str, says: str) -> Gauge:
        return Gauge(name, says, registry=self.registry)
