"""The load on the desk in a tiny dose: the people of the Locust file find everything they ask for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import desk
from benchmarks.desk import JUDGED, Dose, Row

DOSE = Dose(submissions=60, holders=30, people=2, seconds=5)
_LONGER = (1, 3, 9)
"""Times the dose's seconds: on a busy machine signing in alone may take them all."""


def test_two_people_work_at_the_desk_and_no_request_fails(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/books.sqlite"
    assert desk.fill(url, tmp_path / "pages", DOSE) > 0
    with desk.open_desk(url, tmp_path) as address:
        for times in _LONGER:
            table = desk.work(address, tmp_path, replace(DOSE, seconds=times * DOSE.seconds))
            if {"queue", "form", "sweep"} & table.keys():
                break
    assert {"sign in", "queue"} < table.keys()
    assert all(row.requests > 0 and row.failures == 0 for row in table.values()), table


QUICK = dict.fromkeys(JUDGED, Row(9, 0, 149.0, 399.0))


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({}, 0),
        ({"form": Row(9, 0, 150.0, 150.0)}, 1),
        ({"queue": Row(9, 0, 20.0, 400.0)}, 1),
        ({"sign in": Row(9, 0, 900.0, 900.0)}, 0),
        ({"sign in": Row(9, 1, 9.0, 9.0), "form": Row(9, 0, 150.0, 150.0)}, 2),
    ],
)
def test_the_verdict_is_the_worst_that_the_table_says(changed: dict[str, Row], status: int) -> None:
    assert desk.say_verdict("sqlite", {**QUICK, **changed}) == status


def test_a_page_that_nobody_asked_for_was_not_shown_to_be_quick() -> None:
    assert desk.say_verdict("sqlite", {name: row for name, row in QUICK.items() if name != "form"}) == 1
