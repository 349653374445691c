"""Makes core/src/test/resources/ctc/tones: a small CTC model that hears letters, trained here.

    python tools/golden/ctc_tones.py        (torch, transformers 5.x or 4.57, safetensors; CPU, a few minutes)

Letters are tones: letter k of "abcdefgh" has 300 · 1.3^k Hz and its first overtone, 60 to 160 ms long. Between two words lie 60 to 300 ms
of silence, between two equal letters 40 ms. The loss is CTC, and cross-entropy in the frames that lie wholly within one letter.
"""
import json
import shutil
from pathlib import Path

import numpy as np
import torch
from transformers import Wav2Vec2Config, Wav2Vec2CTCTokenizer, Wav2Vec2FeatureExtractor, Wav2Vec2ForCTC

FOLDER = Path(__file__).resolve().parents[2] / "core/src/test/resources/ctc/tones"
RATE = 16000
LETTERS = "abcdefgh"
VOCABULARY = ["<pad>", "<unk>", "|", *LETTERS]
FIRST = VOCABULARY.index("a")
SECONDS = 3
STEPS = 800
BATCH = 12


def tone(letter, samples, amplitude):
    time = np.arange(samples) / RATE
    angle = 2 * np.pi * 300 * 1.3**letter * time
    wave = amplitude * (np.sin(angle) + 0.3 * np.sin(2 * angle))
    edge = np.minimum(1, np.minimum(np.arange(samples), np.arange(samples)[::-1]) / (0.008 * RATE))
    return wave * edge


def clip(random):
    """A waveform, its labels, and (begin, end, letter) in samples of each letter."""
    total = SECONDS * RATE
    wave = random.normal(0, random.uniform(0.0005, 0.005), total)
    at = int(random.uniform(0.05, 0.6) * RATE)
    labels, spans = [], []
    end = total - int(random.uniform(0, 1.2) * RATE)
    while True:
        word = [int(x) for x in random.integers(0, len(LETTERS), random.integers(1, 6))]
        room = at + (len(word) * 0.2 + 0.05) * RATE
        if room > end:
            break
        if labels:
            labels.append(VOCABULARY.index("|"))
        amplitude = random.uniform(0.1, 0.4)
        for i, letter in enumerate(word):
            at += int(0.04 * RATE) if i > 0 and word[i - 1] == letter else 0
            samples = int(random.uniform(0.06, 0.16) * RATE)
            wave[at:at + samples] += tone(letter, samples, amplitude)
            spans.append((at, at + samples, letter))
            labels.append(FIRST + letter)
            at += samples
        at += int(random.uniform(0.06, 0.3) * RATE)
    return wave, labels, spans


def frames_within(spans, frames, stride, field):
    """The letter of each frame that sees the middle of one, else -100."""
    target = torch.full((frames,), -100)
    for begin, end, letter in spans:
        for t in range(frames):
            middle = t * stride + field / 2
            if begin + stride / 4 <= middle <= end - stride / 4:
                target[t] = FIRST + letter
    return target


def main():
    torch.manual_seed(0)
    random = np.random.default_rng(0)
    config = Wav2Vec2Config(
        conv_dim=(24, 24, 24, 24), conv_kernel=(10, 8, 4, 4), conv_stride=(5, 4, 4, 4), conv_bias=True, hidden_size=32,
        num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, num_conv_pos_embeddings=8,
        num_conv_pos_embedding_groups=4, feat_extract_norm="layer", do_stable_layer_norm=True, vocab_size=len(VOCABULARY),
        pad_token_id=0, layerdrop=0.0, hidden_dropout=0.0, attention_dropout=0.0, activation_dropout=0.0, feat_proj_dropout=0.0,
        final_dropout=0.0, mask_time_prob=0.0, apply_spec_augment=False, ctc_loss_reduction="mean")
    model = Wav2Vec2ForCTC(config)
    stride = int(np.prod(config.conv_stride))
    field = 1
    for kernel, step in zip(reversed(config.conv_kernel), reversed(config.conv_stride)):
        field = (field - 1) * step + kernel
    frames = (SECONDS * RATE - field) // stride + 1
    optimizer = torch.optim.AdamW(model.parameters(), 3e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, STEPS, pct_start=0.1)
    print("parameters", sum(p.numel() for p in model.parameters()), "stride", stride, "field", field, "frames", frames)
    for step in range(STEPS):
        clips = [clip(random) for _ in range(BATCH)]
        waves = torch.tensor(np.stack([(w - w.mean()) / np.sqrt(w.var() + 1e-7) for w, _, _ in clips]), dtype=torch.float32)
        log_probs = model(waves).logits.log_softmax(-1)
        labels = [torch.tensor(ids) for _, ids, _ in clips]
        ctc = torch.nn.functional.ctc_loss(
            log_probs.transpose(0, 1), torch.cat(labels), torch.full((BATCH,), frames), torch.tensor([len(x) for x in labels]),
            blank=0, zero_infinity=True)
        framewise = torch.nn.functional.nll_loss(
            log_probs.flatten(0, 1), torch.cat([frames_within(s, frames, stride, field) for _, _, s in clips]))
        (ctc + framewise).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
        if step % 100 == 0 or step == STEPS - 1:
            print(step, "ctc", round(ctc.item(), 3), "frames", round(framewise.item(), 3), flush=True)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    vocabulary = FOLDER / "vocab.json"
    vocabulary.write_text(json.dumps({token: i for i, token in enumerate(VOCABULARY)}))
    model.eval().save_pretrained(FOLDER)
    Wav2Vec2CTCTokenizer(vocabulary, bos_token=None, eos_token=None).save_pretrained(FOLDER)
    Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(FOLDER)


if __name__ == "__main__":
    main()
