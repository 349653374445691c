"""Ways of speaking, made of a neutral recording by the WORLD vocoder: the same eight as `corpus synthesize` has."""

import dataclasses

import numpy as np
import pyworld
from scipy.signal import sosfilt, butter

from loudness import RATE, levelled

FRAME = 5.0  # milliseconds
LOWEST, HIGHEST = 55.0, 550.0  # Hz, of the pitch that a style may make


@dataclasses.dataclass(frozen=True)
class Curve:
    """The pitch (Hz; 0 where there is none) that a synthesizer spoke at; the first value is in the middle of the first step."""

    pitch: np.ndarray
    steps: float  # a second
    start: float = 0.0  # seconds from the curve's start to the sound's

    def at(self, times: np.ndarray) -> np.ndarray:
        place = np.clip((times + self.start) * self.steps - 0.5, 0, len(self.pitch) - 1)
        before = np.floor(place).astype(int)
        after = np.minimum(before + 1, len(self.pitch) - 1)
        part = place - before
        left, right = self.pitch[before].astype(np.float64), self.pitch[after].astype(np.float64)
        between = left + part * (right - left)
        return np.where((left > 0) & (right > 0), between, np.where(part < 0.5, left, right))


@dataclasses.dataclass(frozen=True)
class Style:
    """pitch in semitones, range and tempo as factors, gain in dB, breath 0 to 1, tilt as in docs/synthesis.md."""

    pitch: float
    range: float
    tempo: float
    gain: float
    breath: float
    tilt: float


STYLES = {
    "neutral": Style(0, 1, 1, 0, 0, 0),
    "happy": Style(3, 1.6, 1.08, 2, 0, 0.15),
    "sad": Style(-1.5, 0.55, 0.84, -4, 0.2, -0.25),
    "angry": Style(1.5, 1.5, 1.14, 6, 0, 0.4),
    "whisper": Style(0, 1, 0.92, -9, 1, 0.3),
    "sleepy": Style(-2.5, 0.45, 0.75, -5, 0.35, -0.35),
    "enunciated": Style(0.5, 1.25, 0.8, 1, 0, 0.1),
    "fast": Style(0.7, 1.05, 1.45, 0, 0, 0),
}


def varied(style: Style, random: np.random.Generator) -> Style:
    """The style with the differences that utterances have from each other."""
    between = random.uniform(-1, 1, 3)
    return dataclasses.replace(
        style,
        pitch=style.pitch + 0.5 * between[0],
        range=style.range * (1 + 0.1 * between[1]),
        tempo=style.tempo * (1 + 0.04 * between[2]),
    )


def apply(sound: np.ndarray, curve: Curve, style: Style) -> np.ndarray:
    """The sound (16 kHz), spoken at the curve's pitch, in a style whose tempo it has already: all but that is changed here."""
    sound = np.ascontiguousarray(sound, dtype=np.float64)
    times = np.arange(int(1000 * len(sound) / RATE / FRAME) + 1) * FRAME / 1000
    # The curve moves a little from what is heard, and has a pitch in some frames that have none, which D4C sees.
    pitch = pyworld.stonemask(sound, curve.at(times), times, RATE)
    envelope = pyworld.cheaptrick(sound, pitch, times, RATE)
    noise = pyworld.d4c(sound, pitch, times, RATE)
    voiced = (pitch > 0) & (noise.min(axis=1) < 0.9)
    pitch = np.where(voiced, pitch, 0)
    if style.breath >= 1:
        pitch = np.zeros_like(pitch)
        noise = np.ones_like(noise)
        envelope = envelope * np.where(voiced, 0.25, 1.0)[:, None]  # a whispered vowel is softer than its consonants
    elif voiced.any():
        middle = np.median(np.log(pitch[voiced]))
        moved = middle + style.range * (np.log(np.where(voiced, pitch, 1)) - middle) + style.pitch / 12 * np.log(2)
        pitch = np.where(voiced, np.clip(np.exp(moved), LOWEST, HIGHEST), 0)
        noise = noise + style.breath * (1 - noise)
    made = pyworld.synthesize(pitch, envelope, noise, RATE, FRAME)[: len(sound)]
    made = made - style.tilt * np.concatenate(([0], made[:-1]))
    if style.breath >= 1:
        made = sosfilt(butter(2, 250, "highpass", fs=RATE, output="sos"), made)
    return levelled(made, style.gain)
