"""LiteRT on one thread, with XNNPACK; tensors are written and read in place."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from litert_models import sequence_model, step_model
from shapes import Shape

Prepared = tuple[Callable[[], object], Callable[[], np.ndarray]]


def variants() -> Iterator[tuple[str, str, Callable[[Shape], Prepared | None]]]:
    """Name, storage, and what makes a call and its last h from a shape."""
    for storage in ("f32", "int8"):
        yield "LiteRT, XNNPACK", storage, partial(step, int8=storage == "int8")
        yield "LiteRT LSTM operator", storage, partial(sequence, int8=storage == "int8")


def opened(content: bytes) -> tuple[Interpreter, Callable[[int], np.ndarray]]:
    """The interpreter, and what gives a tensor's memory."""
    interpreter = Interpreter(model_content=content, num_threads=1)
    interpreter.allocate_tensors()
    interpreter.invoke()  # XNNPACK lays its weights out at the first call.
    interpreter.reset_all_variables()
    return interpreter, lambda index: interpreter.tensor(index)()


def step(shape: Shape, int8: bool) -> Prepared | None:
    if shape.steps > 1:
        return None
    interpreter, memory = opened(step_model(shape, int8))
    tensors = {d["name"].split(":")[0]: memory(d["index"]) for d in interpreter.get_input_details()}
    tensors["x"][:] = shape.input()[0]
    outputs = [memory(d["index"]) for d in interpreter.get_output_details()]
    states = [tensors[name] for name in ("h", "c") if name in tensors]
    for state in states:
        state[:] = 0
    # The bare call: the wrapper refuses while arrays point into the interpreter.
    invoke, copy = interpreter._interpreter.Invoke, np.copyto
    pairs = list(zip(states, outputs))

    def call(keep: Interpreter = interpreter) -> None:  # The model's bytes live as long as `keep`.
        invoke()
        for state, output in pairs:
            copy(state, output)

    return call, lambda: outputs[0].copy()


def sequence(shape: Shape, int8: bool) -> Prepared | None:
    if shape.cell != "lstm":
        return None
    interpreter, memory = opened(sequence_model(shape, int8))
    memory(interpreter.get_input_details()[0]["index"])[:] = shape.input()
    output = memory(interpreter.get_output_details()[0]["index"])
    invoke = interpreter._interpreter.Invoke

    def call(keep: Interpreter = interpreter) -> None:
        invoke()

    return call, lambda: output[-1].copy()
