//! The scores of texts written by hand, with the real parser in a real box, and of texts that no person
//! would write.

use std::sync::LazyLock;

use proptest::prelude::*;
use sandbox::toolchain::{self, Language};
use sandbox::{Captured, Cell, Fault, Limits, Scripted};

use super::*;

static PYTHON: LazyLock<Toolchain> = LazyLock::new(|| toolchain::find(Language::Python).unwrap());
static CELL: LazyLock<Cell> = LazyLock::new(|| Cell::with_readable(&PYTHON.readable).unwrap());

const PROMPT: &str = "def f(n):\n    \"\"\"Halve n until it is 0.\"\"\"\n";

fn look(prompt: &str, code: &str, structure: &[&str]) -> Inspection {
    let structure: Vec<String> = structure.iter().map(|&text| text.to_owned()).collect();
    let wanted = Wanted {
        prompt,
        keywords: &[],
        structure: &structure,
    };
    inspect(wanted, code, &PYTHON, &*CELL).unwrap()
}

/// What an answer to the stub looks like when it goes on with it.
fn after_stub(answer: &str, structure: &[&str]) -> Inspection {
    look(PROMPT, &format!("{PROMPT}{answer}"), structure)
}

#[test]
fn what_parses_is_what_the_interpreter_would_read_once_a_cut_off_end_is_trimmed() {
    for (answer, parses) in [
        ("    return n\n", true),
        ("    return n", true),
        ("    pass\n", true),
        ("    return n\n    if n:\n", true),
        (
            "    return n\n    if n:\n        x = [1,\n             2",
            true,
        ),
        ("    x = 1\n    y = \"abc", true),
        ("    x = 1\n    \"\"\"cut off\nin a text", true),
        ("    return n\n    y = 1 +", true),
        ("    return n +* 2\n", false),
        ("    return n +* 2\n    y = 1", false),
        ("    x = 1\n    y = (1\n    z = 2\n    return z\n", false),
        ("  return n\n    return n\n", false),
        ("    if n:\n", false),
        ("    return (n +", false),
        ("", false),
        ("\n\n    # nothing\n", false),
    ] {
        assert_eq!(after_stub(answer, &[]).parses, parses, "{answer:?}");
    }
    let repeated = "def f(n):\n    \"\"\"Something.\"\"\"\n";
    assert!(
        !look(PROMPT, repeated, &[]).parses,
        "the stub alone is no answer"
    );
}

const CLASS: &str = "class Box:\n    def put(self, x):\n        self.next = x\n";

/// Answer to the stub, assertion, whether it holds.
#[rustfmt::skip]
const ASSERTIONS: [(&str, &str, bool); 44] = [
    ("    while n:\n        n //= 2\n", "loop", true),
    ("    return 'while True: for'\n", "loop", false),
    ("    return n and f(n // 2)\n", "recursion", true),
    ("    return g(n)\n", "recursion", false),
    ("    return n and f(n // 2)\n", "halves", true),
    ("    return n >> 1\n", "halves", true),
    ("    return n // 3\n", "halves", false),
    ("    if n < 1:\n        return 0\n    return f(n - 1)\n", "base_case", true),
    ("    return 0 if n < 1 else f(n - 1)\n", "base_case", true),
    ("    m = f(n - 1)\n    if n < 1:\n        return 0\n    return m\n", "base_case", false),
    ("    return f(n - 1)\n", "base_case", false),
    ("    return [x for x in n]\n", "comprehension", true),
    ("    return [x for x in n]\n", "filter", false),
    ("    return [x for x in n if x]\n", "filter", true),
    ("    return set(x for x in n)\n", "list_comprehension", false),
    ("    if n:\n        return 1\n    else:\n        raise KeyError\n", "returns:f", true),
    ("    if n:\n        return 1\n", "returns:f", false),
    ("    while True:\n        return 1\n", "returns:f", true),
    ("    while True:\n        break\n", "returns:f", false),
    ("    try:\n        return 1\n    except KeyError:\n        return 2\n", "returns:f", true),
    ("    try:\n        return 1\n    except KeyError:\n        pass\n", "returns:f", false),
    ("    with open(n) as x:\n        return x\n", "with:open", true),
    ("    with lock(n) as x:\n        return x\n", "with:open", false),
    ("    with lock(n) as x:\n        return x\n", "with", true),
    ("    raise ValueError(n)\n", "raises:ValueError", true),
    ("    raise KeyError\n", "raises:ValueError", false),
    ("    memo[n] = 1\n", "remembers", true),
    ("    return memo[n]\n", "remembers", false),
    ("    return n.sort()\n", "avoids:sort", false),
    ("    return n\n", "avoids:sort", true),
    ("    pass\n", "avoids:sort", false),
    ("    db.execute('SELECT ?', (n,))\n", "binds_values", true),
    ("    db.execute(f'SELECT {n}')\n", "binds_values", false),
    ("    db.execute('SELECT %s' % n, ())\n", "binds_values", false),
    ("    db.execute('SELECT 1')\n", "binds_values", false),
    ("    import os.path as p\n", "imports:os.path", true),
    ("    return get(n, timeout=3)\n", "passes:timeout", true),
    ("    return timeout\n", "passes:timeout", false),
    ("    return n.load()\n", "calls:loads or calls:load", true),
    (CLASS, "method:Box.put", true),
    (CLASS, "method:Box.take", false),
    (CLASS, "stores:next", true),
    (CLASS, "defines:Box", true),
    ("    return Box.put\n", "method:Box.put", false),
];

#[test]
fn an_assertion_holds_where_the_tree_has_it_and_not_where_only_the_text_does() {
    for (answer, assertion, holds) in ASSERTIONS {
        let found = after_stub(answer, &[assertion]);
        assert!(found.parses, "{answer}");
        assert_eq!(found.structure, [holds], "{assertion}:\n{answer}");
    }
}

#[test]
fn a_habit_counts_only_where_it_applies_and_what_the_prompt_gave_is_no_merit() {
    let answer = "def g(Items):\n    try:\n        return open(Items).read()\n    except:\n        import os\n";
    let found = after_stub(&format!("    return g(n)\n\n{answer}"), &[]);
    let habit = |name: &str| found.practices[name];
    for bad in [
        "docstring",
        "context_manager",
        "no_bare_except",
        "usual_names",
        "annotations",
        "imports_used",
    ] {
        assert_eq!(habit(bad), Some(false), "{bad}");
    }
    assert_eq!(habit("short_functions"), Some(true));

    let plain = after_stub("    return n\n", &[]);
    let applies: Vec<&str> = plain
        .practices
        .iter()
        .filter_map(|(name, held)| held.map(|_| name.as_str()))
        .collect();
    assert_eq!(applies, ["short_functions", "usual_names"]);

    let good = "import os\n\n\ndef g(path: str) -> str:\n    \"\"\"Read it.\"\"\"\n    try:\n        with open(path) as file:\n            return file.read() + os.sep\n    except OSError:\n        return \"\"\n";
    let good = look("", good, &[]);
    assert_eq!(good.practices.len(), 7);
    assert!(
        good.practices.values().all(|held| *held == Some(true)),
        "{good:?}"
    );

    let long = format!("    x = 1\n{}", "    x += 1\n".repeat(60));
    assert_eq!(
        after_stub(&long, &[]).practices["short_functions"],
        Some(false)
    );
}

#[test]
fn a_hostile_text_is_scored_and_does_not_hang() {
    let texts = [
        "(".repeat(60_000),
        format!("x = {}1\n", "-".repeat(60_000)),
        format!("x = {}\n", "1+".repeat(30_000)),
        format!("x = a{}\n", ".b".repeat(30_000)),
        format!("x = {}\n", "9".repeat(60_000)),
        format!("x = {}\n", "[1 for x in ".repeat(2_000)),
        "if x:\n ".repeat(5_000),
        "\n".repeat(60_000),
        "    [\n".repeat(5_000),
        "x = f\"{".repeat(5_000),
        "x".repeat(MOST_BYTES + 1),
        "a\0b\n".to_owned(),
        "# coding: rot13\nkevag(1)\n".to_owned(),
        "\u{feff}x = 1\n".to_owned(),
        "x = '\u{202e}\u{d7ff}🦀'\u{0c}\n".to_owned(),
        "x = 9**9**9**9\n".to_owned(),
        "__import__('os')._exit(0)\n".to_owned(),
        "print('{\"parses\": true}')\n".to_owned(),
    ];
    for text in &texts {
        let found = look("", text, &["loop"]);
        assert!(found.structure.iter().all(|holds| !holds), "{:.40}", text);
        assert_in_range(&scores(none(), text, &found, 0.0));
    }
}

fn none() -> Wanted<'static> {
    Wanted {
        prompt: "",
        keywords: &[],
        structure: &[],
    }
}

fn assert_in_range(scores: &BTreeMap<String, f64>) {
    assert_eq!(scores.len(), 5);
    for (name, value) in scores {
        assert!((0.0..=1.0).contains(value), "{name} is {value}");
    }
}

#[test]
fn an_inspector_that_does_not_come_back_says_nothing_and_one_that_dies_of_a_text_parses_nothing() {
    let whole = r#"{"parses":true,"structure":[true],"practices":{}}"#;
    for (ending, said, parses) in [
        (Ending::Exited(0), whole, Some(true)),
        (Ending::Exited(0), r#"{"parses":false}"#, Some(false)),
        (Ending::Signalled(11), "", Some(false)),
        (Ending::CpuLimit, "", Some(false)),
        (Ending::MemoryLimit, "", Some(false)),
        (Ending::WallLimit, whole, None),
        (Ending::Exited(1), whole, None),
        (Ending::Exited(0), "", None),
        (Ending::Exited(0), "{}", None),
        (Ending::Exited(0), r#"{"parses":true,"structure":[]}"#, None),
        (
            Ending::Exited(0),
            r#"{"parses":true,"structure":[1]}"#,
            None,
        ),
        (Ending::Exited(0), r#"{"parses":false} more"#, None),
    ] {
        let found = read(&Outcome::scripted(ending, said), 1).ok();
        assert_eq!(found.map(|found| found.parses), parses, "{ending:?} {said}");
    }
    let cut = Captured {
        bytes: whole.as_bytes()[..20].to_vec(),
        truncated: true,
    };
    let cut = Outcome {
        stdout: cut,
        ..Outcome::scripted(Ending::Exited(0), "")
    };
    assert!(read(&cut, 1).is_err());
    let lost = Scripted::new(|_: &Program, _: &Limits| {
        Err(Fault::Lost {
            what: "no report".into(),
        })
    });
    assert!(inspect(none(), "x = 1\n", &PYTHON, &lost).is_err());
}

#[test]
fn the_sum_is_of_the_parts_by_their_weights() {
    let keywords = ["return".to_owned(), "mid".to_owned()];
    let wanted = Wanted {
        keywords: &keywords,
        ..none()
    };
    let found = Inspection {
        parses: true,
        structure: vec![true, true, false, false],
        practices: [("a".to_owned(), Some(true)), ("b".to_owned(), None)].into(),
    };
    let scores = scores(wanted, "return middle", &found, 1.0);
    let values: Vec<f64> = WEIGHTS.iter().map(|(name, _)| scores[*name]).collect();
    assert_eq!(values, [0.5, 1.0, 0.75, 1.0]);
    assert!((scores["quality_weighted"] - (0.05 + 0.2 + 0.375 + 0.2)).abs() < 1e-12);
    assert!((WEIGHTS.iter().map(|(_, weight)| weight).sum::<f64>() - 1.0).abs() < 1e-12);
    for (name, _) in WEIGHTS {
        assert!(scores.contains_key(name));
    }
}

proptest! {
    #[test]
    fn every_score_of_every_finding_lies_between_0_and_1(
        parses: bool,
        structure in prop::collection::vec(any::<bool>(), 0..9),
        practices in prop::collection::btree_map("[a-c]", any::<Option<bool>>(), 0..3),
        keywords in prop::collection::vec(".+", 1..4),
        answer: String,
        tests in any::<f64>().prop_filter("a share is a number", |share| !share.is_nan()),
    ) {
        let wanted = Wanted { keywords: &keywords, ..none() };
        let found = Inspection { parses, structure, practices };
        assert_in_range(&scores(wanted, &answer, &found, tests));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_text_at_all_is_looked_at(text: String, structure in "(loop|filter|base_case|returns:f)") {
        let found = look(PROMPT, &text, &[structure.as_str()]);
        prop_assert!(found.parses == (found.structure.len() == 1));
    }
}
