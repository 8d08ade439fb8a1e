"""Models of frameworks, exported and converted in one call from the script that trained them: `sluice.export`.

    sluice.export.torch(module, example, "m.sluice")
    sluice.export.keras(model, "m.sluice")

In the sources this folder is `exporters`, of which the scripts beside it are made; installed it is a part of the package. What
is read is told by those scripts' first lines. Each needs its framework's readers: `pip install sluice[torch]` and so on.
"""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sluice import Model

__all__ = ["keras", "tflite", "torch", "weights"]


def _converted(export: Any, path: Any, options: dict[str, Any]) -> "Model":
    """What `export()` gives, an architecture or weights, through the converter."""
    import sluice

    from .sluice_architecture import Refused

    try:
        content = export().bytes()
    except Refused as refusal:
        raise sluice.errors.ToolError(str(refusal), code=3) from refusal
    with tempfile.TemporaryDirectory(prefix="sluice-") as folder:
        source = Path(folder) / "model.safetensors"
        source.write_bytes(content)
        return sluice.convert(source, path, **options)


def torch(
    module: Any, example: Any = None, path: Any = None, *, causal: bool = False, tolerance: float = 1e-4, **options: Any
) -> "Model":
    """Exports a PyTorch module, converts it, and compares it with the module's own output for `example`.

    `example` is what the module reads: a tensor, whose sequences stand as the module's recurrent layers have them
    (batch_first or not); None compares nothing. Weights as they are must agree to `tolerance`, else a `ToolError` says by how
    much they differ, and nothing is written. `options` are those of `sluice.convert`; other types of weights are measured
    by it (`max_error`).
    """
    from .torch_exporter import architecture_of

    training = module.training
    try:
        if example is None or options.get("type", "f32") != "f32":
            return _converted(lambda: architecture_of(module, causal), path, options)
        model = _converted(lambda: architecture_of(module, causal), None, options)
        difference = _difference(module.eval(), example, model)
    finally:
        module.train(training)
    import sluice

    if not difference <= tolerance:
        raise sluice.errors.ToolError(
            f"the outputs for the example differ by {difference:.2g}, more than {tolerance:g}"
        )
    if path is None:
        return model
    target = Path(path)
    part = target.with_name(f".{target.name}.part")
    part.write_bytes(model.source)
    part.replace(target)
    return sluice.Model(target)


def _difference(module: Any, example: Any, model: "Model") -> float:
    """The greatest difference between the module's outputs and the model's."""
    import numpy as np
    import sluice
    import torch as framework

    with framework.no_grad():
        expected = module(example)
    while isinstance(expected, tuple | list):
        expected = expected[0]
    theirs, x = expected.cpu().numpy(), example.cpu().numpy()
    steps_first = any(
        isinstance(part, framework.nn.RNNBase) and not part.batch_first for part in module.modules()
    ) and x.ndim > (1 if model.reads_tokens else 2)
    if steps_first:
        x = x.swapaxes(0, 1)
        theirs = theirs.swapaxes(0, 1) if theirs.ndim > 2 else theirs
    ours = model.predict(np.ascontiguousarray(x))
    if ours.size != theirs.size:
        raise sluice.errors.ToolError(
            f"for the example the module gives {theirs.shape} and the model {ours.shape}: example=None compares nothing"
        )
    return float(np.abs(ours.reshape(theirs.shape) - theirs).max(initial=0))


def keras(model: Any, path: Any = None, **options: Any) -> "Model":
    """Exports a Keras model, or the .keras or .h5 file of one, and converts it."""
    from .keras_exporter import architecture_of

    if hasattr(model, "save"):
        with tempfile.TemporaryDirectory(prefix="sluice-") as folder:
            file = Path(folder) / "model.keras"
            model.save(file)
            return keras(file, path, **options)
    return _converted(lambda: architecture_of(model), path, options)


def tflite(file: Any, path: Any = None, **options: Any) -> "Model":
    """Exports a TensorFlow Lite file, and converts it."""
    from .tflite_exporter import architecture_of

    return _converted(lambda: architecture_of(file), path, options)


def weights(file: Any, path: Any = None, *, architecture: Any, key: str | None = None, **options: Any) -> "Model":
    """Exports weights without a graph (.npz, a checkpoint, Keras' weights), and converts them with an architecture."""
    from .weight_files import weights_of

    return _converted(lambda: weights_of(Path(file), key), path, options | {"architecture": architecture})
