//! The program that an answer to a function task amounts to.
//!
//! An answer may be a whole function in a fenced block, the same behind a fence that the prompt itself
//! has opened, or only a function's body that goes on with the problem's stub. What defines the
//! function stands by itself, imports and all; a body gets the stub in front of it. Nothing is repaired.

use super::{Extraction, Route, fence, is_tag_of, rules};
use crate::problem::Language;

/// The program that defines `entry_point`; `stub` is the problem's code if the answer goes on with it.
pub fn function(text: &str, entry_point: &str, stub: Option<&str>) -> Option<Extraction> {
    let found = |code: &str, route| Extraction {
        code: code.to_owned(),
        route,
    };
    let rules = rules(Language::Python);
    let is_python = |tag: &str| tag.is_empty() || is_tag_of(tag, rules);
    let blocks: Vec<_> = fence::blocks(text)
        .filter(|block| is_python(block.tag) && !block.code.trim().is_empty())
        .collect();
    let before = before_fence(text);
    let parts = || {
        let fenced = blocks.iter().map(|block| (block.code, block.route));
        fenced.chain([(before, Route::Whole), (text, Route::Whole)])
    };
    if let Some((code, route)) = parts().find(|(code, _)| defines(code, entry_point)) {
        return Some(found(code, route));
    }
    match stub {
        Some(stub) => parts()
            .find(|(code, _)| is_body(code))
            .map(|(body, route)| {
                let code = format!("{}\n{body}", stub.trim_end());
                found(&code, route)
            }),
        None => parts()
            .find(|(code, _)| (rules.looks_like_code)(code))
            .map(|(code, route)| found(code, route)),
    }
}

/// What stands in front of the first fence: the answer, if the prompt has opened the block.
fn before_fence(text: &str) -> &str {
    let at = match text.starts_with("```") {
        true => Some(0),
        false => text.find("\n```").map(|at| at + 1),
    };
    &text[..at.unwrap_or(text.len())]
}

/// Whether a line that is not indented defines the name.
fn defines(code: &str, name: &str) -> bool {
    code.lines().any(|line| {
        let rest = ["def ", "async def ", "class "]
            .iter()
            .find_map(|word| line.strip_prefix(word))
            .unwrap_or(line);
        let behind = rest.trim_start().strip_prefix(name).map(str::trim_start);
        let is_assigned = |behind: &str| behind.starts_with('=') && !behind.starts_with("==");
        match rest.len() == line.len() {
            true => !line.starts_with([' ', '\t']) && behind.is_some_and(is_assigned),
            false => behind.is_some_and(|behind| behind.starts_with(['(', ':', '['])),
        }
    })
}

/// Whether some line of it is indented, as every line of a function's body is.
fn is_body(code: &str) -> bool {
    code.lines()
        .any(|line| line.starts_with([' ', '\t']) && !line.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STUB: &str = "import math\n\ndef area(r):\n    \"\"\" Of a circle. \"\"\"\n";
    const WHOLE: &str = "import math\n\ndef area(r):\n    return math.pi * r * r\n";

    fn code(text: &str) -> Option<String> {
        function(text, "area", Some(STUB)).map(|found| found.code)
    }

    #[test]
    fn a_whole_function_stands_by_itself_wherever_it_is() {
        for text in [
            WHOLE.to_owned(),
            format!("{WHOLE}```\nIt multiplies."),
            format!("Sure:\n```python\n{WHOLE}```\nUse it like\n```python\narea(2)\n```\n"),
            format!("Example:\n```\narea(2)\n```\nand the code:\n```py\n{WHOLE}```"),
        ] {
            assert_eq!(code(&text).unwrap().trim_end(), WHOLE.trim_end(), "{text}");
        }
    }

    #[test]
    fn a_body_goes_on_with_the_stub() {
        let body = "    return math.pi * r * r\n";
        let wanted = format!("{STUB}{body}");
        assert_eq!(code(body), Some(wanted.clone()));
        assert_eq!(code(&format!("```python\n{body}```")), Some(wanted));
        assert_eq!(
            function(body, "area", None),
            None,
            "a task in words has no stub"
        );
    }

    #[test]
    fn words_are_no_code() {
        for text in ["", "\n", "I cannot do that.", "The area is def ined by r."] {
            assert_eq!(code(text), None, "{text}");
        }
    }

    #[test]
    fn a_name_that_only_begins_like_it_is_another() {
        assert!(!defines("def area_of(r):\n    pass", "area"));
        assert!(!defines("    def area(self):\n", "area"));
        assert!(!defines("area == 3", "area"));
        assert!(defines("area = lambda r: r", "area"));
        assert!(defines("class  area:\n", "area") && defines("async def area (r):", "area"));
    }
}
