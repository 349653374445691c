"""Makes core/src/test/resources/pitch/attention.{json,safetensors}: what torchfcpe computes with random
weights in the variants that the released network does not have (attention, embeddings of harmonics, newer
names of weight norm, dropout in the training settings, a window shorter than the Fourier transform).

    pip install torch torchfcpe==0.0.4 safetensors
    python tools/golden/fcpe_attention.py core/src/test/resources/pitch
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import save_file
from torchfcpe.models_infer import spawn_model
from torchfcpe.tools import DotDict, spawn_wav2mel

CONFIG = {
    "mel": {"sr": 16000, "num_mels": 16, "n_fft": 512, "win_size": 400, "hop_size": 160, "fmin": 50, "fmax": 7000},
    "model": {
        "type": "CFNaiveMelPE",
        "out_dims": 24,
        "hidden_dims": 32,
        "n_layers": 2,
        "n_heads": 2,
        "f0_min": 40.0,
        "f0_max": 800.0,
        "use_fa_norm": True,
        "conv_only": False,
        "conv_dropout": 0.1,
        "atten_dropout": 0.1,
        "use_harmonic_emb": True,
    },
}


def main(folder: pathlib.Path) -> None:
    torch.manual_seed(1)
    model = spawn_model(DotDict(CONFIG)).eval()
    mel = torch.randn(1, 37, CONFIG["mel"]["num_mels"])
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1.5)
        tensors = {"mel": mel[0], "latent": model(mel)[0]}
        wave = torch.rand(1, 5000, 1) - 0.5
        tensors |= {"wave": wave[0, :, 0], "wave_mel": spawn_wav2mel(DotDict(CONFIG))(wave, 16000)[0]}
    tensors |= {f"model.{name}": value.contiguous() for name, value in model.state_dict().items()}
    save_file(tensors, folder / "attention.safetensors")
    (folder / "attention.json").write_text(json.dumps(CONFIG, indent=1) + "\n")


main(pathlib.Path(sys.argv[1]))
