//! Containment proved by attack.
//!
//! A sandbox that says it is up may still leak, so the doctor lays out bait on the host (a file, sockets
//! with listeners, a process to hit) and sends attackers into the box. The attacker's own words count for
//! little; wherever it can be, the bait is looked at afterwards: was the listener called, does the file
//! still read the same. An attack that failed to be carried out is not a success: its check is not held.
//! One that cannot be carried out on this machine says so and counts for nothing.
//!
//! The attackers are Python, because it is on almost every machine and has sockets and system calls at
//! hand, and two texts for the C++ compiler; the crate's tests attack further, with compiled programs.

mod attacks;
mod bait;
mod judges;
mod leftovers;

use std::time::Duration;

use crate::program::{File, Mode, Outcome, Program};
use crate::toolchain::{Language, Toolchain};
use crate::{Limits, Sandbox, Tier};
use attacks::{ATTACKS, Attack, Way};
use bait::{Bait, Folder};

/// The result of one attack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was attacked.
    pub name: &'static str,
    /// The layer that has to hold.
    pub layer: &'static str,
    /// What the attacker does, in a few words.
    pub tries: &'static str,
    /// Whether the box held.
    pub held: Held,
    /// What was seen; or why it was not tried.
    pub detail: String,
    /// What to do when it did not hold.
    pub remedy: Option<String>,
}

/// Whether a layer held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// The attack was carried out and failed.
    Yes,
    /// The attack succeeded, or failed to be carried out.
    No,
    /// This machine lacks what the attack needs.
    NotTried,
}

/// What an attack has at hand.
struct Arena<'a> {
    sandbox: &'a dyn Sandbox,
    tools: &'a [Toolchain],
    bait: &'a Bait,
}

const SCRIPT: &str = include_str!("probe.py");

/// Attacks the sandbox and reports every check; the tools must be readable inside it.
///
/// The list has the same checks in the same order each time. When the bait cannot be laid, that is the only
/// one and not held; an attacker that fails to run has not been held either.
pub fn probe(sandbox: &dyn Sandbox, tools: &[Toolchain]) -> Vec<Check> {
    match Folder::new().and_then(|folder| Bait::lay(&folder.0).map(|bait| (folder, bait))) {
        Ok((_folder, bait)) => {
            let arena = Arena {
                sandbox,
                tools,
                bait: &bait,
            };
            let one = |attack| check(attack, arena.face(attack));
            ATTACKS.iter().map(one).collect()
        }
        Err(error) => vec![Check {
            name: "lay out bait",
            layer: "files",
            tries: "put files and sockets where an attacker looks",
            held: Held::No,
            detail: error.to_string(),
            remedy: Some(
                "make the temporary and the home folder writable for the doctor".to_owned(),
            ),
        }],
    }
}

fn check(attack: &Attack, (held, detail): (Held, String)) -> Check {
    let remedy = (held == Held::No).then(|| {
        "run nothing that a model wrote on this machine until this holds; report it with the facts of the badge"
            .to_owned()
    });
    Check {
        name: attack.name,
        layer: attack.layer,
        tries: attack.tries,
        held,
        detail,
        remedy,
    }
}

impl Arena<'_> {
    /// One attack and what came of it.
    fn face(&self, attack: &Attack) -> (Held, String) {
        if let Some(lack) = (attack.lacks)() {
            return (Held::NotTried, lack.to_owned());
        }
        let ran = match attack.way {
            Way::Compile(source) => self.compile(source),
            Way::Script | Way::Twice | Way::Collect(_) => self.run(attack),
        };
        match ran {
            Ok(outcome) => (attack.judge)(self, &outcome),
            Err(Trouble::Lack(what)) => (Held::NotTried, what),
            Err(Trouble::Fault(what)) => (Held::No, what),
        }
    }

    fn tool(&self, language: Language) -> Result<&Toolchain, Trouble> {
        let tool = self.tools.iter().find(|tool| tool.language == language);
        tool.ok_or_else(|| {
            Trouble::Lack(format!("it needs {}, which is not here", language.name()))
        })
    }

    fn run(&self, attack: &Attack) -> Result<Outcome, Trouble> {
        let bytes = format!("ATTACK = {:?}\n{SCRIPT}", attack.name).into_bytes();
        let mut program = self.tool(Language::Python)?.run(File {
            name: "main.py".to_owned(),
            bytes,
            mode: Mode::Plain,
        });
        program.stdin = self.briefing(1)?;
        if let Way::Collect(names) = attack.way {
            program.collect = names.iter().map(|&name| name.to_owned()).collect();
        }
        let limits = Limits {
            cpu: Duration::from_millis(attack.cpu_ms),
            wall: Duration::from_millis(attack.wall_ms),
            ..attacks::limits()
        };
        if attack.way == Way::Twice {
            self.execute(&program, &limits)?;
            program.stdin = self.briefing(2)?;
        }
        self.execute(&program, &limits)
    }

    /// What the attacker is told, one `name=value` per line.
    fn briefing(&self, round: u32) -> Result<Vec<u8>, Trouble> {
        let text = self
            .bait
            .briefing()
            .map_err(|error| Trouble::Fault(error.to_string()))?;
        let tier = self.sandbox.badge().tier;
        Ok(format!("{text}tier={tier}\nround={round}\n").into_bytes())
    }

    fn compile(&self, source: &str) -> Result<Outcome, Trouble> {
        let tool = self.tool(Language::Cpp)?;
        let bait = self
            .bait
            .files
            .first()
            .map(|path| path.display().to_string());
        let program = tool.compile(&source.replace("BAIT", &bait.unwrap_or_default()));
        let limits = Limits {
            wall: Duration::from_secs(30),
            ..tool.compile_limits()
        };
        self.execute(&program, &limits)
    }

    fn execute(&self, program: &Program, limits: &Limits) -> Result<Outcome, Trouble> {
        let ran = self.sandbox.execute(program, limits);
        ran.map_err(|fault| Trouble::Fault(fault.to_string()))
    }

    /// Whether every run has a control group, which has to be what stops an excess.
    fn has_leaves(&self) -> bool {
        self.sandbox.badge().tier == Tier::T4
    }

    /// Whether the kernel itself limits what a program uses up.
    fn is_counted(&self) -> bool {
        self.sandbox.badge().tier != Tier::T2
    }
}

/// Why an attack was not carried out.
enum Trouble {
    /// The machine lacks something.
    Lack(String),
    /// The sandbox failed.
    Fault(String),
}
