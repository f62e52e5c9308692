"""The networks of our own: files NAME.onnx and NAME.toml, package data, made by training/. Each runs on one thread."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnxruntime

from extractors.readers.failures import ReaderUnusable

MODELS = Path(__file__).parent / "models"


def description(folder: Path, name: str) -> Mapping[str, Any]:
    """What NAME.toml says of the network. Raises ReaderUnusable where it is missing."""
    path = folder / f"{name}.toml"
    if not path.exists():
        raise ReaderUnusable(f"no {path.name} in {folder}: check out the model files, or make them with `make train`")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def loaded_network(folder: Path, name: str) -> onnxruntime.InferenceSession:
    """NAME.onnx, ready to run; whoever asks keeps it."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(folder / f"{name}.onnx"), options, providers=["CPUExecutionProvider"])
