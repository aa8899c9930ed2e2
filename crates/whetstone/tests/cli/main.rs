//! The program as a user meets it: the real binary, in a folder of its own, on a toy model.
//!
//! One module per verb, and one for each thing that can happen to any of them: broken files, broken
//! pipes, kills and interrupts. Nothing here needs a network or a model from outside; every engine
//! runs on one thread, because llama.cpp's threads wait for each other by spinning.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "these tests start the program and watch it"
)]

mod adapters;
mod baselines;
mod bench;
mod bench_alone;
mod broken_files;
mod choices;
mod collect;
mod compare;
mod converted;
mod custom;
mod data;
mod destinations;
mod doctor;
mod exchange;
mod export;
mod generate;
mod halo_forge;
mod hardware;
mod help;
mod import;
mod interrupt;
mod manifest;
mod memory;
mod models;
mod output;
mod raft;
mod raft_again;
mod recipe;
mod recipe_runs;
mod resume;
mod runs;
mod sample;
mod script;
mod speculation;
mod tasks;
mod texts;
mod train;
mod upstream;
mod variants;
mod workplace;
