//! `whet test`: every part of the program, tried for real, from the engine's laws to the report.

use std::path::Path;

use anyhow::{Context, Result, bail};
use engine::laws::{self, Closeness};
use engine::{CacheKind, CacheKinds, Lanes, Model, Special, Width};
use measure::{Clock, SystemClock};

use crate::cli::{Cli, Command, Level, Test, Train};
use crate::compute::Compute;
use crate::exit::Exit;
use crate::interrupt;
use crate::subject::{Finder, Loaded, Located};
use crate::terminal::Terminal;

/// The files that a run must leave behind.
const FILES: [&str; 8] = [
    "run.json",
    "attempts.jsonl",
    "verdicts.jsonl",
    "measurements.jsonl",
    "report.md",
    "report.json",
    "report.html",
    "code.csv",
];

/// Runs the stages of a level and says how long each took.
pub(crate) fn run(flags: &Test, terminal: &Terminal, offline: bool) -> Result<Exit> {
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let located = match flags.level {
        Level::Smoke => toy(folder.path())?,
        _ => Finder {
            terminal,
            offline,
            stop: interrupt::listen()?,
        }
        .locate("smollm2-135m")?,
    };
    let stages = Stages {
        located,
        folder: folder.path(),
    };
    let clock = SystemClock::start();
    let mut failed = 0;
    let stages_of_level = match flags.level {
        Level::Full => &Stages::ALL[..],
        _ => &Stages::ALL[..Stages::ALL.len() - 1],
    };
    for (name, stage) in stages_of_level {
        let started = clock.now_ns();
        let outcome = stage(&stages);
        let seconds = (clock.now_ns() - started) as f64 / 1e9;
        match outcome {
            Ok(said) => terminal.result(&format!("ok    {name:<10} {seconds:>6.1} s  {said}"))?,
            Err(error) => {
                failed += 1;
                terminal.result(&format!("FAIL  {name:<10} {seconds:>6.1} s  {error:#}"))?;
            }
        }
    }
    terminal.result(&format!(
        "{} passed, {failed} failed",
        stages_of_level.len() - failed
    ))?;
    if failed > 0 {
        bail!("{failed} of {} stages failed", stages_of_level.len());
    }
    Ok(Exit::Done)
}

/// The toy model as a real GGUF file.
fn toy(folder: &Path) -> Result<Located> {
    let path = folder.join("toy.gguf");
    gguf::toy::write(&path, 7)?;
    Ok(Located {
        name: "toy".into(),
        path,
        sha256: None,
        adapter: None,
    })
}

struct Stages<'a> {
    located: Located,
    folder: &'a Path,
}

type Stage<'a> = fn(&Stages<'a>) -> Result<String>;

impl<'a> Stages<'a> {
    /// Training comes last: only the full level has it.
    const ALL: [(&'static str, Stage<'a>); 5] = [
        ("engine", Self::engine),
        ("toolchain", Self::toolchain),
        ("sandbox", Self::sandbox),
        ("bench", Self::bench),
        ("train", Self::train),
    ];

    /// The laws, on the model through llama.cpp.
    fn engine(&self) -> Result<String> {
        let clock = SystemClock::start();
        let loaded = Loaded::open(&self.located, &Compute::ONE_THREAD, &clock)?;
        let text = loaded
            .llama
            .tokenizer()
            .encode("fn main() { let x = 1; }", Special::Plain);
        let lanes = Lanes {
            n: 4,
            capacity: 256,
            width: Width::fixed(4),
            cache: CacheKinds::both(CacheKind::F16),
        };
        laws::check(&loaded.llama, &text, Closeness::Within(1.0), lanes)
            .map_err(anyhow::Error::msg)?;
        Ok(format!("{} obeys the laws of an engine", self.located.name))
    }

    /// A right and a wrong program through compiler, sandbox and judge.
    fn toolchain(&self) -> Result<String> {
        let suite = task::catalog::find("cpp-demo")?;
        let judge = task::judge::Judge::for_suite(suite)?;
        let cell = cell(&judge)?;
        let Some(problem) = suite.problem("hello_world") else {
            bail!("the suite has no hello_world")
        };
        let right =
            "```cpp\n#include <iostream>\nint main() { std::cout << \"Hello, World!\\n\"; }\n```";
        for (text, wanted) in [
            (right, "right"),
            (&right.replace("World", "Mars") as &str, "runs"),
            ("no code here", "no_code"),
        ] {
            let key = ledger::record::AttemptKey {
                model: "test".into(),
                suite: suite.name.clone(),
                problem: problem.id.clone(),
                attempt: 0,
            };
            let verdict = judge.judge(key, problem, text, &cell);
            let stage = serde_json::to_value(verdict.stage)?;
            if stage != wanted {
                bail!(
                    "a program that should be judged {wanted} was judged {stage} ({}): {}",
                    verdict.cause,
                    verdict.evidence
                );
            }
        }
        Ok(judge
            .toolchain()
            .map(|tool| tool.version.clone())
            .unwrap_or_default())
    }

    /// The doctor's attacks.
    fn sandbox(&self) -> Result<String> {
        let python = sandbox::toolchain::find(sandbox::toolchain::Language::Python)?;
        let cell = sandbox::Cell::with_readable(&python.readable)?;
        let checks = sandbox::probe(&cell, std::slice::from_ref(&python));
        let broken: Vec<&str> = checks
            .iter()
            .filter(|check| check.held == sandbox::Held::No)
            .map(|check| check.name)
            .collect();
        if !broken.is_empty() {
            bail!(
                "these attacks got through or could not be made: {}",
                broken.join(", ")
            );
        }
        let held = checks
            .iter()
            .filter(|check| check.held == sandbox::Held::Yes);
        let tier = sandbox::Sandbox::badge(&cell).tier;
        Ok(format!(
            "{} attacks, all contained at tier {tier}",
            held.count()
        ))
    }

    /// The smoke preset end to end, by the very command a user types.
    fn bench(&self) -> Result<String> {
        let runs = self.folder.join("runs");
        let model = self.located.path.display().to_string();
        let words = [
            "whet",
            "bench",
            &model,
            "--preset",
            "smoke",
            "--threads",
            "1",
            "-o",
        ];
        let runs_word = runs.display().to_string();
        let Command::Bench(flags) = command(&[&words[..], &[&runs_word]].concat())? else {
            bail!("the words are not a bench command")
        };
        let (exit, folder) = super::bench::measure(&flags.resolved(), &Terminal::silent(), true)?;
        for name in FILES {
            let bytes = std::fs::metadata(folder.join(name))
                .with_context(|| format!("{name} is missing"))?
                .len();
            if bytes == 0 {
                bail!("{name} is empty");
            }
        }
        let run = ledger::read(&folder)?;
        if exit != Exit::Done || run.verdicts.len() != run.attempts.len() || run.attempts.is_empty()
        {
            bail!(
                "{} completions, {} verdicts, ended as {exit:?}",
                run.attempts.len(),
                run.verdicts.len()
            );
        }
        Ok(format!(
            "{} completions judged, {} measurements, report written",
            run.attempts.len(),
            run.measurements.len()
        ))
    }

    /// One step of training, by the very command a user types; the engine answers otherwise with what came of it.
    fn train(&self) -> Result<String> {
        let rows = self.folder.join("rows.jsonl");
        std::fs::write(&rows, ROWS)?;
        let (model, rows) = (
            self.located.path.display().to_string(),
            rows.display().to_string(),
        );
        let to = self.folder.join("training");
        let to_word = to.display().to_string();
        let words = ["whet", "train", "sft", &model, &rows, "-o", &to_word];
        let how = [
            "--epochs",
            "1",
            "--accumulate",
            "1",
            "--held-out",
            "0",
            "--learning-rate",
            "0.01",
        ];
        let Command::Train(Train::Sft(flags)) = command(&[&words[..], &how].concat())? else {
            bail!("the words are not a train command")
        };
        super::train::sft(&flags, &Terminal::silent(), true)?;
        let adapter = llama::Adapter {
            path: improve::TrainFolder::open(&to)?.adapter("final"),
            scale: 1.0,
        };
        let clock = SystemClock::start();
        let row = |located: &Located| -> Result<Vec<f32>> {
            let loaded = Loaded::open(located, &Compute::ONE_THREAD, &clock)?;
            let text = loaded.llama.tokenizer().encode("say it", Special::Plain);
            Ok(first_row(&loaded.llama, &text)?)
        };
        if row(&self.located.with(adapter))? == row(&self.located)? {
            bail!("the trained adapter changes nothing");
        }
        Ok("one step, and the engine answers otherwise with the adapter".into())
    }
}

/// Two answers to learn in one step.
const ROWS: &str = r#"{"prompt":"say it","response":"it is said"}
{"prompt":"count to three","response":"one two three"}
"#;

/// What the model expects after these tokens.
fn first_row(model: &dyn Model, tokens: &[engine::Token]) -> Result<Vec<f32>, engine::Error> {
    let mut session = model.open(engine::SessionShape {
        n_sequences: 1,
        capacity: 256,
        cache: CacheKinds::both(CacheKind::F16),
    })?;
    let feed = engine::Feed {
        sequence: 0,
        tokens,
        logits: engine::Logits::Last,
    };
    let mut found = Vec::new();
    session.feed(&[feed], &mut |row| found = row.logits.to_vec())?;
    Ok(found)
}

/// What these words ask for.
fn command(words: &[&str]) -> Result<Command> {
    Ok(<Cli as clap::Parser>::try_parse_from(words)?.command)
}

fn cell(judge: &task::judge::Judge) -> Result<sandbox::Cell> {
    Ok(sandbox::Cell::with(judge.fittings())?)
}
