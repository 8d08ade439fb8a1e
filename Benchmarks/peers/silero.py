"""A frame of Silero VAD through Sluice and through ONNX Runtime: the same file, the same core, in turns.

Run:    taskset -c 1 python Benchmarks/peers/silero.py SLUICE CASE
Needs:  a built `sluice`, and a case folder of the model as ONNX (model.onnx and its frames in test_data_set_0),
        numpy and onnxruntime (requirements.txt)

Each round measures both; what is printed is the least of all rounds, and the largest difference of the
probabilities over all frames. Exits with 1 where Sluice takes more than a quarter, or differs by more than 1e-4.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime

from timing import measure

ROUNDS = 5
SECONDS = 0.5


def peer(model: Path, frames: np.ndarray) -> tuple[object, np.ndarray]:
    """A call of one frame whose state goes round, and the probabilities of all frames."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_inputs()]
    state = np.zeros([size for size in session.get_inputs()[1].shape], np.float32)
    probabilities = []
    for frame in frames:
        y, state = session.run(None, {names[0]: frame[None], names[1]: state})
        probabilities.append(y.ravel())
    # Bound once: what is measured is the graph, not the passing of arrays.
    binding = session.io_binding()
    outputs = [value.name for value in session.get_outputs()]
    buffers = [onnxruntime.OrtValue.ortvalue_from_numpy(state.copy()) for _ in range(2)]
    binding.bind_cpu_input(names[0], np.ascontiguousarray(frames[:1]))
    binding.bind_output(outputs[0], "cpu")

    def call() -> None:
        binding.bind_ortvalue_input(names[1], buffers[0])
        binding.bind_ortvalue_output(outputs[1], buffers[1])
        session.run_with_iobinding(binding)
        buffers.reverse()

    return call, np.stack(probabilities)


def main() -> int:
    tool, case = sys.argv[1], Path(sys.argv[2])
    frames = np.load(case / "test_data_set_0/input_0.npy")
    with tempfile.TemporaryDirectory() as folder:
        blob, output = f"{folder}/model.sluice", f"{folder}/y.npy"
        subprocess.run([tool, "convert", case / "model.onnx", "-o", blob], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(
            [tool, "run", blob, "--input", case / "test_data_set_0/input_0.npy", "--output", output],
            check=True, stdout=subprocess.DEVNULL)
        call, expected = peer(case / "model.onnx", frames)
        difference = float(np.abs(np.load(output) - expected).max())
        ours, theirs, instruction_set = [], [], ""
        for _ in range(ROUNDS):
            bench = subprocess.run(
                [tool, "bench", blob, "--seconds", str(SECONDS), "--json"],
                check=True, capture_output=True, text=True)
            report = json.loads(bench.stdout)
            instruction_set = report["instructionSet"]
            ours.append(report["nanoseconds"]["inARow"])
            theirs.append(measure(call, 1, SECONDS)["min"])
    share = min(ours) / min(theirs)
    print(f"Sluice ({instruction_set})    {min(ours) / 1000:9.1f} us a frame")
    print(f"ONNX Runtime {onnxruntime.__version__} {min(theirs) / 1000:9.1f} us a frame, one thread")
    print(f"share               {share:9.3f}, at most 0.25")
    print(f"difference          {difference:9.1e} of {len(frames)} frames, at most 1e-4")
    return 0 if share <= 0.25 and difference <= 1e-4 else 1


if __name__ == "__main__":
    sys.exit(main())
