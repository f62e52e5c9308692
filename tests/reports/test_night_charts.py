"""Where the bars of the night's charts stand: nothing that is there vanishes, and nothing leaves the paper."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.night_charts import Column, Fill, columns_chart, row_chart, time_left_chart
from tests.reports.nights import PACIFIC

BEGINS = datetime(2003, 6, 25, tzinfo=PACIFIC)
EXPIRES = datetime(2003, 7, 24, 17, tzinfo=PACIFIC)
COUNTS = st.lists(st.integers(0, 5_000), min_size=2, max_size=2)


@given(st.lists(COUNTS, max_size=45))
def test_columns_stand_on_the_floor_side_by_side_and_none_vanishes(counts: list[list[int]]) -> None:
    columns = [Column("", ((Fill.SOLID, low), (Fill.HATCHED, high))) for low, high in counts]
    chart = columns_chart(columns)
    assert sum(bar.count for bar in chart.bars) == sum(map(sum, counts))
    assert len(chart.bars) == sum(count > 0 for pair in counts for count in pair)
    for bar in chart.bars:
        assert bar.height >= 1 and bar.y + bar.height <= chart.floor + 0.11
        assert bar.x >= 0 and bar.x + bar.width <= chart.width + 0.11
    for one, following in zip(chart.bars, chart.bars[1:], strict=False):
        assert following.x == one.x or following.x > one.x + one.width


def test_the_highest_column_and_those_that_ask_carry_their_count() -> None:
    columns = [Column("a", ((Fill.SOLID, n),), shows_count=n == 1) for n in (3, 1, 2)]
    assert [label.words for label in columns_chart(columns).labels] == ["a", "3", "a", "1", "a"]


def test_a_row_is_drawn_to_the_scale_of_the_whole() -> None:
    chart = row_chart([(Fill.SOLID, 250), (Fill.HATCHED, 0), (Fill.PALE, 500), (Fill.OPEN, -5)], 1_000, width=400)
    assert [(bar.x, bar.width, bar.fill) for bar in chart.bars] == [(0, 100, Fill.SOLID), (100, 200, Fill.PALE)]
    (speck,) = row_chart([(Fill.SOLID, 1)], 1_026_013).bars
    assert speck.width > 1


@pytest.mark.parametrize(
    ("at", "part"),
    [
        (BEGINS - timedelta(days=3), 0.0),
        (BEGINS, 0.0),
        (BEGINS + (EXPIRES - BEGINS) / 2, 0.5),
        (EXPIRES, 1.0),
        (EXPIRES + timedelta(days=9), 1.0),
    ],
)
def test_a_run_stands_where_its_time_is_and_never_off_the_line(at: datetime, part: float) -> None:
    line = time_left_chart(BEGINS, EXPIRES, at, PACIFIC)
    assert line.gone == pytest.approx(part * line.width, abs=0.1)
    assert len(line.ticks) == 29
    assert all(0 <= tick <= line.width for tick in line.ticks)
