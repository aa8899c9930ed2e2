//! `whet`: the program. Everything a user types enters here, and nothing is measured here.

#![allow(
    clippy::disallowed_methods,
    reason = "the door may read the date for a run's name"
)]

mod adapters;
mod caches;
mod cli;
mod command;
mod containment;
mod custom;
mod exit;
mod interrupt;
mod logs;
mod provenance;
mod quizzes;
mod recipe;
mod subject;
mod suites;
mod terminal;
mod texts;
mod watch;

use clap::Parser;

fn main() -> std::process::ExitCode {
    let cli = cli::Cli::parse();
    let terminal = terminal::Terminal::new(&cli.global);
    if let Err(error) = logs::start(&cli.global) {
        return terminal.fail(&error);
    }
    match command::run(cli, &terminal) {
        Ok(exit) => exit.into(),
        Err(error) => terminal.fail(&error),
    }
}
