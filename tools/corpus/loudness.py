"""How loud recordings are, and the silence around them."""

import numpy as np

RATE = 16000
LEVEL = 0.06  # root mean square of usual speech, pauses left out
PEAK = 0.95


def spoken(sound: np.ndarray, margin: float = 0.15) -> slice:
    """Where the sound is but for the silence around it, with a margin in seconds."""
    step = RATE // 100
    frames = sound[: len(sound) // step * step].reshape(-1, step)
    level = np.sqrt((frames**2).mean(1))
    loud = np.flatnonzero(level > 0.02 * level.max())
    if len(loud) == 0:
        return slice(0, len(sound))
    first = max(0, int(loud[0] * step - margin * RATE))
    last = min(len(sound), int((loud[-1] + 1) * step + margin * RATE))
    return slice(first, last)


def levelled(sound: np.ndarray, gain: float) -> np.ndarray:
    """The sound at the usual level, or so many dB above it."""
    loud = np.abs(sound) > 0.02 * np.abs(sound).max()
    level = np.sqrt((sound[loud] ** 2).mean())
    factor = min(LEVEL * 10 ** (gain / 20) / level, PEAK / np.abs(sound).max())
    return (sound * factor).astype(np.float32)
