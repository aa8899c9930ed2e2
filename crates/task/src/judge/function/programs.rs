//! The programs of solver and checker, and what each of them is told.

use std::time::Duration;

use sandbox::toolchain::Toolchain;
use sandbox::{File, Limits, Mode, Program, Warm};
use serde_json::json;

use crate::problem::{Function, Tests};

const WIRE: (&str, &str) = ("whet_wire.py", include_str!("../python/whet_wire.py"));
const SOLVER: (&str, &str) = ("whet_solver.py", include_str!("../python/whet_solver.py"));
const LINK: (&str, &str) = ("whet_link.py", include_str!("../python/whet_link.py"));
const CHECKER: (&str, &str) = ("whet_checker.py", include_str!("../python/whet_checker.py"));
const TAME: (&str, &str) = ("whet_tame.py", include_str!("../python/whet_tame.py"));
const RESIDENT: (&str, &str) = (
    "whet_resident.py",
    include_str!("../python/whet_resident.py"),
);
const HTTP: (&str, &str) = ("whet_http.py", include_str!("../python/whet_http.py"));
const REHEARSAL: (&str, &str) = (
    "whet_rehearsal.py",
    include_str!("../python/whet_rehearsal.py"),
);
const ALONE: (&str, &str) = ("whet_alone.py", include_str!("../python/whet_alone.py"));

/// Standard modules that answers and tests import most; in a cold interpreter they cost more than
/// everything else together.
const IMPORTS: [&str; 20] = [
    "ast",
    "bisect",
    "builtins",
    "collections",
    "copy",
    "functools",
    "hashlib",
    "heapq",
    "itertools",
    "json",
    "math",
    "operator",
    "os",
    "random",
    "re",
    "string",
    "struct",
    "sys",
    "typing",
    "datetime",
];

/// The interpreter that a cell should keep warm for this judge.
pub(crate) fn warm(toolchain: &Toolchain) -> Warm {
    let mut argv = program(toolchain, "", &[]).argv;
    argv.pop();
    Warm {
        argv,
        modules: [
            WIRE, SOLVER, LINK, CHECKER, TAME, RESIDENT, ALONE, REHEARSAL,
        ]
        .map(|(name, text)| file(name, text))
        .to_vec(),
        imports: IMPORTS.map(str::to_owned).to_vec(),
    }
}

/// The text of every program of ours that takes part in a verdict on a function.
pub(crate) const TEXTS: [&str; 9] = [
    WIRE.1,
    SOLVER.1,
    LINK.1,
    CHECKER.1,
    TAME.1,
    RESIDENT.1,
    HTTP.1,
    ALONE.1,
    REHEARSAL.1,
];

/// A number that nobody can guess, in hex.
pub(super) struct Nonce(pub(super) String);

impl Nonce {
    pub(super) fn new() -> Result<Nonce, String> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)
            .map_err(|error| format!("the system gives no random bytes: {error}"))?;
        Ok(Nonce(
            bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        ))
    }
}

/// One candidate and the tests that it has to pass.
pub(super) struct Task<'a> {
    code: String,
    entry_point: String,
    support: String,
    task: String,
    tests: &'a Tests,
}

impl<'a> Task<'a> {
    /// `stub` is the problem's code, `code` the candidate's program.
    pub(super) fn new(function: &'a Function, stub: &str, code: &str) -> Result<Self, String> {
        let mut task = json!({
            "entry_point": function.entry_point,
            "stub": stub,
            "setup": function.setup,
            "support": function.support,
            "tests": "",
        });
        match &function.tests {
            Tests::Check(text) => {
                task["kind"] = "check".into();
                task["tests"] = text.as_str().into();
            }
            Tests::Asserts(texts) => {
                task["kind"] = "asserts".into();
                task["tests"] = texts.join("\n").into();
            }
            Tests::Inputs(inputs) => {
                task["kind"] = "inputs".into();
                task["solution"] = function.solution.clone().into();
                task["base"] = inputs.base.as_str().into();
                task["plus"] = inputs.plus.as_str().into();
                task["revive"] = inputs.revive.as_str().into();
                task["accept"] = inputs.accept.as_str().into();
                task["atol"] = inputs.atol.into();
            }
        }
        Ok(Task {
            code: code.to_owned(),
            entry_point: function.entry_point.clone(),
            support: function.support.clone(),
            task: task.to_string(),
            tests: &function.tests,
        })
    }

    /// What the candidate has to pass.
    pub(super) fn tests(&self) -> &'a Tests {
        self.tests
    }

    /// Everything that a checker is told but the nonce.
    pub(super) fn text(&self) -> &str {
        &self.task
    }

    /// The candidate's process: no test, no nonce.
    pub(super) fn solver(&self, toolchain: &Toolchain) -> Program {
        let mut solver = program(toolchain, "whet_solver", &[WIRE, SOLVER]);
        solver.files.extend(self.candidate());
        solver
    }

    /// The tests' process: no line of the candidate.
    pub(super) fn checker(&self, toolchain: &Toolchain, nonce: &Nonce) -> Program {
        let mut checker = program(toolchain, "whet_checker", &[WIRE, LINK, CHECKER]);
        checker.files.push(file("task.json", &self.task));
        checker.stdin = format!("{}\n", nonce.0).into_bytes();
        checker
    }

    /// The same tests for a checker that stays. Whether they are such that it may run them, it sees itself; what
    /// takes long anyway is left to a checker of its own.
    pub(super) fn question(&self, nonce: &Nonce) -> Option<Vec<u8>> {
        let is_short = !matches!(self.tests, Tests::Inputs(_)) && self.support.is_empty();
        is_short.then(|| format!("{}\n{}", nonce.0, self.task).into_bytes())
    }

    /// Both in one process.
    pub(super) fn alone(&self, toolchain: &Toolchain, nonce: &Nonce) -> Program {
        let mut alone = program(
            toolchain,
            "whet_alone",
            &[WIRE, SOLVER, LINK, CHECKER, ALONE],
        );
        alone.files.extend(self.candidate());
        alone.files.push(file("task.json", &self.task));
        alone.stdin = format!("{}\n", nonce.0).into_bytes();
        alone
    }

    /// What solver and checker may use on this toolchain's machine. The checker waits for the solver, so its
    /// wall is further away; with inputs the solver waits while the solution answers them first.
    pub(super) fn limits(&self, toolchain: &Toolchain) -> (Limits, Limits) {
        let solver = match self.tests {
            Tests::Check(_) | Tests::Asserts(_) => Limits::run(),
            Tests::Inputs(_) => Limits {
                cpu: Duration::from_secs(10),
                wall: Duration::from_secs(50),
                ..Limits::run()
            },
        };
        let checker = Limits {
            cpu: solver.cpu + Duration::from_secs(2),
            wall: solver.wall + Duration::from_secs(3),
            ..solver.clone()
        };
        (solver.at(toolchain.pace), checker.at(toolchain.pace))
    }

    fn candidate(&self) -> Vec<File> {
        let mut files = vec![
            file("candidate.py", &self.code),
            file("entry.txt", &self.entry_point),
        ];
        if !self.support.is_empty() {
            files.push(file("support.py", &self.support));
            files.push(file(HTTP.0, HTTP.1));
        }
        files
    }
}

/// The process of the tests of one problem after another.
pub(super) fn resident(toolchain: &Toolchain) -> Program {
    let files = [WIRE, LINK, CHECKER, TAME, RESIDENT];
    program(toolchain, "whet_resident", &files)
}

/// The interpreter on the main function of one of our modules.
fn program(toolchain: &Toolchain, module: &str, files: &[(&str, &str)]) -> Program {
    let script = format!("import {module}\n{module}.main()\n");
    let mut program = toolchain.run(file("main.py", &script));
    program
        .files
        .extend(files.iter().map(|(name, text)| file(name, text)));
    program.warm = true;
    program
}

fn file(name: &str, text: &str) -> File {
    File {
        name: name.to_owned(),
        bytes: text.as_bytes().to_vec(),
        mode: Mode::Plain,
    }
}
