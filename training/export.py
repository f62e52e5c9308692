"""Ships a trained network: `python -m training.export --run outputs/training/words --name words` writes words.onnx and
words.toml.

The temperature is fitted on validation hands: of the lines to which the reader gives 0.9, nine in ten are right.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from extractors.readers.cell_image import HEIGHT
from extractors.readers.ctc import Frames
from extractors.readers.likelihood import log_likelihoods
from training.contents import SHARE_OF_FIGURES, SHARE_OF_TRAINING
from training.crops import Example, example
from training.network import ALPHABET, COLUMNS_A_STEP, CellNetwork
from training.train import read_greedily

_CALIBRATION_FIRST = 100_000
"""Examples apart from those that training was watched with."""
_TEMPERATURES = np.round(np.geomspace(0.7, 3.0, 31), 3)


def scores_of(network: CellNetwork, one: Example) -> NDArray[np.float32]:
    """The network's scores (steps x classes) of one example, in single precision."""
    width = -(-one.picture.shape[1] // 32) * 32
    picture = np.zeros((1, 1, one.picture.shape[0], width), np.float32)
    picture[0, 0, :, : one.picture.shape[1]] = (255 - one.picture) / np.float32(255)
    with torch.inference_mode():
        return np.asarray(network(torch.from_numpy(picture))[0].numpy(), np.float32)


def fitted_temperature(lines: list[tuple[NDArray[np.float32], bool, str]]) -> tuple[float, float]:
    """The temperature whose probabilities of the greedy texts fit best, and the expected calibration error with it.

    `lines` are scores, whether the greedy text is right, and that text.
    """
    right = np.array([is_right for _, is_right, _ in lines], float)
    chances = {float(temperature): _chances(lines, float(temperature)) for temperature in _TEMPERATURES}

    def misfit(temperature: float) -> float:
        chance = chances[temperature]
        return float(-np.mean(right * np.log(chance) + (1 - right) * np.log(1 - chance)))

    best = min(chances, key=misfit)
    return best, calibration_error(chances[best], right)


def _chances(lines: list[tuple[NDArray[np.float32], bool, str]], temperature: float) -> NDArray[np.float64]:
    chances = []
    for scores, _, text in lines:
        tempered = torch.from_numpy(scores / np.float32(temperature)).log_softmax(-1).numpy()
        chances.append(float(np.exp(log_likelihoods(Frames(tempered, ALPHABET), [text])[0])))
    return np.clip(np.array(chances), 1e-4, 1 - 1e-4)


def calibration_error(chances: NDArray[np.float64], right: NDArray[np.float64], bins: int = 10) -> float:
    """Mean distance between what is promised and what is kept, over equal slices of the promises."""
    order = np.argsort(chances)
    slices = np.array_split(order, bins)
    return float(sum(abs(chances[part].mean() - right[part].mean()) * len(part) for part in slices) / len(order))


def write_onnx(network: CellNetwork, path: Path) -> None:
    """The network with any batch and width; its weights rest as half floats and are widened when it is loaded."""
    torch.onnx.export(
        network,
        (torch.zeros(2, 1, HEIGHT, 256),),
        str(path),
        input_names=["pictures"],
        output_names=["scores"],
        dynamic_axes={"pictures": {0: "lines", 3: "width"}, "scores": {0: "lines", 1: "steps"}},
        opset_version=17,
        dynamo=False,
    )
    model = onnx.load(str(path))
    casts, halves = [], []
    for tensor in model.graph.initializer:
        weights = numpy_helper.to_array(tensor)
        if tensor.data_type == TensorProto.FLOAT and weights.size > 256:
            halves.append(numpy_helper.from_array(weights.astype(np.float16), f"{tensor.name}.half"))
            casts.append(helper.make_node("Cast", [f"{tensor.name}.half"], [tensor.name], to=TensorProto.FLOAT))
        else:
            halves.append(tensor)
    del model.graph.initializer[:]
    model.graph.initializer.extend(halves)
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(casts + nodes)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def main() -> None:
    """Reads the run's checkpoint, fits the temperature, writes both files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--name", choices=("words", "figures"), required=True)
    parser.add_argument("--faces", type=Path, default=Path("outputs/training/faces"))
    parser.add_argument("--out", type=Path, default=Path("extractors/readers/models"))
    parser.add_argument("--version", required=True)
    parser.add_argument("--count", type=int, default=1500, help="validation lines to fit the temperature on")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    state = torch.load(arguments.run / "checkpoint.pt", map_location="cpu")
    network = CellNetwork()
    network.load_state_dict(state["averaged"])
    network.eval()
    shares = SHARE_OF_FIGURES if arguments.name == "figures" else SHARE_OF_TRAINING
    lines = []
    numbers = range(_CALIBRATION_FIRST, _CALIBRATION_FIRST + arguments.count)
    for one in (example(state["seed"], number, arguments.faces, shares, for_validation=True) for number in numbers):
        scores = scores_of(network, one)
        text = read_greedily(scores)
        lines.append((scores, text == one.text, text))
    temperature, error = fitted_temperature(lines)
    exact = float(np.mean([is_right for _, is_right, _ in lines]))
    arguments.out.mkdir(parents=True, exist_ok=True)
    write_onnx(network, arguments.out / f"{arguments.name}.onnx")
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    description = {
        "version": arguments.version,
        "alphabet": ALPHABET,
        "height": HEIGHT,
        "columns_a_step": COLUMNS_A_STEP,
        "temperature": temperature,
        "seed": state["seed"],
        "steps": state["step"],
        "recipe_commit": commit,
        "validation_exact": round(exact, 4),
        "validation_calibration_error": round(error, 4),
    }
    head = "# Made by `python -m training.export`; docs/model-card-cells.md says what it is worth.\n"
    lines_out = (f"{key} = {json.dumps(value)}\n" for key, value in description.items())
    (arguments.out / f"{arguments.name}.toml").write_text("".join(itertools.chain([head], lines_out)), encoding="utf-8")
    print(f"temperature {temperature}, exact on validation hands {exact:.1%}, calibration error {error:.2%}")


if __name__ == "__main__":
    main()
