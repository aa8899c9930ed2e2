//! How a description becomes a run: the toolchains, the one binary of all small C++ programs, the input.

use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use sandbox::toolchain::{self, Language, Toolchain};
use sandbox::{
    Cell, Fault, File, Fittings, Limits, Mode, Outcome, Profile, Program, Sandbox, Tier, Warm,
};

use crate::entry::Entry;

const PRELUDE_CPP: &str = include_str!("prelude.hpp");
const FRIEND: &str = include_str!("friend.py");
const PRELUDE_PYTHON: &str = include_str!("prelude.py");

/// The tool of a language, if this machine has it.
pub(crate) fn tool(language: Language) -> Option<&'static Toolchain> {
    static TOOLS: OnceLock<Vec<Toolchain>> = OnceLock::new();
    let found = || {
        let all = Language::ALL.iter();
        all.filter_map(|&one| toolchain::find(one).ok()).collect()
    };
    let tools = TOOLS.get_or_init(found);
    tools.iter().find(|tool| tool.language == language)
}

fn gpp() -> &'static Toolchain {
    tool(Language::Cpp).expect("a C++ compiler")
}

fn python() -> &'static Toolchain {
    tool(Language::Python).expect("a Python interpreter")
}

/// A cell in which every language of this machine runs, with Python kept warm where that can be.
pub(crate) fn cell(tier: Tier) -> Cell {
    let tools = Language::ALL.iter().filter_map(|&one| tool(one));
    let readable = tools.flat_map(|tool| tool.readable.clone()).collect();
    let mut argv = python().run(script("")).argv;
    argv.pop();
    let warm = Warm {
        argv,
        modules: Vec::new(),
        imports: vec!["json".to_owned()],
    };
    let fittings = Fittings {
        readable,
        warm: vec![warm],
    };
    Cell::at(tier, fittings).unwrap()
}

/// Two boxes at once, each of which has been used both ways: the most that a hand ever needs.
pub(crate) fn warm_up(cell: &Cell) {
    let mut nothing = python().run(script(""));
    for warm in [false, true] {
        nothing.warm = warm;
        let pair = [(&nothing, &Limits::run()), (&nothing, &Limits::run())];
        for outcome in cell.converse(pair).unwrap() {
            assert!(outcome.ending.is_clean(), "{outcome:?}");
        }
    }
}

/// What the runs need besides their descriptions.
pub(crate) struct Bench {
    collection: File,
    alone: Vec<(String, File)>,
    briefing: Vec<u8>,
}

impl Bench {
    /// Compiles what has to be compiled, in the box.
    pub(crate) fn new(cell: &dyn Sandbox, entries: &[Entry], stage: &Path, victim: u32) -> Self {
        let shared: Vec<_> = entries.iter().filter(|entry| entry.is_shared()).collect();
        let collection = built(cell, "the collection", &collection(&shared));
        let alone = entries.iter().filter(|entry| {
            entry.language == Language::Cpp && entry.profile == Profile::Run && entry.has("alone")
        });
        let alone = alone
            .map(|entry| {
                let source = format!(
                    "{PRELUDE_CPP}\n#line 1 \"{}\"\n{}",
                    entry.name, entry.source
                );
                (entry.id.clone(), built(cell, &entry.name, &source))
            })
            .collect();
        let bait = std::fs::read_to_string(stage.join("bait")).unwrap();
        let briefing = format!("files={bait}\nvictim={victim}\n").into_bytes();
        Self {
            collection,
            alone,
            briefing,
        }
    }

    /// The program of an entry.
    fn program(&self, entry: &Entry) -> Program {
        let mut program = match (entry.language, entry.profile) {
            (language, Profile::Compile) => tool(language).unwrap().compile(&entry.source),
            (Language::Python, Profile::Run) => python().run(script(&entry.source)),
            (Language::JavaScript, Profile::Run) => tool(entry.language).unwrap().run(File {
                name: "main.js".to_owned(),
                bytes: entry.source.clone().into_bytes(),
                mode: Mode::Plain,
            }),
            (_, Profile::Run) => {
                let own = self.alone.iter().find(|(id, _)| *id == entry.id);
                let file = own.map_or(&self.collection, |(_, file)| file);
                let mut program = gpp().run(file.clone());
                program.argv.push(entry.id.clone());
                program
            }
        };
        program.argv.extend(entry.words("args"));
        if entry.has("collect") {
            program.collect = entry.words("collect");
        }
        if !entry.has("stdin") && entry.profile == Profile::Run {
            program.stdin = self.briefing.clone();
        }
        program
    }

    /// Runs an entry as often as it asks. A fault is nothing that a program may bring about.
    pub(crate) fn run(&self, cell: &dyn Sandbox, entry: &Entry) -> Result<Runs, Fault> {
        let program = self.program(entry);
        if entry.has("peer") {
            let friend = python().run(script(FRIEND));
            let pair = [(&program, &entry.limits), (&friend, &friendly())];
            let [outcome, peer] = cell.converse(pair)?;
            return Ok(Runs {
                outcomes: vec![outcome],
                after: None,
                peer: Some(peer),
            });
        }
        let once = |program: &Program| cell.execute(program, &entry.limits);
        let mut outcomes = vec![once(&program)?];
        if entry.has("twice") {
            outcomes.push(once(&program)?);
        }
        // From a warm interpreter it has to end in the same way, and to find nothing of another run.
        if entry.language == Language::Python && entry.profile == Profile::Run {
            let program = Program {
                warm: true,
                ..program.clone()
            };
            outcomes.extend([once(&program)?, once(&program)?]);
        }
        let result = outcomes
            .last()
            .and_then(|outcome| outcome.collected.first());
        let run = |file: &File| {
            let limits = Limits {
                cpu: Duration::from_secs(1),
                ..friendly()
            };
            cell.execute(&gpp().run(file.clone()), &limits)
        };
        let wanted = result.filter(|_| entry.has("after"));
        let after = wanted.map(run).transpose()?;
        Ok(Runs {
            outcomes,
            after,
            peer: None,
        })
    }
}

/// What came of one entry.
pub(crate) struct Runs {
    /// Of the program itself.
    pub(crate) outcomes: Vec<Outcome>,
    /// Of what it compiled to.
    pub(crate) after: Option<Outcome>,
    /// Of the friend at the other end of its connection.
    pub(crate) peer: Option<Outcome>,
}

/// The friend's limits: its wall is far away, so that waiting for it is seen.
fn friendly() -> Limits {
    Limits {
        cpu: Duration::from_secs(2),
        wall: Duration::from_secs(60),
        ..Limits::run()
    }
}

fn script(source: &str) -> File {
    File {
        name: "main.py".to_owned(),
        bytes: format!("{PRELUDE_PYTHON}\n{source}\nprint('done', flush=True)\n").into(),
        mode: Mode::Plain,
    }
}

/// One source of many: each program in a namespace of its own, chosen by the first word.
fn collection(entries: &[&Entry]) -> String {
    let mut source = PRELUDE_CPP.to_owned();
    for entry in entries {
        let (id, name, text) = (&entry.id, &entry.name, &entry.source);
        source += &format!("\nnamespace {id} {{\n#line 1 \"{name}\"\n{text}\n}}\n");
    }
    source += "int main(int n, char **words) {\n  std::string id = n > 1 ? words[1] : \"\";\n";
    for entry in entries {
        let id = &entry.id;
        source += &format!("  if (id == \"{id}\") {{ {id}::attack(); finish(); }}\n");
    }
    source + "  return 99;\n}\n"
}

/// Compiles a text of ours; time is no part of what is tested here.
fn built(cell: &dyn Sandbox, name: &str, source: &str) -> File {
    let limits = Limits {
        cpu: Duration::from_secs(60),
        wall: Duration::from_secs(400),
        ..Limits::compile()
    };
    let mut program = gpp().compile(source);
    // The fastest way to a program; what it attacks does not depend on the optimiser.
    program
        .argv
        .iter_mut()
        .filter(|word| *word == "-O2")
        .for_each(|word| *word = "-O0".to_owned());
    let outcome = cell.execute(&program, &limits).unwrap();
    let said = String::from_utf8_lossy(&outcome.stderr.bytes);
    assert!(
        outcome.ending.is_clean(),
        "{name}: {} {said}",
        outcome.ending
    );
    outcome.collected.into_iter().next().unwrap()
}
