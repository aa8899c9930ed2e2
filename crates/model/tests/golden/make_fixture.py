"""Small models with random weights, and what PyTorch says of them.

Made with Python 3.11.7, torch 2.15.0, transformers 5.24.0, tokenizers 0.23.3, sentencepiece (see the
file `expected.json`, which names all versions). Run in this folder:

    python make_fixture.py

Writes the folders llama, llama3 and qwen2, the checkpoint smallcoder.pt, and expected.json with token
ids of a few texts (by the tokenizers of transformers) and logits at a few places (by its models in
float64). Weights are much larger than in a fresh model, so that a row in the wrong place is seen.
"""

import io
import json
import os
import shutil
import sys

import sentencepiece
import tokenizers
import torch
import transformers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

HERE = os.path.dirname(os.path.abspath(__file__))
TEXTS = [
    "def add(a, b):\n    return a + b\n",
    " It's 2026; 12345 x 678.",
    "naïve Übergrößen – 漢字 and 😀\n\n\tend  ",
    "if x == 'don''t':\r\n  pass",
    "",
]
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
TEMPLATE = "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"


def corpus():
    """Text that every installation has: the sources of this script and of the standard library."""
    for module in (json, shutil, io, json.decoder, json.encoder):
        with open(module.__file__, encoding="utf-8") as source:
            yield from source
    yield from TEXTS


def byte_level(rule, special, n_tokens, ignore_merges=False):
    tokenizer = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    split = pre_tokenizers.Split(Regex(rule), "isolated", invert=False)
    letters = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, letters])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=n_tokens - len(special),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(corpus(), trainer)
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in special])
    return tokenizer


def pieces(n_tokens):
    """A tokenizer.json as transformers makes of a SentencePiece model: merges by the pieces' scores."""
    trained = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(line.rstrip("\n") for line in corpus()),
        model_writer=trained, model_type="bpe", vocab_size=n_tokens, byte_fallback=True,
        normalization_rule_name="identity", remove_extra_whitespaces=False, character_coverage=0.98,
        allow_whitespace_only_pieces=True, split_digits=True, minloglevel=2, num_threads=1,
    )
    model = sentencepiece.SentencePieceProcessor(model_proto=trained.getvalue())
    vocab = {model.id_to_piece(i): i for i in range(model.get_piece_size())}
    scores = {model.id_to_piece(i): model.get_score(i) for i in range(model.get_piece_size())}
    merges = []
    for piece in vocab:
        cuts = [(piece[:at], piece[at:]) for at in range(1, len(piece))]
        cuts = [(l, r) for l, r in cuts if l in vocab and r in vocab]
        merges += sorted(cuts, key=lambda pair: (vocab[pair[0]], vocab[pair[1]]))
    merges.sort(key=lambda pair: -scores[pair[0] + pair[1]])
    tokenizer = Tokenizer(models.BPE(vocab, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence([
        decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)])
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in ["<unk>", "<s>", "</s>"]])
    return tokenizer


def shake(model, seed):
    """Weights large enough that every one of them matters."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith("norm.weight"):
                weight.copy_(1 + 0.3 * torch.randn_like(weight))
            else:
                weight.copy_((0.5 if weight.dim() == 1 else 0.3) * torch.randn_like(weight))
    return model


def expected(model, tokenizer=None):
    ids = list(range(3, 35))
    exact = model.double().eval()
    with torch.no_grad():
        logits = exact(torch.tensor([ids])).logits[0]
    places = [0, 31]
    return {
        "ids": ids,
        "places": places,
        "logits": [[round(x, 4) for x in logits[place].tolist()] for place in places],
        "texts": [{"text": text, "ids": tokenizer.encode(text, add_special_tokens=False).ids}
                  for text in TEXTS if tokenizer],
        "framed": tokenizer.encode("x = 1").ids if tokenizer else [],
    }


def save(folder, model, tokenizer, shard, **settings):
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder, max_shard_size=shard)
    wrapper = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **settings)
    wrapper.save_pretrained(folder)
    os.remove(f"{folder}/generation_config.json")
    with open(f"{folder}/tokenizer.json", encoding="utf-8") as file:
        content = json.load(file)
    with open(f"{folder}/tokenizer.json", "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, separators=(",", ":"))


def shape(rows, ffn):
    return dict(hidden_size=32, intermediate_size=ffn, num_attention_heads=4, num_key_value_heads=2,
                vocab_size=rows, max_position_embeddings=256)


def llama():
    tokenizer = pieces(352)
    config = LlamaConfig(**shape(352, 48), num_hidden_layers=2, rms_norm_eps=1e-5, rope_theta=10000.0,
                         attention_bias=True, mlp_bias=True, tie_word_embeddings=False, bos_token_id=1, eos_token_id=2)
    model = shake(LlamaForCausalLM(config), 1).half()
    save("llama", model, tokenizer, "40KB", bos_token="<s>", eos_token="</s>", unk_token="<unk>")
    return expected(model, tokenizer)


def llama3():
    special = ["<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"]
    tokenizer = byte_level(LLAMA3, special, 284, ignore_merges=True)
    first = tokenizer.token_to_id(special[0])
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(single=f"{special[0]} $A", pair=f"{special[0]} $A {special[0]} $B",
                                      special_tokens=[(special[0], first)])])
    scaling = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
               "original_max_position_embeddings": 64, "rope_theta": 10000.0}
    config = LlamaConfig(**shape(288, 48), num_hidden_layers=1, rms_norm_eps=1e-5, rope_parameters=scaling,
                         tie_word_embeddings=True, bos_token_id=first, eos_token_id=[first + 1, first + 2])
    model = shake(LlamaForCausalLM(config), 2)
    save("llama3", model, tokenizer, "5GB", bos_token=special[0], eos_token=special[1])
    return expected(model, tokenizer)


def qwen2():
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    tokenizer = byte_level(QWEN2, special, 312)
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    end = tokenizer.token_to_id("<|im_end|>")
    config = Qwen2Config(**shape(320, 64), num_hidden_layers=1, rms_norm_eps=1e-6, rope_theta=1000000.0,
                         tie_word_embeddings=True, bos_token_id=end - 2, eos_token_id=end)
    model = shake(Qwen2ForCausalLM(config), 3).bfloat16()
    save("qwen2", model, tokenizer, "5GB", eos_token="<|im_end|>", pad_token="<|endoftext|>")
    with open("qwen2/chat_template.jinja", "w", encoding="utf-8") as file:
        file.write(TEMPLATE)
    return expected(model, tokenizer)


def smallcoder():
    """A checkpoint of the family's form; LlamaForCausalLM computes what the family computes."""
    fields = dict(shape(288, 64), num_hidden_layers=1, rms_norm_eps=1e-6, rope_theta=10000.0, tie_word_embeddings=True,
                  pad_token_id=0, bos_token_id=1, eos_token_id=2)
    model = shake(LlamaForCausalLM(LlamaConfig(**fields)), 4).half()
    state = {name: weight for name, weight in model.state_dict().items() if name != "lm_head.weight"}
    optimizer = torch.optim.AdamW(model.model.norm.parameters())
    torch.save({
        "model_state_dict": state, "config": dict(fields, rope_scaling=None, use_cache=True),
        "optimizer_state_dict": optimizer.state_dict(), "epoch": 3, "train_loss": 1.5,
        "variant_name": "SmallCoder-Test", "trained_on": "bigcode/the-stack-smol",
        "model_info": {"total_parameters": sum(p.numel() for p in model.parameters())},
    }, "smallcoder.pt")
    return expected(model)


def main():
    os.chdir(HERE)
    models_ = {make.__name__: make() for make in (llama, llama3, qwen2, smallcoder)}
    versions = {"python": sys.version.split()[0]}
    for module in (torch, transformers, tokenizers, sentencepiece):
        versions[module.__name__] = module.__version__
    with open("expected.json", "w", encoding="utf-8") as file:
        file.write(json.dumps({"versions": versions, **models_}, ensure_ascii=False, indent=None, separators=(",", ":")))


main()
