"""python -m unittest discover tools/corpus"""

import unittest

import numpy as np
import pyworld

from loudness import RATE, spoken
from styles import STYLES, Curve, apply

PITCH_RATE = 80


def spoken_at(pitch: np.ndarray) -> np.ndarray:
    """A voice of 20 harmonics at a curve of pitch, silent where there is none, as a synthesizer makes it."""
    hertz = np.repeat(pitch, RATE // PITCH_RATE)
    phase = 2 * np.pi * np.cumsum(hertz) / RATE
    return 0.1 * (hertz > 0) * sum(np.sin(k * phase) / k for k in range(1, 21))


def periodic(sound: np.ndarray) -> float:
    """How alike two stretches are, a period from each other, at best; 1 if they are the same."""
    middle = len(sound) // 2
    stretch = sound[middle : middle + 800]
    lags = range(RATE // 200, RATE // 100)
    return max(np.corrcoef(stretch, sound[middle + lag : middle + lag + 800])[0, 1] for lag in lags)


class StylesTest(unittest.TestCase):
    def setUp(self) -> None:
        rising = np.linspace(120, 180, 2 * PITCH_RATE)
        silence = np.zeros(PITCH_RATE)
        self.pitch = np.concatenate([silence, rising, silence])
        self.sound = spoken_at(self.pitch)

    def heard(self, sound: np.ndarray) -> np.ndarray:
        pitch, _ = pyworld.harvest(sound.astype(np.float64), RATE, f0_floor=55, f0_ceil=550)
        return pitch[40:-40]

    def test_a_curve_has_the_pitch_of_the_sound_at_any_time_and_none_in_silence(self) -> None:
        curve = Curve(self.pitch, PITCH_RATE)
        self.assertEqual(0, curve.at(np.array([0.5]))[0])
        self.assertAlmostEqual(150, curve.at(np.array([2.0]))[0], delta=0.5)
        self.assertAlmostEqual(150, Curve(self.pitch, PITCH_RATE, start=0.75).at(np.array([1.25]))[0], delta=0.5)
        self.assertGreater(curve.at(np.array([1.001]))[0], 115)  # between silence and speech, no pitch of neither

    def test_styles_move_the_pitch_that_was_spoken(self) -> None:
        said = spoken(self.sound)
        curve = Curve(self.pitch, PITCH_RATE, said.start / RATE)
        neutral = self.heard(apply(self.sound[said], curve, STYLES["neutral"]))
        happy = self.heard(apply(self.sound[said], curve, STYLES["happy"]))
        self.assertAlmostEqual(np.median(self.heard(self.sound[said])), np.median(neutral[neutral > 0]), delta=2)
        moved = 12 * np.log2(np.median(happy[happy > 0]) / np.median(neutral[neutral > 0]))
        self.assertAlmostEqual(STYLES["happy"].pitch, moved, delta=0.3)

    def test_a_whisper_has_no_pitch(self) -> None:
        said = spoken(self.sound)
        curve = Curve(self.pitch, PITCH_RATE, said.start / RATE)
        self.assertGreater(periodic(apply(self.sound[said], curve, STYLES["neutral"])), 0.8)
        self.assertLess(periodic(apply(self.sound[said], curve, STYLES["whisper"])), 0.4)


if __name__ == "__main__":
    unittest.main()
