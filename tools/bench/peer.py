#!/usr/bin/env python3
"""What `spiritlm bench` measures, done by PyTorch with the libraries that people use.

Needs torch and transformers; for `pitch` and `encode` also torchfcpe, for `resample` torchaudio.
Random weights at the sizes of the released models. The names are those of `spiritlm bench --list`.

    python3 peer.py hubert-10s --rounds 5 --threads 2
    python3 peer.py decode-1b-bf16 --device cuda

On a GPU float32 is computed in float32, not in TF32, as ours is.
"""

import argparse
import json
import os
import statistics
import sys
import time

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch

AUDIO = "seconds of audio/s"
RATE = 16_000
DEVICE = "cpu"  # where tasks compute; main sets it


def speech(seconds, rate=RATE):
    """A buzz at 150 Hz with some noise: enough for a pitch extractor to find a pitch."""
    time = torch.arange(seconds * rate) / rate
    buzz = sum(torch.sin(2 * torch.pi * 150 * k * time) / k for k in range(1, 20))
    return (0.1 * buzz + 0.01 * torch.randn(len(time)))[None]


# ---- speech ----

def wav2vec_sizes():
    return dict(conv_dim=[512] * 7, conv_kernel=[10, 3, 3, 3, 3, 2, 2],
                conv_stride=[5, 2, 2, 2, 2, 2, 2], attn_implementation="sdpa")


def folded(model):
    """The model with weight norm multiplied out, as in ours, rather than at every call."""
    from torch.nn.utils import parametrize
    parametrize.remove_parametrizations(model.encoder.pos_conv_embed.conv, "weight")
    return model.eval()


def hubert():
    """The reference stops after block 11; the quantizer is three linear layers."""
    from transformers import HubertConfig, HubertModel
    from torch import nn
    sizes = wav2vec_sizes()
    sizes.update(conv_dim=[512] * 8, conv_kernel=sizes["conv_kernel"] + [2],
                 conv_stride=sizes["conv_stride"] + [2])
    model = folded(HubertModel(HubertConfig(num_hidden_layers=11, **sizes)))
    quantizer = nn.Sequential(nn.Linear(768, 702), nn.LeakyReLU(), nn.Linear(702, 635),
                              nn.LeakyReLU(), nn.Linear(635, 501)).eval()
    return lambda samples: quantizer(model(samples).last_hidden_state).argmax(-1).tolist()


def style():
    from transformers import Wav2Vec2Config, Wav2Vec2Model
    from torch import nn
    model = folded(Wav2Vec2Model(Wav2Vec2Config(**wav2vec_sizes())))
    projector, classifier = nn.Linear(768, 256), nn.Linear(256, 100)

    def run(samples):
        samples = (samples - samples.mean()) / (samples.var(correction=0) + 1e-7).sqrt()
        hidden = projector(model(samples).last_hidden_state)[0]
        means = torch.stack([part.mean(0) for part in hidden.split(50)])
        return classifier(means).argmax(-1).tolist()

    return run


def pitch():
    """FCPE's own package, then a VQ-VAE encoder of the released size."""
    import torchfcpe
    from torch import nn
    extractor = torchfcpe.spawn_bundled_infer_model(device=DEVICE)

    class Block(nn.Module):
        def __init__(self, dilation):
            super().__init__()
            self.layers = nn.Sequential(
                nn.ReLU(), nn.Conv1d(32, 32, 3, padding=dilation, dilation=dilation),
                nn.ReLU(), nn.Conv1d(32, 32, 1))

        def forward(self, x):
            return x + self.layers(x)

    layers = []
    for stage in range(4):
        layers.append(nn.Conv1d(2 if stage == 0 else 32, 32, 4, stride=2, padding=1))
        layers += [Block(3 ** depth) for depth in range(4)]
    encoder = nn.Sequential(*layers, nn.Conv1d(32, 128, 3, padding=1)).eval()
    codebook = torch.randn(64, 128)

    def run(samples):
        frames = samples.shape[1] // 80 + 1
        f0, voiced = extractor.infer(
            samples.unsqueeze(-1), sr=RATE, decoder_mode="local_argmax", threshold=0.05,
            f0_min=50, f0_max=1100, interp_uv=True, output_interp_target_length=frames,
            retur_uv=True)
        rows = torch.cat([f0, 1 - voiced.to(f0)], -1).transpose(1, 2)
        latent = encoder(rows)[0].t()
        return torch.cdist(latent, codebook).argmin(-1).tolist()

    return run


def encode_task(parts, seconds):
    samples = speech(seconds)

    def task(_):
        for part in parts:
            assert part(samples)
        return seconds

    return task


def vocoder_task(length):
    from hifigan import Vocoder
    model = Vocoder().eval()

    def task(round_number):
        units = length(round_number)
        codes = [torch.randint(count, (1, n), device=DEVICE) for count, n in
                 ((500, units), (64, (units + 1) // 2), (100, (units + 24) // 25))]
        repeated = [codes[0], codes[1].repeat_interleave(2, 1)[:, :units],
                    codes[2].repeat_interleave(25, 1)[:, :units],
                    torch.full((1, units), 2, device=DEVICE)]
        samples = model(*repeated)[0, 0].cpu().numpy()
        assert len(samples) == 640 * units
        return len(samples) / RATE

    return task


def resample_task():
    import torchaudio
    samples = speech(10, 44_100)
    return lambda _: torchaudio.functional.resample(samples, 44_100, RATE).shape[1] / RATE


# ---- language model ----

SIZES = {
    "135m": dict(hidden_size=576, intermediate_size=1536, num_hidden_layers=30,
                 num_attention_heads=9, num_key_value_heads=3, tie_word_embeddings=True),
    "1b": dict(hidden_size=2048, intermediate_size=5632, num_hidden_layers=22,
               num_attention_heads=32, num_key_value_heads=4),
    "7b-4-layers": dict(hidden_size=4096, intermediate_size=11008, num_hidden_layers=4,
                        num_attention_heads=32, num_key_value_heads=32),
}
PREFILL = 512
CONTEXT = 128
STEPS = 24


def llama(size, dtype):
    from transformers import LlamaConfig, LlamaForCausalLM
    config = LlamaConfig(vocab_size=32768, max_position_embeddings=2048,
                         attn_implementation="sdpa", **SIZES[size])
    torch.set_default_dtype(torch.bfloat16 if dtype == "bf16" else torch.float32)
    return LlamaForCausalLM(config).eval()


def prefill_task(size, dtype):
    model = llama(size, dtype)
    ids = torch.randint(32000, (1, PREFILL))

    def task(_):
        model(ids, use_cache=True, logits_to_keep=1).logits.argmax(-1).item()
        return PREFILL

    return task


def decode_task(size, dtype):
    """Greedy steps after a context, whose reading is not counted."""
    from transformers import DynamicCache
    model = llama(size, dtype)
    ids = torch.randint(32000, (1, CONTEXT))

    def task(_):
        cache = DynamicCache()
        step = model(ids, past_key_values=cache, logits_to_keep=1).logits.argmax(-1)
        began = time.perf_counter()
        for _ in range(STEPS):
            step = model(step, past_key_values=cache, logits_to_keep=1).logits.argmax(-1)
            step.item()
        return STEPS, time.perf_counter() - began

    return task


# ---- training ----

SEQUENCES = 8
LENGTH = 512


def training_task(dtype):
    """Steps of AdamW on a Llama of 16 million parameters, in float32 or with bf16 autocast."""
    from transformers import LlamaConfig, LlamaForCausalLM
    torch.set_default_dtype(torch.float32)
    model = LlamaForCausalLM(LlamaConfig(
        vocab_size=4096, hidden_size=384, intermediate_size=1024, num_hidden_layers=8,
        num_attention_heads=6, num_key_value_heads=6, tie_word_embeddings=True,
        max_position_embeddings=2048, attn_implementation="sdpa", use_cache=False)).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.95),
                                  weight_decay=0.1, fused=True)
    ids = torch.randint(4096, (SEQUENCES, LENGTH))

    def task(_):
        with torch.inference_mode(False), torch.enable_grad():
            optimiser.zero_grad(set_to_none=True)
            with torch.autocast(torch.device(DEVICE).type, torch.bfloat16, enabled=dtype == "bf16"):
                loss = model(ids.clone(), labels=ids.clone()).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1)
            optimiser.step()
        return SEQUENCES * LENGTH

    return task


def hubert_training_task(dtype):
    """Steps of AdamW on a small HuBERT at 25 Hz; the loss is the mean square of what it gives."""
    from transformers import HubertConfig, HubertModel
    torch.set_default_dtype(torch.float32)
    model = HubertModel(HubertConfig(
        hidden_size=256, num_hidden_layers=6, num_attention_heads=4, intermediate_size=1024,
        conv_dim=[128] * 8, conv_kernel=[10, 3, 3, 3, 3, 2, 2, 2],
        conv_stride=[5, 2, 2, 2, 2, 2, 2, 2], num_conv_pos_embeddings=64,
        num_conv_pos_embedding_groups=16, hidden_dropout=0, attention_dropout=0,
        activation_dropout=0, feat_proj_dropout=0, layerdrop=0, apply_spec_augment=False,
        attn_implementation="sdpa")).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
    waveforms = 0.1 * torch.randn(8, 5 * RATE)

    def task(_):
        with torch.inference_mode(False), torch.enable_grad():
            optimiser.zero_grad(set_to_none=True)
            with torch.autocast(torch.device(DEVICE).type, torch.bfloat16, enabled=dtype == "bf16"):
                hidden = model(waveforms.clone()).last_hidden_state
            hidden.float().square().mean().backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1)
            optimiser.step()
        return waveforms.numel() / RATE

    return task


def vocoder_training_task(dtype):
    """Steps of HiFi-GAN with both kinds of discriminators, small, on 16 stretches of 14 frames."""
    from hifigan import Vocoder, discriminators, with_weight_norm
    torch.set_default_dtype(torch.float32)
    generator = with_weight_norm(Vocoder(128, 64))
    judges = with_weight_norm(discriminators(256))
    of_generator = torch.optim.AdamW(generator.parameters(), lr=2e-4, betas=(0.8, 0.99), fused=True)
    of_judges = torch.optim.AdamW(judges.parameters(), lr=2e-4, betas=(0.8, 0.99), fused=True)
    codes = [torch.randint(count, (16, 14)) for count in (500, 64, 100, 4)]
    real = 0.1 * torch.randn(16, 1, 14 * 640)
    window = torch.hann_window(1024)
    filters = torch.rand(80, 513)

    def mel(x):
        spectrum = torch.stft(x.squeeze(1), 1024, 256, window=window, return_complex=True).abs()
        return (filters @ spectrum).clamp_min(1e-5).log()

    def task(_):
        with torch.inference_mode(False), torch.enable_grad():
            on = torch.autocast(torch.device(DEVICE).type, torch.bfloat16, enabled=dtype == "bf16")
            given = [code.clone() for code in codes]
            sound = real.clone()
            with on:
                made = generator(*given)
                of_judges.zero_grad(set_to_none=True)
                loss = sum((judge(sound)[-1].float() - 1).square().mean()
                           + judge(made.detach())[-1].float().square().mean() for judge in judges)
            loss.backward()
            of_judges.step()
            judges.requires_grad_(False)
            of_generator.zero_grad(set_to_none=True)
            with on:
                loss = 0
                for judge in judges:
                    heard, expected = judge(made), judge(sound)
                    loss = loss + (heard[-1].float() - 1).square().mean() + 2 * sum(
                        (a - b).abs().mean() for a, b in zip(heard, expected))
            loss = loss + 45 * (mel(made.float()) - mel(sound)).abs().mean()
            loss.backward()
            of_generator.step()
            judges.requires_grad_(True)
        return real.numel() / RATE

    return task


def bandwidth_task():
    numbers = torch.ones(1 << 28)

    def task(_):
        numbers.sum().item()
        return 4 * len(numbers) / 1e9

    return task


def tasks():
    """What can be measured: name to unit and maker of the task."""
    known = {
        "read-bandwidth": ("GB/s", bandwidth_task),
        "resample-44100": (AUDIO, resample_task),
        "pitch-10s": (AUDIO, lambda: encode_task([pitch()], 10)),
        "style-10s": (AUDIO, lambda: encode_task([style()], 10)),
        "encode-10s": (AUDIO, lambda: encode_task([hubert(), pitch(), style()], 10)),
        "encode-100s": (AUDIO, lambda: encode_task([hubert(), pitch(), style()], 100)),
        "vocoder-4s": (AUDIO, lambda: vocoder_task(lambda _: 100)),
        "vocoder-20s": (AUDIO, lambda: vocoder_task(lambda _: 500)),
        "vocoder-new-lengths": (AUDIO, lambda: vocoder_task(lambda r: 60 + 7 * r)),
    }
    for dtype in ("fp32", "bf16"):
        known[f"train-hubert-{dtype}"] = (
            AUDIO, lambda dtype=dtype: hubert_training_task(dtype))
        known[f"train-vocoder-{dtype}"] = (
            AUDIO, lambda dtype=dtype: vocoder_training_task(dtype))
        known[f"train-16m-{dtype}"] = ("tokens/s", lambda dtype=dtype: training_task(dtype))
    for seconds in (3, 10, 30):
        known[f"hubert-{seconds}s"] = (
            AUDIO, lambda seconds=seconds: encode_task([hubert()], seconds))
    for size in SIZES:
        for dtype in ("fp32", "bf16"):
            for name, maker in (("prefill", prefill_task), ("decode", decode_task)):
                known[f"{name}-{size}-{dtype}"] = (
                    "tokens/s",
                    lambda maker=maker, size=size, dtype=dtype: maker(size, dtype))
    return known


def measure(task, round_number):
    began = time.perf_counter()
    work = task(round_number)
    if isinstance(work, tuple):  # the task knows better how long the work took
        return work[0] / work[1]
    return work / (time.perf_counter() - began)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to measure")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--device", default="cpu", help="cpu, cuda or cuda:N")
    parser.add_argument("--on-request", action="store_true",
                        help="one round for each line of standard input, its number")
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    known = tasks()
    if arguments.list:
        print("\n".join(known))
        return
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    global DEVICE
    DEVICE = arguments.device
    torch.backends.cudnn.conv.fp32_precision = "ieee"
    torch.manual_seed(0)
    with torch.inference_mode():
        for name in arguments.names or known:
            unit, maker = known[name]
            with torch.inference_mode(not name.startswith("train-")), torch.device(DEVICE):
                task = maker()
            if arguments.on_request:
                for line in sys.stdin:
                    value = measure(task, int(line))
                    print(json.dumps({"name": name, "value": value, "unit": unit}), flush=True)
            else:
                values = [measure(task, i) for i in range(arguments.rounds + 2)][2:]
                print(json.dumps({"name": name, "value": statistics.median(values),
                                  "unit": unit, "rounds": values}), flush=True)


if __name__ == "__main__":
    main()
