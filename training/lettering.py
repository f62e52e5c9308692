"""Text put on paper by a hand, a typewriter or a printer, large and clean; it refuses to know about fax machines.

Pictures are uint8, 255 is ink, digits about DIGIT_HEIGHT pixels high.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from training.contents import Dice, chance, pick
from training.faces import Face, opened, real_digits, slant_of
from training.strokes import StrokeHand

Ink = NDArray[np.uint8]
DIGIT_HEIGHT = 72
_SHIFT = 4
"""Bits of a pixel's fraction in OpenCV's drawing calls."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character as drawn: `left` and `top` place it relative to the pen on the base line."""

    ink: Ink
    left: float
    top: float
    advance: float


class Writer(Protocol):
    """Whoever draws single characters."""

    def drawn(self, character: str, dice: Dice) -> Glyph: ...


def _tight(ink: Ink) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return 0, 1, 0, 1
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


@dataclass(frozen=True, slots=True)
class FaceWriter:
    """Writes in a font; `crossed` sevens get their bar."""

    face: Face
    crossed: bool

    def drawn(self, character: str, dice: Dice) -> Glyph:
        font = opened(self.face.path)
        left, top, right, bottom = font.getbbox(character, anchor="ls")
        width, height = max(round(right - left), 1), max(round(bottom - top), 1)
        picture = Image.new("L", (width, height))
        ImageDraw.Draw(picture).text((-left, -top), character, font=font, fill=255, anchor="ls")
        ink = np.array(picture)
        if character == "7" and self.crossed:
            middle = int(height * dice.uniform(0.4, 0.6))
            pen = max(round(DIGIT_HEIGHT * dice.uniform(0.05, 0.1)), 2)
            ends = (int(width * dice.uniform(0.0, 0.3)), int(width * dice.uniform(0.75, 1.0)))
            cv2.line(ink, (ends[0], middle), (ends[1], middle - int(dice.integers(0, 6))), 255, pen)
        return Glyph(ink, float(left), float(top), float(font.getlength(character)))


@dataclass(frozen=True, slots=True)
class PenWriter:
    """Writes with a pen of `pen` pixels as a StrokeHand does."""

    hand: StrokeHand
    pen: int

    def drawn(self, character: str, dice: Dice) -> Glyph:
        strokes = [stroke * DIGIT_HEIGHT for stroke in self.hand.written(character, dice)]
        if not strokes:
            return Glyph(np.zeros((1, 1), np.uint8), 0.0, 0.0, 0.3 * DIGIT_HEIGHT)
        points = np.vstack(strokes)
        low, high = points.min(axis=0) - self.pen, points.max(axis=0) + self.pen
        ink = np.zeros((int(high[1] - low[1]) + 2, int(high[0] - low[0]) + 2), np.uint8)
        ways = [np.round((stroke - low) * (1 << _SHIFT)).astype(np.int32) for stroke in strokes]
        cv2.polylines(ink, ways, False, 255, self.pen, cv2.LINE_AA, _SHIFT)
        advance = float(points[:, 0].max()) + self.pen + DIGIT_HEIGHT * dice.uniform(0.08, 0.22)
        return Glyph(ink, float(low[0]), float(low[1]) - DIGIT_HEIGHT, advance)


@dataclass(frozen=True, slots=True)
class PeoplesDigits:
    """Digits as real people wrote them, of a like slant; every other character by `others`."""

    pictures: Sequence[NDArray[np.uint8]]
    slant: float
    threshold: int
    others: Writer

    def drawn(self, character: str, dice: Dice) -> Glyph:
        if not character.isdigit():
            return self.others.drawn(character, dice)
        among = self.pictures[int(character)]
        tries = [among[int(dice.integers(len(among)))] for _ in range(5)]
        digit = min(tries, key=lambda picture: abs(slant_of(picture) - self.slant))
        top, bottom, left, right = _tight((digit > 60).astype(np.uint8))
        tight = cv2.copyMakeBorder(digit[top:bottom, left:right], 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
        scale = DIGIT_HEIGHT * dice.uniform(0.85, 1.12) / (bottom - top)
        size = (max(round(tight.shape[1] * scale), 2), round(tight.shape[0] * scale))
        large = cv2.resize(tight, size, interpolation=cv2.INTER_CUBIC)
        soft = np.clip((large.astype(np.float32) - self.threshold) * 4 + 128, 0, 255).astype(np.uint8)
        return Glyph(soft, 0.0, -float(size[1]), size[0] + DIGIT_HEIGHT * dice.uniform(0.0, 0.18))


def _whole(face: Face, text: str) -> Ink:
    font = opened(face.path)
    left, top, right, bottom = font.getbbox(text, anchor="ls")
    picture = Image.new("L", (max(round(right - left), 1), max(round(bottom - top), 1)))
    ImageDraw.Draw(picture).text((-left, -top), text, font=font, fill=255, anchor="ls")
    return np.array(picture)


def _composed(writer: Writer, text: str, dice: Dice, *, mono: float | None = None) -> Ink:
    """Character by character: uneven in size, place and distance, as a hand is."""
    unsteady = dice.uniform(0.0, 1.0)
    closeness = dice.normal(0.0, 0.05) * DIGIT_HEIGHT - (dice.uniform(4, 10) if chance(dice, 0.12) else 0.0)
    gap = dice.uniform(0.2, 0.8) * DIGIT_HEIGHT
    drift = dice.normal(0.0, 0.12)
    placed: list[tuple[Ink, int, int]] = []
    pen_at = 0.0
    for place, character in enumerate(text):
        if character == " ":
            pen_at += mono if mono is not None else gap * dice.uniform(0.75, 1.25)
            continue
        glyph = writer.drawn(character, dice)
        size = float(np.clip((1.0 + drift * place / len(text)) * (1.0 + unsteady * dice.normal(0.0, 0.06)), 0.6, 1.6))
        if character in "/($#" and chance(dice, 0.3):
            size *= dice.uniform(1.0, 1.35)
        ink = glyph.ink
        turn = unsteady * dice.normal(0.0, 4.0)
        if abs(turn) > 1.0 or abs(size - 1.0) > 0.02:
            ink = _turned(ink, turn, size)
        grown = (ink.shape[1] - glyph.ink.shape[1] * size) / 2.0
        hop = unsteady * dice.normal(0.0, 0.045) * DIGIT_HEIGHT
        left = pen_at + glyph.left * size - grown
        top = glyph.top * size - (ink.shape[0] - glyph.ink.shape[0] * size) / 2.0 + hop
        placed.append((ink, round(left), round(top)))
        step = mono if mono is not None else glyph.advance * size + closeness
        pen_at += max(step + unsteady * dice.normal(0.0, 0.04) * DIGIT_HEIGHT, 2.0)
    if not placed:
        return np.zeros((DIGIT_HEIGHT, 4), np.uint8)
    left = min(x for _, x, _ in placed)
    top = min(y for _, _, y in placed)
    right = max(x + ink.shape[1] for ink, x, _ in placed)
    bottom = max(y + ink.shape[0] for ink, _, y in placed)
    page = np.zeros((bottom - top, right - left), np.uint8)
    for ink, x, y in placed:
        part = page[y - top : y - top + ink.shape[0], x - left : x - left + ink.shape[1]]
        np.maximum(part, ink, out=part)
    return page


def _turned(ink: Ink, degrees: float, size: float) -> Ink:
    height, width = ink.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, size)
    new_width = int(width * size + abs(np.sin(np.radians(degrees))) * height * size) + 2
    new_height = int(height * size + abs(np.sin(np.radians(degrees))) * width * size) + 2
    matrix[0, 2] += (new_width - width) / 2
    matrix[1, 2] += (new_height - height) / 2
    return np.asarray(cv2.warpAffine(ink, matrix, (new_width, new_height), flags=cv2.INTER_LINEAR), np.uint8)


def _wavy(ink: Ink, dice: Dice, strength: float) -> Ink:
    """Bends the strokes, wanders off the base line, leans more and less along the line."""
    margin = 24
    padded = cv2.copyMakeBorder(ink, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=0)
    height, width = padded.shape
    slant = float(np.clip(dice.normal(0.0, 0.16), -0.45, 0.55))
    room = int(abs(slant) * height) + 4
    padded = cv2.copyMakeBorder(padded, 0, 0, room, room, cv2.BORDER_CONSTANT, value=0)
    width = padded.shape[1]
    mesh = dice.uniform(14.0, 40.0)
    coarse = (max(int(width / mesh), 2), max(int(height / mesh), 2))
    bend = [_mesh(dice, coarse, strength, (width, height)) for _ in range(2)]
    along = np.linspace(0.0, 1.0, width, dtype=np.float32)
    wander = _slow(dice, width, dice.uniform(0.0, 5.0)) + along * np.float32(dice.normal(0.0, 0.02) * width)
    lean = slant + _slow(dice, width, dice.uniform(0.0, 0.08))
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    map_x = x + bend[0] + lean[None, :] * (y - height / 2)
    map_y = y + bend[1] + wander[None, :]
    return np.asarray(cv2.remap(padded, map_x, map_y.astype(np.float32), cv2.INTER_LINEAR), np.uint8)


def _mesh(dice: Dice, coarse: tuple[int, int], strength: float, size: tuple[int, int]) -> NDArray[np.float32]:
    knots = dice.normal(0.0, strength, coarse[::-1]).astype(np.float32)
    return np.asarray(cv2.resize(knots, size, interpolation=cv2.INTER_LINEAR), np.float32)


def _slow(dice: Dice, width: int, size: float) -> NDArray[np.float32]:
    knots = dice.normal(0.0, size, (1, max(width // 110, 2))).astype(np.float32)
    return np.asarray(cv2.resize(knots, (width, 1), interpolation=cv2.INTER_CUBIC)[0], np.float32)


def _pressed(ink: Ink, dice: Dice, lightest: float = 0.28, heaviest: float = 0.72) -> Ink:
    """The pen pressed more and less: strokes swell and thin along the line, and may break where they thin out."""
    soft = cv2.GaussianBlur(ink, (0, 0), dice.uniform(1.0, 3.2))
    height, width = ink.shape
    level = dice.uniform(lightest, heaviest)
    field = dice.normal(level, 0.07, (2, max(width // 60, 2))).astype(np.float32)
    cut = cv2.resize(field, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.clip((soft.astype(np.float32) / 255.0 - np.clip(cut, 0.12, 0.8)) * 900 + 128, 0, 255).astype(np.uint8)


def typed_line(face: Face, text: str, dice: Dice) -> Ink:
    """Printed, or typed by an uneven typewriter."""
    if chance(dice, 0.25):
        pitch = opened(face.path).getlength("0") * dice.uniform(0.97, 1.1)
        ink = _composed(FaceWriter(face, crossed=False), text, dice, mono=pitch if chance(dice, 0.6) else None)
    else:
        ink = _whole(face, text)
    ink = cv2.copyMakeBorder(ink, 12, 12, 12, 12, cv2.BORDER_CONSTANT, value=0)
    return _pressed(ink, dice, 0.32, 0.68) if chance(dice, 0.4) else np.asarray(ink, np.uint8)


def handwritten_line(face: Face, text: str, dice: Dice) -> Ink:
    """In a handwriting font, made less even than the font."""
    if chance(dice, 0.35):
        ink = _whole(face, text)
    else:
        ink = _composed(FaceWriter(face, crossed=chance(dice, 0.15)), text, dice)
    return _unevened(ink, dice)


def drawn_line(faces: Sequence[Face], digits_at: Path | None, text: str, dice: Dice) -> Ink:
    """By a pen without a font; where `digits_at` is given, the digits are real people's."""
    pen = int(dice.integers(4, 12))
    writer: Writer = PenWriter(StrokeHand.met(dice), pen)
    if digits_at is not None:
        others: Writer = writer if chance(dice, 0.6) else FaceWriter(pick(dice, faces), crossed=False)
        writer = PeoplesDigits(
            real_digits(digits_at), float(dice.normal(0.15, 0.2)), int(dice.integers(70, 170)), others
        )
    return _unevened(_composed(writer, text, dice), dice)


def _unevened(ink: Ink, dice: Dice) -> Ink:
    stretch = float(np.exp(dice.normal(0.0, 0.14)))
    ink = np.asarray(cv2.resize(ink, (max(round(ink.shape[1] * stretch), 2), ink.shape[0])), np.uint8)
    return _pressed(_wavy(ink, dice, dice.uniform(0.0, 3.2)), dice)
