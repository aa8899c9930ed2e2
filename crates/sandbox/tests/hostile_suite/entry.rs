//! One hostile program: what its file says of it.
//!
//! The description is the comment at the head of the source, one `key: value` a line behind `//:` or
//! `#:`. The file's name begins with the id. Keys:
//!
//! - `attacks`: what it is after, in words.
//! - `profile`: `run`, or `compile` when the compiler is the one attacked.
//! - `endings`: how it may end, separated by commas (see `allowed.rs`).
//! - `limits`: changes to the limits, as `cpu_ms=200 memory_mb=64`.
//! - `prints`, `says`, `never`: what standard output holds, what standard error holds, what neither
//!   holds; any number of lines.
//! - `collect`, `collected`: names that are asked back, and those that come back.
//! - `args`, `stdin`: words for the program; `none` for no input instead of the briefing.
//! - `alone`: a C++ program with a `main` of its own, compiled by itself.
//! - `twice`: run it two times in a row; both have to end as described.
//! - `after`: compile it and run the result as well; these are the endings of the run.
//! - `peer`: run it beside `friend.py`, connected with it; these are the endings of the friend, who has
//!   to see the end of the connection and nothing else.
//! - `t2-` in front of a key: what stands in its place at tier T2. Only there is `t2-reaches`: what a program
//!   may reach, separated by commas (a star ends a beginning); each is an exception in the badge.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use sandbox::toolchain::Language;
use sandbox::{Limits, Profile, Tier};

use crate::allowed::Allowed;

/// A program with its description.
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) language: Language,
    pub(crate) source: String,
    pub(crate) profile: Profile,
    pub(crate) endings: Vec<Allowed>,
    pub(crate) after: Vec<Allowed>,
    pub(crate) peer: Vec<Allowed>,
    pub(crate) limits: Limits,
    lines: Vec<(String, String)>,
}

/// In front of keys that are about the weaker tier.
const WEAKER: &str = "t2-";

const KEYS: [&str; 16] = [
    "attacks",
    "profile",
    "endings",
    "limits",
    "prints",
    "says",
    "never",
    "collect",
    "collected",
    "args",
    "stdin",
    "alone",
    "twice",
    "after",
    "peer",
    "reaches",
];

impl Entry {
    fn parse(name: &str, text: &str, tier: Tier) -> Self {
        let (stem, ending) = name.rsplit_once('.').unwrap();
        let (language, mark) = match ending {
            "cpp" => (Language::Cpp, "//: "),
            "go" => (Language::Go, "//: "),
            "js" => (Language::JavaScript, "//: "),
            "py" => (Language::Python, "#: "),
            "rs" => (Language::Rust, "//: "),
            other => panic!("{name}: nobody runs .{other}"),
        };
        // A line in front is part of the attack.
        let head = text.lines().skip_while(|line| !line.starts_with(mark));
        let head = head.map_while(|line| line.strip_prefix(mark));
        let lines: Vec<(String, String)> = head
            .map(|line| {
                line.split_once(':')
                    .unwrap_or_else(|| panic!("{name}: {line}"))
            })
            .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
            .collect();
        for (key, _) in &lines {
            let key = key.strip_prefix(WEAKER).unwrap_or(key);
            assert!(KEYS.contains(&key), "{name}: unknown key {key}");
        }
        let lines = at(tier, lines);
        let one = |wanted: &str| {
            let mut found = lines.iter().filter(|(key, _)| key == wanted);
            let value = found.next().map(|(_, value)| value.as_str());
            assert!(found.next().is_none() || ["prints", "says", "never"].contains(&wanted));
            value
        };
        assert!(
            one("attacks").is_some_and(|text| text.len() > 10),
            "{name}: attacks what?"
        );
        let profile = match one("profile") {
            Some("run") => Profile::Run,
            Some("compile") => Profile::Compile,
            other => panic!("{name}: profile {other:?}"),
        };
        let endings = Allowed::list(one("endings").unwrap_or_else(|| panic!("{name}: endings")));
        let after = one("after").map(Allowed::list).unwrap_or_default();
        let peer = one("peer").map(Allowed::list).unwrap_or_default();
        let limits = limits(name, (language, profile), one("limits").unwrap_or_default());
        Self {
            id: stem.split('_').next().unwrap().to_owned(),
            name: name.to_owned(),
            language,
            source: expand(text),
            profile,
            endings,
            after,
            peer,
            limits,
            lines,
        }
    }

    /// The values of a key, with `\n` and the like read as what they stand for.
    pub(crate) fn all(&self, wanted: &str) -> Vec<String> {
        let found = self.lines.iter().filter(|(key, _)| key == wanted);
        found.map(|(_, value)| value.replace("\\n", "\n")).collect()
    }

    /// The words of a key's only line.
    pub(crate) fn words(&self, wanted: &str) -> Vec<String> {
        let line = self.all(wanted).into_iter().next().unwrap_or_default();
        line.split_ascii_whitespace().map(str::to_owned).collect()
    }

    pub(crate) fn has(&self, wanted: &str) -> bool {
        self.lines.iter().any(|(key, _)| key == wanted)
    }

    /// Whether it is compiled together with the others.
    pub(crate) fn is_shared(&self) -> bool {
        self.language == Language::Cpp && self.profile == Profile::Run && !self.has("alone")
    }
}

/// The lines that hold at this tier.
fn at(tier: Tier, lines: Vec<(String, String)>) -> Vec<(String, String)> {
    let (weaker, mut all): (Vec<_>, Vec<_>) = lines
        .into_iter()
        .partition(|(key, _)| key.starts_with(WEAKER));
    if tier == Tier::T2 {
        let weaker = weaker.into_iter();
        let weaker: Vec<_> = weaker
            .map(|(key, value)| (key[WEAKER.len()..].to_owned(), value))
            .collect();
        all.retain(|(key, _)| !weaker.iter().any(|(other, _)| other == key));
        all.extend(weaker);
    }
    all
}

/// Short limits for run time, the usual ones with less CPU time for compilers.
fn limits(name: &str, what: (Language, Profile), changes: &str) -> Limits {
    let mut limits = match what {
        (Language::JavaScript | Language::Go, Profile::Run) => Limits {
            cpu: Duration::from_secs(1),
            ..Limits::run_managed()
        },
        (Language::Rust | Language::Go, Profile::Compile) => Limits {
            cpu: Duration::from_millis(1500),
            ..Limits::compile_large()
        },
        // A first import on a cold machine takes its time.
        (Language::Python, Profile::Run) => Limits {
            cpu: Duration::from_secs(1),
            wall: Duration::from_secs(30),
            memory_bytes: 64 << 20,
            ..Limits::run()
        },
        (_, Profile::Run) => Limits {
            cpu: Duration::from_millis(300),
            wall: Duration::from_secs(30),
            memory_bytes: 64 << 20,
            ..Limits::run()
        },
        (_, Profile::Compile) => Limits {
            cpu: Duration::from_millis(700),
            wall: Duration::from_secs(30),
            memory_bytes: 256 << 20,
            ..Limits::compile()
        },
    };
    for change in changes.split_ascii_whitespace() {
        let (key, value) = change.split_once('=').unwrap();
        let value: u64 = value.parse().unwrap();
        match key {
            "cpu_ms" => limits.cpu = Duration::from_millis(value),
            "wall_ms" => limits.wall = Duration::from_millis(value),
            "memory_mb" => limits.memory_bytes = value << 20,
            "address_mb" => limits.address_bytes = value << 20,
            "stack_kb" => limits.stack_bytes = value << 10,
            "processes" => limits.processes = value,
            "file_kb" => limits.file_bytes = value << 10,
            "open_files" => limits.open_files = value,
            other => panic!("{name}: unknown limit {other}"),
        }
    }
    limits
}

/// `@@5 text@@` stands for five times the text: large sources are small here.
fn expand(text: &str) -> String {
    let mut parts = text.split("@@");
    let mut out = parts.next().unwrap_or_default().to_owned();
    while let (Some(order), Some(plain)) = (parts.next(), parts.next()) {
        let (count, piece) = order.split_once(' ').unwrap();
        out += &piece.repeat(count.parse().unwrap());
        out += plain;
    }
    out
}

/// Every program of a folder, in the order of ids, as it is described for this tier.
pub(crate) fn read(folder: &Path, tier: Tier) -> Vec<Entry> {
    let mut entries: Vec<Entry> = std::fs::read_dir(folder)
        .unwrap()
        .map(Result::unwrap)
        .filter(|found| found.file_type().unwrap().is_file())
        .map(|found| {
            let name = found.file_name().into_string().unwrap();
            let text = std::fs::read_to_string(found.path()).unwrap();
            Entry::parse(&name, &text, tier)
        })
        .collect();
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    let ids: BTreeSet<_> = entries.iter().map(|entry| &entry.id).collect();
    assert_eq!(ids.len(), entries.len(), "an id stands for one program");
    entries
}

#[test]
fn a_description_is_read_and_a_wrong_one_is_refused() {
    let head = "#: attacks: nothing at all\n#: profile: run\n#: endings: exit 0, signal *\n";
    let text = format!("{head}#: prints: a\\nb\n#: t2-prints: c\n@@3 ab@@.\n");
    let entry = Entry::parse("H01_a_name.py", &text, Tier::T3);
    assert_eq!(
        (entry.id.as_str(), entry.all("prints")),
        ("H01", vec!["a\nb".to_owned()])
    );
    assert!(entry.source.ends_with("ababab.\n"), "{}", entry.source);
    let weaker = Entry::parse("H01_a_name.py", &text, Tier::T2);
    assert_eq!(weaker.all("prints"), ["c"]);
    let last = |line: &str| format!("{head}{line}\n");
    for bad in [
        &head[30..],
        &last("#: colour: red"),
        &last("#: limits: cpu=x"),
    ] {
        assert!(
            std::panic::catch_unwind(|| Entry::parse("H01_x.py", bad, Tier::T3)).is_err(),
            "{bad}"
        );
    }
}
