#!/usr/bin/env python3
"""Loads what `spiritlm convert` and `spiritlm init` write in Hugging Face transformers, as it is, and compares
what both compute: language model logits, HuBERT features, style logits (float32), and the tokenizers' ids.

    python3 tools/models/check_transformers.py                  converts the parity checkpoints, makes toy models
    python3 tools/models/check_transformers.py MODEL...         directories of our own layout

Needs torch, transformers, safetensors, sentencepiece, protobuf. Exits with 1 where anything differs.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

import torch
import transformers
from safetensors.torch import load_file
from transformers import (AutoFeatureExtractor, AutoTokenizer, GenerationConfig, HubertModel, LlamaForCausalLM,
                          Wav2Vec2ForSequenceClassification)

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LAUNCHER = ROOT / "spiritlm"
CHECKPOINTS = ROOT / "core/src/test/resources/parity/checkpoints"
SPEECH = ROOT / "examples/speech.flac"
TOLERANCE = 2e-4
STYLE_FRAMES = 50

TEXTS = [
    "the quick brown fox jumps over the lazy dog",
    "naïve café: 東京 😀\n  a",
    "say it [Speech][Hu1][Hu500][Hu7][Text] and then",
    "[Speech][Hu3][Hu5][Hu8]",
    "[Text]the cat[Speech][Hu1][Hu2][Text]sat",
]
EXPRESSIVE_TEXTS = ["[Speech][St99][Pi0][Hu5][Hu6][Pi63][Hu7]", "now [Speech][St1][Pi2][Hu3]"]


class Report:
    """The table, and whether everything in it is right."""

    def __init__(self):
        self.right = True

    def row(self, model, what, value, right):
        self.right &= right
        print(f"{model:<24} {what:<34} {value:<32} {'ok' if right else 'DIFFERS'}", flush=True)

    def largest(self, model, what, ours, theirs):
        if ours.shape != theirs.shape:
            self.row(model, what, f"shapes {tuple(ours.shape)}, {tuple(theirs.shape)}", False)
            return
        difference = (ours - theirs).abs().max().item()
        scale = theirs.abs().max().item()
        self.row(model, what, f"{difference:.1e} of {scale:.2f}", difference <= TOLERANCE)


def ours(model, texts, folder):
    """What this project computes."""
    outputs = folder / "outputs.safetensors"
    outputs.unlink(missing_ok=True)
    classpath = (ROOT / "app/target/classpath").read_text().strip()
    subprocess.run(["java", f"-Dspiritlm.home={ROOT}", "-cp", f"{ROOT}/app/target/spiritlm-app.jar:{classpath}",
                    str(ROOT / "tools/models/ModelOutputs.java"), str(model), str(SPEECH), str(outputs), *texts],
                   check=True)
    return load_file(outputs)


def load(report, name, kind, folder, **options):
    """The model in float32; every tensor must be used and every parameter found."""
    model, told = kind.from_pretrained(folder, output_loading_info=True, **options)
    wrong = {key: names for key, names in told.items() if names}
    report.row(name, kind.__name__, "every tensor used" if not wrong else str(wrong), not wrong)
    return model.float().eval()


def tokenizers(report, name, folder, texts, expected):
    """The ids of each text. Where a text begins with a token, SentencePiece has the piece of a blank before it,
    and so has the reference; transformers 5 leaves that one out with any LlamaTokenizer, Meta's own included."""
    tokenizer = AutoTokenizer.from_pretrained(folder, use_fast=False)
    leaves_out = int(transformers.__version__.split(".")[0]) >= 5
    without_blank = 0
    differing = []
    for text, ids in zip(texts, expected):
        found = tokenizer(text).input_ids
        if found == ids:
            continue
        if leaves_out and text.startswith("[") and found == ids[:1] + ids[2:] and tokenizer.convert_ids_to_tokens(ids[1]) == "▁":
            without_blank += 1
        else:
            differing.append(f"    {text!r}: {tokenizer.convert_ids_to_tokens(found)}")
    equal = f"{len(texts) - len(differing)} of {len(texts)} texts equal"
    report.row(name, type(tokenizer).__name__, equal + (f", {without_blank} but for '▁'" if without_blank else ""), not differing)
    print("".join(line + "\n" for line in differing), end="")


def check(report, model, folder):
    name = model.name
    expressive = (model / "style").is_dir()
    texts = TEXTS + (EXPRESSIVE_TEXTS if expressive else [])
    expected = ours(model, texts, folder)

    tokenizers(report, name, model / "lm", texts, [expected[f"ids.{number}"].tolist() for number in range(len(texts))])

    llama = load(report, name, LlamaForCausalLM, model / "lm")
    GenerationConfig.from_pretrained(model / "lm")
    for number in range(len(texts)):
        ids = expected[f"ids.{number}"].unsqueeze(0)
        report.largest(name, f"logits after {ids.shape[1]} ids", expected[f"logits.{number}"], llama(ids).logits[:, -1])

    samples = expected["samples"].numpy()
    hubert = load(report, name, HubertModel, model / "hubert")
    features = AutoFeatureExtractor.from_pretrained(model / "hubert")
    waveform = features(samples, sampling_rate=16_000, return_tensors="pt").input_values
    layer = getattr(hubert.config, "spiritlm_layer", hubert.config.num_hidden_layers)
    states = hubert(waveform, output_hidden_states=True).hidden_states
    report.largest(name, f"HuBERT block {layer}", expected["hubert"], states[layer][0])

    if expressive:
        style = load(report, name, Wav2Vec2ForSequenceClassification, model / "style")
        features = AutoFeatureExtractor.from_pretrained(model / "style")
        waveform = features(samples, sampling_rate=16_000, return_tensors="pt").input_values
        # The library averages over the whole; style tokens over each second.
        projected = style.projector(style.wav2vec2(waveform).last_hidden_state)[0]
        means = torch.stack([frames.mean(0) for frames in projected.split(STYLE_FRAMES)])
        report.largest(name, "style logits", expected["style"], style.classifier(means))


def made(folder):
    """Converted and new models of every kind."""
    for variant in ("base", "expressive"):
        model = folder / f"converted-{variant}"
        subprocess.run([LAUNCHER, "convert", CHECKPOINTS, "--variant", variant, "-o", model],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        yield model
        for dtype in ("fp32", "bf16"):
            model = folder / f"toy-{variant}-{dtype}"
            subprocess.run([LAUNCHER, "init", "--preset", "toy", "--variant", variant, "--dtype", dtype, "-o", model],
                           check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            yield model


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", type=pathlib.Path, metavar="MODEL")
    arguments = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    print(f"transformers {transformers.__version__}, torch {torch.__version__}, tolerance {TOLERANCE}")
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for model in arguments.models or made(folder):
            check(report, model, folder)
    sys.exit(0 if report.right else 1)


if __name__ == "__main__":
    main()
