"""What transformers and PEFT compute with a model and an adapter of ours, and an adapter of theirs for us.

    pip install torch transformers==4.38.2 peft==0.9.0
    PEFT_PYTHON=/path/to/python cargo test --release -p improve --test peft -- --nocapture

The test calls it so:

    answer.py MODEL_FOLDER ADAPTER_FOLDER NEW_FOLDER TOKEN,TOKEN,…

It prints JSON: versions; the logits after every token of the model alone, of the model with the adapter, and of the
model with an adapter that is made here with random factors and saved by PEFT into NEW_FOLDER.
"""

import importlib.metadata
import json
import sys

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM


def logits(model, tokens):
    with torch.no_grad():
        return model(torch.tensor([tokens])).logits[0].flatten().tolist()


def base(folder):
    return AutoModelForCausalLM.from_pretrained(folder, torch_dtype=torch.float32).eval()


def main():
    folder, adapter, new, words = sys.argv[1:]
    tokens = [int(word) for word in words.split(",")]
    found = {
        "versions": {name: importlib.metadata.version(name) for name in ("torch", "transformers", "peft")},
        "alone": logits(base(folder), tokens),
        "adapted": logits(PeftModel.from_pretrained(base(folder), adapter).eval(), tokens),
    }
    torch.manual_seed(0)
    config = LoraConfig(
        r=3, lora_alpha=5, target_modules=["q_proj", "v_proj", "down_proj"], task_type="CAUSAL_LM"
    )
    model = get_peft_model(base(folder), config).eval()
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            parameter.data.normal_(0.0, 0.2)
    model.save_pretrained(new)
    found["theirs"] = logits(model, tokens)
    print(json.dumps(found))


main()
