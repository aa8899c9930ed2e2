//! EvalPlus: arguments instead of tests; what is right is what the published solution answers.
//!
//! JSON has no tuples, sets or complex numbers, so some tasks of MBPP+ need their arguments revived, and
//! some have several right answers. Which tasks these are, and what is accepted, are facts of that
//! benchmark (EvalPlus 0.3.1, `data/mbpp.py` and `eval/_special_oracle.py`, Apache-2.0). They stand
//! here as data, so that the checker knows no task by name. Not taken over: the second reading of
//! Mbpp/558 and Mbpp/581 that EvalPlus accepts beside its own solution's.

use super::line::Line;
use super::shape;
use crate::problem::{Function, Inputs, Problem, Target, Tests};

/// How the arguments of one task are revived, as a Python expression over them (`x`).
#[rustfmt::skip]
const REVIVE: [(&str, &[u32]); 13] = [
    ("[tuple(a) for a in x]", &[2, 116, 132, 143, 222, 261, 273, 394, 399, 421, 424, 429, 470, 560, 579, 596, 616, 630, 726, 740, 744, 809]),
    ("[[tuple(b) for b in a] for a in x]", &[63, 64, 70, 94, 120, 237, 272, 299, 400, 409, 417, 438, 473, 614, 780]),
    ("[[tuple(b) for b in x[0]], x[1]]", &[75, 413, 444, 753]),
    ("[x[0], tuple(x[1])]", &[106, 750]),
    ("[[set(b) if isinstance(b, list) and b else {} for b in x[0]]]", &[115]),
    ("[float(x[0]), complex(x[1])]", &[124]),
    ("[tuple(x[0]), x[1]]", &[250, 405, 446, 617, 720, 763, 808]),
    ("[tuple(tuple(b) for b in a) for a in x]", &[259, 401, 445]),
    ("[tuple(tuple(b) if isinstance(b, list) else b for b in x[0])]", &[278]),
    ("[tuple(x[0]), x[1], x[2]]", &[307]),
    ("[{k: tuple(v) for k, v in x[0].items()}] + x[1:]", &[722]),
    ("[complex(x[0])]", &[252]),
    ("deep(x)", &[580, 615, 791]),
];

const DEEP: &str = "def deep(x):\n    return tuple(map(deep, x)) if isinstance(x, list) else x\n";

/// What else counts as right, by the name of the function.
#[rustfmt::skip]
const ACCEPT: [(&str, &[&str]); 5] = [
    ("set(answer) == set(wanted)", &["similar_elements", "find_char_long", "common_in_nested_lists", "extract_singly", "larg_nnum", "intersection_array", "find_dissimilar", "Diff"]),
    ("answer == wanted if isinstance(answer, bool) else wanted == (answer is not None)", &["check_str", "text_match_three", "text_starta_endb"]),
    ("abs(sum(c * math.pow(answer, i) for i, c in enumerate(args[0]))) <= atol", &["find_zero"]),
    ("answer == wanted or answer == 0", &["sum_div"]),
    ("True", &["are_equivalent"]),
];

pub(super) fn problem(line: &Line<'_>) -> Result<Problem, String> {
    let id = line.id()?;
    let prompt = line.text("prompt")?;
    let entry_point = line.text("entry_point")?;
    let solution = format!("{prompt}{}", line.text("canonical_solution")?);
    let inputs = Inputs {
        base: line.raw("base_input")?.to_owned(),
        plus: line.raw("plus_input")?.to_owned(),
        revive: revive(&id),
        accept: accept(&entry_point).to_owned(),
        atol: line.get("atol")?,
    };
    let function = Function {
        stub: prompt.contains(&format!("def {entry_point}")),
        entry_point,
        setup: String::new(),
        support: String::new(),
        tests: Tests::Inputs(inputs),
        solution: Some(solution),
    };
    Ok(shape::problem(id, prompt, Target::Function(function)))
}

/// Only MBPP's tasks need it; HumanEval's arguments are JSON.
fn revive(id: &str) -> String {
    let number = id
        .strip_prefix("Mbpp/")
        .and_then(|number| number.parse().ok());
    let rule = number.and_then(|number: u32| {
        let mut rules = REVIVE.iter();
        rules.find(|(_, tasks)| tasks.contains(&number))
    });
    rule.map_or_else(String::new, |(expression, _)| {
        format!("{DEEP}\ndef revive(inputs):\n    return [{expression} for x in inputs]\n")
    })
}

fn accept(entry_point: &str) -> &'static str {
    let mut rules = ACCEPT.iter();
    rules
        .find(|(_, names)| names.contains(&entry_point))
        .map_or("", |(expression, _)| expression)
}
