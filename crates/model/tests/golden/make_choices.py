"""What PyTorch, and lm-evaluation-harness, say of a few multiple-choice questions.

Run after make_fixture.py, in this folder:

    python make_choices.py

Reads choices/*.jsonl and the folders llama, llama3 and qwen2, and writes choices/expected.json: for each model and
suite the log-probability of every choice by transformers in float64, cut into tokens by the rules that
docs/METRICS.md describes (written anew here), and the accuracies. Where lm_eval can be imported, its own task
definitions and its own model class answer the same questions, and every log-probability, acc, acc_norm and
acc_bytes has to be the same; the file `expected.json` says with which versions that was so.
"""

import json
import os
import re
import sys

import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer

HERE = os.path.dirname(os.path.abspath(__file__))
MODELS = ["llama", "llama3", "qwen2"]
SUITES = ["hellaswag", "arc", "piqa", "winogrande", "boolq", "generic"]


def rows(suite):
    with open(f"{HERE}/choices/{suite}.jsonl", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def clean(text):
    return re.sub(r"\[.*?\]", "", text.strip().replace(" [title]", ". ")).replace("  ", " ")


def worded(suite, row):
    """Pairs of context and continuation, the texts whose length counts, and the right place."""
    if suite == "hellaswag":
        context = clean(f"{row['activity_label']}: {row['ctx_a']} {row['ctx_b'].capitalize()}")
        texts = [clean(ending) for ending in row["endings"]]
        return [(context, " " + text) for text in texts], texts, int(row["label"])
    if suite == "winogrande":
        before, behind = row["sentence"].split("_", 1)
        text = behind.strip()
        pairs = [(before + row[option], " " + text) for option in ("option1", "option2")]
        return pairs, [text, text], int(row["answer"]) - 1
    if suite == "arc":
        context, texts = f"Question: {row['question']}\nAnswer:", row["choices"]["text"]
        right = row["choices"]["label"].index(row["answerKey"])
    elif suite == "piqa":
        context, texts, right = f"Question: {row['goal']}\nAnswer:", [row["sol1"], row["sol2"]], row["label"]
    elif suite == "boolq":
        context = f"{row['passage']}\nQuestion: {row['question']}?\nAnswer:"
        texts, right = ["no", "yes"], row["label"]
    else:
        context, texts, right = row["context"], row["choices"], row["answer"]
    return [(context, row.get("delimiter", " ") + text) for text in texts], texts, right


def log_prob(model, tokenizer, context, continuation):
    encode = lambda text: tokenizer(text)["input_ids"]  # with the start token, where the tokenizer has one
    n_spaces = len(context) - len(context.rstrip())
    if n_spaces:
        context, continuation = context[:-n_spaces], context[-n_spaces:] + continuation
    before, whole = encode(context), encode(context + continuation)
    scored = whole[len(before):]
    before = before or [tokenizer.eos_token_id]
    with torch.no_grad():
        logits = model(torch.tensor([before + scored[:-1]])).logits[0, len(before) - 1:]
    return logits.log_softmax(-1).gather(1, torch.tensor(scored)[:, None]).sum().item()


def first_best(values):
    return max(range(len(values)), key=lambda at: (values[at], -at))


def answered(model, tokenizer, suite):
    problems = []
    for row in rows(suite):
        pairs, texts, right = worded(suite, row)
        worth = [log_prob(model, tokenizer, *pair) for pair in pairs]
        by = lambda length: first_best([w / length(text) for w, text in zip(worth, texts)]) == right
        problems.append({
            "log_probs": [round(w, 6) for w in worth],
            "acc": first_best(worth) == right,
            "acc_norm": by(len),
            "acc_bytes": by(lambda text: len(text.encode())),
        })
    return problems


def by_harness(name):
    """The same by lm_eval: its wording, its model class, its metrics. Problems by suite."""
    from lm_eval import tasks
    from lm_eval.api.instance import Instance
    from lm_eval.api.task import ConfigurableTask
    from lm_eval.evaluator import evaluate
    from lm_eval.models.huggingface import HFLM
    from lm_eval.tasks._yaml_loader import load_yaml

    bos = name != "qwen2"
    lm = HFLM(pretrained=f"{HERE}/{name}", device="cpu", dtype="float64", batch_size=1, add_bos_token=bos)
    base = os.path.dirname(tasks.__file__)
    definitions = {
        "hellaswag": "hellaswag/hellaswag.yaml",
        "arc": "arc/arc_easy.yaml",
        "piqa": "piqa/piqa.yaml",
        "winogrande": "winogrande/default.yaml",
        "boolq": "super_glue/boolq/default.yaml",
    }
    found = {}
    for suite, path in definitions.items():
        config = load_yaml(f"{base}/{path}")
        for key in ("dataset_name", "training_split", "test_split", "fewshot_split", "tag", "group", "dataset_kwargs"):
            config.pop(key, None)
        config.update(
            task=suite, dataset_path="json", validation_split="validation", num_fewshot=0,
            dataset_kwargs={"data_files": {"validation": f"{HERE}/choices/{suite}.jsonl"}},
            metric_list=[{"metric": m, "aggregation": "mean", "higher_is_better": True} for m in ("acc", "acc_norm", "acc_bytes")],
        )
        done = evaluate(lm=lm, task_dict={suite: ConfigurableTask(config=config)}, log_samples=True, bootstrap_iters=0)
        samples = sorted(done["samples"][suite], key=lambda sample: sample["doc_id"])
        found[suite] = [{
            "log_probs": [response[0][0] for response in sample["resps"]],
            **{metric: bool(sample[metric]) for metric in ("acc", "acc_norm", "acc_bytes")},
        } for sample in samples]
    # Its request type alone, for a shape that has no task there.
    problems = []
    for row in rows("generic"):
        pairs, _, _ = worded("generic", row)
        requests = [Instance("loglikelihood", row, pair, at) for at, pair in enumerate(pairs)]
        problems.append({"log_probs": [worth for worth, _ in lm.loglikelihood(requests)]})
    found["generic"] = problems
    return found


def compare(name, ours, theirs):
    largest = 0.0
    for suite in SUITES:
        assert len(ours[suite]) == len(theirs[suite]), suite
        for mine, other in zip(ours[suite], theirs[suite]):
            gaps = [abs(a - b) for a, b in zip(mine["log_probs"], other["log_probs"], strict=True)]
            largest = max([largest, *gaps])
            assert max(gaps) < 1e-4, (name, suite, mine, other)
            for metric in ("acc", "acc_norm", "acc_bytes"):
                # Where all choices are one text, as in WinoGrande, the harness divides by its contexts' lengths.
                if metric in other and not (suite == "winogrande" and metric != "acc"):
                    assert mine[metric] == other[metric], (name, suite, metric, mine, other)
    print(f"{name}: the harness agrees, largest gap {largest:.1e}")


def main():
    expected = {"versions": {"torch": torch.__version__, "transformers": transformers.__version__,
                             "python": sys.version.split()[0]}}
    try:
        import lm_eval
        from importlib.metadata import version
        expected["versions"]["lm_eval"] = version("lm_eval")
    except ImportError:
        lm_eval = None
    for name in MODELS:
        model = AutoModelForCausalLM.from_pretrained(f"{HERE}/{name}", dtype=torch.float64).eval()
        tokenizer = AutoTokenizer.from_pretrained(f"{HERE}/{name}")
        expected[name] = {suite: answered(model, tokenizer, suite) for suite in SUITES}
        if lm_eval:
            compare(name, expected[name], by_harness(name))
    with open(f"{HERE}/choices/expected.json", "w", encoding="utf-8") as file:
        json.dump(expected, file, indent=1)
        file.write("\n")


main()
