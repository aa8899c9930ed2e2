//! The fast way to compile must give what the slow way gives: the same programs are accepted, with
//! warnings where there are warnings, and they do the same.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use sandbox::toolchain::{self, Toolchain, Workshop, settled};
use sandbox::{Cell, Ending, Limits, Outcome, Sandbox};

/// What most programs here begin with: small headers, for the tests' own speed.
const IO: &str = "#include <cstdio>\n#include <vector>\n";

/// Name and program.
#[rustfmt::skip]
fn programs() -> Vec<(&'static str, String)> {
    let all = "#include <bits/stdc++.h>\nusing namespace std;\n";
    vec![
        ("everything", format!("{all}struct P {{ int x; }};\ntemplate <> struct std::hash<P> {{ size_t operator()(P p) const {{ return p.x; }} }};\nint count_ = 1;\nstruct S {{ S() {{ cout << 12; }} }} s;\nint main() {{ map<string, int> m; m[\"a\"] = 4; cout << m[\"a\"] << hash<P>{{}}({{11}}) << vector<int>().at(3); }}")),
        ("streams", "#include <iostream>\nint main() { int n; if (!(std::cin >> n)) std::cout << 7 << std::endl; }".into()),
        ("plain", format!("{IO}int main() {{ std::vector<int> v{{3, 1, 2}}; std::printf(\"%d\", v[0]); }}")),
        ("warning", format!("{IO}int main() {{ int unused; }}")),
        ("warning in a template", format!("{IO}template <class T> int f(T t) {{ unsigned u = 1; return t < u; }}\nint main() {{ return f(-1); }}")),
        ("error", format!("{IO}int main() {{ std::vector<int> v = \"a\"; return undeclared; }}")),
        ("error deep in a template", format!("{IO}struct A {{ A(int); }};\nint main() {{ std::vector<A> v(3); }}")),
        ("header that is missing", "#include <cstdio>\nint main() { std::vector<int> v; }".into()),
        ("header that is not there", format!("{IO}#include <no_such_header>\nint main() {{}}")),
        ("unlinked", format!("{IO}int f();\nint main() {{ return f(); }}")),
        ("linked twice", format!("{IO}int main() {{}}\nextern \"C\" void _start() {{}}")),
        ("no main", IO.into()),
        ("macro before", format!("#define vector map\n{IO}int main() {{ std::map<int> v; }}")),
        ("macro that breaks a header", format!("#define size_t 1 +\n{IO}int main() {{}}")),
        ("assertions off before", format!("#define NDEBUG\n#include <cassert>\n{IO}int main() {{ assert(false); std::puts(\"2\"); }}")),
        ("assertion", format!("#include <cassert>\n{IO}int main() {{ std::printf(\"%d%s\", __LINE__, __FILE__); std::fflush(stdout); assert(1 == 2); }}")),
        ("assertions off later", format!("#include <cassert>\n{IO}#define NDEBUG\n#include <cassert>\nint main() {{ assert(0); std::puts(\"3\"); }}")),
        ("pragma once", format!("#pragma once\n{IO}int main() {{ std::puts(\"1\"); }}")),
        ("pragma once behind", format!("{IO}#pragma once\nint main() {{ std::puts(\"1\"); }}")),
        ("poisoned", format!("{IO}#pragma GCC poison printf\nint main() {{ printf(\"1\"); }}")),
        ("includes in a raw string", format!("{IO}const char *s = R\"(\n#include <map>\n)\";\nint main() {{ std::puts(s); }}")),
        ("raw string first", "auto s = R\"(\n#include <cstdio>\n)\";\nint main() { std::puts(s); }".into()),
        ("include in a comment", "/*\n#include <cstdio>\n*/\nint main() { std::puts(\"1\"); }".into()),
        ("include in a joined comment", "// a \\\n#include <cstdio>\nint main() { std::puts(\"1\"); }".into()),
        ("include switched off", "#if 0\n#include <cstdio>\n#endif\nint main() { std::puts(\"1\"); }".into()),
        ("carriage returns", format!("{IO}int main() {{\n  int unused;\n  std::puts(\"5\");\n}}\n").replace('\n', "\r\n")),
        ("byte order mark", format!("\u{feff}{IO}int main() {{ std::puts(\"6\"); }}")),
        ("mark of direction", format!("// \u{202e}\n{IO}int main() {{ std::puts(\"6\"); }}")),
        ("words behind an include", "#include <cstdio> a\nint main() { std::puts(\"6\"); }".into()),
        ("same header twice", format!("{IO}{IO}int main() {{ std::puts(\"7\"); }}")),
        ("other order", "#include <vector>\n#include <cstdio>\nint main() { std::puts(\"8\"); }".into()),
        ("includes in between", format!("{IO}int f() {{ return 9; }}\n#include <cstdlib>\nint main() {{ std::exit(f()); }}")),
        ("dangerous function", "#include <cstdio>\nint main() { std::puts(std::tmpnam(nullptr) ? \"1\" : \"0\"); }".into()),
        ("counters", format!("{IO}int main() {{ std::printf(\"%d%d%d%s\", __COUNTER__, __COUNTER__, __INCLUDE_LEVEL__, __BASE_FILE__); }}")),
        ("optimisation asked for", format!("#pragma GCC optimize(\"O3\")\n{IO}int main() {{ std::puts(\"10\"); }}")),
        ("optimisation asked for behind", format!("{IO}#pragma GCC target(\"sse4\")\n#pragma GCC optimize(\"O3,unroll-loops\")\nint main() {{ std::vector<int> v(99, 2); int n = 0; for (int x : v) n += x; return n; }}")),
    ]
}

/// What must be the same both ways.
#[derive(Debug, PartialEq)]
struct Kept {
    ending: Ending,
    /// Whether the compiler said anything: a stage of its own.
    has_warnings: bool,
    /// The lines and columns of the program at which it found something.
    places: BTreeSet<String>,
    /// What the program then did.
    ran: Option<(Ending, Vec<u8>, Vec<u8>)>,
}

fn kept(cell: &Cell, tool: &Toolchain, compiled: Outcome, source: &str) -> Kept {
    let said = String::from_utf8_lossy(&compiled.stderr.bytes).into_owned();
    let place = |line: &str| {
        let (kind, _) = line
            .split_once(": ")
            .filter(|(place, _)| place.starts_with("main.cpp:"))?;
        (line.contains("error: ") || line.contains("warning: ")).then(|| kind.to_owned())
    };
    let ending = compiled.ending;
    let ran = tool.built(compiled, source).map(|built| {
        let ran = cell
            .execute(&tool.run(built), &patient(tool.run_limits()))
            .unwrap();
        (ran.ending, ran.stdout.bytes, ran.stderr.bytes)
    });
    Kept {
        ending,
        has_warnings: !said.trim().is_empty(),
        places: said.lines().filter_map(place).collect(),
        ran,
    }
}

/// Limits that a crowded machine does not reach.
fn patient(limits: Limits) -> Limits {
    Limits {
        cpu: Duration::from_secs(120),
        wall: Duration::from_secs(300),
        ..limits
    }
}

struct Place {
    tool: Toolchain,
    workshop: Workshop,
    cell: Cell,
    cache: PathBuf,
}

/// A folder that a box may show: the build's own, or one below the user's caches where the build lies in
/// a folder for temporary files.
fn showable() -> PathBuf {
    let own = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    if sandbox::check_readable(&own).is_ok() {
        return own;
    }
    let home = std::env::var_os("HOME").unwrap();
    PathBuf::from(home).join(".cache/whetstone-tests")
}

/// A workshop with an empty cache of its own, and a cell that shows it.
fn place(name: &str) -> Place {
    let tool = toolchain::find_named("g++").unwrap();
    let cache = showable().join(name);
    let _ = fs::remove_dir_all(&cache);
    fs::create_dir_all(&cache).unwrap();
    let cache = cache.canonicalize().unwrap();
    let workshop = Workshop::open(&tool, &cache).unwrap().unwrap();
    let cell = Cell::with_readable(&[workshop.readable(), tool.readable.clone()].concat()).unwrap();
    Place {
        tool,
        workshop,
        cell,
        cache,
    }
}

fn includes_list(program: &sandbox::Program) -> bool {
    program.argv.iter().any(|word| word == "-include")
}

#[test]
fn the_fast_way_gives_what_the_slow_way_gives() {
    let place = place("same");
    let (tool, cell) = (&place.tool, &place.cell);
    let mut n_fast = 0;
    for (name, source) in programs() {
        // The second time, the list is due; from then on it is there.
        place.workshop.compile(&source, cell);
        let slow = cell
            .execute(&tool.compile(&source), &patient(tool.compile_limits()))
            .unwrap();
        let slow = kept(cell, tool, slow, &source);
        let Some(fast) = place.workshop.compile(&source, cell) else {
            continue;
        };
        n_fast += usize::from(includes_list(&fast));
        let fast = cell
            .execute(&fast, &patient(tool.compile_limits()))
            .unwrap();
        assert!(settled(&fast), "{name}: {fast:?}");
        assert_eq!(kept(cell, tool, fast, &source), slow, "{name}");
    }
    assert!(
        n_fast >= 20,
        "{n_fast} of the programs were tried with a list"
    );
    fs::remove_dir_all(&place.cache).unwrap();
}

#[test]
fn a_list_is_made_at_second_sight_serves_longer_ones_and_is_found_again() {
    let place = place("sight");
    let (tool, cell) = (&place.tool, &place.cell);
    let short = "#include <cstdio>\nint main() {}";
    let long = "#include <cstdio>\n#include <cstdlib>\nint main() {}";
    let has_list = |workshop: &Workshop, source| {
        let program = workshop.compile(source, cell);
        program.is_some_and(|program| includes_list(&program))
    };
    assert!(!has_list(&place.workshop, short), "seen once");
    assert!(has_list(&place.workshop, short), "seen twice");
    assert!(has_list(&place.workshop, long), "its first part is there");
    assert!(!has_list(
        &place.workshop,
        "#include <cstdlib>\nint main() {}"
    ));
    let again = Workshop::open(tool, &place.cache).unwrap().unwrap();
    assert!(has_list(&again, short), "it lies in the folder");
    let blind = Cell::with_readable(&tool.readable).unwrap();
    let other = Workshop::open(tool, &place.cache).unwrap().unwrap();
    let program = other.compile(short, &blind);
    assert!(
        !program.is_some_and(|program| includes_list(&program)),
        "this cell does not show it"
    );
    fs::remove_dir_all(&place.cache).unwrap();
}

#[test]
fn a_list_that_is_broken_or_out_of_date_is_not_used() {
    let place = place("broken");
    let cell = &place.cell;
    let source = "#include <cstdio>\nint main() {}";
    place.workshop.compile(source, cell);
    assert!(includes_list(
        &place.workshop.compile(source, cell).unwrap()
    ));
    let folder = fs::read_dir(&place.workshop.readable()[0])
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    for (file, bytes) in [
        ("preamble.hpp.gch", &b"gpch"[..]),
        ("sources", b"1 2.3 /usr/include/stdio.h\n"),
    ] {
        let path = folder.join(file);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, bytes).unwrap();
        let again = Workshop::open(&place.tool, &place.cache).unwrap().unwrap();
        let program = again.compile(source, cell);
        assert!(
            !program.is_some_and(|program| includes_list(&program)),
            "{file}"
        );
        fs::write(&path, whole).unwrap();
    }
    fs::remove_dir_all(&place.cache).unwrap();
}

#[test]
fn only_the_compiler_it_knows_has_a_fast_way() {
    let cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    for name in ["clang++", "gcc", "python3"] {
        if let Ok(tool) = toolchain::find_named(name) {
            assert!(Workshop::open(&tool, &cache).unwrap().is_none(), "{name}");
        }
    }
}

#[test]
fn no_program_can_write_into_the_workshop() {
    let place = place("wall");
    let path = place.workshop.readable()[0].join("x");
    let source = format!(
        "#include <cstdio>\nint main() {{ std::puts(std::fopen(\"{0}\", \"w\") || std::remove(\"{0}\") == 0 ? \"open\" : \"shut\"); }}",
        path.display()
    );
    let (tool, cell) = (&place.tool, &place.cell);
    let compiled = cell
        .execute(&tool.compile(&source), &patient(tool.compile_limits()))
        .unwrap();
    let built = tool.built(compiled, &source).unwrap();
    let ran = cell
        .execute(&tool.run(built), &patient(tool.run_limits()))
        .unwrap();
    assert_eq!(ran.stdout.bytes, b"shut\n");
    assert!(!path.exists());
    fs::remove_dir_all(&place.cache).unwrap();
}
