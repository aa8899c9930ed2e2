//! `tables.tex`: what it says, and that a real TeX can read it whatever models are called.

#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]
#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a TeX that is installed is asked; where none is, the test says so"
)]

#[allow(dead_code, reason = "each test file uses its own part of the fixture")]
mod fixture;

use std::process::{Command, Stdio};

use ledger::Run;

/// A name that would run, read files or leave its cell if anything of it were obeyed.
const EVIL: &str =
    "\\input{/etc/passwd} & % $x^2$ #1 ~ ^^5cend{tabular} \\\\ [2cm] {\\bf | 模\u{202e}\u{1b}[31m";

fn tables(run: &Run) -> String {
    let files = report::files(run).unwrap();
    let file = files.into_iter().find(|(name, _)| name == "tables.tex");
    String::from_utf8(file.unwrap().1).unwrap()
}

fn evil() -> Run {
    let mut run = fixture::run();
    let rename = |name: &mut String| {
        if name == "synthetic-1.5b" {
            EVIL.clone_into(name);
        }
    };
    rename(&mut run.header.models[1].name);
    run.attempts
        .iter_mut()
        .for_each(|attempt| rename(&mut attempt.key.model));
    run.verdicts
        .iter_mut()
        .for_each(|verdict| rename(&mut verdict.key.model));
    run.measurements
        .iter_mut()
        .for_each(|measured| rename(&mut measured.model));
    run.header.run_id = format!("run\n{EVIL}");
    run.header.suites[0].name = EVIL.to_owned();
    run
}

#[test]
fn numbers_have_the_digits_that_they_have_elsewhere_and_units_stand_in_heads() {
    let tex = tables(&fixture::run());
    insta::assert_snapshot!(tex);
}

#[test]
fn every_table_has_a_label_of_its_own_and_as_many_cells_as_columns() {
    for run in [fixture::run(), evil()] {
        let tex = tables(&run);
        let labels: Vec<&str> = tex
            .lines()
            .filter(|line| line.starts_with("\\label{"))
            .collect();
        let mut distinct = labels.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(labels.len(), distinct.len(), "{labels:?}");
        for tabular in tex.split("\\begin{tabular}{").skip(1) {
            let (sides, rest) = tabular.split_once('}').unwrap();
            let body = rest.split("\\end{tabular}").next().unwrap();
            let lines = body.lines().filter(|line| line.ends_with("\\\\"));
            for line in lines {
                let cells = line.replace("\\&", "").matches('&').count() + 1;
                assert_eq!(cells, sides.len(), "{line}");
            }
        }
    }
}

#[test]
fn a_hostile_name_is_printed_and_not_obeyed() {
    let tex = tables(&evil());
    assert!(
        tex.contains("\\textbackslash{}input\\{/etc/passwd\\}"),
        "{tex}"
    );
    assert!(!tex.contains("\\input") && !tex.contains("^^") && !tex.contains('\u{1b}'));
    assert_eq!(
        tex.matches("\\begin{").count(),
        tex.matches("\\end{").count()
    );
    let comments = tex.lines().filter(|line| line.starts_with('%')).count();
    assert_eq!(comments, 2, "a name with a line break stays in its comment");
}

/// Many rows without a number, each for a reason of its own.
fn absent() -> Run {
    let mut run = fixture::run();
    let one = run.measurements.iter().find(|m| m.benchmark == "latency");
    let one = one.unwrap().clone();
    for n in 0..120 {
        let mut more = one.clone();
        more.metric = "decode_tokens_per_s".into();
        more.values.clear();
        more.reason = Some(format!(
            "the machine was asleep in the {n} minutes before, and in those after"
        ));
        more.conditions
            .insert("depth".into(), serde_json::json!(10_000 + n));
        run.measurements.push(more);
    }
    run
}

#[test]
fn reasons_stand_in_the_first_caption_as_far_as_it_has_room() {
    let tex = tables(&absent());
    let captions: Vec<&str> = tex
        .lines()
        .filter(|line| line.starts_with("\\caption"))
        .collect();
    let longest = captions.iter().map(|line| line.len()).max().unwrap();
    assert!(longest < 2500, "{longest} letters");
    let said = captions
        .iter()
        .filter(|line| line.contains("asleep"))
        .count();
    assert_eq!(said, 1, "{captions:?}");
    assert!(tex.contains("all of it is in report.md"), "{captions:?}");
}

#[test]
fn a_long_section_is_several_tables() {
    let mut run = fixture::run();
    let one = run
        .measurements
        .iter()
        .find(|m| m.metric == "perplexity" || m.benchmark == "memory");
    let one = one.unwrap().clone();
    for n in 0..90 {
        let mut more = one.clone();
        more.conditions
            .insert("context".into(), serde_json::json!(10_000 + n));
        run.measurements.push(more);
    }
    assert!(tables(&run).contains("(continued)"));
}

/// A TeX that is installed, with the words that make it compile `main.tex` and do nothing else.
fn installed() -> Option<(&'static str, Vec<&'static str>)> {
    let quiet = [
        "-interaction=nonstopmode",
        "-halt-on-error",
        "-no-shell-escape",
        "main.tex",
    ];
    let known = [
        ("tectonic", vec!["--untrusted", "main.tex"]),
        ("pdflatex", quiet.to_vec()),
        ("xelatex", quiet.to_vec()),
        ("lualatex", quiet.to_vec()),
    ];
    known.into_iter().find(|(name, _)| {
        let mut asked = Command::new(name);
        asked
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        asked.status().is_ok_and(|status| status.success())
    })
}

/// Two models whose names alone are wider than a page.
fn wide() -> Run {
    let mut run = Run::new(fixture::header(&["a", "b"]));
    for (at, letter) in ["m", "n"].into_iter().enumerate() {
        let name = letter.repeat(70);
        let key = ("latency", "decode_tokens_per_s");
        let conditions = serde_json::json!({"prompt_tokens": 128});
        fixture::measure(&mut run, &name, key, conditions, vec![9.0, 10.0, 11.0]);
        run.header.models[at].name = name;
    }
    run
}

#[test]
fn a_real_tex_compiles_it() {
    let Some((tex, words)) = installed() else {
        eprintln!("skipped: no tectonic, pdflatex, xelatex or lualatex is installed");
        return;
    };
    let alone = [fixture::run(), evil(), absent()].map(|run| (run, ""));
    let scaled = [fixture::run(), wide()].map(|run| (run, "\\usepackage{graphicx}\n"));
    for (run, package) in alone.into_iter().chain(scaled) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("tables.tex"), tables(&run)).unwrap();
        let main = format!(
            "\\documentclass{{article}}\n\\usepackage{{booktabs}}\n{package}\\begin{{document}}\n\\input{{tables.tex}}\n\\end{{document}}\n"
        );
        std::fs::write(folder.path().join("main.tex"), main).unwrap();
        let ended = Command::new(tex)
            .args(&words)
            .current_dir(folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ended.stdout);
        assert!(ended.status.success(), "{tex}: {said}");
        assert!(!said.contains("Float too large"), "{tex}: {said}");
        let is_wide = said.contains("Overfull \\hbox");
        assert!(package.is_empty() || !is_wide, "{tex}: {said}");
        assert!(folder.path().join("main.pdf").metadata().unwrap().len() > 1000);
    }
}
