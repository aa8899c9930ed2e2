//! Names that published trainers have for the settings of a training, and those that change nothing here.
//!
//! Tables and nothing else; what they are for stands in [`super::training`].

/// Keys that only group others.
pub(super) const SECTIONS: [&str; 6] = ["model", "data", "lora", "training", "sampling", "filter"];
/// Keys of published trainers that change nothing here: how weights are held, logged and reported.
pub(super) const IDLE: [&str; 16] = [
    "trust_remote_code",
    "attn_implementation",
    "bf16",
    "fp16",
    "dtype",
    "optim",
    "lr_scheduler_type",
    "logging_steps",
    "save_total_limit",
    "eval_strategy",
    "task_type",
    "bias",
    "dataloader_num_workers",
    "report_to",
    "cache_dir",
    "packing",
];

/// A name that published trainers have, with the words that it stands for: the first one that the command has.
type Published = (&'static str, &'static [&'static str]);

#[rustfmt::skip]
pub(super) const PUBLISHED: [Published; 39] = [
    ("model.name", &["model", "from"]),
    ("model", &["from"]),
    ("model_name", &["model", "from"]),
    ("base_model", &["model", "from"]),
    ("model_name_or_path", &["model", "from"]),
    ("data.path", &["examples", "data", "suite"]),
    ("train_file", &["examples", "data"]),
    ("train_data", &["examples", "data"]),
    ("dataset", &["examples", "data"]),
    ("data", &["examples"]),
    ("prompts", &["suite"]),
    ("output_dir", &["output"]),
    ("num_train_epochs", &["epochs"]),
    ("num_epochs", &["epochs"]),
    ("train_epochs", &["epochs"]),
    ("per_device_train_batch_size", &["train_batch", "batch"]),
    ("training.batch_size", &["train_batch", "batch"]),
    ("gradient_accumulation_steps", &["accumulate"]),
    ("accumulation_steps", &["accumulate"]),
    ("lr", &["learning_rate"]),
    ("warmup_steps", &["warmup"]),
    ("max_grad_norm", &["clip"]),
    ("max_seq_length", &["longest", "window"]),
    ("max_length", &["longest", "window"]),
    ("validation_split", &["hold_back", "held_out"]),
    ("eval_steps", &["evaluate_every"]),
    ("save_steps", &["checkpoint_every"]),
    ("early_stopping_patience", &["patience"]),
    ("early_stopping_threshold", &["least_gain"]),
    ("gradient_checkpointing", &["recompute"]),
    ("r", &["rank"]),
    ("lora_r", &["rank"]),
    ("lora_alpha", &["alpha"]),
    ("lora_dropout", &["dropout"]),
    ("target_modules", &["targets"]),
    ("num_cycles", &["cycles"]),
    ("lr_decay_per_cycle", &["lr_decay"]),
    ("min_samples_per_cycle", &["min_samples"]),
    ("temperature_start", &["temperature"]),
];
