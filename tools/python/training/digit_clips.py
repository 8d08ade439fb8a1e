"""Clips of spoken digits in noise: what digits.py, train_digits.py and evaluate_digits.py share. Not run by itself.

espeak-ng says the words: formant synthesis, the voice of nobody. A clip has up to five words, digits and others, with
silences between them, a noise under all of it, at any loudness. Voices, accents, other words, babbling sentences and kinds of noise of the test part
are in no other part. What the training part says is varied: longer or shorter throats, duller or brighter. The same seeds give the same clips with the same espeak-ng (1.51 made the gallery's).
"""

import io
import subprocess
import wave
from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter, resample_poly

RATE = 16000
DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
SECONDS = 3.2
SEEDS = {"train": 1, "validation": 2, "test": 3}
RECORDINGS = {"train": 5000, "validation": 600, "test": 1500}
ACCENTS = {
    "train": ["en-gb", "en-us", "en-gb-x-rp", "en-us-nyc", "en-gb-x-gbcwmd"],
    "validation": ["en-gb", "en-us", "en-gb-x-rp", "en-us-nyc", "en-gb-x-gbcwmd"],
    "test": ["en-gb-scotland", "en-gb-x-gbclan", "en-029"],
}
# Of those that are one voice in several tunings, all are in one part.
VARIANTS = {
    "train": (
        "m1 m2 m3 m5 m6 f1 f2 f4 Alex Alicia Andy adam antonio belinda boris caleb david Denis Diogo ed edward edward2 Gene Gene2 "
        "gustave Henrique iven iven2 iven3 iven4 Jacky john Lee linda Marco max Michael miguel Mike pablo paul quincy rob robert "
        "steph steph2 steph3 klatt klatt2 klatt3 croak whisper grandpa").split(),
    "validation": "m4 f5 Annie benjamin Hugo marcelo norbert sandro shelby zac anika".split(),
    "test": "m7 m8 f3 Andrea aunty announcer kaukovalta Mario michel Nguyen pedro travis victor grandma".split(),
}
OTHERS = {
    "train": (
        "water table window garden morning yellow simple people river doctor paper number stop go left right yes no up down "
        "house light money under after never music happy letter summer open close away today finger winter before again").split(),
    "validation": "bottle orange market listen corner silver captain wonder little kitchen".split(),
    "test": "mountain purple basket teacher forest copper travel signal button island marble candle".split(),
}
ONSETS = "b d f g h j k l m n p r s t v w br bl st str tr th sh fl fr gr sp".split()
VOWELS = "a e i o u ai ee oo ou ea".split()
BEGINNINGS = "zee wun wond too tood three for ford fy fiv si sick sev sen ay ate ny nine".split()
CODAS = ["", *"n t s k l m r x ve nd st sh".split()]
SENTENCES = {
    "train": [
        "the old road follows the river and then climbs slowly through the woods",
        "she put the lamp on the shelf because the evening had become dark",
        "our neighbours brought bread and cheese and stayed until the rain was over",
        "most of the boats were already in the harbour when the storm began",
    ],
    "validation": ["a small bird sat on the wall and looked at the people in the yard"],
    "test": [
        "he could not remember where the key was but he knew who had taken it",
        "the machine makes a quiet sound while it is cooling and stops by itself",
        "many a traveller has slept under that tree and dreamt of a warm supper",
    ],
}
NOISES = {
    "train": ["white", "pink", "babble", "hum"],
    "validation": ["white", "pink", "babble", "hum"],
    "test": ["brown", "babble", "clatter", "engine"],
}
MAINS = {"train": (50.0, 50.0), "validation": (50.0, 50.0), "test": (60.0, 140.0)}  # Hz, of what hums


@dataclass(frozen=True)
class Clip:
    samples: np.ndarray  # [SECONDS * RATE] float32, whole steps of 2^-15
    words: list[tuple[int, int, int]]  # digit or -1, first sample, the one behind the last
    noise: str
    ratio: float  # speech to noise, dB


def said(text: str, voice: str, speed: int, pitch: int) -> np.ndarray:
    """What espeak-ng says at RATE, without the silence around it, its peak at 1."""
    command = ["espeak-ng", "--stdout", "-v", voice, "-s", str(speed), "-p", str(pitch), text]
    with wave.open(io.BytesIO(subprocess.run(command, check=True, capture_output=True).stdout)) as file:
        rate = file.getframerate()
        samples = np.frombuffer(file.readframes(1 << 30), "<i2").astype(np.float64)
    samples = resample_poly(samples, 320, rate // 50)
    loud = np.flatnonzero(np.abs(samples) > 0.02 * np.abs(samples).max())
    return samples[loud[0] : loud[-1] + 1] / np.abs(samples).max()


def varied(word: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Another speaker's, as it were: all frequencies moved by up to a seventh, and a tilt of the spectrum."""
    count = int(len(word) * np.exp(random.uniform(-0.13, 0.13)))
    word = np.interp(np.linspace(0, len(word) - 1, count), np.arange(len(word)), word)
    word = lfilter([1, -random.uniform(-0.4, 0.7)], [1], word)
    return word / np.abs(word).max()


class Part:
    """Recordings of a part, of which its clips are put together."""

    def __init__(self, part: str) -> None:
        self.part = part
        random = np.random.default_rng([SEEDS[part], 1 << 20])
        self.digits: list[list[np.ndarray]] = [[] for _ in DIGITS]
        for index in range(RECORDINGS[part]):
            self.digits[index % 10].append(said(DIGITS[index % 10], *self.manner(random)))
        self.others = [said(self.other(random), *self.manner(random)) for _ in range(RECORDINGS[part] // 3)]
        self.talk = [said(str(random.choice(SENTENCES[part])), *self.manner(random)) for _ in range(RECORDINGS[part] // 50)]

    def manner(self, random: np.random.Generator) -> tuple[str, int, int]:
        voice = f"{random.choice(ACCENTS[self.part])}+{random.choice(VARIANTS[self.part])}"
        return voice, int(random.integers(110, 221)), int(random.integers(20, 81))

    def other(self, random: np.random.Generator) -> str:
        """A word that is no digit; of the training part most are none at all, so that none is learnt by heart, or begin as a digit does."""
        if self.part == "train" and random.random() < 0.8:
            count = int(random.integers(1, 4))
            syllables = [str(random.choice(ONSETS) + random.choice(VOWELS)) for _ in range(count)]
            if random.random() < 0.3:
                syllables = [str(random.choice(BEGINNINGS)), *syllables[:2]]
            return "".join(syllables) + str(random.choice(CODAS))
        return str(random.choice(OTHERS[self.part]))

    def noise(self, kind: str, count: int, random: np.random.Generator) -> np.ndarray:
        """`count` samples of a noise, of root mean square 1."""
        white = random.standard_normal(count)
        time = np.arange(count) / RATE
        match kind:
            case "white":
                noise = white
            case "pink" | "brown":  # power falls with 1/f, with 1/f^2
                spectrum = np.fft.rfft(white)
                shape = np.maximum(np.arange(len(spectrum)), 20) ** (-0.5 if kind == "pink" else -1.0)
                noise = np.fft.irfft(spectrum * shape, count)
            case "babble":  # five that talk, each from anywhere in a sentence
                noise = np.zeros(count)
                for _ in range(5):
                    talk = self.talk[random.integers(len(self.talk))]
                    noise += random.uniform(0.4, 1) * np.resize(np.roll(talk, random.integers(len(talk))), count)
            case "hum" | "engine":
                first = random.uniform(*MAINS[self.part])
                noise = sum(np.sin(2 * np.pi * first * k * time + random.uniform(0, 6.3)) / k for k in range(1, 12 if kind == "hum" else 24))
                if kind == "engine":  # beats, and hisses
                    noise = noise * (1 + 0.5 * np.sin(2 * np.pi * random.uniform(3, 9) * time)) + 0.3 * white
                else:
                    noise = noise + 0.05 * white
            case "clatter":  # blows that ring for some milliseconds
                noise = 0.05 * white
                for at in random.integers(0, count, count // 1600):
                    ring = np.exp(-np.arange(800) / random.uniform(40, 200)) * np.sin(np.arange(800) * random.uniform(0.3, 2.0))
                    noise[at : at + 800] += random.uniform(0.3, 2) * ring[: count - at]
        return noise / np.sqrt(np.mean(noise**2))

    def clip(self, index: int) -> Clip:
        """The clip of that index, the same each time."""
        random = np.random.default_rng([SEEDS[self.part], index])
        count = int(SECONDS * RATE)
        speech, words = np.zeros(count), []
        at = int(random.uniform(0.1, 0.6) * RATE)
        while random.random() > 0.08:
            digit = int(random.integers(10)) if random.random() < 0.75 else -1
            kept = self.others if digit < 0 else self.digits[digit]
            word = kept[random.integers(len(kept))]
            if self.part == "train":
                word = varied(word, random)
            if at + len(word) + 0.2 * RATE > count:
                break
            speech[at : at + len(word)] += random.uniform(0.6, 1) * word
            words.append((digit, at, at + len(word)))
            at += len(word) + int(random.uniform(0.16, 0.6) * RATE)
        kind, ratio = str(random.choice(NOISES[self.part])), float(random.uniform(0 if self.part == "train" else 5, 30))
        loud = np.sqrt(np.mean(speech[speech != 0] ** 2)) if words else 0.1
        mixed = speech + loud * 10 ** (-ratio / 20) * self.noise(kind, count, random)
        mixed *= 10 ** (random.uniform(-26, -3) / 20) / np.abs(mixed).max()
        return Clip((np.round(mixed * 32768) / 32768).astype(np.float32), words, kind, ratio)

    def clips(self, count: int) -> list[Clip]:
        return [self.clip(index) for index in range(count)]
