//! Which of llama.cpp's splitting rules is the one a tokenizer has.
//!
//! llama.cpp has the expressions built in and takes their name from the file. The name is found by
//! comparing the expressions themselves with those from which llama.cpp's were made
//! (`llama-vocab.cpp`); another expression is an error, because a similar one cuts other tokens.

use std::path::Path;

use serde_json::Value;

use crate::Error;

/// One stage of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stage<'a> {
    /// Every match stands alone.
    Expression(&'a str),
    /// Every digit stands alone.
    Digits,
    /// GPT-2's own expression, and bytes for letters.
    Gpt2,
    /// Bytes for letters, nothing split.
    Bytes,
}

const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const CHINESE: &str = "[一-龥ࠀ-一가-퟿]+";

/// The name of the rule. `ignores_merges`: a word that is a token is taken whole.
pub(super) fn name(rule: &Value, ignores_merges: bool, path: &Path) -> Result<&'static str, Error> {
    use Stage::{Bytes, Digits, Expression, Gpt2};
    let mut stages = Vec::new();
    let known = collect(rule, &mut stages).and_then(|()| match (&stages[..], ignores_merges) {
        ([Expression(LLAMA3), Bytes], true) => Ok("llama-bpe"),
        ([Expression(LLAMA3), Bytes], false) => Ok("smaug-bpe"),
        ([Expression(QWEN2), Bytes], false) => Ok("qwen2"),
        ([Digits, Gpt2], false) => Ok("smollm"),
        ([Gpt2], false) => Ok("gpt-2"),
        (
            [
                Expression("[\r\n]"),
                Expression(r"\s?\p{L}+"),
                Expression(r"\s?\p{P}+"),
                Expression(CHINESE),
                Digits,
                Bytes,
            ],
            false,
        ) => Ok("deepseek-coder"),
        _ => Err(format!("{stages:?}")),
    });
    known.map_err(|found| {
        let what = format!(
            "its splitting rule is none that is recognised here ({found}); if llama.cpp knows it under a name, give that with --pre NAME"
        );
        Error::unsupported(path, what)
    })
}

fn collect<'a>(rule: &'a Value, stages: &mut Vec<Stage<'a>>) -> Result<(), String> {
    let is = |name: &str, wanted: bool| rule[name].as_bool() == Some(wanted);
    match rule["type"].as_str() {
        Some("Sequence") => {
            let parts = rule["pretokenizers"].as_array();
            for part in parts.into_iter().flatten() {
                // A sequence inside a sequence does not occur, and would be a way to a deep stack.
                if part["type"] == "Sequence" {
                    return Err("a nested sequence".into());
                }
                collect(part, stages)?;
            }
            Ok(())
        }
        Some("Split") if rule["behavior"] == "Isolated" && is("invert", false) => {
            let expression = rule["pattern"]["Regex"].as_str();
            stages.push(Stage::Expression(expression.ok_or("a plain string")?));
            Ok(())
        }
        Some("Digits") if is("individual_digits", true) => {
            stages.push(Stage::Digits);
            Ok(())
        }
        Some("ByteLevel") if is("add_prefix_space", false) => {
            let whole = is("use_regex", false);
            stages.push(if whole { Stage::Bytes } else { Stage::Gpt2 });
            Ok(())
        }
        _ => Err(rule.to_string().chars().take(200).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn byte_level(use_regex: bool) -> Value {
        json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": use_regex})
    }

    fn split(expression: &str) -> Value {
        json!({"type": "Split", "pattern": {"Regex": expression}, "behavior": "Isolated", "invert": false})
    }

    fn found(parts: &[Value], ignores_merges: bool) -> Result<&'static str, Error> {
        let rule = json!({"type": "Sequence", "pretokenizers": parts});
        name(&rule, ignores_merges, Path::new("tokenizer.json"))
    }

    #[test]
    fn the_rules_of_known_models_have_their_names() {
        let digits = json!({"type": "Digits", "individual_digits": true});
        let whole = byte_level(false);
        assert_eq!(
            found(&[split(LLAMA3), whole.clone()], true).unwrap(),
            "llama-bpe"
        );
        assert_eq!(
            found(&[split(QWEN2), whole.clone()], false).unwrap(),
            "qwen2"
        );
        assert_eq!(
            found(&[digits.clone(), byte_level(true)], false).unwrap(),
            "smollm"
        );
        assert_eq!(found(&[byte_level(true)], false).unwrap(), "gpt-2");
        let coder = ["[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", CHINESE].map(split);
        let coder = [&coder[..], &[digits, whole]].concat();
        assert_eq!(found(&coder, false).unwrap(), "deepseek-coder");
    }

    #[test]
    fn a_rule_that_differs_in_one_sign_is_refused_with_the_rule() {
        let almost = QWEN2.replace(r"\p{N}|", r"\p{N}{2}|");
        for parts in [
            vec![split(&almost), byte_level(false)],
            vec![split(QWEN2)],
            vec![split(QWEN2), byte_level(true)],
            vec![json!({"type": "Sequence", "pretokenizers": []})],
            vec![json!({"type": "Whitespace"})],
            vec![],
        ] {
            let said = found(&parts, false).unwrap_err().to_string();
            assert!(said.contains("--pre"), "{said}");
        }
        assert!(found(&[split(QWEN2), byte_level(false)], true).is_err());
        assert!(name(&Value::Null, false, Path::new("t")).is_err());
    }
}
