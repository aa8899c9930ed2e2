//! The published wordings in which function tasks are asked.
//!
//! A score on a public suite can be compared with others only if the model read the same text, so the
//! wording, the beginning of the answer and the stop strings of the first two profiles are those of
//! EvalPlus 0.3.1 (`codegen.py`, `provider/utility.py`, Apache-2.0), byte for byte: there the text *is*
//! the protocol. `raw` adds nothing at all; its stop strings are those of the paper that introduced
//! HumanEval (arXiv 2107.03374, section 2.2).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Rendered, Shape, SpecialText, StartToken, plain, rendered};
use crate::chat::{Message, Specials, Template, Turn};
use crate::error::Error;
use crate::problem::{Problem, Suite, Target};

/// How a function task is put to a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PromptProfile {
    /// An instruction through the chat template, and the answer begun with an open code block.
    EvalplusChat,
    /// The problem's text with the white space around it taken off, for the model to go on with.
    EvalplusBase,
    /// The problem's text as it stands.
    Raw,
}

const INSTRUCTION: &str = "Please provide a self-contained Python script that solves the following problem in a markdown code block:";
const ANSWER_BEGINS: &str = "Below is a Python script with a self-contained function that solves the problem and passes corresponding tests:";
/// Stands in the answer's place while the template is rendered, so that the prompt can end there.
const HERE: &str = "-[[]]-this-is-really-our-highest-priority-[[]]-";

const STOP: [&str; 6] = [
    "<|endoftext|>",
    "<|endofmask|>",
    "</s>",
    "\nif __name__",
    "\ndef main(",
    "\nprint(",
];
const STOP_CHAT: [&str; 1] = ["\n```\n"];
const STOP_STUB: [&str; 5] = ["\ndef ", "\nclass ", "\nimport ", "\nfrom ", "\nassert "];
const STOP_WORDS: [&str; 2] = ["\n\"\"\"", "\nassert"];
const STOP_RAW: [&str; 5] = ["\nclass", "\ndef", "\n#", "\nif", "\nprint"];

impl PromptProfile {
    /// Every profile.
    pub const ALL: [PromptProfile; 3] = [
        PromptProfile::EvalplusChat,
        PromptProfile::EvalplusBase,
        PromptProfile::Raw,
    ];

    /// The profile for a model of which nothing else is known: with a chat template it was taught to
    /// answer, without one it can only go on.
    pub fn fitting(has_template: bool) -> PromptProfile {
        match has_template {
            true => PromptProfile::EvalplusChat,
            false => PromptProfile::EvalplusBase,
        }
    }

    /// The word on the command line.
    pub fn name(self) -> &'static str {
        match self {
            PromptProfile::EvalplusChat => "evalplus-chat",
            PromptProfile::EvalplusBase => "evalplus-base",
            PromptProfile::Raw => "raw",
        }
    }

    /// Strings at which an answer to such a problem ends.
    pub fn stop(self, is_stub: bool) -> Vec<String> {
        let (common, own): (&[&str], &[&str]) = match (self, is_stub) {
            (PromptProfile::EvalplusChat, _) => (&STOP, &STOP_CHAT),
            (PromptProfile::EvalplusBase, true) => (&STOP, &STOP_STUB),
            (PromptProfile::EvalplusBase, false) => (&STOP, &STOP_WORDS),
            (PromptProfile::Raw, true) => (&[], &STOP_RAW),
            (PromptProfile::Raw, false) => (&[], &[]),
        };
        common
            .iter()
            .chain(own)
            .map(|&stop| stop.to_owned())
            .collect()
    }
}

impl fmt::Display for PromptProfile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl FromStr for PromptProfile {
    type Err = String;

    fn from_str(word: &str) -> Result<PromptProfile, String> {
        PromptProfile::ALL
            .into_iter()
            .find(|profile| profile.name() == word)
            .ok_or_else(|| {
                let names = PromptProfile::ALL.map(PromptProfile::name).join(", ");
                format!("there is no prompt profile `{word}`; the profiles are {names}")
            })
    }
}

impl Suite {
    /// The same problems asked in this way, with the stop strings that belong to it. A suite that is
    /// not about functions, and so has no published wording, stays as it is; questions lose their chat
    /// template where the text is wanted as it stands.
    pub fn asked(mut self, profile: PromptProfile) -> Suite {
        if let crate::PromptStyle::Profile(_) = self.style {
            self.stop = profile.stop(self.problems.iter().any(|problem| problem.target.is_stub()));
            self.style = crate::PromptStyle::Profile(profile);
        }
        if self.style == crate::PromptStyle::Ask && profile == PromptProfile::Raw {
            self.style = crate::PromptStyle::Continue;
        }
        self
    }
}

impl Target {
    /// Whether the prompt is code that an answer goes on with.
    pub fn is_stub(&self) -> bool {
        match self {
            Target::Together(together) => together.stub,
            _ => self.function().is_some_and(|function| function.stub),
        }
    }
}

/// What is asked and answered in the wording of [`PromptProfile::EvalplusChat`].
fn conversation(task: &str, code: &str) -> (String, String) {
    (
        format!("{INSTRUCTION}\n```\n{task}\n```\n"),
        format!("{ANSWER_BEGINS}\n```python\n{code}\n```\n"),
    )
}

/// A function task and its solution as prompt and completion to train on. Ends of lines at the end are left
/// out, because generation stops there.
pub(crate) fn lesson(task: &str, code: &str) -> (String, String) {
    let (user, answer) = conversation(task.trim(), code.trim_end());
    (user, answer.trim_end().to_owned())
}

pub(super) fn render(
    problem: &Problem,
    profile: PromptProfile,
    chat: Option<&Template>,
    specials: &Specials,
) -> Result<Rendered, Error> {
    let task = problem.prompt.trim();
    match (profile, chat) {
        (PromptProfile::Raw, _) => Ok(plain(problem.prompt.clone(), Shape::Stub)),
        (PromptProfile::EvalplusBase, _) | (PromptProfile::EvalplusChat, None) => {
            Ok(plain(format!("{task}\n"), Shape::Stub))
        }
        (PromptProfile::EvalplusChat, Some(template)) => {
            let (user, answer) = conversation(task, HERE);
            let both = [
                Message::new("user", user),
                Message::new("assistant", answer),
            ];
            let whole = template.render(&both, specials, Turn::Complete)?;
            let lost = || Error::PromptLost {
                problem: problem.id.clone(),
            };
            let (text, _) = whole.split_once(HERE).ok_or_else(lost)?;
            if !text.contains(task) {
                return Err(lost());
            }
            Ok(rendered(
                text.to_owned(),
                Shape::ChatBegun,
                StartToken::AsWritten,
                SpecialText::Parse,
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{Function, Tests};

    const CHATML: &str = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

    fn stub() -> Problem {
        let function = Function {
            entry_point: "f".to_owned(),
            stub: true,
            setup: String::new(),
            support: String::new(),
            tests: Tests::Check("def check(candidate): pass".to_owned()),
            solution: None,
        };
        Problem {
            id: "a".to_owned(),
            prompt: "\n\ndef f(x):\n    \"\"\" One more. \"\"\"\n".to_owned(),
            target: Target::Function(function),
            tags: Vec::new(),
            max_tokens: None,
        }
    }

    fn ask(profile: PromptProfile, template: Option<&str>) -> Result<Rendered, Error> {
        let template = template.map(Template::parse).transpose()?;
        render(&stub(), profile, template.as_ref(), &Specials::default())
    }

    #[test]
    fn the_chat_profile_is_the_published_prompt_byte_for_byte() {
        // As printed by EvalPlus 0.3.1's make_raw_chat_prompt with the same template.
        let wanted = "<|im_start|>user\nPlease provide a self-contained Python script that solves the following problem in a markdown code block:\n```\ndef f(x):\n    \"\"\" One more. \"\"\"\n```\n<|im_end|>\n<|im_start|>assistant\nBelow is a Python script with a self-contained function that solves the problem and passes corresponding tests:\n```python\n";
        let prompt = ask(PromptProfile::EvalplusChat, Some(CHATML)).unwrap();
        assert_eq!(prompt.text, wanted);
        assert_eq!(
            (prompt.shape, prompt.start_token, prompt.special_text),
            (Shape::ChatBegun, StartToken::AsWritten, SpecialText::Parse)
        );
    }

    #[test]
    fn a_model_without_a_template_goes_on_with_the_problem() {
        for profile in [PromptProfile::EvalplusChat, PromptProfile::EvalplusBase] {
            let prompt = ask(profile, None).unwrap();
            assert_eq!(prompt.text, "def f(x):\n    \"\"\" One more. \"\"\"\n");
            assert_eq!(prompt.start_token, StartToken::Add);
        }
        let raw = ask(PromptProfile::Raw, Some(CHATML)).unwrap();
        assert_eq!(raw.text, stub().prompt);
    }

    #[test]
    fn a_template_that_loses_problem_or_answer_is_an_error() {
        let drops_answer = CHATML.replace("in messages", "in messages if m.role != 'assistant'");
        let drops_problem = CHATML.replace("in messages", "in messages if m.role != 'user'");
        for template in [drops_answer, drops_problem] {
            let said = ask(PromptProfile::EvalplusChat, Some(&template));
            assert!(matches!(said, Err(Error::PromptLost { .. })), "{said:?}");
        }
    }

    #[test]
    fn a_profile_is_found_by_its_name_and_only_by_it() {
        for profile in PromptProfile::ALL {
            assert_eq!(profile.to_string().parse(), Ok(profile));
        }
        let said = "evalplus".parse::<PromptProfile>().unwrap_err();
        assert!(said.contains("evalplus-chat, evalplus-base, raw"), "{said}");
    }

    #[test]
    fn stop_strings_follow_the_profile_and_the_shape_of_the_problem() {
        assert!(
            PromptProfile::EvalplusChat
                .stop(true)
                .contains(&"\n```\n".to_owned())
        );
        assert!(
            !PromptProfile::EvalplusChat
                .stop(true)
                .contains(&"\ndef ".to_owned())
        );
        assert!(
            PromptProfile::EvalplusBase
                .stop(true)
                .contains(&"\ndef ".to_owned())
        );
        assert!(
            !PromptProfile::EvalplusBase
                .stop(false)
                .contains(&"\ndef ".to_owned())
        );
        assert!(PromptProfile::Raw.stop(false).is_empty());
    }
}
