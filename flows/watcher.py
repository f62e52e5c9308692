"""The inbox watched for weeks: files taken over as they become complete, and read as readers become free.

Two loops that know of each other only through the books: one takes complete files over, the others read what waits
there. So whoever dies, whatever is away for a while, the next look finds what is left to do. Events of the file system
only wake the first loop; what it does follows from looking at the whole inbox.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from watchfiles import awatch

from flows.attempts import House, open_house, owner_is_gone, release_lost_claims, release_own_claims, this_owner
from flows.desk import Desk
from flows.figures import Figures
from flows.heartbeat import Heartbeat
from flows.inbox import Inbox, Look, Sight
from flows.late_sidecars import take_late_sidecar
from flows.logbook import Logbook, shown_in_log
from flows.mounts import is_on_the_network
from flows.prefect_server import PrefectServer
from flows.reading_pool import ReadersStopped, pool_for
from flows.taking_over import Outcome, TakenOver, take_over
from flows.trouble import Trouble, is_passing, kind_of, wait_for
from ledger import archive, claims, grants

_SHORTEST_WAIT = 0.2
"""Between two looks at the inbox, however many events there are: a burst of them is one look."""
_BUSY_WAIT = 2.0
"""Until a file that somebody holds is tried again."""
_OF_ONE_FILE = frozenset({errno.EIO, errno.EACCES, errno.EPERM, errno.ESTALE, errno.EISDIR, errno.ENAMETOOLONG})
"""A disk's errors that may be one file's own: a bad sector, rights, a file replaced on another machine."""
_GRACE_FOR_PREFECT = 60.0
_HALF_WRITTEN_FOR = timedelta(hours=1)
"""After that long a file still half written is nobody's: whoever wrote it was killed."""
_WIND_UP_SECONDS = 10.0
"""For giving back what was being read, once its readers are ended."""


@dataclass
class Watcher:
    """One watcher of one inbox. `stop` asks it to end: what is being read is finished, the rest given back."""

    desk: Desk
    log: Logbook
    figures: Figures
    prefect: PrefectServer | None
    once: bool = False
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    """Asks it to end without finishing what is being read."""
    unfinished: dict[str, str] = field(default_factory=dict)
    """Faxes, and files of the inbox, that a fault of ours keeps from being finished, and what it was."""
    gave_up: str | None = None
    """With `once`: the trouble that did not pass."""
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _work: asyncio.Event = field(default_factory=asyncio.Event)
    _active: set[str] = field(default_factory=set)
    _again_at: dict[str, float] = field(default_factory=dict)
    _is_drained: bool = False
    _ledger_version: int | None = None
    _picking: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        settings = self.desk.settings
        self.inbox = Inbox(settings.inbox, settings.quiet_seconds, time.monotonic)
        self.starting = Trouble("starting", self.log)
        self.receiving = Trouble("receiving", self.log)
        self.asking = Trouble("asking what waits", self.log)
        self.reading = Trouble("reading", self.log)
        self.heartbeat = Heartbeat(settings.heartbeats, this_owner())
        self.house: House

    async def run(self) -> None:
        """Watches until it is asked to stop; with `once` until nothing complete is left to do."""
        if not await self._opened():
            return
        async with self._house():
            others = [asyncio.create_task(work()) for work in (self._listen, self._measure, self._beat)]
            working = [asyncio.create_task(self._receive_loop())]
            # One more than there are readers: it records while they read.
            working += [asyncio.create_task(self._read_loop()) for _ in range(self.house.pool.size + 1)]
            try:
                await self._until_done(working, others)
            finally:
                self.stop.set()
                await self._wind_up(working, others)

    # The inbox ---------------------------------------------------------------------------------------------------

    async def _receive_loop(self) -> None:
        while not self.stop.is_set():
            self._wake.clear()
            try:
                look, busy = await self._receive_what_is_complete()
            except Exception as failure:  # noqa: BLE001 - waited out, or raised again
                await self._held_up(self.receiving, failure)
                continue
            self.receiving.is_over()
            self._is_drained = not look.growing and len(look.ready) <= busy
            if self.once and self._is_drained:
                self._work.set()
                return
            await self._until_next_look(look, busy)

    async def _receive_what_is_complete(self) -> tuple[Look, int]:
        """Takes over what is complete; how the inbox looked, and how many of it somebody else holds."""
        look = await asyncio.to_thread(self.inbox.look)
        self.figures.looked(look)
        outcomes: list[Outcome | OSError] = []
        for sight in look.ready:
            if self.stop.is_set():
                break
            outcomes.append(await self._take_over_or_let_lie(sight))
        for sidecar in look.lone_sidecars:
            await self._take_late_sidecar(sidecar)
        refused = [one for one in outcomes if isinstance(one, OSError)]
        if refused and len(refused) == len(outcomes):
            raise refused[0]  # nothing at all could be taken: it is the disk, and not one file
        if outcomes:
            look = await asyncio.to_thread(self.inbox.look)
            self.figures.looked(look)
        return look, outcomes.count(Outcome.BUSY) + len(refused)

    async def _take_over_or_let_lie(self, sight: Sight) -> Outcome | OSError:
        """One file that cannot be taken keeps no other from it; it stays where it is, and that is said once."""
        try:
            return await self._take_over(sight)
        except OSError as failure:
            if failure.errno not in _OF_ONE_FILE:
                raise
            self._is_left(sight, failure)
            return failure
        except Exception as failure:
            if is_passing(failure):
                raise
            self._is_left(sight, failure)
            self.inbox.set_aside(sight)
            return Outcome.SET_ASIDE

    def _is_left(self, sight: Sight, failure: Exception) -> None:
        name = shown_in_log(sight.path)
        if name not in self.unfinished:
            self.log.error("not_taken_over", file=name, kind=kind_of(failure))
        self.unfinished[name] = kind_of(failure)

    async def _take_over(self, sight: Sight) -> Outcome:
        began = time.perf_counter()
        taken = await asyncio.to_thread(take_over, self.desk, sight)
        arrival = taken.arrival
        match taken.outcome:
            case Outcome.TAKEN | Outcome.STUCK:
                self.figures.stage_took("receive", time.perf_counter() - began)
                self.unfinished.pop(shown_in_log(sight.path), None)
                await self._was_taken(sight, taken)
                if taken.outcome is Outcome.STUCK:
                    self.log.error("cannot_be_removed", file=shown_in_log(sight.path))
                    self.inbox.set_aside(sight)
            case Outcome.CHANGED:
                self.inbox.look_anew(sight)
            case Outcome.SET_ASIDE | Outcome.REFUSED:
                self.inbox.set_aside(sight)
                self.figures.was_refused()
                self.log.warning("refused", file=shown_in_log(sight.path), fax=_short(arrival.fax if arrival else None))
                await asyncio.to_thread(self.house.judging.refresh)
            case Outcome.BUSY | Outcome.GONE:
                pass
        return taken.outcome

    async def _was_taken(self, sight: Sight, taken: TakenOver) -> None:
        arrival = taken.arrival
        assert arrival is not None
        self.log.info(
            "taken_over",
            file=shown_in_log(sight.path),
            fax=_short(arrival.fax),
            bytes=sight.size,
            new_fax=arrival.new_fax,
            new_delivery=arrival.new_delivery,
        )
        if arrival.warning is not None:
            self.log.warning("sidecar_unreadable", file=shown_in_log(sight.path), fax=_short(arrival.fax))
        self.figures.was_taken_over(new_fax=arrival.new_fax)
        if arrival.new_delivery and not arrival.new_fax:
            # Nothing is read anew, but the earlier of two receipts may be this one.
            await asyncio.to_thread(self.house.judging.refresh)
        self._work.set()

    async def _take_late_sidecar(self, sight: Sight) -> None:
        try:
            found = await asyncio.to_thread(take_late_sidecar, self.desk, sight, self.inbox.seconds_here(sight))
        except Exception as failure:
            if is_passing(failure) and getattr(failure, "errno", None) not in _OF_ONE_FILE:
                raise
            self._is_left(sight, failure)
            self.inbox.set_aside(sight)
            return
        if found.is_left:
            self.inbox.set_aside(sight)
        if found.says is not None:
            self.log.warning(found.says, file=shown_in_log(sight.path), fax=_short(found.fax))
            await asyncio.to_thread(self.house.judging.refresh)

    async def _until_next_look(self, look: Look, busy: int) -> None:
        waits = [self.desk.settings.rescan_seconds]
        if look.quiet_in is not None:
            waits.append(look.quiet_in + 0.05)
        if busy:
            waits.append(_BUSY_WAIT)
        await asyncio.sleep(_SHORTEST_WAIT)
        if not self.stop.is_set():
            await _first_of(self._wake, self.stop, seconds=max(0.0, min(waits) - _SHORTEST_WAIT))

    async def _listen(self) -> None:
        """Wakes the receiver at every event. A listener that breaks is begun anew; the rescan does without it."""
        settings = self.desk.settings
        while not self.stop.is_set():
            polls = settings.polling if settings.polling is not None else is_on_the_network(settings.inbox)
            try:
                async for _ in awatch(
                    settings.inbox,
                    watch_filter=None,
                    debounce=500,
                    step=50,
                    rust_timeout=500,
                    force_polling=polls,
                    poll_delay_ms=1000,
                    stop_event=self.stop,
                ):
                    self._wake.set()
            except Exception as failure:  # noqa: BLE001 - the folder is away, or the kernel's watches are used up
                self.log.warning("events_lost", kind=type(failure).__name__)
            if not self.stop.is_set():
                await wait_for(self.stop, settings.rescan_seconds)

    # The readers -------------------------------------------------------------------------------------------------

    async def _read_loop(self) -> None:
        if self.prefect is not None:
            from flows.intake import HOUSE

            HOUSE.set(self.house)
            await self.prefect.first_answer(_GRACE_FOR_PREFECT, self.stop)
        while not self.stop.is_set():
            self._work.clear()
            try:
                fax = await self._next_fax()
            except Exception as failure:  # noqa: BLE001 - waited out, or raised again
                await self._held_up(self.asking, failure)
                continue
            if fax is None:
                if self.once and self._nothing_left():
                    self._work.set()
                    return
                await _first_of(self._work, self.stop, seconds=1.0 if self.once else self._until_due())
                continue
            try:
                await self._read(fax)
            finally:
                self._active.discard(fax)

    async def _read(self, fax: str) -> None:
        try:
            await self._take_in(fax)
        except ReadersStopped:
            return
        except Exception as failure:  # noqa: BLE001 - the edge of one fax
            if self.stop.is_set() and is_passing(failure):
                return
            await self._failed(fax, failure)
            return
        self.reading.is_over()
        self.unfinished.pop(fax, None)
        self._again_at.pop(fax, None)

    async def _failed(self, fax: str, failure: Exception) -> None:
        """The fax waits for another try: with all others where the house is in trouble, else by itself."""
        if is_passing(failure):
            await self._held_up(self.reading, failure)
            return
        if fax not in self.unfinished:
            self.log.error("not_finished", fax=_short(fax), kind=kind_of(failure))
        self.unfinished[fax] = kind_of(failure)
        self._again_at[fax] = time.monotonic() + self.desk.settings.rescan_seconds
        with contextlib.suppress(Exception):
            await asyncio.to_thread(self._give_back, fax)

    async def _held_up(self, trouble: Trouble, failure: Exception) -> None:
        """Waits out what passes; raises what does not. Who drains the inbox once gives up after a while."""
        if not is_passing(failure):
            raise failure
        trouble.begins(failure)
        if self.once and trouble.lasted_seconds > self.desk.settings.rescan_seconds:
            self.gave_up = trouble.what
            self.stop.set()
        await trouble.pause(self.stop)

    def _give_back(self, fax: str) -> None:
        with self.desk.books.writing() as connection:
            claims.release(connection, fax, owner=self.house.owner)

    async def _take_in(self, fax: str) -> None:
        from flows.intake import StepFailed, intake_fax, take_in

        if self.prefect is None or not await self.prefect.answers():
            await take_in(self.house, fax)
            return
        try:
            await intake_fax(fax)
        except StepFailed:
            raise
        except Exception as failure:  # noqa: BLE001 - Prefect itself failed; our claim says what is left to do
            self.log.warning("without_prefect", fax=_short(fax), kind=type(failure).__name__)
            await take_in(self.house, fax)

    async def _next_fax(self) -> str | None:
        """The fax that waits longest and that nobody is at; marked as ours to try."""
        async with self._picking:
            now = time.monotonic()
            passed_over = self._active | {fax for fax, due in self._again_at.items() if due > now}
            waiting = await asyncio.to_thread(self._takeable, len(passed_over) + 1)
            self.asking.is_over()
            fax = next((fax for fax in waiting if fax not in passed_over), None)
            if fax is not None:
                self._active.add(fax)
            return fax

    def _takeable(self, limit: int) -> tuple[str, ...]:
        with self.desk.books.reading() as connection:
            version = grants.version_in_force(connection)
            if version != self._ledger_version:
                self.house.pool.read_with(grants.ledger_in_force(connection))
                self._ledger_version = version
            return claims.takeable(connection, owner=self.house.owner, now=datetime.now(UTC), limit=limit)

    def _until_due(self) -> float:
        """Seconds until something may be there to read without anybody having said so (a lease that ends)."""
        due = [at - time.monotonic() for at in self._again_at.values()]
        return max(0.1, min([self.desk.settings.rescan_seconds, *due]))

    def _nothing_left(self) -> bool:
        return self._is_drained and not self._active

    # Beginning and end -------------------------------------------------------------------------------------------

    async def _opened(self) -> bool:
        """Opens what the work needs, however long the disk or the database is away; False when asked to stop first."""
        while not self.stop.is_set():
            try:
                await asyncio.to_thread(self._open)
            except Exception as failure:  # noqa: BLE001 - waited out, or raised again
                await self._held_up(self.starting, failure)
                continue
            self.starting.is_over()
            return True
        return False

    def _open(self) -> None:
        if lost := release_lost_claims(self.desk):
            self.log.info("claims_freed", faxes=len(lost))
        for folder in (self.desk.settings.archive, self.desk.settings.quarantine):
            if swept := archive.sweep(folder, before=datetime.now(UTC) - _HALF_WRITTEN_FOR):
                self.log.info("half_written_files_removed", files=swept)
        self.heartbeat.sweep(owner_is_gone)
        pool = pool_for(self.desk)
        self.house = replace(open_house(self.desk, pool), waits_for_others=False, onlooker=self.figures)
        with self.desk.books.reading() as connection:
            self._ledger_version = grants.version_in_force(connection)
        self.house.judging.refresh()
        if self.prefect is not None:
            self.prefect.begin()

    @contextlib.asynccontextmanager
    async def _house(self) -> AsyncIterator[None]:
        """The readers begun; and everything given back in the end, whatever happens."""
        try:
            # Where it cannot, whoever reads first begins its reader itself, and waits out the trouble.
            with contextlib.suppress(OSError):
                self.house.pool.warm_up()
            yield
        finally:
            self.house.pool.close()
            await asyncio.to_thread(self._let_go)

    def _let_go(self) -> None:
        try:
            if given_back := release_own_claims(self.house):
                self.log.info("claims_given_back", faxes=len(given_back))
        except Exception as failure:  # noqa: BLE001 - the next to start on this machine frees them
            self.log.warning("claims_kept", kind=type(failure).__name__)
        self.inbox.renames.close()
        self.heartbeat.remove()
        if self.prefect is not None:
            self.prefect.end()

    async def _until_done(self, working: list[asyncio.Task[None]], others: list[asyncio.Task[None]]) -> None:
        """Until somebody asks to stop or everything is done; raises what broke one of the loops."""
        stopped = asyncio.create_task(_come(self.stop))
        while not stopped.done() and not all(task.done() for task in working):
            await asyncio.wait(
                [stopped, *(task for task in (*working, *others) if not task.done())],
                return_when=asyncio.FIRST_COMPLETED,
            )
            for task in (*working, *others):
                if task.done():
                    task.result()
        stopped.cancel()

    async def _wind_up(self, working: list[asyncio.Task[None]], others: list[asyncio.Task[None]]) -> None:
        """What is being read may be finished; what takes too long is given back to be read by the next."""
        if any(not task.done() for task in working):
            self.log.info("stopping", reading=len(self._active))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.desk.settings.shutdown_seconds):
                    await self._finished_or_hurried(working)
        self.house.pool.close()
        await asyncio.wait(working, timeout=_WIND_UP_SECONDS)
        for task in (*working, *others):
            task.cancel()
        await asyncio.gather(*working, *others, return_exceptions=True)

    async def _finished_or_hurried(self, working: list[asyncio.Task[None]]) -> None:
        while not self.hurry.is_set() and any(not task.done() for task in working):
            await asyncio.wait([task for task in working if not task.done()], timeout=0.2)

    async def _measure(self) -> None:
        while not self.stop.is_set():
            await asyncio.to_thread(self.figures.measure, self.desk)
            await asyncio.to_thread(self._free_what_the_dead_held)
            await wait_for(self.stop, self.figures.every_seconds)

    def _free_what_the_dead_held(self) -> None:
        """Another watcher of this machine may have died and not come back: its faxes need not wait for their lease."""
        work = self.figures.work
        if work is None or self.figures.books_away or work.held <= len(self._active):
            return
        try:
            lost = release_lost_claims(self.desk)
        except Exception as failure:  # noqa: BLE001 - their lease ends all the same
            self.log.warning("claims_not_freed", kind=type(failure).__name__)
            return
        if lost:
            self.log.info("claims_freed", faxes=len(lost))

    async def _beat(self) -> None:
        """Apart from measuring: a database that does not answer must not look like a watcher that hangs."""
        while True:
            self.figures.beat((self.receiving, self.asking, self.reading))
            await asyncio.to_thread(self.heartbeat.write, self.figures)
            await asyncio.sleep(self.heartbeat.every_seconds)


async def _come(event: asyncio.Event) -> None:
    await event.wait()


async def _first_of(*events: asyncio.Event, seconds: float) -> None:
    """Returns when one of the events is there, or after `seconds`."""
    tasks = [asyncio.create_task(_come(event)) for event in events]
    await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


def _short(fax: str | None) -> str | None:
    return fax[:12] if fax else None
