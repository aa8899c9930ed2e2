//! What models, files and names may try to do to a reader.

#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

#[allow(dead_code, reason = "each test file uses its own part of the fixture")]
mod fixture;

use std::sync::LazyLock;

use report::{Colour, Scorecard, scorecard_text};

/// Made once: five tests look at the same files.
static FILES: LazyLock<Vec<(String, String)>> = LazyLock::new(made);

fn files() -> &'static [(String, String)] {
    &FILES
}

fn made() -> Vec<(String, String)> {
    let mut run = fixture::run();
    // Names come from outside as well.
    let evil = "m|<svg onload=alert(3)>\u{1b}[31m\u{202e}";
    for key in run
        .attempts
        .iter_mut()
        .map(|a| &mut a.key)
        .chain(run.verdicts.iter_mut().map(|v| &mut v.key))
    {
        if key.model == "synthetic-1.5b" {
            key.model = evil.into();
        }
    }
    run.measurements
        .iter_mut()
        .filter(|m| m.model == "synthetic-1.5b")
        .for_each(|m| m.model = evil.into());
    run.header.models[1].name = evil.into();
    run.header.run_id = format!("run {evil}");
    run.warnings[0].message = fixture::HOSTILE.into();
    run.verdicts[3].cause = evil.into();
    let made = report::files(&run).unwrap();
    let mut texts: Vec<(String, String)> = made
        .into_iter()
        .filter(|(name, _)| {
            [".html", ".md", ".svg"]
                .iter()
                .any(|end| name.ends_with(end))
        })
        .map(|(name, bytes)| (name, String::from_utf8(bytes).unwrap()))
        .collect();
    texts.push((
        "terminal".into(),
        scorecard_text(&Scorecard::of(&run), 80, Colour::Never),
    ));
    texts
}

#[test]
fn no_control_or_direction_character_reaches_any_view() {
    for (name, text) in files() {
        let bad = |c: &char| {
            c.is_control() && !"\n\t".contains(*c) || "\u{202e}\u{2066}\u{2069}".contains(*c)
        };
        assert_eq!(text.chars().find(bad), None, "{name}");
    }
}

#[test]
fn the_page_has_one_script_and_it_is_ours() {
    let all = files();
    let page = &all
        .iter()
        .find(|(name, _)| name == "report.html")
        .unwrap()
        .1;
    let lower = page.to_lowercase();
    assert_eq!(lower.matches("<script").count(), 1);
    assert_eq!(lower.matches("</script").count(), 1);
    for tag in [
        "<img",
        "<iframe",
        "<object",
        "<embed",
        "<link",
        "<base",
        "<svg onload",
        "style=\"",
    ] {
        assert!(!lower.contains(tag), "{tag}");
    }
    assert!(page.contains("{{ 7*7 }}"), "a completion is not a template");
    assert!(
        page.contains("&lt;&#x2f;script&gt;"),
        "the completion is shown, not dropped"
    );
}

#[test]
fn the_page_forbids_and_needs_no_outside_request() {
    let all = files();
    let page = &all
        .iter()
        .find(|(name, _)| name == "report.html")
        .unwrap()
        .1;
    assert!(page.contains("default-src 'none'; style-src 'sha256-"));
    let outside = page
        .match_indices("://")
        .filter(|(at, _)| !page[..*at].ends_with("xmlns=\"http"));
    assert_eq!(
        outside.count(),
        0,
        "only the name of the SVG namespace looks like an address"
    );
    assert!(
        !page.contains("url(") || page.matches("url(").count() == page.matches("url(#").count()
    );
}

#[test]
fn hostile_names_cannot_leave_a_markdown_cell() {
    let all = files();
    let page = &all.iter().find(|(name, _)| name == "report.md").unwrap().1;
    assert!(!page.contains("<svg") && !page.contains("<script") && !page.contains("<img"));
    let widths: Vec<usize> = page
        .lines()
        .filter(|line| line.starts_with("| prefill"))
        .map(|line| line.replace("\\|", "").matches('|').count())
        .collect();
    assert_eq!(widths, [7, 7, 7]);
}

#[test]
fn pictures_hold_no_script_and_no_reference() {
    for (name, text) in files().iter().filter(|(name, _)| name.ends_with(".svg")) {
        for word in ["<script", "onload=", "href", "<foreignObject", "<image"] {
            assert!(
                !text.contains(word) || text.contains(&format!("&lt;svg {word}")),
                "{word} in {name}"
            );
        }
    }
}
