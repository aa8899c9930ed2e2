//! RAFT with a workshop that is made up: what is sampled depends on the adapter, and it can be killed at any step.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot prepare its files has failed"
)]

mod ends;
mod loops;
mod workshop;
