//! What can go wrong before a model is asked: unknown suites, broken problem files, chat templates
//! that do not work, a missing toolchain. A wrong answer is no error.

use sandbox::toolchain::Missing;

/// A suite could not be found, read, rendered or judged at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No built-in suite has that name.
    #[error("there is no suite `{name}`{}; the suites are {known}", did_you_mean(closest.as_deref()))]
    UnknownSuite {
        /// The name asked for.
        name: String,
        /// The most similar name, if one is similar at all.
        closest: Option<String>,
        /// Every name, comma separated.
        known: String,
    },
    /// No problem family has that name.
    #[error("there is no problem family `{name}`; besides all, demo and unseen there are {known}")]
    UnknownFamily {
        /// The name asked for.
        name: String,
        /// Every name, comma separated.
        known: String,
    },
    /// A file of problems cannot be read at all.
    #[error("the problems in {path} cannot be read: {message}")]
    UnreadableSuite {
        /// The file.
        path: String,
        /// Why not.
        message: String,
    },
    /// A line of a problem file is no problem.
    #[error(
        "line {line} of the problems of `{suite}` is no valid problem: {message}; correct that line"
    )]
    BrokenProblem {
        /// The suite.
        suite: String,
        /// Counted from 1; 0 for the file as a whole.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// The model's chat template is no template that this program can read.
    #[error(
        "the model's chat template cannot be read ({message}); use a model file with another template"
    )]
    TemplateSyntax {
        /// What the parser said.
        message: String,
    },
    /// The template itself refuses the conversation, for instance one with a system message.
    #[error("the model's chat template refuses these messages: {message}")]
    TemplateRefusal {
        /// The template's own words.
        message: String,
    },
    /// The template fails on the conversation.
    #[error("the model's chat template fails ({message}); use a model file with another template")]
    TemplateFailure {
        /// What the renderer said.
        message: String,
    },
    /// The rendered prompt does not hold the problem.
    #[error(
        "the model's chat template drops the problem `{problem}` from the prompt; use a model file with another template"
    )]
    PromptLost {
        /// The problem's id.
        problem: String,
    },
    /// A compiler or interpreter that the suite needs is not there.
    #[error(transparent)]
    Toolchain(#[from] Missing),
}

fn did_you_mean(closest: Option<&str>) -> String {
    closest.map_or_else(String::new, |name| format!(", did you mean `{name}`?"))
}
