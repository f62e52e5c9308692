"""Writes a line of text as a person or a machine of 2003 would; it refuses to know what the line means.

Ink is a float32 array, 0.0 (paper) to 1.0 (full ink); lengths are pixels unless named otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from samples.lettering import CURSIVE, Group, figure_height, hands, letters, typefaces

Ink = npt.NDArray[np.float32]
Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class Writer:
    """One way of writing, kept for a whole form. Angles in degrees; sizes and jitters as shares of the figure height.

    `thickness` is the extra width of the pen's stroke as a share of the figure height, `pressure` how dark its ink is.
    """

    family: str
    typed: bool
    figure_height_pt: float
    slant: float = 0.0
    slope: float = 0.0
    spacing: float = 0.0
    thickness: float = 0.0
    pressure: float = 0.9
    wobble: float = 0.0
    glyph_jitter: float = 0.0
    glyph_turn: float = 0.0
    waviness: float = 0.0
    overshoot: float = 0.0
    """How far the writing wanders out of its box, as a share of the box's height."""
    signing_family: str = ""


def somebody(rng: Rng, group: Group, *, typed: bool) -> Writer:
    """A writer at random."""
    return _typist(rng, group) if typed else _hand(rng, group)


def _typist(rng: Rng, group: Group) -> Writer:
    """Either the PDF filled in on a screen, or a typewriter: the latter strikes unevenly, off the line and paler.

    What is filled in on a screen is printed with the form, as black as the form.
    """
    family = str(rng.choice(typefaces(group)))
    typewriter = family in {"special-elite", "courier-prime", "cousine"} and rng.random() < 0.6
    uneven = float(typewriter)
    return Writer(
        family,
        typed=True,
        figure_height_pt=float(rng.uniform(6.6, 8.4)),
        slope=uneven * float(rng.normal(0, 0.25)),
        spacing=0.0,
        thickness=float(rng.uniform(0, 0.03)),
        pressure=max(float(rng.uniform(0.78, 1.0)), 1 - uneven),
        wobble=uneven * float(rng.uniform(0, 0.03)),
        glyph_jitter=uneven * float(rng.uniform(0, 0.05)),
        overshoot=uneven * 0.12,
        signing_family=_signing_family(rng, group, ""),
    )


def _hand(rng: Rng, group: Group) -> Writer:
    family = str(rng.choice(hands(group)))
    return Writer(
        family,
        typed=False,
        figure_height_pt=float(rng.uniform(8.5, 13.5)),
        slant=float(rng.normal(3, 7)),
        slope=float(rng.normal(0, 1.0)),
        spacing=float(rng.normal(0.0, 0.05)),
        thickness=float(rng.uniform(0.0, 0.07)),
        pressure=float(rng.uniform(0.72, 1.0)),
        wobble=float(rng.uniform(0.01, 0.07)),
        glyph_jitter=float(rng.uniform(0.02, 0.08)),
        glyph_turn=float(rng.uniform(0.5, 3.5)),
        waviness=float(rng.uniform(0.01, 0.05)),
        overshoot=float(rng.choice([0.0, 0.08, 0.2, 0.32])),
        signing_family=_signing_family(rng, group, family),
    )


def _signing_family(rng: Rng, group: Group, family: str) -> str:
    """A person signs in a more fluent hand than the one that fills in boxes; none of CALIBRATION's is fluent."""
    signing = Group.TRAINING if group is Group.CALIBRATION else group
    fluent = [hand for hand in hands(signing) if hand in CURSIVE]
    return family if family in CURSIVE else str(rng.choice(fluent))


def write_line(text: str, writer: Writer, rng: Rng, pixels_per_point: float) -> tuple[Ink, int]:
    """The line's ink, and the row of its baseline in it. Tight to nothing: there is air on every side."""
    height = writer.figure_height_pt * pixels_per_point
    pixels = max(8, round(height / figure_height(writer.family)))
    font = letters(writer.family, pixels)
    air = round(height * 1.4) + 4
    length = font.getlength(text) + len(text) * abs(writer.spacing) * height
    canvas: Ink = np.zeros((round(height) + 2 * air, round(length * 1.12) + 2 * air + pixels), np.float32)
    baseline = air + round(height)
    x, drift = float(air), 0.0
    slant = np.tan(np.radians(writer.slant))
    for character in text:
        drift = 0.8 * drift + rng.normal(0, 0.6) * writer.wobble * height
        room = _ROOM_BESIDE_A_POINT * height if character in _POINTS and not writer.typed else 0.0
        x += room
        if not character.isspace():
            glyph, left, top = _glyph(character, writer, pixels, height)
            turn = np.radians(rng.normal(0, writer.glyph_turn))
            grow = 1 + rng.normal(0, writer.glyph_jitter) * np.ones(2) + rng.normal(0, writer.glyph_jitter / 2, 2)
            lean = slant + rng.normal(0, 0.35) * np.tan(turn)
            shape = _turned(turn, grow, lean)
            origin = np.array([x, baseline + drift])
            _stamp(canvas, glyph * _press(writer, rng), shape, origin, np.array([left, top], float))
        advance = font.getlength(character)
        # A one has hardly any width: pressed as close as other letters it would vanish into them.
        x += advance * (1 + rng.normal(0, writer.glyph_jitter) * 0.3) + max(writer.spacing * height, -0.1 * advance)
        x += room
    return _settle(canvas, baseline, writer, rng, height, round(x) + air), baseline


def _ink(picture: npt.NDArray[Any]) -> Ink:
    return np.asarray(picture, np.float32)


def _press(writer: Writer, rng: Rng) -> float:
    return float(np.clip(writer.pressure + rng.normal(0, 0.04 + writer.glyph_jitter * 0.5), 0.55, 1.0))


_POINTS = frozenset(".,:'")
_LEAST_POINT, _ROOM_BESIDE_A_POINT = 0.16, 0.06
"""A point's least width and the room on each side, as shares of the figure height. A pen rests on its points, a font
does not: unpressed and unspaced, they would be gone after the scanner's threshold, and the paper would no longer say
what its truth file says."""


def _glyph(character: str, writer: Writer, pixels: int, height: float) -> tuple[Ink, int, int]:
    """One letter's ink and the offset of its upper left corner from the pen's place on the baseline."""
    stroke = writer.thickness * writer.figure_height_pt / 10 * pixels * 0.2
    if not writer.typed and character in _POINTS:
        left, top, right, bottom = letters(writer.family, pixels).getbbox(character)
        stroke = max(stroke, (_LEAST_POINT * height - min(right - left, bottom - top)) / 2)
    mask, offset = letters(writer.family, pixels).getmask2(
        character, mode="L", anchor="ls", stroke_width=stroke, stroke_filled=True
    )
    columns, rows = mask.size
    if not columns or not rows:
        return np.zeros((1, 1), np.float32), 0, 0
    ink = np.asarray(mask, np.float32).reshape(rows, columns) / np.float32(255)
    return ink, offset[0], offset[1]


def _turned(turn: float, grow: npt.NDArray[np.float64], lean: float) -> npt.NDArray[np.float64]:
    """Rotation after slant after size, about the pen's place; y runs down, so a lean to the right is negative."""
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return np.asarray(rotation @ np.array([[1.0, -lean], [0.0, 1.0]]) @ np.diag(grow))


def _stamp(
    canvas: Ink,
    glyph: Ink,
    shape: npt.NDArray[np.float64],
    origin: npt.NDArray[np.float64],
    corner: npt.NDArray[np.float64],
) -> None:
    """Lay one glyph onto the line; strokes that cross do not get darker than ink."""
    height, width = glyph.shape
    reach = np.array([[0, 0], [width, 0], [0, height], [width, height]], float) + corner
    placed = reach @ shape.T + origin
    x0, y0 = np.maximum(np.floor(placed.min(0)).astype(int) - 1, 0)
    x1, y1 = np.minimum(np.ceil(placed.max(0)).astype(int) + 2, (canvas.shape[1], canvas.shape[0]))
    if x1 <= x0 or y1 <= y0:
        return
    shift = shape @ corner + origin - np.array([x0, y0])
    matrix = np.column_stack([shape, shift])
    laid = cv2.warpAffine(glyph, matrix, (int(x1 - x0), int(y1 - y0)), flags=cv2.INTER_LINEAR)
    np.maximum(canvas[y0:y1, x0:x1], laid, out=canvas[y0:y1, x0:x1])


def _settle(canvas: Ink, baseline: int, writer: Writer, rng: Rng, height: float, width: int) -> Ink:
    """Slope the line and let it waver, as a hand does over the width of a box."""
    canvas = canvas[:, : max(width, 8)]
    rows, columns = canvas.shape
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    tilt = np.float32(np.tan(np.radians(writer.slope)))
    source_y = y + (x - columns / 2) * tilt
    source_x = x
    if writer.waviness:
        reach = writer.waviness * height
        source_x = x + _smooth(rng, rows, columns, height * 1.5) * reach
        source_y = source_y + _smooth(rng, rows, columns, height * 1.5) * reach
    return _ink(cv2.remap(canvas, source_x.astype(np.float32), source_y.astype(np.float32), cv2.INTER_LINEAR))


def _smooth(rng: Rng, rows: int, columns: int, wavelength: float) -> Ink:
    """Noise of unit size that varies over about `wavelength` pixels."""
    coarse = rng.normal(0, 1, (max(2, round(rows / wavelength) + 2), max(2, round(columns / wavelength) + 2)))
    return _ink(cv2.resize(coarse.astype(np.float32), (columns, rows), interpolation=cv2.INTER_CUBIC))


# ---------------------------------------------------------------- strokes that are not letters


def draw_stroke(points: npt.NDArray[np.float64], width: float, shape: tuple[int, int], pressure: float = 0.95) -> Ink:
    """A pen stroke through `points` (x, y), on paper of `shape` (rows, columns)."""
    ink: Ink = np.zeros(shape, np.float32)
    fixed = np.round(points * 16).astype(np.int32).reshape(-1, 1, 2)
    cv2.polylines(ink, [fixed], False, pressure, max(1, round(width)), cv2.LINE_AA, 4)
    return _ink(cv2.GaussianBlur(ink, (0, 0), 0.6))


def curve(anchors: npt.NDArray[np.float64], steps: int = 12) -> npt.NDArray[np.float64]:
    """A smooth (Catmull-Rom) line through the anchors."""
    padded = np.vstack([2 * anchors[0] - anchors[1], anchors, 2 * anchors[-1] - anchors[-2]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = []
    for before, start, end, after in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        pieces.append(
            0.5
            * (
                2 * start
                + (end - before) * t
                + (2 * before - 5 * start + 4 * end - after) * t**2
                + (3 * start - before - 3 * end + after) * t**3
            )
        )
    return np.vstack([*pieces, anchors[-1:]])


def sign(
    name: str, writer: Writer, rng: Rng, pixels_per_point: float, *, width: int, height: int, legibly: bool = False
) -> tuple[Ink, int]:
    """A signature and the row of its baseline: a name written out, an initial with a trail, or a scribble."""
    style = "fluent" if legibly else rng.choice(["fluent", "initial", "scribble"], p=[0.5, 0.3, 0.2])
    if style == "scribble":
        ink, baseline = _scribble(rng, width * float(rng.uniform(0.35, 0.7)), height, pixels_per_point)
        return ink, baseline
    pen = replace(
        writer,
        family=writer.signing_family,
        typed=False,
        figure_height_pt=float(rng.uniform(12, 17)),
        slant=writer.slant + float(rng.uniform(4, 16)),
        slope=float(rng.normal(1.5, 1.5)),
        spacing=float(rng.uniform(-0.12, 0.0)),
        glyph_jitter=0.06,
        glyph_turn=2.0,
        waviness=0.06,
        pressure=0.95,
    )
    shown = name if style == "fluent" else name[0]
    ink, baseline = write_line(shown, pen, rng, pixels_per_point)
    if style == "initial":
        tail, tail_base = _scribble(rng, width * float(rng.uniform(0.2, 0.4)), height, pixels_per_point)
        ink, baseline = _beside(ink, baseline, tail, tail_base, overlap=round(10 * pixels_per_point))
    if rng.random() < 0.4:
        ink = np.maximum(ink, _flourish(ink.shape, baseline, rng, pixels_per_point))
    return ink, baseline


def _scribble(rng: Rng, width: float, height: int, pixels_per_point: float) -> tuple[Ink, int]:
    """A name worn down to a tall loop and a trail of smaller ones."""
    rows, columns = round(height * 2.4), round(width) + 60
    baseline = round(rows * 0.64)
    turns = float(rng.uniform(3.5, 8))
    t = np.linspace(0, 1, round(turns * 40))
    phase = 2 * np.pi * turns * t ** rng.uniform(0.75, 1.1)
    tall = height * (rng.uniform(0.35, 0.6) * np.exp(-t * rng.uniform(3, 8)) + rng.uniform(0.06, 0.16))
    unrest = np.interp(t, np.linspace(0, 1, 9), rng.normal(1, 0.35, 9))
    loop = width / turns * rng.uniform(0.18, 0.5) * (0.5 + tall / height)
    x = 30 + t * width + loop * np.sin(phase + rng.uniform(0, 1)) + tall * 0.25 * np.cos(phase)
    y = baseline - tall * unrest * (1 - np.cos(phase)) + height * 0.08 * np.sin(t * 7)
    line = np.column_stack([x, y])
    return draw_stroke(line, rng.uniform(0.7, 1.3) * pixels_per_point, (rows, columns)), baseline


def _flourish(shape: tuple[int, ...], baseline: int, rng: Rng, pixels_per_point: float) -> Ink:
    rows, columns = shape[0], shape[1]
    y = baseline + rng.uniform(2, 6) * pixels_per_point
    anchors = np.array(
        [
            [columns * 0.85, y - rng.uniform(0, 5) * pixels_per_point],
            [columns * 0.45, y + rng.uniform(0, 3) * pixels_per_point],
            [columns * rng.uniform(0.1, 0.25), y + rng.uniform(-2, 4) * pixels_per_point],
            [columns * rng.uniform(0.6, 0.95), y + rng.uniform(-3, 3) * pixels_per_point],
        ]
    )
    return draw_stroke(curve(anchors), rng.uniform(0.6, 1.1) * pixels_per_point, (rows, columns))


def _beside(left: Ink, left_base: int, right: Ink, right_base: int, overlap: int) -> tuple[Ink, int]:
    """Two pieces of ink on one baseline."""
    baseline = max(left_base, right_base)
    below = max(left.shape[0] - left_base, right.shape[0] - right_base)
    columns = left.shape[1] + right.shape[1] - overlap
    ink: Ink = np.zeros((baseline + below, columns), np.float32)
    top = baseline - left_base
    ink[top : top + left.shape[0], : left.shape[1]] = left
    top, start = baseline - right_base, left.shape[1] - overlap
    region = ink[top : top + right.shape[0], start : start + right.shape[1]]
    np.maximum(region, right, out=region)
    return ink, baseline


def trimmed(ink: Ink, baseline: int) -> tuple[Ink, int]:
    """The ink without the air around it, and its baseline there."""
    rows, columns = np.flatnonzero(ink.max(1) > 0.1), np.flatnonzero(ink.max(0) > 0.1)
    if not rows.size:
        return ink[:1, :1], 0
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], baseline - int(rows[0])
