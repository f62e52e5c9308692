"""What the small networks that answer yes or no have in common: how they learn, and how they are shipped."""

from __future__ import annotations

import json
import math
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from training.contents import Dice

Network = TypeVar("Network", bound=nn.Module)
_SURE = 0.99
"""What the right answer is worth: none is so plain that it should be shouted."""


class Folded(nn.Sequential):
    """A convolution, normalised and rectified."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
        )


def trained(
    network: Network, batch: Callable[[Dice], tuple[Tensor, list[bool]]], steps: int, rate: float, seed: int
) -> Network:
    """The network after so many batches (pictures, and the answer to each), averaged over the last of them.

    `network` gives log-odds, batch x 1. `batch` draws with the dice it is given.
    """
    dice = np.random.default_rng(seed)
    averaging = torch.optim.swa_utils.get_ema_multi_avg_fn(0.995)
    kept = torch.optim.swa_utils.AveragedModel(network, multi_avg_fn=averaging, use_buffers=True)
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.02)
    losses: list[float] = []
    started = time.monotonic()
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = rate * min((step + 1) / 100, 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / steps)))
        pictures, answers = batch(dice)
        truth = torch.tensor([[_SURE if answer else 1 - _SURE] for answer in answers])
        loss = nn.functional.binary_cross_entropy_with_logits(network(pictures), truth)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        kept.update_parameters(network)
        losses.append(loss.item())
        if step % 100 == 99:
            print(f"step {step + 1}  loss {np.mean(losses[-100:]):.4f}  {time.monotonic() - started:.0f} s", flush=True)
    module = kept.module
    assert isinstance(module, type(network))
    return module.eval()


def ship(network: nn.Module, shape: tuple[int, int], folder: Path, name: str, description: dict[str, object]) -> None:
    """Writes NAME.onnx, which takes any number of pictures (of any width) and gives chances, and NAME.toml."""
    torch.onnx.export(
        nn.Sequential(network, nn.Sigmoid()),
        (torch.zeros(2, 1, *shape),),
        str(folder / f"{name}.onnx"),
        input_names=["pictures"],
        output_names=["chances"],
        dynamic_axes={"pictures": {0: "boxes", 3: "width"}, "chances": {0: "boxes"}},
        opset_version=17,
        dynamo=False,
    )
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    head = f"# Made by `python -m training.{name}`; docs/model-card-{name}.md says what it is worth.\n"
    lines = [f"{key} = {json.dumps(value)}\n" for key, value in {**description, "recipe_commit": commit}.items()]
    (folder / f"{name}.toml").write_text("".join([head, *lines]), encoding="utf-8")
