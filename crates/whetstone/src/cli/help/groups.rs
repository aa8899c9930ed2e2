//! The commands of the first page of help, by what they are for.
//!
//! clap lists all of them under one heading. Their texts stay with the commands; here is only which stands where.

use clap::Command;

use super::{Entry, INDENT, hanging, len};

/// Headings, and the commands below each.
const GROUPS: [(&str, &[&str]); 5] = [
    ("Measure", &["bench", "generate", "sample", "tasks"]),
    ("Recipes", &["init", "check", "run", "schema"]),
    ("Improve", &["data", "train", "collect", "adapters"]),
    ("Read and publish", &["report", "view", "compare", "runs"]),
    ("Look after", &["models", "doctor", "test", "help"]),
];

const HELP: &str = "Print this message or the help of a command";

/// The same command, whose own help has the groups in place of a list.
pub(super) fn grouped(command: Command, width: usize) -> Command {
    let header = *command.get_styles().get_header();
    let literal = *command.get_styles().get_literal();
    let texts: Vec<(String, String)> = command.get_subcommands().map(text).collect();
    let names = || GROUPS.iter().flat_map(|(_, names)| *names);
    let column = names().map(|name| len(name)).max().unwrap_or(0) + INDENT;
    let line = |name: &str| {
        let known = texts.iter().find(|(own, _)| own == name);
        let entry = Entry {
            head: name,
            says: known.map_or(HELP, |(_, says)| says).to_owned(),
        };
        let plain = hanging(&entry, column, width);
        plain.replacen(name, &format!("{literal}{name}{literal:#}"), 1)
    };
    let groups = GROUPS.iter().map(|(heading, names)| {
        let lines: Vec<String> = names.iter().map(|name| line(name)).collect();
        format!("{header}{heading}:{header:#}\n{}", lines.join("\n"))
    });
    let groups = groups.collect::<Vec<_>>().join("\n\n");
    command.help_template(format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{groups}\n\n{header}Everywhere:{header:#}\n{{options}}{{after-help}}"
    ))
}

fn text(command: &Command) -> (String, String) {
    let about = command.get_about().map(ToString::to_string);
    (command.get_name().to_owned(), about.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn every_command_that_is_shown_stands_under_one_heading() {
        let mut grouped: Vec<&str> = GROUPS
            .iter()
            .flat_map(|(_, names)| *names)
            .copied()
            .collect();
        let command = Cli::command();
        let shown = command.get_subcommands().filter(|sub| !sub.is_hide_set());
        let mut shown: Vec<&str> = shown.map(Command::get_name).chain(["help"]).collect();
        grouped.sort_unstable();
        shown.sort_unstable();
        assert_eq!(grouped, shown);
    }
}
