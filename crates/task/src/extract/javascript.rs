//! JavaScript: statements that prose does not begin with. It has no beginning and no end of its own, so
//! there is no program to be cut out of prose.

use super::{Rules, lines};

pub(super) const RULES: Rules = Rules {
    tags: &[
        "js",
        "javascript",
        "node",
        "nodejs",
        "mjs",
        "cjs",
        "es6",
        "ecmascript",
        "jsx",
    ],
    looks_like_code: |text| text.lines().any(is_statement),
    program: |_| None,
};

fn is_statement(line: &str) -> bool {
    const PLAIN: [&str; 6] = [
        "console.",
        "module.exports",
        "process.",
        "require(",
        "'use strict'",
        "\"use strict\"",
    ];
    let line = line.trim();
    let declares = lines::begins_with(line, &["const ", "let ", "var "])
        && (line.contains('=') || line.ends_with(';'));
    let defines = lines::begins_with(
        line,
        &["function ", "function*", "async function", "class "],
    ) && line.contains(['{', '(']);
    let imports =
        lines::begins_with(line, &["import ", "export "]) && line.contains(['\'', '"', '{']);
    let loops = lines::begins_with(line, &["for (", "for(", "while (", "while(", "if (", "if("])
        && line.ends_with(['{', ';', ')']);
    declares || defines || imports || loops || lines::begins_with(line, &PLAIN)
}
