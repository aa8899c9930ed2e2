"""Training steps of PyTorch with PEFT: peft_step.py SHAPE BATCH LENGTH RANK STEPS f32|bf16. See ../train-step.sh.

Versions seen to work: torch 2.15.0, transformers 4.38.2, peft 0.9.0.
"""

import json
import resource
import sys
import time

import torch
from peft import LoraConfig, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

SHAPE = json.loads(sys.argv[1])
BATCH, LENGTH, RANK, STEPS = map(int, sys.argv[2:6])
KIND = {"f32": torch.float32, "bf16": torch.bfloat16}[sys.argv[6]]
CONFIG, MODEL = {"llama": (LlamaConfig, LlamaForCausalLM), "qwen2": (Qwen2Config, Qwen2ForCausalLM)}[SHAPE["family"]]
MATRICES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def main():
    config = CONFIG(
        vocab_size=SHAPE["vocabulary"],
        hidden_size=SHAPE["width"],
        intermediate_size=SHAPE["inner"],
        num_hidden_layers=SHAPE["layers"],
        num_attention_heads=SHAPE["heads"],
        num_key_value_heads=SHAPE["kv_heads"],
        tie_word_embeddings=True,
        use_cache=False,
    )
    torch.set_default_dtype(KIND)
    torch.manual_seed(1)
    lora = LoraConfig(r=RANK, lora_alpha=2 * RANK, lora_dropout=0.0, target_modules=MATRICES, task_type="CAUSAL_LM")
    model = get_peft_model(MODEL(config), lora)
    model.train()
    adamw = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-4)
    tokens = torch.randint(0, SHAPE["vocabulary"], (BATCH, LENGTH))
    goals = tokens.clone()
    goals[:, : LENGTH // 2] = -100
    for _ in range(STEPS):
        started = time.perf_counter()
        adamw.zero_grad()
        loss = model(input_ids=tokens, labels=goals).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adamw.step()
        print(json.dumps({"tokens": BATCH * LENGTH, "seconds": time.perf_counter() - started, "loss": loss.item()}))
    print(json.dumps({"peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))


main()
