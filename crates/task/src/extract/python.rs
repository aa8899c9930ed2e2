//! Python: statements that prose does not begin with. It has no beginning and no end of its own, so
//! there is no program to be cut out of prose.

use super::Rules;

pub(super) const RULES: Rules = Rules {
    tags: &["py", "python", "python3", "py3"],
    looks_like_code: |text| text.lines().any(is_statement),
    program: |_| None,
};

fn is_statement(line: &str) -> bool {
    const BEGINNINGS: [&str; 8] = [
        "def ",
        "class ",
        "import ",
        "from ",
        "async def ",
        "print(",
        "@",
        "if __name__",
    ];
    const COMPOUND: [&str; 5] = ["for ", "while ", "if ", "with ", "try:"];
    let line = line.trim();
    let compound = COMPOUND.iter().any(|begin| line.starts_with(begin)) && line.ends_with(':');
    let import = line.starts_with("from ") && !line.contains(" import ");
    compound || (!import && BEGINNINGS.iter().any(|begin| line.starts_with(begin)))
}
