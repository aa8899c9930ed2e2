//! At compile time: the compiler reads hostile text, so it gets the same box.

use super::*;

fn compile(source: &str, limits: &Limits) -> Outcome {
    cell().execute(&gpp().compile(source), limits).unwrap()
}

/// Limits that make a compile bomb short.
fn short() -> Limits {
    Limits {
        cpu: Duration::from_millis(700),
        memory_bytes: 256 << 20,
        ..Limits::compile()
    }
}

fn diagnostics(outcome: &Outcome) -> String {
    String::from_utf8_lossy(&outcome.stderr.bytes).into_owned()
}

#[test]
fn a_program_compiles_and_its_warnings_are_seen() {
    let outcome = compile(
        "#include <vector>\nint main(){ int unused; return std::vector<int>{}.size(); }",
        &Limits::compile(),
    );
    assert!(outcome.ending.is_clean());
    assert!(diagnostics(&outcome).contains("unused"));
    assert_eq!(outcome.collected.len(), 1);
    let ran = cell()
        .execute(&gpp().run(outcome.collected[0].clone()), &tight())
        .unwrap();
    assert_eq!(ran.ending, Ending::Exited(0));
}

#[test]
fn an_error_of_the_text_and_of_the_linker_is_a_failed_step() {
    for source in ["int main( {", "int f(); int main(){ return f(); }"] {
        let outcome = compile(source, &Limits::compile());
        assert_eq!(
            (outcome.ending, outcome.collected.len()),
            (Ending::Exited(1), 0),
            "{source}"
        );
    }
}

#[test]
fn no_file_of_the_host_can_be_included() {
    for path in [
        "/etc/passwd",
        "/etc/shadow",
        "/proc/self/environ",
        "/proc/1/environ",
    ] {
        let outcome = compile(
            &format!("#include \"{path}\"\nint main(){{}}"),
            &Limits::compile(),
        );
        assert_eq!(outcome.ending, Ending::Exited(1));
        let said = diagnostics(&outcome);
        assert!(
            said.contains("No such file") && !said.contains("root:"),
            "{said}"
        );
        let source = format!("asm(\".incbin \\\"{path}\\\"\");int main(){{}}");
        let outcome = compile(&source, &Limits::compile());
        assert_eq!(
            (outcome.ending, outcome.collected.len()),
            (Ending::Exited(1), 0),
            "{path}"
        );
    }
}

#[test]
fn an_endless_include_ends() {
    let outcome = compile("#include \"/dev/zero\"\nint main(){}", &short());
    assert!(!outcome.ending.is_clean(), "{outcome:?}");
    let outcome = compile("#include \"main.cpp\"\n#include \"main.cpp\"\n", &short());
    assert!(!outcome.ending.is_clean(), "{outcome:?}");
}

#[test]
fn a_template_bomb_meets_a_limit() {
    let bomb = "template<int A,int B> struct T { static constexpr int v = T<A-1,B*2>::v + T<A-1,B*2+1>::v; };\n\
                template<int B> struct T<0,B> { static constexpr int v = B; };\n\
                int main(){ return T<24,1>::v; }";
    let outcome = compile(bomb, &short());
    assert!(
        matches!(outcome.ending, Ending::CpuLimit | Ending::MemoryLimit),
        "{outcome:?}"
    );
    assert!(outcome.collected.is_empty());
}

#[test]
fn a_giant_array_does_not_fill_anything() {
    let outcome = compile(
        "char big[1u << 30] = {1}; int main(){ return big[5]; }",
        &short(),
    );
    assert!(
        !outcome.ending.is_clean() && outcome.collected.is_empty(),
        "{:?}",
        outcome.ending
    );
}
