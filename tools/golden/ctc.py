"""Makes core/src/test/resources/ctc: tiny random CTC models as Hugging Face saves them, and what they compute.

    python tools/golden/ctc.py        (torch, transformers 5.x or 4.57, safetensors; CPU)

Each folder holds config.json, model.safetensors (or pytorch_model.bin), vocab.json, tokenizer_config.json and
preprocessor_config.json of one variant, and expected.safetensors with
    waveform  [N]      input, 16 kHz
    logits    [T, V]   of the waveform as the feature extractor hands it over
"""
import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import HubertConfig, HubertForCTC, Wav2Vec2Config, Wav2Vec2CTCTokenizer, Wav2Vec2FeatureExtractor, Wav2Vec2ForCTC

ROOT = Path(__file__).resolve().parents[2] / "core/src/test/resources/ctc"
VOCABULARY = ["<pad>", "<s>", "</s>", "<unk>", "|", *"abcdefghij'"]
SIZES = dict(
    conv_dim=(8, 8, 12), conv_kernel=(10, 3, 2), conv_stride=(5, 2, 2), hidden_size=16, num_hidden_layers=2,
    num_attention_heads=2, intermediate_size=24, num_conv_pos_embedding_groups=4, vocab_size=len(VOCABULARY), pad_token_id=0,
)
VARIANTS = {
    "group": (Wav2Vec2ForCTC, Wav2Vec2Config(**SIZES, feat_extract_norm="group", num_conv_pos_embeddings=8), False),
    "layer-prenorm": (Wav2Vec2ForCTC, Wav2Vec2Config(
        **SIZES, feat_extract_norm="layer", conv_bias=True, do_stable_layer_norm=True, num_conv_pos_embeddings=8), True),
    "layer": (Wav2Vec2ForCTC, Wav2Vec2Config(
        **SIZES, feat_extract_norm="layer", conv_bias=False, num_conv_pos_embeddings=7, layer_norm_eps=1e-3), True),
    "group-prenorm-bias": (Wav2Vec2ForCTC, Wav2Vec2Config(
        **SIZES, feat_extract_norm="group", conv_bias=True, do_stable_layer_norm=True, num_conv_pos_embeddings=8), True),
    "hubert": (HubertForCTC, HubertConfig(
        **SIZES, feat_extract_norm="group", feat_proj_layer_norm=False, num_conv_pos_embeddings=8), False),
}
PICKLED = "layer"


def randomise(model):
    """Values that make every tensor matter: norms away from one, biases away from zero."""
    for name, parameter in model.named_parameters():
        centre = 1.0 if name.endswith("norm.weight") or "original0" in name else 0.0
        torch.nn.init.normal_(parameter, centre, 0.3)


def main():
    for seed, (name, (kind, config, normalize)) in enumerate(VARIANTS.items()):
        torch.manual_seed(seed)
        folder = ROOT / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        model = kind(config).eval()
        randomise(model)
        waveform = 0.05 + torch.randn(1499) * torch.linspace(0, 0.5, 1499)
        extractor = Wav2Vec2FeatureExtractor(do_normalize=normalize)
        with torch.no_grad():
            values = extractor(waveform.numpy(), sampling_rate=16000, return_tensors="pt").input_values
            logits = model(values).logits[0]
        vocabulary = folder / "vocab.json"
        vocabulary.write_text(json.dumps({token: i for i, token in enumerate(VOCABULARY)}))
        model.save_pretrained(folder)
        Wav2Vec2CTCTokenizer(vocabulary, word_delimiter_token="|").save_pretrained(folder)
        extractor.save_pretrained(folder)
        if name == PICKLED:
            torch.save(model.state_dict(), folder / "pytorch_model.bin")
            (folder / "model.safetensors").unlink()
        save_file({"waveform": waveform, "logits": logits.contiguous()}, folder / "expected.safetensors")
        print(name, tuple(logits.shape), [path.name for path in sorted(folder.iterdir())])


if __name__ == "__main__":
    main()
