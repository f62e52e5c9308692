"""`intake`, `enter` and `demo`: forms come into the books."""

from __future__ import annotations

import asyncio
import getpass
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands.printing import print_json, print_table

if TYPE_CHECKING:
    from flows.desk import Desk
    from flows.receiving import Arrival
    from judging.books import Judged

_BAD_INPUT = 2


def register(app: typer.Typer) -> None:
    app.command()(intake)
    app.command()(enter)
    app.command()(demo)


def intake(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Fax files or folders of them.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per submission and line.")] = False,
) -> None:
    """Take in fax files or folders now: read, judge, journal, queue."""
    from flows.desk import open_desk

    desk = open_desk(context.obj)
    arrivals, judged = take_in_files(desk, paths)
    lines = [line for arrival in arrivals for line in lines_of(desk, judged, arrival)]
    if as_json:
        for line in lines:
            print_json(line)
    else:
        print_submissions(lines)
    if any("error" in line for line in lines):
        for line in lines:
            if "error" in line:
                complain(line["error"])
        raise typer.Exit(_BAD_INPUT)


def enter(
    context: typer.Context,
    form: Annotated[Path, typer.Argument(metavar="FORM.json", help="A keyed form (design 3.3).")],
    clerk: Annotated[str | None, typer.Option(help="Who keyed it; the login name by default.")] = None,
    stamp: Annotated[
        str | None, typer.Option(metavar="T", help="The hand-delivery stamp, where the form does not say received_at.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Take in a hand-delivered form that a clerk keyed: the same rules, no reading."""
    from flows.desk import open_desk
    from flows.keyed_forms import key_form
    from flows.rulings import KeptUp

    desk = open_desk(context.obj)
    submission_id = key_form(desk, form, clerk=clerk or getpass.getuser(), stamp=stamp)
    judged = KeptUp(desk).refresh()
    submission = next(s for s in judged.submissions if s.id == submission_id)
    line = line_of(desk, judged, submission, file=form.name, receipt_source="hand" if submission.received_at else None)
    if as_json:
        print_json(line)
    else:
        print_submissions([line])


def demo(
    context: typer.Context,
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Faxes with their holders.csv and grants.csv.")
    ] = None,
    serve: Annotated[bool, typer.Option("--serve", help="Open the reviewer's desk on it, with demo users.")] = False,
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port of the desk.")] = 8321,
) -> None:
    """Take the sample faxes end to end through a fresh workspace; shows what was read, and reports the night."""
    from flows.demo import open_demo, report_the_night, write_page
    from reports.night_page import verdict

    faxes = folder or Path(__file__).resolve().parents[2] / "sample_faxes"
    settings = replace(context.obj, desk_url=f"http://127.0.0.1:{port}") if serve else context.obj
    desk = open_demo(settings, faxes)
    arrivals, judged = take_in_files(desk, [faxes])
    lines = [line for arrival in arrivals for line in lines_of(desk, judged, arrival)]
    print_submissions(lines)
    page = write_page(desk, judged, arrivals)
    straight = sum(not line["needs_review"] for line in lines)
    sys.stdout.write(f"{straight} of {len(lines)} went straight through; see {page}\n")
    night, report = report_the_night(desk)
    sys.stdout.write(f"{verdict(night)}; the night's report is {report / 'report.html'}\n")
    if serve:
        from flows.commands.desk import make_demo_users, serve_desk

        make_demo_users(desk)
        serve_desk(desk, host="127.0.0.1", port=port)


def take_in_files(desk: Desk, paths: Sequence[Path]) -> tuple[list[Arrival], Judged]:
    """Receives every file, then reads those that were not read before; the files in the order given, and all judged."""
    from flows.receiving import fax_files, receive, shown

    files, passed_over = fax_files(list(paths))
    if passed_over:
        complain(f"{len(passed_over)} files are no faxes and were passed over: {', '.join(map(shown, passed_over))}")
    arrivals = [receive(desk, path) for path in files]
    for arrival in arrivals:
        if arrival.warning:
            complain(arrival.warning)
    faxes = [arrival.fax for arrival in arrivals if arrival.fax is not None and arrival.error is None]
    return arrivals, _read_all(desk, faxes)


def lines_of(desk: Desk, judged: Judged, arrival: Arrival) -> Iterator[dict[str, Any]]:
    """What is said of one file: an object per submission, or one that says why there is none."""
    from ledger.replay import governing_receipt
    from offers.state import current_expiration
    from reports.submission_lines import file_line

    history = judged.record.faxes.get(arrival.fax or "")
    submissions = judged.submissions_on(arrival.fax or "")
    if arrival.error is None and history is not None and submissions:
        terms = desk.offer.terms
        expiration = current_expiration(judged.record.offer, terms.announcement_limit)
        source = governing_receipt(history, expiration=expiration, zone=terms.time_zone).source
        for submission in submissions:
            yield line_of(desk, judged, submission, file=arrival.file, receipt_source=source)
        return
    error = arrival.error
    if error is None and history is not None and history.quarantined is not None:
        error = history.quarantined.reason
    if error is None and history is not None and history.transmission is not None:
        error = f"{arrival.file}: no Election Form or Notice to Withdraw was found on it; it waits in the queue"
    yield file_line(file=arrival.file, fax=arrival.fax, error=error or f"{arrival.file}: not read yet; repeat")


def line_of(desk: Desk, judged: Judged, submission: Any, *, file: str, receipt_source: str | None) -> dict[str, Any]:
    from reports.submission_lines import submission_line
    from validators.judgement import needs_review

    judgement = judged.judgements[submission.id]
    return submission_line(
        submission,
        judgement,
        file=file,
        receipt_source=receipt_source,
        needs_review=needs_review(judgement),
        terms=desk.offer.terms,
    )


def print_submissions(lines: Sequence[dict[str, Any]]) -> None:
    """The table of design 3.1's demo: file, holder, kind, rows, findings, disposition."""
    rows = []
    for line in lines:
        if "error" in line:
            rows.append((line["file"], "–", "–", "–", line["error"], "not read"))
            continue
        outcome = line["disposition"] + (" · to review" if line["needs_review"] else "")
        grants = ", ".join(row["grant_no"] or "?" for row in line["rows"]) or "–"
        rows.append(
            (
                line["file"],
                line["holder_id"] or "unknown",
                line["kind"] or "?",
                grants,
                " ".join(line["codes"]),
                outcome,
            )
        )
    print_table(("file", "holder", "kind", "rows", "findings", "disposition"), rows, empty="no fax found")


def complain(message: str) -> None:
    """One line on stderr, whatever the message quotes."""
    sys.stderr.write(f"tenderfax: {' '.join(message.split())}\n")


def _read_all(desk: Desk, faxes: Sequence[str]) -> Judged:
    from flows.rulings import KeptUp
    from flows.waiting_faxes import are_settled

    with _progress(len(set(faxes))) as advance:
        if are_settled(desk, faxes):
            return KeptUp(desk).refresh()
        return _read_in_flows(desk, faxes, advance)


def _read_in_flows(desk: Desk, faxes: Sequence[str], advance: Callable[[str], None]) -> Judged:
    from flows.prefect_home import settle_prefect
    from flows.reading_pool import pool_for

    settle_prefect(desk.settings.workspace)
    pool = pool_for(desk)
    # The children load their models while Prefect's server starts.
    pool.warm_up()
    try:
        from flows.attempts import open_house, release_lost_claims
        from flows.intake import take_in_all

        release_lost_claims(desk)
        house = open_house(desk, pool)
        takings = asyncio.run(take_in_all(house, faxes, advance))
    finally:
        pool.close()
    for fax, failure in takings.unfinished.items():
        complain(f"fax {fax[:12]} was not finished ({failure}); it is kept, repeat the command")
    if takings.without_prefect:
        complain(f"Prefect could not be reached; {len(takings.without_prefect)} faxes were taken in without it")
    return house.judging.refresh()


@contextmanager
def _progress(total: int) -> Iterator[Callable[[str], None]]:
    """A bar on stderr when it is a terminal; otherwise nothing."""
    if not sys.stderr.isatty() or total == 0:
        yield lambda _fax: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("reading faxes"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda _fax: bar.advance(task)
