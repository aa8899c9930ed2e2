//! `whet doctor`: what this machine can do, what is missing, whether the sandbox holds and what it costs.

mod containment;
mod cost;
mod graphics;
mod power;

use anyhow::Result;
use measure::probe::Hardware;
use sandbox::toolchain::{self, Language, Toolchain};
use serde_json::{Value, json};

use crate::cli::{Doctor, Format};
use crate::compute::Compute;
use crate::exit::Exit;
use crate::provenance;
use crate::subject;
use crate::terminal::Terminal;

/// Instruction sets worth having compiled in: what the CPU calls them and what the engine does.
const VECTOR: [(&str, &str); 5] = [
    ("avx2", "AVX2"),
    ("fma", "FMA"),
    ("f16c", "F16C"),
    ("avx512f", "AVX512"),
    ("avx512_vnni", "AVX512_VNNI"),
];

/// One finding.
struct Line {
    area: &'static str,
    state: State,
    text: String,
    /// More of the same, for programs.
    detail: Option<String>,
    remedy: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Good,
    Lack,
    Broken,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            State::Good => "ok",
            State::Lack => "lack",
            State::Broken => "FAIL",
        }
    }
}

/// Looks at everything and reports.
pub(crate) fn run(flags: &Doctor, terminal: &Terminal) -> Result<Exit> {
    let mut lines = machine();
    let sources = Hardware::find().sources;
    lines.extend(power::lines(&sources));
    lines.extend(engine());
    lines.extend(graphics::lines(llama::graphics(), &sources));
    let (tools, missing) = toolchains();
    lines.extend(missing);
    let containment = containment::examine(&tools);
    lines.extend(containment.lines);
    lines.extend(cache());
    let text = match flags.format {
        Format::Table => lines.iter().map(as_text).collect(),
        Format::Json => {
            let facts = [containment.facts, power::as_json(&sources)];
            serde_json::to_string_pretty(&as_json(&lines, facts))?
        }
    };
    terminal.result(&text)?;
    let broken = lines.iter().any(|line| line.state == State::Broken);
    Ok(if broken { Exit::Gate } else { Exit::Done })
}

fn good(area: &'static str, text: String) -> Line {
    Line {
        area,
        state: State::Good,
        text,
        detail: None,
        remedy: None,
    }
}

fn lack(area: &'static str, text: String, remedy: impl Into<String>) -> Line {
    Line {
        area,
        state: State::Lack,
        text,
        detail: None,
        remedy: Some(remedy.into()),
    }
}

/// Columns before the text of a line, and of the whole of it.
const INDENT: usize = 21;
const COLUMNS: usize = 80;

/// A line for people. What the attackers said is in the JSON.
fn as_text(line: &Line) -> String {
    let fix = line
        .remedy
        .as_ref()
        .map(|remedy| format!("{:INDENT$}{}\n", "", wrapped(&format!("fix: {remedy}"))));
    let word = format!("[{}]", line.state.word());
    format!(
        "{:<12} {word:<7} {}\n{}",
        line.area,
        wrapped(&line.text),
        fix.unwrap_or_default()
    )
}

/// The text in lines that end before the last column; a word that is longer stands alone.
fn wrapped(text: &str) -> String {
    let mut out = String::new();
    let mut at = INDENT;
    for word in text.split_whitespace() {
        let width = word.chars().count();
        if at > INDENT && at + 1 + width > COLUMNS {
            out += &format!("\n{:INDENT$}", "");
            at = INDENT;
        } else if at > INDENT {
            out.push(' ');
            at += 1;
        }
        out += word;
        at += width;
    }
    out
}

fn as_json(lines: &[Line], [sandbox, power]: [Value; 2]) -> Value {
    let findings: Vec<Value> = lines
        .iter()
        .map(|line| json!({"area": line.area, "state": line.state.word(), "text": line.text, "detail": line.detail, "remedy": line.remedy}))
        .collect();
    json!({
        "schema_version": 1,
        "whet_version": env!("CARGO_PKG_VERSION"),
        "machine": provenance::machine(),
        "engine": provenance::engine(&Compute::asked(None, &crate::cli::Device::Auto)),
        "graphics": graphics::as_json(llama::graphics()),
        "power": power,
        "sandbox": sandbox,
        "findings": findings,
    })
}

fn machine() -> Vec<Line> {
    let facts = provenance::machine();
    let text = |name: &str| {
        facts
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or("unknown")
            .to_owned()
    };
    let gib = |name: &str| {
        facts
            .get(name)
            .and_then(Value::as_f64)
            .map_or_else(|| "?".into(), |b| format!("{:.1}", b / (1u64 << 30) as f64))
    };
    let mut lines = vec![
        good(
            "machine",
            format!(
                "{}, {} processors usable",
                text("cpu_model"),
                subject::threads(None)
            ),
        ),
        good(
            "machine",
            format!(
                "{} GiB memory, {} GiB free",
                gib("memory_total_bytes"),
                gib("memory_available_bytes")
            ),
        ),
        good(
            "machine",
            format!("{}, kernel {}", text("os"), text("kernel")),
        ),
    ];
    for (name, finding) in measure::probe::machine() {
        if let Err(measure::Absent {
            reason,
            remedy: Some(remedy),
        }) = finding
        {
            lines.push(lack(
                "machine",
                format!("{name} is not known: {reason}"),
                remedy,
            ));
        }
    }
    lines
}

/// Is the engine compiled for this processor?
fn engine() -> Vec<Line> {
    let build = llama::build();
    let head = good(
        "engine",
        format!("llama.cpp {}, ggml {}", build.version, build.ggml),
    );
    let flags = provenance::machine();
    let has = |flag: &str| {
        let flags = flags.get("cpu_flags").and_then(Value::as_array);
        flags.is_some_and(|flags| flags.iter().any(|known| known.as_str() == Some(flag)))
    };
    let lacking: Vec<&str> = VECTOR
        .iter()
        .filter(|(flag, feature)| {
            has(flag) && !build.cpu_features.iter().any(|known| known == feature)
        })
        .map(|(_, feature)| *feature)
        .collect();
    let compiled = format!("compiled for {}", build.cpu_features.join(" "));
    if lacking.is_empty() {
        return vec![head, good("engine", compiled)];
    }
    let remedy =
        "build with ./whet, which sets target-cpu=native; a RUSTFLAGS variable overrides it";
    vec![
        head,
        lack(
            "engine",
            format!("{compiled}; this processor also has {}", lacking.join(" ")),
            remedy,
        ),
    ]
}

fn toolchains() -> (Vec<Toolchain>, Vec<Line>) {
    let (mut tools, mut lines) = (Vec::new(), Vec::new());
    for language in Language::ALL {
        match toolchain::find(*language) {
            Ok(tool) => {
                lines.push(good(
                    "toolchain",
                    format!(
                        "{}: {} at {}",
                        language.name(),
                        tool.version,
                        tool.path.display()
                    ),
                ));
                tools.push(tool);
            }
            Err(missing) => lines.push(lack(
                "toolchain",
                format!("{}: {} was not found", language.name(), missing.what),
                missing.remedy,
            )),
        }
    }
    (tools, lines)
}

fn cache() -> Vec<Line> {
    let cache = match hub::Cache::from_env() {
        Ok(cache) => cache,
        Err(error) => {
            return vec![lack(
                "models",
                error.to_string(),
                "set WHET_CACHE to a folder",
            )];
        }
    };
    let here: Vec<&str> = hub::catalogue::ENTRIES
        .iter()
        .filter(|entry| matches!(cache.state(entry), Ok(hub::State::Present { .. })))
        .map(|entry| entry.name)
        .collect();
    let place = cache.folder().display();
    if here.is_empty() {
        return vec![lack(
            "models",
            format!("none in {place}"),
            "whet models pull smollm2-135m",
        )];
    }
    vec![good("models", format!("{} in {place}", here.join(", ")))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_wider_than_the_page_unless_a_word_is() {
        let text = format!("{} {} end", "word ".repeat(40), "w".repeat(90));
        let shown = as_text(&lack("sandbox", text.clone(), text.clone()));
        for line in shown.lines().filter(|line| !line.contains("www")) {
            assert!(line.chars().count() <= COLUMNS, "{line}");
        }
        let words = |text: &str| text.split_whitespace().filter(|one| *one == "word").count();
        assert_eq!(words(&shown), 80);
    }
}
