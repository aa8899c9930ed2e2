//! Answers as models write them, and as nobody should.

use super::*;
use proptest::prelude::*;

const MAIN: &str = "#include <iostream>\nint main() {\n    std::cout << 8;\n}\n";

/// Name and text; the whole of [`MAIN`] is found in a fence.
#[rustfmt::skip]
fn fenced() -> Vec<(&'static str, String)> {
    vec![
        ("tagged", format!("Sure!\n```cpp\n{MAIN}```\nDone.")),
        ("upper case", format!("```C++\n{MAIN}```")),
        ("with a standard", format!("```c++17\n{MAIN}```")),
        ("plain C", format!("```c\n{MAIN}```")),
        ("with a file name", format!("```cpp:main.cpp\n{MAIN}```")),
        ("with attributes", format!("``` {{.cpp .numberLines}}\n{MAIN}```")),
        ("untagged", format!("```\n{MAIN}```")),
        ("tildes", format!("~~~cpp\n{MAIN}~~~")),
        ("first of two", format!("```cpp\n{MAIN}```\nor\n```cpp\nint main() {{}}\n```")),
        ("output before", format!("It prints\n```\n8\n```\nwith\n```cpp\n{MAIN}```")),
        ("shell before", format!("```bash\ng++ a.cpp\n```\n```cpp\n{MAIN}```")),
        ("empty before", format!("```cpp\n\n```\n```cpp\n{MAIN}```")),
        ("behind a colon", format!("Here: ```cpp\n{MAIN}```")),
        ("in a list", format!("1. ```cpp\n{MAIN}   ```")),
        ("longer close", format!("```cpp\n{MAIN}`````")),
        ("stray fence before", format!("```\nWell.\n```cpp\n{MAIN}```")),
        ("inline fence before", format!("Use ```int``` so:\n```cpp\n{MAIN}```")),
    ]
}

/// Text, and what is found in it.
#[rustfmt::skip]
fn others() -> Vec<(String, Route, String)> {
    let program = MAIN.trim_end();
    let cut_off = "#include <x>\nint main() { if (1) {";
    vec![
        (format!("````cpp\n// ```\n{MAIN}```\n````"), Route::Fence, format!("// ```\n{MAIN}```\n")),
        ("```cpp\nint main() {}```".into(), Route::Fence, "int main() {}".into()),
        ("```cpp\r\nint main() {}\r\n```\r\n".into(), Route::Fence, "int main() {}\r\n".into()),
        ("```cpp\nauto s = \"漢🦀\";\n```".into(), Route::Fence, "auto s = \"漢🦀\";\n".into()),
        (format!("```cpp\n{MAIN}"), Route::OpenFence, MAIN.into()),
        ("```cpp\nint main() {\n".into(), Route::OpenFence, "int main() {\n".into()),
        (MAIN.into(), Route::Program, program.into()),
        (format!("Here's it:\n{MAIN}I hope {{it}} helps"), Route::Program, program.into()),
        (format!("```rust\n{MAIN}```"), Route::Program, program.into()),
        (format!("{MAIN}```\nThis prints 8."), Route::Program, program.into()),
        (cut_off.into(), Route::Program, cut_off.into()),
        ("int main ( ) { return 0; }".into(), Route::Whole, "int main ( ) { return 0; }".into()),
    ]
}

#[test]
fn every_known_way_of_fencing_a_program_is_understood() {
    for (name, text) in fenced() {
        let found = extract(&text, Language::Cpp).map(|found| (found.route, found.code));
        assert_eq!(
            found,
            Some((Route::Fence, MAIN.to_owned())),
            "{name}: {text:?}"
        );
    }
}

#[test]
fn every_other_known_way_of_answering_is_understood() {
    for (text, route, code) in others() {
        assert_eq!(
            extract(&text, Language::Cpp),
            Some(Extraction { code, route }),
            "{text:?}"
        );
    }
}

#[test]
fn where_there_is_no_code_none_is_found() {
    for text in [
        "I cannot write that. The main idea {is} this.",
        "```\nI cannot write that.\n```",
        "```python\ndef f(): pass\n```",
        "",
        " \n\t\n",
        "```",
        "```cpp",
        "```cpp\n\n```",
    ] {
        assert_eq!(extract(text, Language::Cpp), None, "{text:?}");
    }
}

#[test]
fn the_brace_that_closes_main_is_not_one_in_a_comment_or_literal() {
    for body in [
        "// }",
        "/* } */",
        "char c = '}';",
        "char c = '\\'', d = '}';",
        "auto s = \"} \\\" }\";",
        "auto s = R\"(} \" )\";",
        "auto s = R\"x(} )\" )x\";",
        "auto s = u8R\"(})\";",
        "int n = 1'000'000; if (n) { n = 0x1'F; }",
        "if (true) { while (false) {} }",
        "auto f = [] { return 1; };",
        "int R = 1, öä = 2;",
    ] {
        let program = format!(
            "#include <string>\n// int main() {{ }}\nint f(int x) {{ return x; }}\nint main() {{\n{body}\n}}"
        );
        let found = extract(&format!("{program}\n\nAnd that's it."), Language::Cpp).unwrap();
        assert_eq!(
            (found.code, found.route),
            (program, Route::Program),
            "{body}"
        );
    }
}

#[test]
fn python_is_found_by_its_statements() {
    let code = "def f(n):\n    return n\n";
    for (text, route) in [
        (format!("```python\n{code}```"), Route::Fence),
        (format!("```py\n{code}```"), Route::Fence),
        (format!("```\n{code}```"), Route::Fence),
        (
            format!("```cpp\nint main() {{}}\n```\n```python3\n{code}"),
            Route::OpenFence,
        ),
        (code.to_owned(), Route::Whole),
    ] {
        let found = extract(&text, Language::Python).unwrap();
        assert_eq!((found.code.as_str(), found.route), (code, route), "{text}");
    }
    for prose in [
        "from here it is easy",
        "I would define a class.",
        "if only it were so",
        "",
    ] {
        assert_eq!(extract(prose, Language::Python), None, "{prose}");
    }
}

/// A language, its tags, a program, and prose that is no code of it.
#[rustfmt::skip]
const SPOKEN: [(Language, &[&str], &str, &[&str]); 4] = [
    (Language::C, &["c", "C", "c99"], "#include <stdio.h>\nint main(void) {\n    puts(\"}\");\n}\n",
        &["The main idea (of C) is {simple}.", "```cpp\nclass A {};\n```"]),
    (Language::Go, &["go", "golang", "Go"], "package main\n\nimport \"fmt\"\n\nfunc main() {\n\tfmt.Println(1)\n}\n",
        &["package it with care", "package deliveries, and so on", "func is a keyword"]),
    (Language::JavaScript, &["js", "javascript", "JavaScript", "node"], "const n = 1;\nconsole.log(n);\n",
        &["let us see", "for example (this)", "import goods from abroad", "class is over", "function follows form"]),
    (Language::Rust, &["rust", "rs", "rust,editable"], "use std::fmt;\n\nfn main() {\n    println!(\"1\");\n}\n\nimpl X {\n}\n",
        &["use it with care", "struct is a keyword", "const correctness matters", "implement it {well}"]),
];

#[test]
fn every_language_is_found_in_its_fences_and_not_in_prose() {
    for (language, tags, code, prose) in SPOKEN {
        for tag in tags.iter().chain(&[""]) {
            let text = format!("Sure:\n```{tag}\n{code}```\nIt prints 1.");
            let found = extract(&text, language).unwrap();
            assert_eq!(
                (found.code.as_str(), found.route),
                (code, Route::Fence),
                "{text}"
            );
        }
        assert!(extract(code, language).is_some(), "{code}");
        for text in prose {
            assert_eq!(extract(text, language), None, "{text}");
        }
    }
}

#[test]
fn a_program_without_a_fence_is_cut_out_of_the_prose_around_it() {
    for (language, _, code, _) in SPOKEN {
        if language == Language::JavaScript {
            continue;
        }
        let text = format!("Here it is.\n{code}\nThat {{was}} it.");
        let found = extract(&text, language).unwrap();
        assert_eq!(
            (found.code.as_str(), found.route),
            (code.trim_end(), Route::Program),
            "{text}"
        );
    }
    let cut_off = "package main\nfunc main() {\n\tif true {";
    assert_eq!(extract(cut_off, Language::Go).unwrap().code, cut_off);
}

#[test]
fn an_answer_is_complete_when_the_line_of_its_closing_fence_has_ended() {
    let open = format!("Run it:\n```bash\nmake\n```\nwith\n```cpp\n{MAIN}");
    let closed = format!("{open}```");
    for growing in [
        &open,
        &closed,
        &format!("{open}`"),
        &format!("{closed}rust\n"),
    ] {
        assert_eq!(complete(growing, Language::Cpp), None, "{growing}");
    }
    let whole = format!("{closed}  \nIt prints");
    assert_eq!(complete(&whole, Language::Cpp), Some(closed.len()));
    assert_eq!(complete(&whole, Language::Python), None);
}

#[test]
fn a_block_of_another_language_is_passed_over() {
    for (language, tags, code, _) in SPOKEN {
        let text = format!(
            "```text\n{code}```\n```python\nprint(1)\n```\n```{}\n{code}```",
            tags[0]
        );
        let found = extract(&text, language).unwrap();
        assert_eq!(
            (found.code.as_str(), found.route),
            (code, Route::Fence),
            "{text}"
        );
    }
}

/// A quadratic reader would need minutes for one of these.
#[test]
fn a_megabyte_of_anything_is_read_in_one_go() {
    let lump = |unit: &str| unit.repeat((1 << 20) / unit.len());
    for unit in [
        "`",
        "```",
        "```\n",
        "```cpp\n",
        "````\n```\n",
        "~~~\n",
        "` ",
        "\n",
        "#include\n",
        "main(",
        "main() {",
        "{",
        "}",
        "\"",
        "'",
        "R\"(",
        "R\"",
        "/*",
        "//",
        "\\",
        "x",
        "é",
        "#",
        "```a\n#include <x>\n",
        "def ",
        "package main\n",
        "fn main(\n",
        "}\n",
        "let x=\n",
    ] {
        for text in [
            lump(unit),
            format!("#include <x>\nint main() {{\n{}", lump(unit)),
            format!("```\n{}", lump(unit)),
        ] {
            for language in Language::ALL {
                extract(&text, language);
            }
        }
    }
}

proptest! {
    #[test]
    fn what_is_found_stands_in_the_text(text in "([`~#{}\"'/*\\\\R(). \n]|```|cpp|#include <x>|int main\\(\\)|package main\n|fn f\\(|\n\\}|let x=|🦀|é){0,60}") {
        for language in Language::ALL {
            if let Some(found) = extract(&text, language) {
                prop_assert!(text.contains(&found.code));
                prop_assert!(!found.code.trim().is_empty());
            }
        }
    }

    #[test]
    fn whatever_follows_a_complete_answer_the_same_program_is_found(text in "([`~#{}\"'/*\\\\R(). \n]|```|```\n|cpp|#include <x>|int main\\(\\)|fn f\\(|let x=|🦀|é){0,60}") {
        for language in Language::ALL {
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            let Some(end) = ends.filter_map(|end| complete(&text[..end], language)).next() else {
                continue;
            };
            let (short, whole) = (extract(&text[..end], language), extract(&text, language));
            prop_assert_eq!(&short, &whole);
            prop_assert_eq!(whole.unwrap().route, Route::Fence);
        }
    }

    #[test]
    fn a_fenced_program_is_found_inside_any_prose(before in "[^`~#]{0,40}", after in "[^`~]{0,40}") {
        prop_assume!(!before.contains("main"));
        let found = extract(&format!("{before}\n```cpp\n{MAIN}```\n{after}"), Language::Cpp).unwrap();
        prop_assert_eq!((found.code.as_str(), found.route), (MAIN, Route::Fence));
    }
}
