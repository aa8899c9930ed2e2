//! `whet`: the program. Everything a user types enters here, and nothing is measured here.

#![allow(
    clippy::disallowed_methods,
    reason = "the door may read the date for a run's name"
)]

mod adapters;
mod baselines;
mod caches;
mod cli;
mod command;
mod compute;
mod containment;
mod custom;
mod destination;
mod exit;
mod formats;
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
mod words;

fn main() -> std::process::ExitCode {
    let read = match cli::read(std::env::args_os().collect()) {
        Ok(read) => read,
        Err(answer) => return answer.tell(),
    };
    let cli = read.cli;
    let terminal = terminal::Terminal::new(&cli.global);
    if let Err(error) = logs::start(&cli.global) {
        return terminal.fail(&error);
    }
    read.notes.iter().for_each(|note| terminal.note(note));
    match command::run(cli, &terminal) {
        Ok(exit) => exit.into(),
        Err(error) => terminal.fail(&error),
    }
}
