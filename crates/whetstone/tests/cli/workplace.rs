//! A folder of its own for each test, with a toy model in it, and the real program to run there.

use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde_json::Value;

/// Longer than anything here takes, also where others use the processors; a program that is still running
/// then hangs.
const PATIENCE: Duration = Duration::from_secs(300);

/// Between two looks at something that is expected to happen.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// A folder in memory with room for all of them: every record is flushed, and half of a test is waiting for a disk.
/// Containers often have a small one, which is left alone.
static MEMORY: LazyLock<Option<&str>> = LazyLock::new(|| {
    const PLACE: &str = "/dev/shm";
    const ROOM: u64 = 1 << 30;
    let place = Path::new(PLACE);
    let has_room = place.is_dir() && hub::ensure_space(place, ROOM).is_ok();
    (has_room && tempfile::tempdir_in(place).is_ok()).then_some(PLACE)
});

/// A folder, a cache and a toy model, all empty or fresh, all gone in the end.
pub(crate) struct Workplace {
    folder: tempfile::TempDir,
}

/// How a program ended.
pub(crate) struct Ended {
    /// Its exit code; `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    /// That signal.
    pub(crate) signal: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Workplace {
    pub(crate) fn new() -> Workplace {
        let made = MEMORY.as_ref().map(tempfile::tempdir_in);
        let folder = made.unwrap_or_else(tempfile::tempdir).unwrap();
        let workplace = Workplace { folder };
        workplace.toy("toy", 7);
        workplace
    }

    /// Writes another toy model, `NAME.gguf`.
    pub(crate) fn toy(&self, name: &str, seed: u64) {
        gguf::toy::write(self.at(&format!("{name}.gguf")), seed).unwrap();
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `whet` with these words, silent stdin, and nothing of the environment that changes answers.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_whet"));
        self.dressed(command.args(words));
        command
    }

    /// The same with signals as at a terminal: whoever runs tests in the background may have them ignored, and then
    /// `whet` ignores them, too.
    pub(crate) fn interruptible(&self, words: &[&str]) -> Command {
        let mut command = Command::new("env");
        command.args(["--default-signal=HUP,INT,TERM", env!("CARGO_BIN_EXE_whet")]);
        self.dressed(command.args(words));
        command
    }

    /// The same started by somebody who ignores hang-ups, interrupts and requests to terminate.
    pub(crate) fn ignoring_signals(&self, words: &[&str]) -> Command {
        let mut command = Command::new("sh");
        let deaf = "trap '' HUP INT TERM; exec \"$0\" \"$@\"";
        command.args(["-c", deaf, env!("CARGO_BIN_EXE_whet")]);
        self.dressed(command.args(words));
        command
    }

    fn dressed(&self, command: &mut Command) {
        command
            .current_dir(self.folder.path())
            .env("WHET_CACHE", self.at("cache"))
            .env_remove("CI")
            .env_remove("WHET_LOG")
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
    }

    /// Runs `whet` to its end.
    pub(crate) fn whet(&self, words: &[&str]) -> Ended {
        Ended::of(self.command(words).spawn().unwrap())
    }

    /// Runs `whet` with something on its standard input.
    pub(crate) fn whet_reading(&self, input: &str, words: &[&str]) -> Ended {
        let mut child = self.command(words).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).unwrap();
        drop(stdin);
        Ended::of(child)
    }

    /// `whet bench toy.gguf`, one thread, into the folder `runs`.
    pub(crate) fn bench(&self, words: &[&str]) -> Ended {
        self.whet(&[&["bench", "toy.gguf", "--threads", "1"], words].concat())
    }

    /// The only run in a folder of runs.
    pub(crate) fn only_run(&self, runs: &str) -> RunFolder {
        let mut runs = self.runs(runs);
        assert_eq!(runs.len(), 1, "one run was expected: {runs:?}");
        RunFolder(runs.remove(0))
    }

    /// The runs in a folder of runs, oldest first.
    pub(crate) fn runs(&self, runs: &str) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(self.at(runs)) else {
            return Vec::new();
        };
        let mut folders: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        folders.sort();
        folders
    }

    /// A run of these words, killed when a file of it has so many lines. Its folder is the only one in a folder of
    /// this name and a number.
    pub(crate) fn killed(
        &self,
        words: &[&str],
        name: &str,
        (file, n_lines): (&str, usize),
    ) -> RunFolder {
        caught(|number| {
            let runs = format!("{name}_{number}");
            let words = [words, &["--output", &runs]].concat();
            killed(self.command(&words).spawn().unwrap(), || {
                let run = RunFolder(self.runs(&runs).into_iter().next()?);
                (run.n_lines(file) >= n_lines).then_some(run)
            })
        })
    }
}

impl Ended {
    /// Waits for the end of a program whose stdout and stderr are pipes.
    pub(crate) fn of(child: Child) -> Ended {
        let pid = child.id();
        let (done, wait) = std::sync::mpsc::channel::<()>();
        let watchdog = std::thread::spawn(move || {
            if wait.recv_timeout(PATIENCE) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                send("KILL", pid);
            }
        });
        let output = child.wait_with_output().unwrap();
        drop(done);
        watchdog.join().unwrap();
        Ended {
            code: output.status.code(),
            signal: output.status.signal(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Fails unless the exit code is this one.
    #[track_caller]
    pub(crate) fn with_code(self, code: i32) -> Ended {
        assert_eq!(self.code, Some(code), "{self}");
        assert!(!self.stderr.contains("panicked"), "{self}");
        self
    }

    /// Fails unless stderr says all of these.
    #[track_caller]
    pub(crate) fn saying(self, words: &[&str]) -> Ended {
        for word in words {
            assert!(self.stderr.contains(word), "`{word}` is missing in: {self}");
        }
        self
    }

    /// stdout as one JSON document.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self}"))
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Ended {
            code,
            signal,
            stdout,
            stderr,
        } = self;
        write!(
            f,
            "code {code:?}, signal {signal:?}\n-- stdout\n{stdout}\n-- stderr\n{stderr}"
        )
    }
}

/// Sends a signal by its name without `SIG`. The shell's own `kill`, because a program of that name is not everywhere.
pub(crate) fn send(signal: &str, pid: u32) {
    let status = Command::new("sh")
        .args(["-c", "kill -s $0 $1", signal, &pid.to_string()])
        .status();
    assert!(status.unwrap().success(), "kill -s {signal} {pid}");
}

/// How often a situation is made again that the program came out of before anybody looked.
const TRIES: usize = 20;

/// Makes a situation until it is caught; given is the number of the try, from 1. What is then asserted of it is
/// asserted once.
pub(crate) fn caught<T>(mut make: impl FnMut(usize) -> Option<T>) -> T {
    let found = (1..=TRIES).find_map(&mut make);
    found.unwrap_or_else(|| panic!("in {TRIES} tries the program was always faster"))
}

/// Kills a program once `look` finds something; `None` if it had ended by itself before.
pub(crate) fn killed<T>(mut child: Child, look: impl FnMut() -> Option<T>) -> Option<T> {
    let found = watch(&mut child, look);
    child.kill().unwrap();
    let ended = Ended::of(child);
    if ended.signal == Some(9) {
        return found;
    }
    assert!(
        ended.code == Some(0),
        "it failed before it could be killed: {ended}"
    );
    None
}

/// Looks again and again until something is there, or the program has ended.
pub(crate) fn watch<T>(child: &mut Child, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if child.try_wait().unwrap().is_some() {
            return look();
        }
        assert!(began.elapsed() < PATIENCE, "waited in vain");
        std::thread::sleep(LOOK_EVERY);
    }
}

/// A run's folder.
pub(crate) struct RunFolder(pub(crate) PathBuf);

impl RunFolder {
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// A file of it that holds one JSON document.
    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.text(name)).unwrap()
    }

    pub(crate) fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The records of a file of JSON lines.
    pub(crate) fn records(&self, name: &str) -> Vec<Value> {
        let text = self.text(name);
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Whole lines of a file; none if it is not there yet.
    pub(crate) fn n_lines(&self, name: &str) -> usize {
        std::fs::read(self.0.join(name)).map_or(0, |bytes| {
            bytes.iter().filter(|byte| **byte == b'\n').count()
        })
    }

    /// All attempts without their times, sorted by what they are attempts at.
    pub(crate) fn attempts(&self) -> Vec<Value> {
        let mut attempts = self.records("attempts.jsonl");
        for attempt in &mut attempts {
            attempt
                .as_object_mut()
                .unwrap()
                .remove("decode_ns")
                .unwrap();
        }
        attempts.sort_by_key(|attempt| attempt["key"].to_string());
        attempts
    }

    /// All verdicts without their times, sorted like the attempts.
    pub(crate) fn verdicts(&self) -> Vec<Value> {
        let mut verdicts = self.records("verdicts.jsonl");
        for verdict in &mut verdicts {
            for time in ["cpu_ns", "wall_ns"] {
                verdict.as_object_mut().unwrap().remove(time).unwrap();
            }
        }
        verdicts.sort_by_key(|verdict| verdict["key"].to_string());
        verdicts
    }

    /// `report.json` without what differs between two runs of one plan: the run's name and date, the
    /// words typed, the load of the machine, times, rates and the memory of this process. Rows of
    /// those stay, without values; only the rate of generation goes, because a run that was generated
    /// in parts has none.
    pub(crate) fn timeless_report(&self) -> Value {
        let mut report = self.json("report.json");
        let origin = report["provenance"].as_object_mut().unwrap();
        for name in ["run_id", "started_at", "command", "machine"] {
            origin.remove(name).unwrap();
        }
        let sections = report["sections"].as_array_mut().unwrap();
        // All suites together are where the rate of generation stands.
        let is_rate =
            |section: &Value| section["benchmark"] == "code" && section["suite"].is_null();
        sections.retain(|section| section["benchmark"] != "hardware" && !is_rate(section));
        for section in sections {
            let is_timed = section["benchmark"] == "latency";
            if is_timed {
                section["scope"] = Value::Null;
            }
            // What a table to decide by says stands in the rows as well.
            section.as_object_mut().unwrap().remove("overviews");
            let notes = section["notes"].as_array_mut().unwrap();
            let of_memory = ["weights of", "grew the process by less"];
            notes.retain(|note| {
                !of_memory
                    .iter()
                    .any(|part| note.as_str().unwrap().contains(part))
            });
            let rows = section["rows"].as_array_mut().unwrap();
            rows.retain(|row| row["metric"] != "generate_tokens_per_s");
            for row in rows {
                if varies(row) {
                    for part in ["cells", "comparisons"] {
                        row[part] = Value::Null;
                    }
                }
            }
        }
        report.as_object_mut().unwrap().remove("warnings").unwrap();
        report
    }
}

/// Whether a row holds times, rates or the memory of a process.
fn varies(row: &Value) -> bool {
    let unit = row["unit"].as_str().unwrap();
    let metric = row["metric"].as_str().unwrap();
    ["nanoseconds", "tokens_per_second", "bytes_per_second"].contains(&unit)
        || metric == "bandwidth_share"
        || metric.contains("resident")
}
