"""Loss and gradients of tiny models with low-rank adapters, from PyTorch, transformers and PEFT.

    pip install torch transformers==4.38.2 peft==0.9.0
    python pytorch.py

writes beside this script:
    pytorch.json    versions; per model: the loss in nats, the logits after the last token, the names and
                    shapes that PEFT saves, and of every parameter's gradient the length and the product
                    with a fixed vector; and the loss and gradients of all weights without an adapter

Weights, factors and tokens come from `noise`, which `pytorch.rs` has too, so no weights are stored.
"""

import importlib.metadata
import json
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

HERE = Path(__file__).parent
VOCABULARY, WIDTH, INNER, LAYERS, HEADS, KV_HEADS = 64, 32, 48, 2, 4, 2
RANK, ALPHA = 3, 6
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
# Length of each sequence, and from which token on it is to be predicted.
SEQUENCES = [(13, 5), (9, 1)]


def noise(n, salt):
    """n numbers between -1 and 1: a linear congruential generator, its first three numbers dropped."""
    state, found = salt, []
    for i in range(n + 3):
        if i >= 3:
            found.append((state >> 8) / (1 << 23) - 1.0)
        state = (state * 1664525 + 1013904223) % (1 << 32)
    return found


def filled(shape, salt, size, middle=0.0):
    numbers = noise(int(torch.Size(shape).numel()), salt)
    return torch.tensor(numbers, dtype=torch.float32).reshape(shape) * size + middle


def weights(model):
    """Names in the order in which the file lists them, so that both sides count alike."""
    names = ["model.embed_tokens.weight", "lm_head.weight", "model.norm.weight"]
    for layer in range(LAYERS):
        stem = f"model.layers.{layer}"
        names += [f"{stem}.input_layernorm.weight", f"{stem}.post_attention_layernorm.weight"]
        for target in TARGETS:
            block = "self_attn" if target in TARGETS[:4] else "mlp"
            names += [f"{stem}.{block}.{target}.weight", f"{stem}.{block}.{target}.bias"]
    own = dict(model.named_parameters())
    for salt, name in enumerate(names):
        if name in own:
            norm = "norm" in name
            value = filled(own[name].shape, salt, 0.1 if norm else 0.3, 1.0 if norm else 0.0)
            own[name].data.copy_(value)


def sequences():
    numbers = noise(sum(n for n, _ in SEQUENCES), 999)
    tokens = [int((number + 1) / 2 * VOCABULARY) % VOCABULARY for number in numbers]
    found, start = [], 0
    for length, counted_from in SEQUENCES:
        found.append((tokens[start : start + length], counted_from))
        start += length
    return found


def loss(model):
    nats, last = torch.zeros(()), None
    for tokens, counted_from in sequences():
        ids = torch.tensor([tokens])
        last = model(ids).logits[0]
        each = torch.nn.functional.cross_entropy(last[:-1], ids[0, 1:], reduction="none")
        nats = nats + each[counted_from - 1 :].sum()
    return nats, last


def gradient(name, parameter, salt):
    by = filled(parameter.grad.shape, salt, 1.0)
    return {
        "name": name,
        "length": parameter.grad.norm().item(),
        "product": (parameter.grad * by).sum().item(),
    }


def of_weights(model):
    """Loss and gradients where every weight is trained, before anything is laid over the model."""
    nats, _ = loss(model)
    nats.backward()
    gradients = [gradient(n, p, 7000 + i) for i, (n, p) in enumerate(model.named_parameters())]
    model.zero_grad()
    return {"nats": nats.item(), "gradients": gradients}


def measured(name, model):
    weights(model)
    whole = of_weights(model)
    lora = LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=TARGETS, lora_dropout=0.0)
    model = get_peft_model(model, lora)
    trainable = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    for i, (_, parameter) in enumerate(trainable):
        parameter.data.copy_(filled(parameter.shape, 5000 + i, 0.4))
    nats, last = loss(model)
    nats.backward()
    gradients = [gradient(n, p, 9000 + i) for i, (n, p) in enumerate(trainable)]
    return {
        "family": name,
        "nats": nats.item(),
        "last_logits": last[-1].tolist(),
        "saved": {key: list(value.shape) for key, value in get_peft_model_state_dict(model).items()},
        "gradients": gradients,
        "weights": whole,
    }


def main():
    sizes = dict(
        vocab_size=VOCABULARY,
        hidden_size=WIDTH,
        intermediate_size=INNER,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=KV_HEADS,
    )
    llama = LlamaConfig(**sizes, rms_norm_eps=1e-5, rope_theta=10000.0, tie_word_embeddings=False)
    qwen2 = Qwen2Config(**sizes, rms_norm_eps=1e-6, rope_theta=1000000.0, tie_word_embeddings=True)
    for config in (llama, qwen2):
        config._attn_implementation = "eager"
    packages = ("torch", "transformers", "peft")
    found = {
        "versions": {name: importlib.metadata.version(name) for name in packages},
        "models": [
            measured("llama", LlamaForCausalLM(llama)),
            measured("qwen2", Qwen2ForCausalLM(qwen2)),
        ],
    }
    (HERE / "pytorch.json").write_text(json.dumps(found, indent=1) + "\n")


main()
