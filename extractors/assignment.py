"""Lines up rows with columns one to one so that the summed gain is greatest (Kuhn 1955, by potentials)."""

from __future__ import annotations

import math
from collections.abc import Sequence


def best_assignment(gains: Sequence[Sequence[float]], floor: float) -> tuple[int | None, ...]:
    """For each row the column it is given, None where no column would bring more than `floor`.

    `gains` is rows x columns; rows and columns may differ in number. O(n^3), n the larger of both.
    """
    rows, columns = len(gains), len(gains[0]) if gains else 0
    size = rows + columns
    if not rows or not columns:
        return (None,) * rows
    # Costs of a square problem: a row may always take a column of its own that brings the floor.
    costs = [
        [-gains[row][column] if row < rows and column < columns else -floor for column in range(size)]
        for row in range(size)
    ]
    chosen = _cheapest(costs)
    return tuple(
        column if column < columns and gains[row][column] > floor else None for row, column in enumerate(chosen[:rows])
    )


def _cheapest(costs: Sequence[Sequence[float]]) -> list[int]:
    """The column of each row in the cheapest perfect matching of a square matrix."""
    size = len(costs)
    row_potential, column_potential = [0.0] * (size + 1), [0.0] * (size + 1)
    row_of = [0] * (size + 1)
    for row in range(1, size + 1):
        row_of[0], column = row, 0
        slack, previous, done = [math.inf] * (size + 1), [0] * (size + 1), [False] * (size + 1)
        while row_of[column]:
            done[column] = True
            at, step, following = row_of[column], math.inf, 0
            for other in range(1, size + 1):
                if done[other]:
                    continue
                reduced = costs[at - 1][other - 1] - row_potential[at] - column_potential[other]
                if reduced < slack[other]:
                    slack[other], previous[other] = reduced, column
                if slack[other] < step:
                    step, following = slack[other], other
            for other in range(size + 1):
                if done[other]:
                    row_potential[row_of[other]] += step
                    column_potential[other] -= step
                else:
                    slack[other] -= step
            column = following
        while column:
            row_of[column] = row_of[previous[column]]
            column = previous[column]
    column_of = [0] * size
    for column in range(1, size + 1):
        column_of[row_of[column] - 1] = column - 1
    return column_of
