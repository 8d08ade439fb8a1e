"""Speech and noise: what `sluice run` finds, from arrays and files."""

import json
import os
import pickle
import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest
from conftest import TOP, write_safetensors

import sluice
from sluice import errors

DATA = Path(os.environ.get("SLUICE_DATA", TOP.parent / "shared" / "data"))
RATE = 8000


def write_wav(path: Path, samples: np.ndarray, rate: int = RATE, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, samples.dtype.itemsize, rate, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    return path


def run(*arguments: object) -> str:
    program = [os.environ["SLUICE_TOOL"], "run", *map(str, arguments)]
    return subprocess.run(program, check=True, capture_output=True, text=True).stdout


def dense(path: Path, weights: np.ndarray, bias: list[float], activation: str | None, meta: dict) -> sluice.Model:
    layer = {"type": "dense", "tensors": "fc."} | ({"activation": activation} if activation else {})
    tensors = {"fc.weight": weights, "fc.bias": np.array(bias)}
    write_safetensors(path.with_suffix(".safetensors"), tensors, {"input_size": weights.shape[1], "layers": [layer]})
    return sluice.convert(path.with_suffix(".safetensors"), path, meta=meta)


@pytest.fixture(scope="module")
def loudness(tmp_path_factory):
    """Says how positive the new samples of a frame are."""
    weights = np.array([[0.0] * 32 + [1 / 32] * 256])
    meta = {"task": "voice-activity", "sample_rate": RATE, "hop": 256, "context": 32, "labels": ["silence", "speech"]}
    return dense(tmp_path_factory.mktemp("vad") / "vad.sluice", weights, [-4.0], "sigmoid", meta)


def test_speech(loudness, tmp_path):
    signal = np.array([0] * 4000 + [24000] * 5000 + [-9000] * 3000 + [31000] * 7777, np.int16)
    path = write_wav(tmp_path / "s.wav", signal)
    vad = sluice.SileroVAD(loudness)
    assert (vad.sample_rate, vad.hop) == (RATE, 256)
    segments = vad.segments(signal)
    lines = map(json.loads, run(loudness.source, "--wav", path, "--json").splitlines())
    assert [(s.start, s.end) for s in segments] == [(x["start"], x["end"]) for x in lines if set(x) == {"start", "end"}]
    assert len(segments) == 2
    assert vad.segments(path) == segments and vad.segments(signal.astype(np.float32) / 32768) == segments
    probabilities = vad.probabilities(signal)
    assert len(probabilities) == -(-len(signal) // 256)
    parts = [vad.push(signal[begin : begin + 777]) for begin in range(0, len(signal), 777)] + [vad.flush()]
    assert np.array_equal(np.concatenate([part[0] for part in parts]), probabilities)
    assert [segment for part in parts for segment in part[1]] == segments
    assert pickle.loads(pickle.dumps(vad)).segments(signal) == segments
    assert sluice.SileroVAD(loudness, min_speech_duration_ms=5000).segments(signal) == []
    assert sluice.SileroVAD(loudness, speech_pad_ms=0).segments(signal)[0].start > segments[0].start


def test_kinds_of_files(loudness, tmp_path):
    vad = sluice.SileroVAD(loudness)
    signal = (np.sin(np.arange(RATE)) * 20000).astype(np.int16) & ~np.int16(255)
    expected = vad.probabilities(signal)
    wide = (signal.astype(np.int32) << 16).astype("<i4")
    three = np.ascontiguousarray(wide.view(np.uint8).reshape(-1, 4)[:, 1:])
    for samples, width in ((wide, 4), (three, 3), ((signal >> 8) + 128, 1)):
        path = tmp_path / f"{width}.wav"
        with wave.open(str(path), "wb") as file:
            file.setparams((1, width, RATE, 0, "NONE", ""))
            file.writeframes((samples if width > 1 else samples.astype(np.uint8)).tobytes())
        assert np.array_equal(vad.probabilities(path), expected)
    stereo = write_wav(tmp_path / "two.wav", np.stack([signal, signal], axis=1), channels=2)
    assert np.array_equal(vad.probabilities(stereo), expected)


@pytest.mark.parametrize("rate", [6000, 11025, 16000, 44100, 48000])
def test_other_rates(loudness, tmp_path, rate):
    """What the program finds, of files, arrays and pieces."""
    rng = np.random.default_rng(rate)
    parts = [(0, 0.5), (24000, 0.6), (-9000, 0.4), (31000, 1), (0, 0.3)]
    signal = np.concatenate([np.full(int(rate * time), value) for value, time in parts])
    signal = (signal + rng.integers(-900, 900, len(signal))).astype(np.int16)
    path = write_wav(tmp_path / "s.wav", signal, rate)
    found = [json.loads(line) for line in run(loudness.source, "--wav", path, "--json", "--frames").splitlines()]
    expected = [(line["start"], line["end"]) for line in found if set(line) == {"start", "end"}]
    frames = np.array([line["probability"] for line in found if "probability" in line])
    vad, of_file = sluice.SileroVAD(loudness, rate=rate), sluice.SileroVAD(loudness)
    assert [(s.start, s.end) for s in of_file.segments(path)] == expected and len(expected) == 2
    assert np.abs(of_file.probabilities(path) - frames).max() < 1e-6
    for _ in range(2):
        assert [(s.start, s.end) for s in vad.segments(signal)] == expected
        pieces = [vad.push(signal[begin : begin + 777]) for begin in range(0, len(signal), 777)] + [vad.flush()]
        assert [(s.start, s.end) for piece in pieces for s in piece[1]] == expected
        assert np.array_equal(np.concatenate([piece[0] for piece in pieces]), of_file.probabilities(path))
        vad.push(signal[:9000])
        vad.reset()
    assert [(s.start, s.end) for s in pickle.loads(pickle.dumps(vad)).segments(signal)] == expected


def test_refusals(loudness, tmp_path, gru):
    vad = sluice.SileroVAD(loudness)
    (tmp_path / "none.wav").write_bytes(b"no wave")
    for call, error in [
        (lambda: sluice.SileroVAD(gru), errors.MetadataError),
        (lambda: sluice.Denoiser(gru), errors.MetadataError),
        (lambda: sluice.SileroVAD(None), errors.DTypeError),
        (lambda: sluice.SileroVAD(loudness, threshold=2), errors.ArgumentError),
        (lambda: sluice.SileroVAD(loudness, threshold=0.2, neg_threshold=0.3), errors.ArgumentError),
        (lambda: sluice.SileroVAD(loudness, speech_pad_ms=-1), errors.ArgumentError),
        (lambda: vad.segments(np.zeros(9)), errors.DTypeError),
        (lambda: vad.segments(np.zeros((9, 2), np.float32)), errors.ShapeError),
        (lambda: vad.segments([0.0]), errors.DTypeError),
        (lambda: vad.segments(tmp_path / "none.wav"), errors.DTypeError),
        (lambda: vad.segments(write_wav(tmp_path / "odd.wav", np.zeros(9, np.int16), 191_999)), errors.ShapeError),
        (lambda: vad.segments(write_wav(tmp_path / "slow.wav", np.zeros(9, np.int16), 1)), errors.ShapeError),
        (lambda: vad.push(write_wav(tmp_path / "fast.wav", np.zeros(9, np.int16), 44100)), errors.ShapeError),
        (lambda: sluice.SileroVAD(loudness, rate=0), errors.ArgumentError),
        (lambda: sluice.SileroVAD(loudness, rate=10**9), errors.ShapeError),
        (lambda: vad.segments(np.full(999, np.nan, np.float32)), errors.NotFiniteError),
        (lambda: vad.segments(tmp_path / "missing.wav"), FileNotFoundError),
    ]:
        with pytest.raises(error):
            call()
    assert len(vad.segments(np.zeros(5000, np.int16))) == 0


@pytest.mark.parametrize("count", [1, 30, 64, 1000, 4097])
def test_noise(tmp_path, count):
    rng = np.random.default_rng(2)
    meta = {"task": "denoising", "sample_rate": RATE, "hop": 32, "context": 32}
    signal = (rng.normal(size=count) / 9).astype(np.float32)
    same = sluice.Denoiser(dense(tmp_path / "same.sluice", np.eye(66), [0.0] * 66, None, meta))
    assert np.abs(same(signal) - signal).max() < 1e-6
    mixed = dense(tmp_path / "mixed.sluice", rng.normal(size=(66, 66)) / 9, [0.0] * 66, None, meta)
    path = write_wav(tmp_path / "s.wav", np.rint(signal * 32768).astype(np.int16))
    run(mixed.source, "--wav", path, "--output", tmp_path / "tool.npy", "--quiet")
    denoiser = sluice.Denoiser(mixed.source)
    clean = denoiser(path)
    assert clean.shape == (count,) and np.abs(clean - np.load(tmp_path / "tool.npy").ravel()).max() < 1e-6
    denoiser.file(path, tmp_path / "clean.wav")
    with wave.open(str(tmp_path / "clean.wav")) as file:
        assert file.getparams()[:4] == (1, 2, RATE, count)
    fast = write_wav(tmp_path / "fast.wav", np.rint(signal * 32768).astype(np.int16), 44100)
    run(mixed.source, "--wav", fast, "--output", tmp_path / "tool.npy", "--quiet")
    assert np.abs(denoiser(fast) - np.load(tmp_path / "tool.npy").ravel()).max() < 1e-6
    assert np.array_equal(denoiser(signal, 44100), denoiser(signal, rate=44100)) and len(denoiser(signal, 44100)) < count + 1


def test_the_models_as_they_ship(tmp_path):
    silero = DATA / "conformance/silero/silero_vad_16k_safetensors/model.safetensors"
    recording, gtcrn = DATA / "audio/speech-60s-16k.wav", DATA / "real/gtcrn"
    if not (silero.exists() and recording.exists() and gtcrn.exists()):
        pytest.skip(f"no Silero VAD, GTCRN and recording in {DATA}")
    vad = sluice.SileroVAD(silero)
    (tmp_path / "vad.sluice").write_bytes(vad.model.source)
    lines = map(json.loads, run(tmp_path / "vad.sluice", "--wav", recording, "--json").splitlines())
    expected = [(line["start"], line["end"]) for line in lines if set(line) == {"start", "end"}]
    assert [(s.start, s.end) for s in vad.segments(recording)] == expected and len(expected) > 5
    denoiser = sluice.Denoiser(gtcrn / "gtcrn_simple.onnx")
    (tmp_path / "g.sluice").write_bytes(denoiser.model.source)
    run(tmp_path / "g.sluice", "--wav", gtcrn / "mix.wav", "--output", tmp_path / "g.npy", "--quiet")
    assert np.abs(denoiser(gtcrn / "mix.wav") - np.load(tmp_path / "g.npy").ravel()).max() < 1e-5


def test_where_samples_are_not_finite_or_end(loudness, tmp_path):
    vad, signal = sluice.SileroVAD(loudness), np.zeros(2000, np.float32)
    signal[1234] = np.nan
    with pytest.raises(errors.NotFiniteError, match=r"samples\[1234\] is nan"):
        vad.segments(signal)
    (tmp_path / "empty.wav").write_bytes(b"")
    with pytest.raises(errors.DTypeError, match="ends too early"):
        vad.segments(tmp_path / "empty.wav")
    cut = write_wav(tmp_path / "cut.wav", np.zeros(2000, np.float32))
    cut.write_bytes(cut.read_bytes()[:-1])
    with pytest.raises(errors.DTypeError, match="within a sample"):
        vad.segments(cut)
