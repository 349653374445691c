"""Makes training/src/test/resources/mfcc/expected.safetensors: what torchaudio's port of Kaldi gives for HuBERT's first units.

    python tools/golden/mfcc.py        (torch, torchaudio 2.10, safetensors; CPU)

    waveform  [N]         input, 16 kHz
    mfcc      [F, 39]     13 coefficients, their slopes and the slopes of these
"""
from pathlib import Path

import torch
import torchaudio
from safetensors.torch import save_file

FOLDER = Path(__file__).resolve().parents[2] / "training/src/test/resources/mfcc"


def main():
    torch.manual_seed(0)
    time = torch.arange(8123) / 16000
    waveform = 0.3 * torch.sin(2 * torch.pi * (200 * time + 1500 * time**2)) + 0.05 * torch.randn(8123) * time
    waveform[3000:3600] = 0  # digital silence
    mfcc = torchaudio.compliance.kaldi.mfcc(waveform[None], sample_frequency=16000, use_energy=False, dither=0.0).T
    slopes = torchaudio.functional.compute_deltas(mfcc)
    whole = torch.cat([mfcc, slopes, torchaudio.functional.compute_deltas(slopes)]).T.contiguous()
    FOLDER.mkdir(parents=True, exist_ok=True)
    save_file({"waveform": waveform, "mfcc": whole}, FOLDER / "expected.safetensors")


if __name__ == "__main__":
    main()
