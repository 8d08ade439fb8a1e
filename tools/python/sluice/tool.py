"""The converter: the program `sluice`, which is found and is no part of the wheel."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .errors import ArgumentError, ToolError
from .model import Model


def program() -> str:
    """The path of the program `sluice`: what SLUICE_TOOL names, else that of PATH; a `ToolError` where there is none."""
    named = os.environ.get("SLUICE_TOOL")
    found = shutil.which(named or "sluice")
    if not found:
        where = f"SLUICE_TOOL={named} is no program" if named else "the program sluice is not in PATH"
        raise ToolError(
            f"{where}: tools/install PREFIX of Sluice's sources makes it; or let SLUICE_TOOL name it", code=127
        )
    return found


def run(arguments: list[str], about: str) -> str:
    """What the program prints; its refusal as a `ToolError` with the exit status."""
    # Sources that an exporter reads go through this interpreter, unless another one is named.
    environment = {"SLUICE_PYTHON": sys.executable, **os.environ}
    ran = subprocess.run([program(), *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True)
    said = ran.stderr.decode(errors="replace").strip()
    if ran.returncode:
        raise ToolError(said or f"{about}: sluice ended with {ran.returncode}", code=ran.returncode)
    return ran.stdout.decode(errors="replace")


def convert(
    source: "str | os.PathLike[str]",
    output: "str | os.PathLike[str] | None" = None,
    *,
    type: str | None = None,
    architecture: "Mapping[str, Any] | str | os.PathLike[str] | None" = None,
    calibrate: "np.ndarray[Any, Any] | str | os.PathLike[str] | None" = None,
    meta: "Mapping[str, Any] | str | os.PathLike[str] | None" = None,
    max_error: float | None = None,
    activation: str | None = None,
    input_shape: str | None = None,
    set: str | None = None,
) -> Model:
    """Converts a trained model, and opens it: safetensors, ONNX, Keras, TensorFlow Lite, weights of PyTorch and more.

    Without `output` the model lives in memory alone. The options are those of `sluice convert`, whose --help tells them;
    an architecture and metadata may be dictionaries, calibration an array [T, inputs] or [B, T, inputs].

    Raises `ToolError` with what the converter said: nothing is written then.
    """
    with tempfile.TemporaryDirectory(prefix="sluice-") as folder:
        made = Path(folder)
        arguments = ["convert", os.fspath(source), "--quiet"]
        target = os.fspath(output) if output is not None else str(made / "model.sluice")
        arguments += ["-o", target]
        for name, value in {"--architecture": architecture, "--meta": meta}.items():
            if isinstance(value, Mapping):
                value = made / f"{name[2:]}.json"
                value.write_text(json.dumps({"--architecture": architecture, "--meta": meta}[name]))
            if value is not None:
                arguments += [name, os.fspath(value)]
        if isinstance(calibrate, np.ndarray):
            np.save(made / "calibrate.npy", calibrate, allow_pickle=False)
            calibrate = made / "calibrate.npy"
        rest = {
            "--type": type, "--calibrate": calibrate, "--max-error": max_error, "--activation": activation,
            "--input-shape": input_shape, "--set": set,
        }  # fmt: skip
        for name, given in rest.items():
            if given is not None:
                text = str(given)
                if text.startswith("-"):
                    raise ArgumentError(f"{name[2:]}: {text!r} looks like an option")
                arguments += [name, text]
        run(arguments, os.fspath(source))
        return Model(target) if output is not None else Model(Path(target).read_bytes())
