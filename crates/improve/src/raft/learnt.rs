//! Which part of a right answer is learnt.
//!
//! A chat model wraps its program into words; the judge reads the program alone. What stands behind the block that
//! was judged has no part in the verdict and a third of the tokens, so an answer may be learnt up to the end of
//! that block: then later samples are shorter and end by themselves. An answer in which the judged code is not the
//! one closed block is learnt as it stands.

use super::Sample;

const FENCE: &str = "```";

/// The answer up to the end of its only block, if that is what was judged; else the whole.
pub(super) fn up_to_the_code(sample: &Sample) -> String {
    end_of_block(sample).map_or_else(|| sample.text.clone(), |end| sample.text[..end].to_owned())
}

fn end_of_block(sample: &Sample) -> Option<usize> {
    let code = sample.code.as_deref()?;
    let text = &sample.text;
    let opening = text.find(FENCE)?;
    let start = opening + text[opening..].find('\n')? + 1;
    let closing = start + text[start..].find(FENCE)?;
    let is_judged = text[start..closing].trim() == code.trim();
    let is_only = !text[closing + FENCE.len()..].contains(FENCE);
    let is_on_its_line = text[start..closing].ends_with('\n');
    (is_judged && is_only && is_on_its_line).then_some(closing + FENCE.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raft::made_up::sample;
    use ledger::record::Stage;

    fn learnt(text: &str, code: &str) -> String {
        let mut one = sample("p", 0, Stage::Right);
        (one.text, one.code) = (text.into(), Some(code.into()));
        up_to_the_code(&one)
    }

    #[test]
    fn words_behind_the_judged_block_are_not_learnt_and_those_before_it_are() {
        let text = "Sure:\n```cpp\nint main() {}\n```\nThis program does nothing.";
        assert_eq!(
            learnt(text, "int main() {}\n"),
            "Sure:\n```cpp\nint main() {}\n```"
        );
    }

    #[test]
    fn where_the_block_is_not_all_that_was_judged_the_whole_is_learnt() {
        for (text, code) in [
            ("int main() {}", "int main() {}"),
            ("```cpp\nint main() {}", "int main() {}"),
            ("```\na\n```\nor\n```\nb\n```\n", "a"),
            ("```\na\n```\nwords", "b"),
            ("```\na ```\nwords", "a"),
        ] {
            assert_eq!(learnt(text, code), text);
        }
    }
}
