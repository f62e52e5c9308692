"""Hands that no font has: each character a few pen strokes, bent by a writer's habits and again at every writing.

The skeletons are ours (digits, in the forms that people learn at school on both sides of the Atlantic) and Hershey's
(everything else; public domain, A. V. Hershey, U.S. National Bureau of Standards 1967). Coordinates are in units of a
digit's height, x to the right, y down, 0 at the top of a digit and 1 on the base line.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from HersheyFonts import HersheyFonts
from numpy.typing import NDArray

from training.contents import Dice, chance, pick

Strokes = tuple[tuple[tuple[float, float], ...], ...]
"""Pen-down lines of one character, each a row of points that a smooth curve runs through."""

_SKELETONS = Path(__file__).with_name("skeletons.toml")


def _own_skeletons() -> Mapping[str, tuple[Strokes, ...]]:
    written = tomllib.loads(_SKELETONS.read_text(encoding="utf-8"))
    return {
        character: tuple(tuple(tuple((x, y) for x, y in stroke) for stroke in form) for form in forms)
        for character, forms in written.items()
    }


SKELETONS = _own_skeletons()
_HERSHEY_FACES = ("futural", "rowmans", "futural", "scripts", "cursive", "timesi")
_CURVE_STEPS = 6


def _hershey_skeletons() -> Mapping[str, Mapping[str, Strokes]]:
    faces: dict[str, dict[str, Strokes]] = {}
    for face in set(_HERSHEY_FACES):
        font = HersheyFonts()
        font.load_default_font(face)
        faces[face] = {}
        for code in range(33, 127):
            # In Hershey's units a capital is 21 high, its top at -12.
            strokes = next(iter(font.glyphs_for_text(chr(code)))).strokes
            left = min((x for stroke in strokes for x, _ in stroke), default=0)
            faces[face][chr(code)] = tuple(
                tuple(((x - left) / 21.0, (y + 12.0) / 21.0) for x, y in stroke) for stroke in strokes
            )
    return faces


_HERSHEY = _hershey_skeletons()


def _smooth(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """A Catmull-Rom curve through the points."""
    if len(points) < 3:
        return points
    padded = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    at = np.linspace(0.0, 1.0, _CURVE_STEPS, endpoint=False)[:, None]
    pieces = []
    for before, start, end, after in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        pieces.append(
            0.5
            * (
                2 * start
                + (end - before) * at
                + (2 * before - 5 * start + 4 * end - after) * at**2
                + (3 * start - before - 3 * end + after) * at**3
            )
        )
    return np.vstack([*pieces, points[-1:]])


@dataclass(frozen=True, slots=True)
class StrokeHand:
    """One writer: a form for each character, and how unsteadily it is made. Widths are in digit heights."""

    forms: Mapping[str, int]
    face: str
    width: float
    bend: NDArray[np.float64]
    unsteady: float
    carelessness: float

    @classmethod
    def met(cls, dice: Dice) -> StrokeHand:
        """Somebody new."""
        return cls(
            forms={character: int(dice.integers(len(forms))) for character, forms in SKELETONS.items()},
            face=pick(dice, _HERSHEY_FACES),
            width=float(dice.uniform(0.7, 1.45)),
            bend=dice.normal(0.0, 0.06, (3, 2)),
            unsteady=float(dice.uniform(0.01, 0.055)),
            carelessness=float(dice.uniform(0.0, 0.25)),
        )

    def written(self, character: str, dice: Dice) -> tuple[NDArray[np.float64], ...]:
        """The pen's way through one character, never twice the same."""
        forms = SKELETONS.get(character)
        if forms is None:
            strokes: Strokes = _HERSHEY[self.face].get(character, ())
        else:
            other = chance(dice, self.carelessness)
            strokes = forms[int(dice.integers(len(forms))) if other else self.forms[character]]
        return tuple(_smooth(self._bent(np.array(stroke), dice)) for stroke in strokes)

    def _bent(self, points: NDArray[np.float64], dice: Dice) -> NDArray[np.float64]:
        x, y = points[:, :1], points[:, 1:]
        habit = self.bend[0] * np.sin(np.pi * y) + self.bend[1] * np.sin(2 * np.pi * x) + self.bend[2] * np.cos(3 * y)
        bent: NDArray[np.float64] = points + habit + dice.normal(0.0, self.unsteady, points.shape)
        if len(bent) >= 2 and chance(dice, 0.3):
            # The pen is set down late or lifted late.
            bent[-1] += (bent[-1] - bent[-2]) * dice.uniform(-0.25, 0.35)
            bent[0] += (bent[0] - bent[1]) * dice.uniform(-0.25, 0.35)
        bent[:, 0] *= self.width
        return bent
