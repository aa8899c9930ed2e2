//! With which command an interrupted recipe goes on: the run that was stopped is only a part of it.

use super::quoted;
use crate::cli::Run;

/// The command line that was typed, as a shell would have to be given it, with `--resume`.
pub(super) fn again(flags: &Run) -> String {
    let recipe = flags.recipe.display().to_string();
    let mut words = vec!["whet".to_owned(), "run".to_owned(), recipe];
    let mut say = |flag: &str, value: &str| words.extend([flag.to_owned(), value.to_owned()]);
    flags.target.iter().for_each(|name| say("--target", name));
    flags.only.iter().for_each(|id| say("--only", id));
    flags.set.iter().for_each(|change| say("--set", change));
    say("--output", &flags.output.display().to_string());
    words.push("--resume".to_owned());
    let words = words.iter().map(|word| quoted(word));
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::again;
    use crate::cli::{Cli, Command};

    #[test]
    fn a_recipe_goes_on_with_the_words_that_it_was_begun_with() {
        let typed = "whet run my_recipe.yml --only a,b --target t --set x=1 -o out";
        let words = typed.split(' ').map(|word| word.replace("my_", "my "));
        let Command::Run(flags) = Cli::parse_from(words).command else {
            panic!("it is `whet run`");
        };
        assert_eq!(
            again(&flags),
            "whet run 'my recipe.yml' --target t --only a --only b --set x=1 --output out --resume"
        );
    }
}
