"""A frame of Silero VAD in five runtimes, called alike from Python: a step, the memory of a stream, making one.

Run:    taskset -c 1 python Benchmarks/peers/silero.py SLUICE SPEECH.wav [--rounds 5] [--seconds 0.5] [--json]
Needs:  a built `sluice`, a WAV of 16 kHz and 16 bits, and a virtual environment with
        this package (pip install ./tools/python), numpy, onnxruntime==1.32.0, openvino==2026.4.1, torch, silero-vad==6.2.3, livekit-local-inference==0.2.7

Each runtime has a process of its own, and all of them a turn in each round. A frame is 512 new samples behind 64 of the
frame before; the state goes round in bound buffers where a runtime has such. What is printed is the least of all rounds.
All but LiveKit's and PyTorch's run the same file, whose 64 samples the caller keeps. Probabilities over a minute are
compared with ONNX Runtime's. A stream's memory is what 100 more of them take, made as the runtime's users do: the model
shared where it can be. The exit status is 1 where Sluice misses what the table holds it to.
"""

import argparse
import gc
import importlib
import json
import subprocess
import sys
import tempfile
import time
import wave
from importlib import resources
from pathlib import Path

import numpy as np

from timing import measure

RUNTIMES = {
    "sluice-f32": "Sluice f32",
    "sluice-int8": "Sluice int8",
    "onnxruntime": "ONNX Runtime, a session for all",
    "onnxruntime-each": "ONNX Runtime, a session each, as silero-vad",
    "livekit": "LiveKit's native VAD",
    "openvino": "OpenVINO",
    "torch": "PyTorch, TorchScript",
}
# Imported before the clock starts.
MODULES = {
    "sluice-f32": ["sluice"],
    "sluice-int8": ["sluice"],
    "onnxruntime": ["onnxruntime"],
    "onnxruntime-each": ["onnxruntime"],
    "livekit": ["livekit.local_inference"],
    "openvino": ["openvino"],
    "torch": ["torch", "silero_vad"],
}
MORE_STREAMS = 100


def graph() -> str:
    return str(resources.files("silero_vad.data") / "silero_vad_openvino_16k.onnx")


def frames_of(wav: str) -> np.ndarray:
    """[N, 576] floats: 64 samples of the frame before, and 512."""
    with wave.open(wav) as source:
        if (source.getframerate(), source.getsampwidth(), source.getnchannels()) != (16000, 2, 1):
            raise SystemExit(f"{wav}: expected one channel of 16 bits at 16 kHz")
        samples = np.frombuffer(source.readframes(source.getnframes()), "<i2").astype(np.float32) / 32768
    count = len(samples) // 512
    padded = np.concatenate([np.zeros(64, np.float32), samples[: count * 512]])
    return np.stack([padded[i * 512 : i * 512 + 576] for i in range(count)])


class Sluice:
    def __init__(self, path: str):
        import sluice

        self.model = sluice.Model(path)

    def stream(self):
        stream, out = self.model.stream(), np.empty(1, np.float32)

        def step(frame: np.ndarray) -> float:
            return stream.step(frame, out)[0]

        return step


class Session:
    def __init__(self, each: bool):
        self.each, self.shared = each, None if each else self.session()

    def session(self):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        return onnxruntime.InferenceSession(graph(), options, providers=["CPUExecutionProvider"])

    def stream(self):
        """Bound once: what is measured is the graph, not the passing of arrays."""
        import onnxruntime

        session = self.shared or self.session()
        inputs, outputs = ([v.name for v in values] for values in (session.get_inputs(), session.get_outputs()))
        states = [onnxruntime.OrtValue.ortvalue_from_numpy(np.zeros((2, 1, 128), np.float32)) for _ in range(2)]
        frame = onnxruntime.OrtValue.ortvalue_from_numpy(np.zeros((1, 576), np.float32))
        answer = onnxruntime.OrtValue.ortvalue_from_numpy(np.zeros((1, 1), np.float32))
        bindings = []
        for turn in (0, 1):
            binding = session.io_binding()
            binding.bind_ortvalue_input(inputs[0], frame)
            binding.bind_ortvalue_input(inputs[1], states[turn])
            binding.bind_ortvalue_output(outputs[0], answer)
            binding.bind_ortvalue_output(outputs[1], states[1 - turn])
            bindings.append(binding)

        def step(row: np.ndarray) -> float:
            frame.update_inplace(row[None])
            session.run_with_iobinding(bindings[0])
            bindings.reverse()
            return answer.numpy()[0, 0]

        return step


class LiveKit:
    def stream(self):
        from livekit.local_inference import VAD

        vad = VAD()
        return vad.predict

    @staticmethod
    def prepared(frames: np.ndarray) -> list[np.ndarray]:
        """It keeps the 64 samples itself, and takes integers."""
        return list((frames[:, 64:] * 32768).astype(np.int16))


class OpenVINO:
    def __init__(self) -> None:
        import openvino

        core = openvino.Core()
        options = {"INFERENCE_NUM_THREADS": 1, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
        self.model = core.compile_model(graph(), "CPU", options)

    def stream(self):
        import openvino

        request = self.model.create_infer_request()
        frame = np.zeros((1, 576), np.float32)
        states = [openvino.Tensor(np.zeros((2, 1, 128), np.float32)) for _ in range(2)]
        request.set_input_tensor(0, openvino.Tensor(frame, shared_memory=True))

        def step(row: np.ndarray) -> float:
            frame[0] = row
            request.set_input_tensor(1, states[0])
            request.set_output_tensor(1, states[1])
            request.infer()
            states.reverse()
            return request.get_output_tensor(0).data[0, 0]

        return step


class Torch:
    def __init__(self) -> None:
        import torch

        torch.set_num_threads(1)
        torch.set_grad_enabled(False)

    def stream(self):
        from silero_vad import load_silero_vad

        module = load_silero_vad()
        return lambda frame: module(frame, 16000).item()

    @staticmethod
    def prepared(frames: np.ndarray) -> list:
        import torch

        return [torch.from_numpy(frame[64:].copy()) for frame in frames]


def opened(name: str, blobs: Path):
    match name:
        case "sluice-f32" | "sluice-int8":
            return Sluice(str(blobs / f"{name.removeprefix('sluice-')}.sluice"))
        case "onnxruntime" | "onnxruntime-each":
            return Session(each=name.endswith("-each"))
        case "livekit":
            return LiveKit()
        case "openvino":
            return OpenVINO()
    return Torch()


def resident() -> int:
    """Bytes of memory that the process has for itself."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def work(name: str, wav: str, blobs: Path, seconds: float) -> dict:
    """What one runtime does, in a process of its own."""
    frames = frames_of(wav)
    for module in MODULES[name]:
        importlib.import_module(module)
    start = time.perf_counter()
    runtime = opened(name, blobs)
    first = runtime.stream()
    opening = time.perf_counter() - start
    rows = getattr(runtime, "prepared", list)(frames)
    probabilities = [float(first(row)) for row in rows]
    at = 0

    def call() -> None:
        nonlocal at
        first(rows[at])
        at = (at + 1) % len(rows)

    least = measure(call, 1, seconds)["min"]
    before, start = resident(), time.perf_counter()
    more = [runtime.stream() for _ in range(MORE_STREAMS)]
    making = (time.perf_counter() - start) / MORE_STREAMS
    for stream in more:
        stream(rows[0])  # What is taken at the first step is a stream's too.
    memory = (resident() - before) / MORE_STREAMS
    return {"opening": opening, "step": least, "making": making, "memory": memory, "probabilities": probabilities}


def blobs_into(folder: Path, sluice: str, frames: np.ndarray) -> None:
    np.save(folder / "calibration.npy", frames[:500])
    for kind in ("f32", "int8"):
        given = ["--type", kind, "--calibrate", folder / "calibration.npy"] if kind == "int8" else []
        command = [sluice, "convert", graph(), "-o", folder / f"{kind}.sluice", *given]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sluice", metavar="SLUICE")
    parser.add_argument("wav", metavar="SPEECH.wav")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.5, help="of steps, for each runtime in each round")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--worker", choices=RUNTIMES, help=argparse.SUPPRESS)
    parser.add_argument("--blobs", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        print(json.dumps(work(options.worker, options.wav, options.blobs, options.seconds)))
        return 0
    results: dict[str, dict] = {}
    with tempfile.TemporaryDirectory() as folder:
        blobs_into(Path(folder), options.sluice, frames_of(options.wav))
        for turn in range(options.rounds):
            for name in RUNTIMES:
                print(f"round {turn + 1} of {options.rounds}: {RUNTIMES[name]}", file=sys.stderr)
                command = [sys.executable, *sys.argv, "--worker", name, "--blobs", folder]
                found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
                best = results.setdefault(name, found)
                for key in ("opening", "step", "making", "memory"):
                    best[key] = min(best[key], found[key])
    expected = np.array(results["onnxruntime"]["probabilities"])
    for row in results.values():
        row["difference"] = float(np.abs(np.array(row.pop("probabilities")) - expected).max())
    best = min(results["onnxruntime"]["step"], results["onnxruntime-each"]["step"])
    if options.json:
        print(json.dumps(results, indent=1))
    else:
        print(f"{'':46}{'a step':>10}{'':>7}{'a stream':>12}{'making it':>12}{'the first':>12}{'largest':>12}")
        print(f"{'':46}{'us':>10}{'share':>7}{'KB':>12}{'us':>12}{'ms':>12}{'difference':>12}")
        for name, row in results.items():
            print(f"{RUNTIMES[name]:46}{row['step'] / 1000:10.1f}{row['step'] / best:7.2f}{row['memory'] / 1000:12.1f}"
                  f"{row['making'] * 1e6:12.1f}{row['opening'] * 1e3:12.1f}{row['difference']:12.1e}")
        print("share: of ONNX Runtime's better step; the first: from a loaded library to a stream that can step")
    ours = results["sluice-int8"]["step"]
    met = [
        ("f32 is what ONNX Runtime computes, within 1e-4", results["sluice-f32"]["difference"] <= 1e-4),
        ("f32 takes at most a quarter of ONNX Runtime's step", results["sluice-f32"]["step"] <= 0.25 * best),
        ("int8 takes at most a tenth of ONNX Runtime's step", ours <= 0.1 * best),
        ("int8 takes at most half of LiveKit's step", ours <= 0.5 * results["livekit"]["step"]),
    ]
    for what, holds in met:
        print(f"{'met ' if holds else 'MISS'}  {what}", file=sys.stderr if options.json else sys.stdout)
    return 0 if all(holds for _, holds in met) else 1


if __name__ == "__main__":
    sys.exit(main())
