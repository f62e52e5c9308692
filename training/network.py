"""The cell reader's network: a picture 32 pixels high in, a distribution over characters for every four columns out."""

from __future__ import annotations

import string

import torch
from torch import Tensor, nn

ALPHABET = "".join(sorted(character for character in string.printable if character.isprintable()))
"""Printable ASCII; class 0 is the CTC blank, class i + 1 the i-th character here."""
COLUMNS_A_STEP = 4


class _Folded(nn.Sequential):
    """A convolution, normalised and rectified."""

    def __init__(self, inputs: int, outputs: int, stride: tuple[int, int]) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
        )


class _Residual(nn.Module):
    """Two convolutions beside a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = _Folded(channels, channels, (1, 1))
        self.second = nn.Sequential(nn.Conv2d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, picture: Tensor) -> Tensor:
        return torch.relu(picture + self.second(self.first(picture)))


class CellNetwork(nn.Module):
    """Batch x 1 x 32 x width (0 paper, 1 ink; width a multiple of 4) to batch x width / 4 x 96 scores.

    A short recurrent layer sees a few characters to either side, a second one adds to its scores what joined letters
    want; the random contents of training keep both from learning what people are likely to write.
    """

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            _Folded(1, 16, (2, 2)),
            _Folded(16, 48, (2, 2)),
            _Residual(48),
            _Folded(48, 128, (2, 1)),
            _Residual(128),
            _Folded(128, 160, (2, 1)),
            _Residual(160),
        )
        self.columns = nn.Conv2d(160, 256, (2, 3), padding=(0, 1))
        self.along = nn.LSTM(256, 160, 1, bidirectional=True, batch_first=True)
        self.scores = nn.Linear(320, 1 + len(ALPHABET))
        self.further = nn.LSTM(320, 160, 1, bidirectional=True, batch_first=True)
        self.corrections = nn.Linear(320, 1 + len(ALPHABET))
        nn.init.zeros_(self.corrections.weight)
        nn.init.zeros_(self.corrections.bias)

    def forward(self, pictures: Tensor) -> Tensor:
        columns = torch.relu(self.columns(self.features(pictures))).squeeze(2).transpose(1, 2)
        along, _ = self.along(columns)
        further, _ = self.further(along)
        scores: Tensor = self.scores(along) + self.corrections(further)
        return scores


def encoded(text: str) -> list[int]:
    """The classes of a text's characters."""
    return [ALPHABET.index(character) + 1 for character in text]
