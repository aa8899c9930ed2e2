//! Every language in the real sandbox: a program that is right, and those that must not be.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use std::sync::LazyLock;
use std::time::Duration;

use sandbox::toolchain::{self, Toolchain};
use sandbox::{Cell, Ending, Limits, Outcome, Sandbox};

/// What one toolchain is tried with.
struct Programs {
    toolchain: &'static str,
    /// Reads a number and prints its square; uses what people use.
    right: &'static str,
    malformed: &'static str,
    endless: &'static str,
    /// Prints `refused` if none of these can be written: a new file in `/usr`, in `/`, in `/etc`.
    trespass: &'static str,
    /// Takes memory and touches it until something stops it.
    greedy: &'static str,
    /// Takes in a file of the host while it is compiled; must not compile. Empty where a language
    /// cannot.
    nosy: &'static str,
}

const CPP: Programs = Programs {
    toolchain: "g++",
    right: "#include <iostream>\n#include <vector>\nint main() { int n; std::cin >> n; std::vector<int> v(n, n); int s = 0; for (int x : v) s += x; std::cout << s << '\\n'; }",
    malformed: "int main( {",
    endless: "int main() { volatile int x = 1; while (x) {} }",
    trespass: "#include <cstdio>\n#include <initializer_list>\nint main() { for (auto p : {\"/usr/x\", \"/x\", \"/etc/x\"}) if (std::fopen(p, \"w\")) std::puts(p); std::puts(\"refused\"); }",
    greedy: "#include <cstdlib>\n#include <cstring>\nint main() { for (;;) { void *p = std::malloc(1 << 24); if (!p) std::abort(); std::memset(p, 1, 1 << 24); } }",
    nosy: "#include \"/etc/passwd\"\nint main() {}",
};

const PROGRAMS: [Programs; 7] = [
    CPP,
    Programs {
        toolchain: "clang++",
        ..CPP
    },
    Programs {
        toolchain: "gcc",
        right: "#include <math.h>\n#include <stdio.h>\nint main(void) { double n; scanf(\"%lf\", &n); printf(\"%.0f\\n\", pow(n, 2)); }",
        malformed: "int main(void) { return nothing; }",
        endless: "int main(void) { volatile int x = 1; while (x) {} }",
        trespass: "#include <stdio.h>\nint main(void) { const char *p[] = {\"/usr/x\", \"/x\", \"/etc/x\"}; for (int i = 0; i < 3; i++) if (fopen(p[i], \"w\")) puts(p[i]); puts(\"refused\"); }",
        greedy: "#include <stdlib.h>\n#include <string.h>\nint main(void) { for (;;) { void *p = malloc(1 << 24); if (!p) abort(); memset(p, 1, 1 << 24); } }",
        nosy: "#include \"/etc/passwd\"\nint main(void) {}",
    },
    Programs {
        toolchain: "go",
        right: "package main\nimport (\"fmt\"; \"sort\"; \"strings\")\nfunc main() { var n int; fmt.Scan(&n); s := []int{n}; sort.Ints(s); c := make(chan int); go func() { c <- s[0] * n }(); fmt.Println(strings.TrimSpace(fmt.Sprint(<-c))) }",
        malformed: "package main\nimport \"fmt\"\nfunc main() { x := 1 }",
        endless: "package main\nfunc main() { for { } }",
        trespass: "package main\nimport (\"fmt\"; \"os\")\nfunc main() { for _, p := range []string{\"/usr/x\", \"/x\", \"/etc/x\"} { if _, err := os.Create(p); err == nil { fmt.Println(p) } }; fmt.Println(\"refused\") }",
        greedy: "package main\nvar kept [][]byte\nfunc main() { for { b := make([]byte, 1<<24); for i := range b { b[i] = 1 }; kept = append(kept, b) } }",
        nosy: "package main\nimport _ \"embed\"\n//go:embed /etc/passwd\nvar s string\nfunc main() { println(s) }",
    },
    Programs {
        toolchain: "node",
        right: "const fs = require('fs');\nconst n = Number(fs.readFileSync(0, 'utf8'));\nPromise.resolve(n ** 2).then(x => console.log(x));",
        malformed: "function f( {",
        endless: "for (;;) {}",
        trespass: "const fs = require('fs');\nfor (const p of ['/usr/x', '/x', '/etc/x']) { try { fs.writeFileSync(p, 'x'); console.log(p); } catch {} }\nconsole.log('refused');",
        greedy: "const kept = [];\nfor (;;) kept.push(Buffer.alloc(1 << 24, 1));",
        nosy: "",
    },
    Programs {
        toolchain: "python3",
        right: "import math\nn = int(input())\nprint(math.prod([n, n]))",
        malformed: "def f(:",
        endless: "while True: pass",
        trespass: "for p in ['/usr/x', '/x', '/etc/x']:\n    try:\n        open(p, 'w')\n        print(p)\n    except OSError: pass\nprint('refused')",
        greedy: "kept = []\nwhile True: kept.append(b'x' * (1 << 24))",
        nosy: "",
    },
    Programs {
        toolchain: "rustc",
        right: "use std::collections::HashMap;\nuse std::io::Read;\nfn main() { let mut s = String::new(); std::io::stdin().read_to_string(&mut s).unwrap(); let n: i64 = s.trim().parse().unwrap(); let m: HashMap<i64, i64> = [(n, n * n)].into(); println!(\"{}\", m[&n]); }",
        malformed: "fn main() { let x: i32 = \"a\"; }",
        endless: "fn main() { loop { std::hint::spin_loop() } }",
        trespass: "fn main() { for p in [\"/usr/x\", \"/x\", \"/etc/x\"] { if std::fs::write(p, \"x\").is_ok() { println!(\"{p}\") } } println!(\"refused\"); }",
        greedy: "fn main() { let mut kept = Vec::new(); loop { kept.push(vec![1_u8; 1 << 24]); std::hint::black_box(&kept); } }",
        nosy: "fn main() { print!(\"{}\", include_str!(\"/etc/passwd\")); }",
    },
];

/// The toolchains of this machine; one that is absent is named and left out.
static TOOLCHAINS: LazyLock<Vec<(Toolchain, &Programs)>> = LazyLock::new(|| {
    let found = PROGRAMS.iter().filter_map(|programs| {
        let found = toolchain::find_named(programs.toolchain);
        let found = found.inspect_err(|missing| println!("left out: {missing}"));
        Some((found.ok()?, programs))
    });
    found.collect()
});

static CELL: LazyLock<Cell> = LazyLock::new(|| {
    let readable = TOOLCHAINS
        .iter()
        .flat_map(|(tool, _)| tool.readable.clone());
    Cell::with_readable(&readable.collect::<Vec<_>>()).unwrap()
});

fn compile(tool: &Toolchain, source: &str) -> Outcome {
    // A busy machine must not decide what these tests ask; CPU time still is what the limits say.
    let patient = Limits {
        wall: Duration::from_secs(300),
        ..tool.compile_limits()
    };
    CELL.execute(&tool.compile(source), &patient).unwrap()
}

/// How a program ends that must compile.
fn run(tool: &Toolchain, source: &str) -> Outcome {
    run_within(tool, source, &tool.run_limits())
}

fn run_within(tool: &Toolchain, source: &str, limits: &Limits) -> Outcome {
    let compiled = compile(tool, source);
    assert!(
        compiled.ending.is_clean(),
        "{}: {}",
        tool.name,
        told(&compiled)
    );
    let mut program = tool.run(tool.built(compiled, source).unwrap());
    program.stdin = b"7\n".to_vec();
    CELL.execute(&program, limits).unwrap()
}

fn told(outcome: &Outcome) -> String {
    let said = [&outcome.stdout.bytes[..], &outcome.stderr.bytes].concat();
    format!("{} {}", outcome.ending, String::from_utf8_lossy(&said))
}

#[test]
fn every_toolchain_is_tried_here() {
    let tried: Vec<_> = PROGRAMS.iter().map(|programs| programs.toolchain).collect();
    for (name, _) in toolchain::names() {
        assert!(tried.contains(&name), "{name}");
    }
}

#[test]
fn a_right_program_compiles_silently_and_prints_the_answer() {
    for (tool, programs) in &*TOOLCHAINS {
        let compiled = compile(tool, programs.right);
        assert!(
            compiled.ending.is_clean(),
            "{}: {}",
            tool.name,
            told(&compiled)
        );
        assert_eq!(told(&compiled), "exit 0 ", "{}", tool.name);
        let outcome = run(tool, programs.right);
        assert_eq!(told(&outcome), "exit 0 49\n", "{}", tool.name);
    }
}

#[test]
fn a_malformed_program_does_not_compile_and_leaves_nothing() {
    for (tool, programs) in &*TOOLCHAINS {
        let compiled = compile(tool, programs.malformed);
        let Ending::Exited(code) = compiled.ending else {
            panic!("{}: {}", tool.name, told(&compiled));
        };
        assert!(code != 0 && compiled.collected.is_empty(), "{}", tool.name);
        assert!(
            told(&compiled).contains("main."),
            "{}: {}",
            tool.name,
            told(&compiled)
        );
    }
}

#[test]
fn an_endless_program_meets_a_limit() {
    for (tool, programs) in &*TOOLCHAINS {
        let outcome = run(tool, programs.endless);
        // On a machine that is busy enough, the wall deadline comes before the CPU time is used up.
        let limits = [Ending::CpuLimit, Ending::WallLimit];
        assert!(
            limits.contains(&outcome.ending),
            "{}: {}",
            tool.name,
            told(&outcome)
        );
    }
}

#[test]
fn nothing_can_be_written_beside_the_scratch_folder() {
    for (tool, programs) in &*TOOLCHAINS {
        let outcome = run(tool, programs.trespass);
        assert_eq!(told(&outcome), "exit 0 refused\n", "{}", tool.name);
    }
}

#[test]
fn a_greedy_program_is_stopped_at_its_memory_and_not_by_time() {
    for (tool, programs) in &*TOOLCHAINS {
        // Time enough to touch a gigabyte on a machine that does much else: memory has to end it.
        let patient = Limits {
            cpu: Duration::from_secs(60),
            wall: Duration::from_secs(120),
            ..tool.run_limits()
        };
        let outcome = run_within(tool, programs.greedy, &patient);
        let by_time = [Ending::CpuLimit, Ending::WallLimit].contains(&outcome.ending);
        assert!(
            !by_time && !outcome.ending.is_clean(),
            "{}: {}",
            tool.name,
            told(&outcome)
        );
        let most = tool
            .run_limits()
            .memory_bytes
            .max(tool.run_limits().address_bytes.min(1 << 31));
        assert!(
            outcome
                .max_rss_bytes
                .is_none_or(|rss| rss <= most + most / 2),
            "{}",
            tool.name
        );
    }
}

#[test]
fn a_compiler_takes_in_no_file_of_the_host() {
    for (tool, programs) in TOOLCHAINS
        .iter()
        .filter(|(_, programs)| !programs.nosy.is_empty())
    {
        let compiled = compile(tool, programs.nosy);
        assert!(
            matches!(compiled.ending, Ending::Exited(code) if code != 0),
            "{}",
            tool.name
        );
        assert!(
            !told(&compiled).contains("root:"),
            "{}: {}",
            tool.name,
            told(&compiled)
        );
    }
}

#[test]
fn only_the_standard_library_can_be_imported() {
    for (name, source) in [
        (
            "go",
            "package main\nimport _ \"github.com/a/b\"\nfunc main() {}",
        ),
        ("go", "package main\nimport \"C\"\nfunc main() {}"),
        ("rustc", "use rand::Rng;\nfn main() {}"),
        (
            "rustc",
            "#![crate_type = \"proc-macro\"]\nextern crate proc_macro;\n",
        ),
    ] {
        let Some((tool, _)) = TOOLCHAINS.iter().find(|(tool, _)| tool.name == name) else {
            continue;
        };
        let compiled = compile(tool, source);
        assert!(
            matches!(compiled.ending, Ending::Exited(code) if code != 0),
            "{source}"
        );
    }
}
