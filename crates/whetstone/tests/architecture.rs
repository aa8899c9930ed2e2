//! The shape of the workspace, held by tests: who may know whom, and what no source may contain.
//!
//! Each rule is a function from what it reads to a list of complaints. Its test runs it on the real
//! workspace and on a made-up violation, so that a rule that has gone blind fails as well. Manifests are
//! read through `cargo metadata`, so renamed, optional and target-specific dependencies count.

#![allow(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "cargo is asked for the workspace's own description"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Which of our crates each of our crates may know. `whetstone` is the door and knows all.
const EDGES: [(&str, &[&str]); 15] = [
    ("measure", &[]),
    ("sandbox", &[]),
    ("engine", &[]),
    ("gguf", &[]),
    ("hub", &[]),
    ("ledger", &[]),
    ("llama", &["engine", "gguf", "measure"]),
    ("model", &["gguf"]),
    ("decoder", &["gguf"]),
    ("task", &["ledger", "sandbox"]),
    ("report", &["ledger", "measure"]),
    ("bench", &["engine", "task", "ledger", "measure", "sandbox"]),
    (
        "improve",
        &["decoder", "engine", "ledger", "task", "measure"],
    ),
    (
        "workbench",
        &[
            "measure", "engine", "ledger", "task", "llama", "report", "bench",
        ],
    ),
    (
        "whetstone",
        &[
            "measure", "sandbox", "engine", "gguf", "hub", "ledger", "llama", "model", "task",
            "report", "bench", "decoder", "improve",
        ],
    ),
];

/// What tests may know besides: a model from outside is pulled the way a user pulls it.
const EDGES_OF_TESTS: [(&str, &str); 6] = [
    ("llama", "hub"),
    ("decoder", "engine"),
    ("decoder", "hub"),
    ("decoder", "llama"),
    ("improve", "gguf"),
    ("workbench", "gguf"),
];

/// Crates from outside that only some of ours may name; a trailing `*` stands for any ending.
const RESERVED: [(&str, &[&str]); 14] = [
    ("llama-cpp-*", &["llama"]),
    ("ureq", &["hub"]),
    ("clap", &["whetstone"]),
    ("anyhow", &["whetstone"]),
    ("indicatif", &["whetstone"]),
    ("saphyr-parser", &["whetstone"]),
    ("kuva", &["report"]),
    ("resvg", &["report"]),
    ("gemm", &["decoder"]),
    ("rayon", &["decoder", "improve"]),
    ("safetensors", &["model", "decoder", "improve"]),
    (
        "rand",
        &["engine", "measure", "gguf", "model", "decoder", "improve"],
    ),
    (
        "rand_chacha",
        &["engine", "measure", "gguf", "model", "decoder", "improve"],
    ),
    ("nvml-wrapper", &["measure"]),
];

/// Longest source file, in lines; files of tests may be longer.
const MOST_LINES: usize = 400;

/// Files that may be longer, with the reason.
const LONG_FILES: [(&str, &str); 0] = [];

/// Words that mean something was left unfinished. Written in pieces, or this file would hold them.
const UNFINISHED: [&str; 5] = [
    concat!("dbg", "!("),
    concat!("todo", "!("),
    concat!("#[ign", "ore"),
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
];

/// How a path that only one machine has begins.
const MACHINE_PATHS: [&str; 6] = ["/home/", "/root/", "/work/", "/tmp/", "/Users/", "C:\\"];

/// A text of the repository with its path from the root.
#[derive(Debug, Clone)]
struct Source {
    path: String,
    text: String,
}

/// One dependency of one of our crates.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Edge {
    from: String,
    to: String,
    /// Whether only tests, examples and benches see it.
    is_dev: bool,
}

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap().to_owned()
}

fn metadata() -> Value {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Every dependency of every member, of all kinds.
fn edges(metadata: &Value) -> Vec<Edge> {
    let packages = metadata["packages"].as_array().unwrap().iter();
    let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
    packages
        .flat_map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap().iter();
            dependencies.map(move |dependency| Edge {
                from: name(package),
                to: name(dependency),
                is_dev: dependency["kind"] == "dev",
            })
        })
        .collect()
}

/// Files below a folder of the repository whose names end so, without build outputs.
fn sources(folder: &str, endings: &[&str]) -> Vec<Source> {
    let root = root();
    let mut found = Vec::new();
    let mut open = vec![root.join(folder)];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if name != "target" && !name.starts_with('.') {
                    open.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                found.push(source(&root, &path));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} holds no {endings:?}");
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn source(root: &Path, path: &Path) -> Source {
    Source {
        path: path.strip_prefix(root).unwrap().display().to_string(),
        text: std::fs::read_to_string(path).unwrap(),
    }
}

/// A made-up file.
fn made_up(path: &str, text: impl Into<String>) -> Source {
    Source {
        path: path.into(),
        text: text.into(),
    }
}

/// A made-up dependency.
fn edge(from: &str, to: &str) -> Edge {
    Edge {
        from: from.into(),
        to: to.into(),
        is_dev: false,
    }
}

#[track_caller]
fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

fn is_test(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("/tests.rs") || path.ends_with("_tests.rs")
}

// --- who may know whom ----------------------------------------------------------------------------

fn forbidden_edges(edges: &[Edge]) -> Vec<String> {
    let permitted: BTreeMap<&str, &[&str]> = EDGES.into();
    let is_ours = |name: &str| permitted.contains_key(name);
    let is_wrong = |edge: &&Edge| {
        let known = permitted.get(edge.from.as_str());
        let in_tests = edge.is_dev && EDGES_OF_TESTS.contains(&(&edge.from, &edge.to));
        let is_known = known.is_some_and(|known| known.contains(&edge.to.as_str()));
        is_ours(&edge.to) && !is_known && !in_tests
    };
    let wrong = edges.iter().filter(is_wrong);
    wrong
        .map(|edge| format!("{} must not know {}", edge.from, edge.to))
        .collect()
}

#[test]
fn crates_know_only_the_crates_below_them() {
    let edges = edges(&metadata());
    assert!(edges.contains(&edge("llama", "gguf")), "edges are seen");
    assert_none(&forbidden_edges(&edges));
    for (from, to) in [
        ("measure", "ledger"),
        ("task", "llama"),
        ("report", "bench"),
        ("newcomer", "gguf"),
        ("llama", "hub"),
        ("llama", "model"),
        ("model", "llama"),
    ] {
        assert_eq!(forbidden_edges(&[edge(from, to)]).len(), 1, "{from} {to}");
    }
}

/// Permissions that nobody makes use of; `whetstone` aside, which knows all.
fn unused(edges: &[Edge]) -> Vec<String> {
    let is_there = |from: &str, to: &str| {
        let mut plain = edges.iter().filter(|edge| !edge.is_dev);
        plain.any(|edge| edge.from == from && edge.to == to)
    };
    let permitted = EDGES
        .into_iter()
        .flat_map(|(from, all)| all.iter().map(move |to| (from, *to)));
    permitted
        .filter(|(from, to)| !is_there(from, to))
        .map(|(from, to)| format!("{from} may know {to} and does not"))
        .collect()
}

#[test]
fn every_permission_to_know_a_crate_is_used() {
    let edges = edges(&metadata());
    assert_none(&unused(&edges));
    let others: Vec<Edge> = edges.into_iter().filter(|edge| edge.to != "gguf").collect();
    assert!(unused(&others).contains(&"llama may know gguf and does not".to_owned()));
}

/// The first picture of a document: each room with its row and with what stands behind its arrow.
fn drawn(document: &str) -> BTreeMap<String, (usize, Vec<String>)> {
    let picture = document.split("```").nth(1).unwrap();
    let (mut row, mut rooms) = (0, BTreeMap::new());
    for line in picture.lines() {
        for piece in line
            .split("   ")
            .map(str::trim)
            .filter(|piece| !piece.is_empty())
        {
            if let Some(number) = piece.strip_prefix("row ") {
                row = number.parse().unwrap();
                continue;
            }
            let (room, below) = piece.split_once(" → ").unwrap_or((piece, ""));
            let below = below.split(", ").filter(|name| !name.is_empty());
            rooms.insert(room.to_owned(), (row, below.map(str::to_owned).collect()));
        }
    }
    rooms
}

/// What a picture says otherwise than the list of edges. The door is drawn without its edges.
fn misdrawn(document: &str) -> Vec<String> {
    let rooms = drawn(document);
    let mut complaints = Vec::new();
    for (name, permitted) in EDGES {
        let Some((row, below)) = rooms.get(name) else {
            complaints.push(format!("{name} is not in the picture"));
            continue;
        };
        let higher = |to: &&&str| rooms.get(**to).is_none_or(|(other, _)| other >= row);
        let above = permitted.iter().filter(higher);
        complaints
            .extend(above.map(|to| format!("{name} knows {to}, which is not drawn below it")));
        let (mut drawn, mut listed) = (below.clone(), permitted.to_vec());
        drawn.sort_unstable();
        listed.sort_unstable();
        if drawn != listed && name != "whetstone" {
            complaints.push(format!(
                "{name} knows {listed:?} and is drawn with {drawn:?}"
            ));
        }
    }
    complaints
}

#[test]
fn the_picture_in_the_document_shows_the_edges_row_above_row() {
    let document = source(&root(), &root().join("ARCHITECTURE.md")).text;
    assert_none(&misdrawn(&document));
    for (right, wrong) in [
        ("task → ledger, sandbox", "task → ledger"),
        ("model → gguf      ", ""),
        ("hub      ledger", "hub"),
        ("row 2", "row 0"),
    ] {
        assert!(document.contains(right), "{right}");
        let wrong = document.replacen(right, wrong, 1);
        assert!(!misdrawn(&wrong).is_empty(), "{right}");
    }
}

/// Words that stand on more than one line of a glossary's nouns.
fn repeated_words(glossary: &str) -> Vec<String> {
    let nouns = glossary.split("## Verbs").next().unwrap_or_default();
    let lines = nouns.lines().filter_map(|line| line.strip_prefix("| **"));
    let words = lines.filter_map(|line| Some(line.split_once("**")?.0.split(", ")));
    let mut n_lines: BTreeMap<&str, usize> = BTreeMap::new();
    for word in words.flatten() {
        *n_lines.entry(word).or_default() += 1;
    }
    let again = n_lines.into_iter().filter(|(_, n)| *n > 1);
    again
        .map(|(word, n)| format!("{word} stands on {n} lines"))
        .collect()
}

#[test]
fn every_word_of_the_glossary_stands_on_one_line() {
    let glossary = source(&root(), &root().join("docs/GLOSSARY.md")).text;
    assert!(glossary.contains("| **Row** |"));
    assert_none(&repeated_words(&glossary));
    let twice = glossary.replace("| **Row** |", "| **Row, Model** |");
    assert_eq!(repeated_words(&twice), ["Model stands on 2 lines"]);
}

fn misplaced(edges: &[Edge]) -> Vec<String> {
    let mut complaints = Vec::new();
    for edge in edges {
        for (name, places) in RESERVED {
            let is_it = match name.strip_suffix('*') {
                Some(beginning) => edge.to.starts_with(beginning),
                None => edge.to == name,
            };
            if is_it && !places.contains(&edge.from.as_str()) {
                complaints.push(format!("{} must not name {}", edge.from, edge.to));
            }
        }
    }
    complaints
}

#[test]
fn engine_network_terminal_pictures_and_chance_each_have_their_crates() {
    let edges = edges(&metadata());
    for (name, places) in RESERVED {
        let beginning = name.trim_end_matches('*');
        let is_used = edges
            .iter()
            .any(|edge| edge.to.starts_with(beginning) && places.contains(&edge.from.as_str()));
        assert!(
            is_used,
            "nobody uses {name}; does the rule still mean something?"
        );
    }
    assert_none(&misplaced(&edges));
    for (from, to) in [
        ("bench", "llama-cpp-2"),
        ("whetstone", "llama-cpp-sys-2"),
        ("whetstone", "ureq"),
        ("bench", "anyhow"),
        ("hub", "indicatif"),
        ("whetstone", "resvg"),
        ("task", "rand"),
        ("gguf", "safetensors"),
    ] {
        assert_eq!(misplaced(&[edge(from, to)]).len(), 1, "{from} {to}");
    }
}

/// Crates that one of ours names in its sources, whatever its manifest says.
fn names_engine(source: &Source) -> Vec<String> {
    let may = source.path.starts_with("crates/llama/") || is_test(&source.path);
    let names = source.text.lines().any(|line| {
        let code = line.split("//").next().unwrap_or_default();
        code.contains(concat!("llama_", "cpp_"))
    });
    if names && !may {
        vec![format!("{} names the engine's binding", source.path)]
    } else {
        Vec::new()
    }
}

#[test]
fn only_the_crate_llama_names_the_binding_in_its_code() {
    let sources = sources("crates", &[".rs"]);
    let complaints: Vec<String> = sources.iter().flat_map(names_engine).collect();
    assert_none(&complaints);
    let bad = concat!("use llama_", "cpp_2::model::LlamaModel;");
    assert_eq!(
        names_engine(&made_up("crates/bench/src/lib.rs", bad)).len(),
        1
    );
    assert_eq!(
        names_engine(&made_up("crates/llama/src/load.rs", bad)).len(),
        0
    );
}

// --- manifests ------------------------------------------------------------------------------------

fn strangers(members: &[String], folders: &[String]) -> Vec<String> {
    let outside = members.iter().filter(|member| !folders.contains(member));
    let forgotten = folders.iter().filter(|folder| !members.contains(folder));
    outside
        .map(|name| format!("{name} is a member but no folder of crates/"))
        .chain(forgotten.map(|name| format!("crates/{name} is no member")))
        .collect()
}

#[test]
fn the_members_are_exactly_the_folders_in_crates() {
    let metadata = metadata();
    let crates = root().join("crates");
    let packages = metadata["packages"].as_array().unwrap().iter();
    let members: Vec<String> = packages
        .map(|package| {
            let manifest = Path::new(package["manifest_path"].as_str().unwrap());
            let folder = manifest.parent().unwrap();
            let folder = folder.strip_prefix(&crates).unwrap_or(folder);
            assert_eq!(
                *folder.to_string_lossy(),
                *package["name"].as_str().unwrap()
            );
            folder.display().to_string()
        })
        .collect();
    let folders: Vec<String> = std::fs::read_dir(&crates)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert_none(&strangers(&members, &folders));
    let known: Vec<String> = EDGES.map(|(name, _)| name.to_owned()).into();
    assert_none(&strangers(&members, &known));
    let (a, b) = (["a".to_owned()], ["b".to_owned()]);
    assert_eq!(strangers(&a, &b).len(), 2);
}

fn without_lints(manifest: &Source) -> Vec<String> {
    let mut lines = manifest.text.lines().map(str::trim);
    let section = lines.find(|line| *line == "[lints]");
    let inherits = lines
        .take_while(|line| !line.starts_with('['))
        .any(|line| line.replace(' ', "") == "workspace=true");
    if section.is_some() && inherits {
        Vec::new()
    } else {
        vec![format!("{} does not inherit the lints", manifest.path)]
    }
}

#[test]
fn every_crate_inherits_the_lints_of_the_workspace() {
    let manifests = sources("crates", &["Cargo.toml"]);
    assert_eq!(manifests.len(), EDGES.len());
    let complaints: Vec<String> = manifests.iter().flat_map(without_lints).collect();
    assert_none(&complaints);
    for bad in [
        "[package]\nname = \"a\"\n",
        "[lints]\n[dependencies]\nworkspace = true\n",
        "[lints.rust]\nworkspace = true\n",
    ] {
        assert_eq!(without_lints(&made_up("Cargo.toml", bad)).len(), 1, "{bad}");
    }
}

// --- sources --------------------------------------------------------------------------------------

fn without_header(source: &Source) -> Option<String> {
    let needs_one = source.path.contains("/src/") && !is_test(&source.path);
    let has_one = source.text.starts_with("//!");
    (needs_one && !has_one).then(|| format!("{} does not say what it is", source.path))
}

#[test]
fn every_source_begins_by_saying_what_it_is() {
    let sources = sources("crates", &[".rs"]);
    let complaints: Vec<String> = sources.iter().filter_map(without_header).collect();
    assert_none(&complaints);
    assert!(without_header(&made_up("crates/a/src/b.rs", "use c;\n//! d")).is_some());
    assert!(without_header(&made_up("crates/a/src/b_tests.rs", "use c;")).is_none());
}

fn too_long(source: &Source) -> Option<String> {
    let n_lines = source.text.lines().count();
    let is_excepted = LONG_FILES.iter().any(|(path, _)| *path == source.path);
    let is_long = n_lines > MOST_LINES && !is_test(&source.path) && !is_excepted;
    is_long.then(|| format!("{} has {n_lines} lines; split it", source.path))
}

#[test]
fn no_source_is_longer_than_one_can_survey() {
    let sources = sources("crates", &[".rs"]);
    let complaints: Vec<String> = sources.iter().filter_map(too_long).collect();
    assert_none(&complaints);
    let long = "\n".repeat(MOST_LINES + 1);
    assert!(too_long(&made_up("crates/a/src/b.rs", &long)).is_some());
    assert!(too_long(&made_up("crates/a/src/b.rs", &long[1..])).is_none());
    assert!(too_long(&made_up("crates/a/tests/b.rs", &long)).is_none());
}

fn unfinished(source: &Source) -> Vec<String> {
    let mut complaints = Vec::new();
    for (number, line) in (1..).zip(source.text.lines()) {
        for word in UNFINISHED.into_iter().filter(|word| line.contains(word)) {
            complaints.push(format!("{}:{number} says {word}", source.path));
        }
    }
    complaints
}

#[test]
fn nothing_is_left_unfinished() {
    let endings = [".rs", ".toml", ".js", ".css", ".html", ".sh"];
    let mut sources = sources("crates", &endings);
    for name in ["whet", "check"] {
        sources.push(source(&root(), &root().join(name)));
    }
    let complaints: Vec<String> = sources.iter().flat_map(unfinished).collect();
    assert_none(&complaints);
    for word in UNFINISHED {
        let bad = made_up("crates/a/src/b.rs", format!("fn c() {{}}\n    {word} d\n"));
        assert_eq!(unfinished(&bad).len(), 1, "{word}");
    }
}

// --- documents ------------------------------------------------------------------------------------

fn headings(markdown: &str) -> Vec<&str> {
    let lines = markdown.lines();
    lines.filter_map(|line| line.strip_prefix("## ")).collect()
}

#[test]
fn the_document_of_metrics_has_their_names_in_their_order() {
    let document = source(&root(), &root().join("docs/METRICS.md"));
    let names: Vec<&str> = measure::metric::METRICS.iter().map(|m| m.name).collect();
    assert_eq!(headings(&document.text), names);
    assert_eq!(headings("# a\n## b\ntext\n### c\n## d"), ["b", "d"]);
}

fn machine_paths(document: &Source) -> Vec<String> {
    let mut complaints = Vec::new();
    for (number, line) in (1..).zip(document.text.lines()) {
        for beginning in MACHINE_PATHS {
            let is_whole = |(at, _): (usize, &str)| {
                let before = line[..at].chars().next_back();
                before.is_none_or(|c| !c.is_alphanumeric() && !"._-~$}/".contains(c))
            };
            if line.match_indices(beginning).any(is_whole) {
                complaints.push(format!("{}:{number}: {line}", document.path));
            }
        }
    }
    complaints
}

#[test]
fn no_document_names_a_path_of_one_machine() {
    let mut documents = sources("docs", &[".md"]);
    for entry in std::fs::read_dir(root()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            documents.push(source(&root(), &path));
        }
    }
    let complaints: Vec<String> = documents.iter().flat_map(machine_paths).collect();
    assert_none(&complaints);
    for bad in ["see /home/me/x", "`/tmp/x`", "(/work/y)", "C:\\x"] {
        assert_eq!(machine_paths(&made_up("a.md", bad)).len(), 1, "{bad}");
    }
    assert_none(&machine_paths(&made_up("a.md", "docs/work/x and ~/tmp/y")));
}

/// What of ours is compiled into llama.cpp or says how: flags, then kernels by their names.
fn of_the_engine() -> Vec<PathBuf> {
    let kernels = std::fs::read_dir(root().join("crates/llama/kernels")).unwrap();
    let mut kernels: Vec<PathBuf> = kernels.map(|entry| entry.unwrap().path()).collect();
    kernels.sort();
    [vec![root().join("scripts/engine-alone.cmake")], kernels].concat()
}

/// A complaint unless cargo is told of the engine's flags and kernels as they are: it looks at the variable, not into files.
fn untold_flags(config: &str, text: &[u8]) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let all = folder.path().join("all");
    std::fs::write(&all, text).unwrap();
    let sum = hub::sha256_file(&all).unwrap();
    let told = format!("GGML_WHETSTONE_FLAGS = \"{}\"", &sum[..16]);
    let is_told = config.lines().any(|line| line == told);
    (!is_told).then(|| format!("put `{told}` into .cargo/config.toml, or no engine is built anew"))
}

#[test]
fn cargo_is_told_when_the_flags_or_the_kernels_of_the_engine_change() {
    let config = std::fs::read_to_string(root().join(".cargo/config.toml")).unwrap();
    let files = of_the_engine();
    assert!(files.len() > 1, "{files:?}");
    let mut text: Vec<u8> = files
        .iter()
        .flat_map(|file| std::fs::read(file).unwrap())
        .collect();
    assert_eq!(untold_flags(&config, &text), None);
    text.push(b'#');
    assert!(
        untold_flags(&config, &text)
            .unwrap()
            .contains("GGML_WHETSTONE_FLAGS")
    );
}
