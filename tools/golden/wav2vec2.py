"""Makes core/src/test/resources/wav2vec2: tiny random wav2vec 2.0 models as Hugging Face saves them, and what they compute.

    python tools/golden/wav2vec2.py        (torch, transformers 4.57, safetensors; CPU)

Each folder holds config.json and model.safetensors of one variant, and expected.safetensors with
    waveform  [N]               input, 16 kHz
    hidden    [L + 1, T, D]     input of the first block, then the output of each block with no norm after it
    last      [T, D]            last hidden state
    logits    [S, labels]       (classifier only) scores of the mean over each 50 frames
"""
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import HubertConfig, HubertModel, Wav2Vec2Config, Wav2Vec2ForSequenceClassification

ROOT = Path(__file__).resolve().parents[2] / "core/src/test/resources/wav2vec2"
SIZES = dict(
    conv_dim=(8, 8, 12), conv_kernel=(10, 3, 2), conv_stride=(5, 2, 2), hidden_size=16, num_hidden_layers=2,
    num_attention_heads=2, intermediate_size=24, num_conv_pos_embedding_groups=4, classifier_proj_size=10, num_labels=7,
)
VARIANTS = {
    "hubert-group": (HubertModel, HubertConfig(
        **SIZES, feat_extract_norm="group", conv_bias=True, feat_proj_layer_norm=False, num_conv_pos_embeddings=8)),
    "hubert-layer-prenorm": (HubertModel, HubertConfig(
        **SIZES, feat_extract_norm="layer", conv_bias=True, do_stable_layer_norm=True, num_conv_pos_embeddings=7,
        layer_norm_eps=1e-3)),
    "style-layer": (Wav2Vec2ForSequenceClassification, Wav2Vec2Config(
        **SIZES, feat_extract_norm="layer", num_conv_pos_embeddings=8)),
}


def randomise(model):
    """Values that make every tensor matter: norms away from one, biases away from zero."""
    for name, parameter in model.named_parameters():
        centre = 1.0 if name.endswith("norm.weight") or "original0" in name else 0.0
        torch.nn.init.normal_(parameter, centre, 0.3)


def hidden_states(base, waveform):
    """Inputs and outputs of the blocks, taken by hooks: the library's own list ends with the final norm."""
    states = []
    hooks = [base.encoder.layers[0].register_forward_pre_hook(lambda m, a: states.append(a[0]))]
    for layer in base.encoder.layers:
        hooks.append(layer.register_forward_hook(lambda m, a, out: states.append(out[0])))
    last = base(waveform).last_hidden_state
    for hook in hooks:
        hook.remove()
    return torch.cat(states), last[0]


def rename(path, old_names):
    """Weight norm under the names that older versions of torch gave it."""
    tensors = load_file(path)
    if old_names:
        tensors = {
            k.replace("parametrizations.weight.original0", "weight_g").replace("parametrizations.weight.original1", "weight_v"): v
            for k, v in tensors.items()
        }
    save_file(tensors, path, {"format": "pt"})


def main():
    for seed, (name, (kind, config)) in enumerate(VARIANTS.items()):
        torch.manual_seed(seed)
        folder = ROOT / name
        shutil.rmtree(folder, ignore_errors=True)
        model = kind(config).eval()
        randomise(model)
        waveform = torch.randn(1499) * torch.linspace(0, 0.5, 1499)
        with torch.no_grad():
            hidden, last = hidden_states(getattr(model, "wav2vec2", model), waveform[None])
            expected = dict(waveform=waveform, hidden=hidden, last=last)
            if kind is Wav2Vec2ForSequenceClassification:
                scaled = (waveform - waveform.mean()) / torch.sqrt(waveform.var(unbiased=False) + 1e-7)
                frames = model.projector(model.wav2vec2(scaled[None]).last_hidden_state[0])
                expected["logits"] = torch.stack([model.classifier(group.mean(0)) for group in frames.split(50)])
        model.save_pretrained(folder)
        rename(folder / "model.safetensors", old_names=seed % 2 == 0)
        save_file({k: v.contiguous() for k, v in expected.items()}, folder / "expected.safetensors")
        print(name, {k: tuple(v.shape) for k, v in expected.items()})


if __name__ == "__main__":
    main()
