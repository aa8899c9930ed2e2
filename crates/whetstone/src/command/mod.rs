//! One file per command.

mod adapters;
mod bench;
mod collect;
mod compare;
mod compared;
mod data;
mod doctor;
mod export;
mod generate;
mod guess;
mod import;
mod models;
mod recipe;
mod runs;
mod sample;
mod speculation;
mod tasks;
mod test;
mod train;
mod view;

use crate::cli::{Benchmark, Cli, Command};
use crate::exit::Exit;
use crate::terminal::Terminal;

/// Carries out what the user typed.
pub(crate) fn run(cli: Cli, terminal: &Terminal) -> anyhow::Result<Exit> {
    let offline = cli.global.offline;
    match cli.command {
        Command::Bench(flags) => match flags.speculation() {
            Some(flags) => speculation::run(flags, terminal, offline),
            None => bench::run(&flags.resolved(), terminal, offline),
        },
        Command::Run(flags) => recipe::run(&flags, terminal, offline),
        Command::Check(flags) => recipe::check(&flags, terminal),
        Command::Init(flags) => recipe::init(&flags, terminal),
        Command::Schema => recipe::schema(terminal),
        Command::Generate(flags) => generate::run(&flags, terminal, offline),
        Command::Models(what) => models::run(&what, terminal, offline),
        Command::Sample(what) => sample::run(what, terminal, offline),
        Command::Report(flags) => runs::report(&flags, terminal),
        Command::View(flags) => view::run(&flags, terminal),
        Command::Compare(flags) => compare::run(&flags, terminal),
        Command::Runs(what) => runs::run(&what, terminal),
        Command::Tasks(what) => tasks::run(&what, terminal, offline),
        Command::Train(what) => train::run(what, terminal, offline),
        Command::Collect(flags) => collect::run(&flags, terminal, offline),
        Command::Adapters(what) => adapters::run(&what, terminal, offline),
        Command::Benchmark(Benchmark::Full(flags)) => train::raft::full(&flags, terminal, offline),
        Command::Data(what) => data::run(&what, terminal, offline),
        Command::Doctor(flags) => doctor::run(&flags, terminal),
        Command::Test(flags) => test::run(&flags, terminal, offline),
    }
}
