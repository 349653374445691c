"""Makes core/src/test/resources/llama: small random Llama models in the variants that the released checkpoints do
not have, with what Hugging Face's transformers computes with them in float32: the logits after every position, and
the answers of beam search.

    pip install torch transformers safetensors
    python tools/golden/llama_variants.py core/src/test/resources/llama

Each variant has one file of weights (bfloat16, so that they are exact in any type) with its ids and logits, and in
llama.json every way in which its config.json may be written, the first by transformers itself.
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM

LENGTH = 100
COMMON = {"vocab_size": 40, "hidden_size": 32, "intermediate_size": 40, "num_hidden_layers": 2}
LLAMA3 = {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 32}

# name: (shape, keys for the rotary embedding in each way to write them)
VARIANTS = {
    "grouped_tied": (
        {"num_attention_heads": 4, "num_key_value_heads": 2, "tie_word_embeddings": True, "max_position_embeddings": 128},
        [{}, {"rope_theta": 10000.0}, {"rope_theta": 10000, "rope_scaling": None}],
    ),
    "biased": (
        {"num_attention_heads": 4, "head_dim": 12, "attention_bias": True, "mlp_bias": True, "rms_norm_eps": 1e-5},
        [
            {"rope_theta": 100000.0},
            {"rope_parameters": {"rope_type": "default", "rope_theta": 100000.0}},
            {"rope_theta": 5.0, "rope_parameters": {"rope_type": "default", "rope_theta": 100000.0}},
        ],
    ),
    "linear": (
        {"num_attention_heads": 2, "max_position_embeddings": 128},
        [
            {"rope_theta": 1000.0, "rope_scaling": {"type": "linear", "factor": 4.0}},
            {"rope_theta": 1000.0, "rope_scaling": {"rope_type": "linear", "factor": 4.0}},
            {"rope_parameters": {"rope_type": "linear", "factor": 4.0, "rope_theta": 1000.0}},
            {
                "rope_scaling": {"rope_type": "linear", "factor": 4.0, "rope_theta": 1000.0},
                "rope_parameters": {"rope_type": "default", "rope_theta": 5.0},
            },
        ],
    ),
    "llama3": (
        {"num_attention_heads": 4, "num_key_value_heads": 1, "head_dim": 16, "max_position_embeddings": 256},
        [
            {"rope_theta": 5000.0, "rope_scaling": {"rope_type": "llama3", **LLAMA3}},
            {"rope_theta": 5000.0, "rope_scaling": {"type": "llama3", **LLAMA3}},
            {"rope_parameters": {"rope_type": "llama3", "rope_theta": 5000.0, **LLAMA3}},
        ],
    ),
}

# keys of generate()
SEARCHES = [
    {"num_beams": 2},
    {"num_beams": 3, "length_penalty": 0.0},
    {"num_beams": 4, "length_penalty": 2.0, "ends": 2},
    {"num_beams": 5, "length_penalty": -1.0, "ends": 3},
    {"num_beams": 5, "ends": 1, "forbidden": 12},
    {"num_beams": 3, "ends": 4, "repetition_penalty": 1.3},
    {"num_beams": 8, "ends": 6, "max_new_tokens": 24},
    {"num_beams": 4, "ends": 2, "max_new_tokens": 1},
]


def model(shape, rope):
    config = LlamaConfig(**COMMON, **shape, **rope, initializer_range=0.25, attn_implementation="eager")
    network = LlamaForCausalLM(config).eval()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name.endswith("bias"):
                parameter.normal_(0, 0.3)
            elif "norm" in name:
                parameter.normal_(1, 0.3)
            parameter.copy_(parameter.to(torch.bfloat16))
    return network


def search(network, prompt, keys):
    """One beam search; the end ids are those that come often where there are none, so that beams do end."""
    vocabulary = network.config.vocab_size
    keys = {"max_new_tokens": 16, "length_penalty": 1.0, "repetition_penalty": 1.0, "ends": 0, "forbidden": 0, **keys}
    forbidden = sorted(torch.randperm(vocabulary)[: keys.pop("forbidden")].tolist())
    count = keys.pop("ends")
    fixed = {"do_sample": False, "num_return_sequences": keys["num_beams"], "pad_token_id": vocabulary - 1,
             "suppress_tokens": forbidden or None, "return_dict_in_generate": True, "output_scores": True}
    ids = torch.tensor([prompt])
    mask = torch.ones_like(ids)
    network.generation_config.eos_token_id = None
    free = network.generate(ids, attention_mask=mask, **fixed, **keys).sequences[:, len(prompt) :]
    often = torch.bincount(free.flatten(), minlength=vocabulary).argsort(descending=True, stable=True)
    ends = sorted(often[:count].tolist())
    found = network.generate(ids, attention_mask=mask, eos_token_id=ends or None, **fixed, **keys)
    answers = []
    for row in found.sequences[:, len(prompt) :].tolist():
        at = [i for i, id in enumerate(row) if id in ends]
        answers.append(row[: at[0] + 1] if at else row)
    return {**keys, "ends": ends, "forbidden": forbidden, "prompt": prompt, "answers": answers,
            "scores": found.sequences_scores.tolist()}


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    described = {}
    for seed, (name, (shape, ways)) in enumerate(VARIANTS.items()):
        torch.manual_seed(seed)
        network = model(shape, ways[0])
        ids = torch.randint(COMMON["vocab_size"], (LENGTH,))
        with torch.no_grad():
            logits = network(ids[None]).logits[0]
            for way in ways[1:]:
                other = LlamaForCausalLM(LlamaConfig(**COMMON, **shape, **way, attn_implementation="eager")).eval()
                other.load_state_dict(network.state_dict())
                assert torch.equal(other(ids[None]).logits[0], logits), (name, way)
        tensors = {f"lm.{key}": value.to(torch.bfloat16).contiguous() for key, value in network.state_dict().items()}
        if shape.get("tie_word_embeddings"):
            del tensors["lm.lm_head.weight"]
        save_file({**tensors, "ids": ids, "logits": logits.contiguous()}, folder / f"{name}.safetensors")
        written = json.loads(network.config.to_json_string(use_diff=False))
        plain = {"model_type": "llama", **COMMON, **shape}
        described[name] = {
            "configs": [written] + [{**plain, **way} for way in ways],
            "searches": [search(network, ids[: 3 + i].tolist(), keys) for i, keys in enumerate(SEARCHES)],
        }
    (folder / "llama.json").write_text(json.dumps(described, separators=(",", ":")).replace('{"configs"', '\n{"configs"') + "\n")


main(pathlib.Path(sys.argv[1]))
