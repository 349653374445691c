"""Makes torch/src/test/resources/{pickle,safetensors}: small files as PyTorch and the safetensors library
write them, and expected.json with what is in them.

    pip install torch==2.10.0 safetensors==0.8.0
    python tools/golden/torch_files.py torch/src/test/resources
"""

import argparse
import collections
import json
import pathlib
import sys
import zipfile

import torch
from safetensors.torch import save_file

TYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}


class Doubled:
    """An object that PyTorch can only restore by calling what its class names."""

    def __reduce__(self):
        return sorted, ([2, 1],)


def every_type() -> dict[str, torch.Tensor]:
    floats = torch.tensor([[0.0, -1.5, 3.140625], [65504.0, -0.0078125, 1.0]], dtype=torch.float64)
    whole = torch.tensor([[0, 1, 2], [3, 100, 127]])
    return {
        name: (floats if dtype.is_floating_point else whole).to(dtype).clone()
        for name, dtype in TYPES.items()
    }


def layouts() -> dict[str, torch.Tensor]:
    """Tensors that are not the whole of their storage, in order."""
    shared = torch.arange(24, dtype=torch.float32) / 4
    return {
        "scalar": torch.tensor(-7.25),
        "empty": torch.empty(0, 3),
        "transposed": torch.arange(6, dtype=torch.float32).view(2, 3).t(),
        "shared.row": shared.view(4, 6)[2],
        "shared.column": shared.view(4, 6)[:, 1],
        "shared.block": shared.view(2, 3, 4)[:, 1:, ::2],
        "shared.whole": shared,
        "parameter": torch.nn.Parameter(torch.tensor([1.0, 2.0])),
    }


def everything() -> dict:
    state = collections.OrderedDict(every_type() | layouts())
    state._metadata = collections.OrderedDict(version=1)
    return {
        "model": state,
        "ema": {"decay": 0.999, "shadow": {0: torch.tensor([5], dtype=torch.int32)}},
        "args": argparse.Namespace(lr=1e-3, layers=[1, 2, 3], name="ä 🎵", nested=argparse.Namespace(on=True)),
        "step": 7,
        "big": 2**40,
        "huge": 2**80,
        "negative": -3,
        "none": None,
        "tuple": (1, "two", False),
        "size": torch.Size([2, 3]),
    }


def main(folder: pathlib.Path) -> None:
    pickles = folder / "pickle"
    whole = everything()
    torch.save(whole, pickles / "zip.pt")
    torch.save(whole, pickles / "zip_protocol4.pt", pickle_protocol=4)
    torch.save(whole, pickles / "legacy.pt", _use_new_zipfile_serialization=False)
    torch.save(whole, pickles / "legacy_protocol1.pt", _use_new_zipfile_serialization=False, pickle_protocol=1)
    torch.save({"weight": torch.ones(2), "optimizer": Doubled()}, pickles / "foreign.pt")
    torch.save({"weight": torch.ones(1).expand(5)}, pickles / "expanded.pt")
    torch.save([torch.ones(2)], pickles / "list.pt")
    torch.jit.script(torch.nn.Linear(2, 1)).save(pickles / "program.pt")
    with zipfile.ZipFile(pickles / "zip.pt") as stored, zipfile.ZipFile(
        pickles / "compressed.pt", "w", zipfile.ZIP_DEFLATED
    ) as compressed:
        for entry in stored.infolist():
            compressed.writestr(entry.filename, stored.read(entry))

    tensors = {f"type.{name}": value for name, value in every_type().items()}
    tensors |= {name: value.detach().clone(memory_format=torch.contiguous_format) for name, value in layouts().items()}
    save_file(tensors, folder / "safetensors" / "library.safetensors", metadata={"format": "pt", "note": '"ö"'})

    expected = {
        name: {"type": kind, "shape": list(value.shape), "values": value.double().flatten().tolist()}
        for name, value in whole["model"].items()
        for kind, dtype in TYPES.items()
        if value.dtype == dtype
    }
    lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(value)}" for name, value in expected.items())
    (folder / "expected.json").write_text("{\n" + lines + "\n}\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
