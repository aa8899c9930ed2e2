//! How a program may end, and whether an outcome is what its description says.

use sandbox::{Ending, Limits, Outcome, Profile};

use crate::entry::Entry;

/// One permitted way to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Allowed {
    Exit(Option<i32>),
    Signal(Option<i32>),
    NotExecutable,
    Just(Ending),
}

impl Allowed {
    /// Reads a list: `exit 0`, `exit *`, `signal 9`, `signal *`, `not executable`, `cpu`, `wall`,
    /// `memory`, `output`, `file`, `disk`, `processes`.
    pub(crate) fn list(text: &str) -> Vec<Self> {
        text.split(',')
            .map(|word| Self::read(word.trim()))
            .collect()
    }

    fn read(text: &str) -> Self {
        let number = |word: &str| match word {
            "*" => None,
            digits => Some(digits.parse().unwrap()),
        };
        match text.split_once(' ') {
            Some(("exit", code)) => Self::Exit(number(code)),
            Some(("signal", signal)) => Self::Signal(number(signal)),
            Some(("not", "executable")) => Self::NotExecutable,
            _ => Self::Just(match text {
                "cpu" => Ending::CpuLimit,
                "wall" => Ending::WallLimit,
                "memory" => Ending::MemoryLimit,
                "output" => Ending::OutputLimit,
                "file" => Ending::FileLimit,
                "disk" => Ending::DiskLimit,
                "processes" => Ending::ProcessLimit,
                other => panic!("no ending {other:?}"),
            }),
        }
    }

    fn fits(self, ending: Ending) -> bool {
        match (self, ending) {
            (Self::Exit(wanted), Ending::Exited(code)) => wanted.is_none_or(|one| one == code),
            (Self::Signal(wanted), Ending::Signalled(one)) => wanted.is_none_or(|is| is == one),
            (Self::NotExecutable, Ending::NotExecutable(_)) => true,
            (Self::Just(wanted), _) => wanted == ending,
            _ => false,
        }
    }
}

/// What is wrong with an outcome; nothing, if it is one that the description allows.
pub(crate) fn complaints(entry: &Entry, outcome: &Outcome, secret: &str) -> Vec<String> {
    let stdout = String::from_utf8_lossy(&outcome.stdout.bytes);
    let stderr = String::from_utf8_lossy(&outcome.stderr.bytes);
    let may_reach = entry.all("reaches").join(",");
    let beyond = |line: &&str| match line.strip_prefix("reached ") {
        Some(what) => !may_reach.split(',').any(|word| is_meant(word.trim(), what)),
        None => true,
    };
    let stdout = match may_reach.is_empty() {
        true => stdout,
        false => (stdout.lines().filter(beyond).collect::<Vec<_>>().join("\n") + "\n").into(),
    };
    let mut wrong = Vec::new();
    if !entry
        .endings
        .iter()
        .any(|allowed| allowed.fits(outcome.ending))
    {
        wrong.push(format!("it ended with {}", outcome.ending));
    }
    let mut want = |holds: bool, what: String| {
        if !holds {
            wrong.push(what)
        }
    };
    for text in entry.all("prints") {
        want(stdout.contains(&text), format!("it did not print {text:?}"));
    }
    for text in entry.all("says") {
        want(stderr.contains(&text), format!("it did not say {text:?}"));
    }
    for text in entry
        .all("never")
        .iter()
        .map(String::as_str)
        .chain([secret, "reached "])
    {
        let free = !stdout.contains(text) && !stderr.contains(text);
        want(free, format!("it printed {text:?}"));
    }
    let came_to_its_end = outcome.ending != Ending::Exited(0)
        || entry.profile == Profile::Compile
        || stdout.lines().last() == Some("done");
    want(came_to_its_end, "it left early".to_owned());
    if entry.has("collect") {
        let back: Vec<_> = outcome
            .collected
            .iter()
            .map(|file| file.name.clone())
            .collect();
        want(
            back == entry.words("collected"),
            format!("{back:?} came back"),
        );
    }
    wrong.extend(bounds(outcome, &entry.limits));
    wrong
}

/// Whether a word of a list stands for this; a star at its end stands for anything.
fn is_meant(word: &str, what: &str) -> bool {
    match word.strip_suffix('*') {
        Some(beginning) => what.starts_with(beginning),
        None => word == what,
    }
}

/// What is wrong with the friend at the other end of the connection.
pub(crate) fn complaint_of_peer(entry: &Entry, outcome: &Outcome) -> Option<String> {
    let said = String::from_utf8_lossy(&outcome.stdout.bytes);
    let fits = entry
        .peer
        .iter()
        .any(|allowed| allowed.fits(outcome.ending));
    let whole =
        outcome.ending != Ending::Exited(0) || said.ends_with("closed, 4 descriptors\ndone\n");
    let stderr = String::from_utf8_lossy(&outcome.stderr.bytes);
    let what = || {
        format!(
            "the friend ended with {} saying {said:?} {stderr:?}",
            outcome.ending
        )
    };
    (!fits || !whole).then(what)
}

/// The endings of the run that follows a compile step.
pub(crate) fn complaint_after(entry: &Entry, outcome: &Outcome) -> Option<String> {
    let fits = entry
        .after
        .iter()
        .any(|allowed| allowed.fits(outcome.ending));
    (!fits).then(|| format!("what it compiled to ended with {}", outcome.ending))
}

/// What holds for every program, whatever it does.
fn bounds(outcome: &Outcome, limits: &Limits) -> Vec<String> {
    let mut wrong = Vec::new();
    let streams = [
        (&outcome.stdout, limits.stdout_bytes),
        (&outcome.stderr, limits.stderr_bytes),
    ];
    for (stream, most) in streams {
        if stream.bytes.len() as u64 > most {
            wrong.push(format!("{} bytes of output were kept", stream.bytes.len()));
        }
    }
    if outcome
        .collected
        .iter()
        .any(|file| file.bytes.len() as u64 > limits.file_bytes)
    {
        wrong.push("a collected file is too long".to_owned());
    }
    // A loaded machine looks late, but not this late.
    let late = limits.wall.as_nanos() as u64 + 10_000_000_000;
    if outcome.wall_ns > late {
        wrong.push(format!("it lasted {} ms", outcome.wall_ns / 1_000_000));
    }
    let burnt = limits.cpu.as_nanos() as u64 + 2_500_000_000;
    if outcome.cpu_ns > burnt {
        wrong.push(format!(
            "it burnt {} ms of CPU time",
            outcome.cpu_ns / 1_000_000
        ));
    }
    wrong
}

#[test]
fn endings_are_told_apart() {
    let list = Allowed::list("exit 0, signal *, memory, not executable");
    let fits = |ending| list.iter().any(|allowed| allowed.fits(ending));
    for good in [
        Ending::Exited(0),
        Ending::Signalled(9),
        Ending::MemoryLimit,
        Ending::NotExecutable(8),
    ] {
        assert!(fits(good), "{good}");
    }
    for bad in [Ending::Exited(1), Ending::CpuLimit, Ending::WallLimit] {
        assert!(!fits(bad), "{bad}");
    }
}
