"""Makes core/src/test/resources/tokenizers: two small tokenizer.json files and what Hugging Face's
libraries make of them, and of the SentencePiece models of the parity set, for random texts and ids.

Needs transformers, tokenizers, sentencepiece, protobuf. Run it from the project's root.
"""

import json
import pathlib
import random

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import LlamaTokenizer

TARGET = pathlib.Path("core/src/test/resources/tokenizers")
PARITY = pathlib.Path("core/src/test/resources/parity/checkpoints")
SPEECH = ["[Text]", "[Speech]"] + [f"[Hu{i}]" for i in range(20)] + [f"[Pi{i}]" for i in range(4)] + [f"[St{i}]" for i in range(3)]
CORPUS = [
    "the quick brown fox jumps over the lazy dog and the other dogs sleep",
    "speech and text are one stream of tokens, and the model reads them all",
    "he said that the speech was over, and then they left the house together",
] * 4
TEXTS = [
    "", " ", "the dog", " the dog ", "[Text]the dog[Speech][Hu1][Hu19][Text] sleeps", "[Hu20][Hu1]", "a  b\n\tc",
    "[St2][Pi3][Hu0]", "naïve café — 東京 😀", "<s>hi</s>", "[Text]", "[Hu1] [Hu2]", "é[Hu1]ü",
]


def bytelevel():
    """As GPT-2, OPT and Qwen: bytes as letters, no start token."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(
        vocab_size=330, show_progress=False, special_tokens=["<|endoftext|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    config = {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "add_bos_token": False}
    return tokenizer, config


def llama():
    """As Llama's: a leading blank, bytes as pieces, <s> in front."""
    alphabet = sorted({c for line in CORPUS for c in line.replace(" ", "▁")})
    special = ["<unk>", "<s>", "</s>"] + [f"<0x{i:02X}>" for i in range(256)]
    trained = Tokenizer(models.BPE())
    trained.normalizer = normalizers.Replace(" ", "▁")
    trained.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=360, show_progress=False, special_tokens=special, initial_alphabet=alphabet))
    model = json.loads(trained.to_str())["model"]
    merges = [tuple(m) if isinstance(m, list) else tuple(m.split(" ")) for m in model["merges"]]
    tokenizer = Tokenizer(models.BPE(model["vocab"], merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence([
        decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    tokenizer.add_special_tokens([AddedToken(t, normalized=False, special=True) for t in special[:3]])
    tokenizer.post_processor = processors.TemplateProcessing("<s> $A", "<s> $A <s> $B", [("<s>", 1)])
    return tokenizer, {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}


def fast(name, tokenizer, config):
    tokenizer.add_tokens([AddedToken(t, normalized=False) for t in SPEECH])
    folder = TARGET / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False, separators=(",", ":")) + "\n")
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1) + "\n")
    size = tokenizer.get_vocab_size()
    drawn = [[random.randrange(size) for _ in range(random.randint(1, 12))] for _ in range(60)]
    return {
        "folder": name,
        "size": size,
        "encode": [[text, tokenizer.encode(text).ids] for text in TEXTS],
        "decode": [[ids, tokenizer.decode(ids, skip_special_tokens=True)] for ids in drawn],
    }


def sentencepiece(folder, legacy):
    tokenizer = LlamaTokenizer.from_pretrained(PARITY / folder, legacy=legacy)
    kinds = [
        lambda: random.randint(3, 258),  # bytes
        lambda: random.choice([0, 1, 2, tokenizer.convert_tokens_to_ids("▁"), 32000, 32001]),
        lambda: random.randint(259, 31999),
        lambda: random.randint(32002, len(tokenizer) - 1),
    ]
    parts = ["[Hu1]", "[Text]", "<s>", "</s>", "<unk>", " ", "  ", "\n", "a", "hello", "é", "😀", "▁", "[Hu501]", "[St3]", "\t", "\u3000"]
    drawn = [[random.choice(kinds)() for _ in range(random.randint(1, 12))] for _ in range(60)]
    texts = ["".join(random.choice(parts) for _ in range(random.randint(0, 9))) for _ in range(60)]
    return {
        "folder": folder,
        "legacy": legacy,
        "encode": [[text, tokenizer.encode(text)] for text in texts],
        "decode": [[ids, tokenizer.decode(ids, skip_special_tokens=True)] for ids in drawn],
    }


random.seed(7)
expected = {
    "fast": [fast("bytelevel", *bytelevel()), fast("llama", *llama())],
    "sentencepiece": [
        sentencepiece(folder, legacy)
        for folder in ("spiritlm_model/spirit-lm-expressive-7b", "extra/tokenizer_added_tokens/expressive")
        for legacy in (True, False)
    ],
}
(TARGET / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, separators=(",", ":")) + "\n")
