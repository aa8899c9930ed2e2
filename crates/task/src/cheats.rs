//! Cheats: programs that try to be judged right without solving anything.
//!
//! Each is made for any function by its name alone. A suite on which one of them is right measures
//! something else than it says, so suites are tried with all of them before they are used. The numbers
//! in their first lines are those of the design's group S (verdict spoofing).
//!
//! This is data: what is done about a suite that is deceived is decided by whoever uses it.

use crate::problem::Problem;

/// A program that cheats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cheat {
    /// What it does, in words joined by underscores.
    pub name: &'static str,
    /// Its text, in which `entry_point` stands for the function's name.
    text: &'static str,
}

/// Every cheat, by name.
pub const ALL: &[Cheat] = &[
    Cheat {
        name: "answers_hugely",
        text: include_str!("../data/cheats/answers_hugely.py"),
    },
    Cheat {
        name: "answers_later",
        text: include_str!("../data/cheats/answers_later.py"),
    },
    Cheat {
        name: "answers_twice",
        text: include_str!("../data/cheats/answers_twice.py"),
    },
    Cheat {
        name: "answers_with_the_class",
        text: include_str!("../data/cheats/answers_with_the_class.py"),
    },
    Cheat {
        name: "asserts_nothing",
        text: include_str!("../data/cheats/asserts_nothing.py"),
    },
    Cheat {
        name: "collides_hashes",
        text: include_str!("../data/cheats/collides_hashes.py"),
    },
    Cheat {
        name: "empties_its_arguments",
        text: include_str!("../data/cheats/empties_its_arguments.py"),
    },
    Cheat {
        name: "ends_the_iteration",
        text: include_str!("../data/cheats/ends_the_iteration.py"),
    },
    Cheat {
        name: "equals_everything",
        text: include_str!("../data/cheats/equals_everything.py"),
    },
    Cheat {
        name: "exits_at_once",
        text: include_str!("../data/cheats/exits_at_once.py"),
    },
    Cheat {
        name: "exits_hard",
        text: include_str!("../data/cheats/exits_hard.py"),
    },
    Cheat {
        name: "exits_hard_at_once",
        text: include_str!("../data/cheats/exits_hard_at_once.py"),
    },
    Cheat {
        name: "exits_in_call",
        text: include_str!("../data/cheats/exits_in_call.py"),
    },
    Cheat {
        name: "floods_the_line",
        text: include_str!("../data/cheats/floods_the_line.py"),
    },
    Cheat {
        name: "forgets_failures",
        text: include_str!("../data/cheats/forgets_failures.py"),
    },
    Cheat {
        name: "interrupts",
        text: include_str!("../data/cheats/interrupts.py"),
    },
    Cheat {
        name: "is_infinite",
        text: include_str!("../data/cheats/is_infinite.py"),
    },
    Cheat {
        name: "is_not_a_number",
        text: include_str!("../data/cheats/is_not_a_number.py"),
    },
    Cheat {
        name: "looks_for_answers_in_files",
        text: include_str!("../data/cheats/looks_for_answers_in_files.py"),
    },
    Cheat {
        name: "looks_for_answers_in_memory",
        text: include_str!("../data/cheats/looks_for_answers_in_memory.py"),
    },
    Cheat {
        name: "nests_deeply",
        text: include_str!("../data/cheats/nests_deeply.py"),
    },
    Cheat {
        name: "optimises_assertions_away",
        text: include_str!("../data/cheats/optimises_assertions_away.py"),
    },
    Cheat {
        name: "patches_the_line",
        text: include_str!("../data/cheats/patches_the_line.py"),
    },
    Cheat {
        name: "plants_modules",
        text: include_str!("../data/cheats/plants_modules.py"),
    },
    Cheat {
        name: "prints_success",
        text: include_str!("../data/cheats/prints_success.py"),
    },
    Cheat {
        name: "raises_for_all",
        text: include_str!("../data/cheats/raises_for_all.py"),
    },
    Cheat {
        name: "reads_the_callers_constants",
        text: include_str!("../data/cheats/reads_the_callers_constants.py"),
    },
    Cheat {
        name: "reads_the_callers_line",
        text: include_str!("../data/cheats/reads_the_callers_line.py"),
    },
    Cheat {
        name: "remembers_inputs",
        text: include_str!("../data/cheats/remembers_inputs.py"),
    },
    Cheat {
        name: "sends_a_broken_frame",
        text: include_str!("../data/cheats/sends_a_broken_frame.py"),
    },
    Cheat {
        name: "subclasses_plain_types",
        text: include_str!("../data/cheats/subclasses_plain_types.py"),
    },
    Cheat {
        name: "writes_the_report",
        text: include_str!("../data/cheats/writes_the_report.py"),
    },
];

impl Cheat {
    /// The cheat as an answer to a problem; `None` if the problem asks for no function.
    pub fn answer(&self, problem: &Problem) -> Option<String> {
        let function = problem.target.function()?;
        let code = self.text.replace("entry_point", &function.entry_point);
        Some(format!("```python\n{code}```\n"))
    }
}
