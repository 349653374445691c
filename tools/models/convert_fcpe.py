"""Makes models/fcpe/fcpe.safetensors from the weights that the Python package torchfcpe 0.0.4 carries (MIT).

    pip download --no-deps torchfcpe==0.0.4 && pip install torch safetensors
    python tools/models/convert_fcpe.py torchfcpe-0.0.4-py3-none-any.whl models/fcpe

Values and names stay as they are; the header's metadata gets the parts of the configuration that the network is
built from. Left out is what only training uses: the mask of the blurred target, and the norms before the
attention that this network does not have. The licence is copied beside the weights.
"""

import io
import json
import pathlib
import sys
import zipfile

import torch
from safetensors.torch import save_file

SOURCE = "torchfcpe/assets/fcpe_c_v001.pt"
LICENCE = "torchfcpe-0.0.4.dist-info/LICENSE"
MEL = ("sr", "num_mels", "n_fft", "win_size", "hop_size", "fmin", "fmax")
MODEL = ("type", "out_dims", "hidden_dims", "n_layers", "n_heads", "conv_only", "use_fa_norm", "f0_min", "f0_max")


def trained_only(name: str) -> bool:
    return name == "gaussian_blurred_cent_mask" or (name.startswith("net.encoder_layers.") and ".norm." in name)


def main(wheel: pathlib.Path, folder: pathlib.Path) -> None:
    with zipfile.ZipFile(wheel) as package:
        checkpoint = torch.load(io.BytesIO(package.read(SOURCE)), map_location="cpu", weights_only=True)
        licence = package.read(LICENCE)
    whole = checkpoint["config_dict"]
    if not whole["model"]["conv_only"]:
        raise SystemExit("this network attends: its norms are needed")
    config = {"mel": {key: whole["mel"][key] for key in MEL}, "model": {key: whole["model"][key] for key in MODEL}}
    tensors = {
        name: tensor.to(torch.float32).contiguous()
        for name, tensor in checkpoint["model"].items()
        if not trained_only(name)
    }
    metadata = {
        "format": "pt",
        "config": json.dumps(config),
        "source": f"torchfcpe 0.0.4, {SOURCE}, step {checkpoint['global_step']}",
        "license": "MIT",
    }
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / "fcpe.safetensors", metadata)
    (folder / "LICENSE").write_bytes(licence)


main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
