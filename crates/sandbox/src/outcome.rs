//! From a run that is over to what is told about it.

use crate::fault::Fault;
use crate::limits::Limits;
use crate::program::{Captured, Ending, File, Mode, Outcome, Program};
use crate::report::{Bounds, Report};
use crate::stream::Stream;
use crate::supervise::{Running, Stop};
use crate::verdict;

/// What the report of this program may hold.
pub(crate) fn bounds(program: &Program, limits: &Limits) -> Bounds {
    Bounds {
        files: program.collect.len(),
        file_bytes: limits.file_bytes,
    }
}

/// Puts together what the streams and the report say.
pub(crate) fn outcome(
    program: &Program,
    limits: &Limits,
    running: &mut Running,
) -> Result<Outcome, Fault> {
    let stop = running.stop();
    if stop == Some(Stop::Broken) {
        return Err(Fault::Lost {
            what: "its report was too long or never began".to_owned(),
        });
    }
    let booked = running.booked()?;
    let (not_executed, mut ended, collected) = match running.read_report(bounds(program, limits))? {
        Report::Broken(step, errno) => return Err(Fault::layer(step, errno)),
        Report::Ran {
            not_executed,
            ended,
            collected,
        } => (not_executed, ended, collected),
    };
    if let Some(booked) = &booked {
        // The book of what was reaped, unless something was not.
        ended.cpu_ns = ended.cpu_ns.max(booked.cpu_ns);
    }
    let flooded = running.stdout.flooded() || running.stderr.flooded();
    let ending = match not_executed {
        None => {
            let ending = verdict::ending(stop, flooded, &ended, limits);
            verdict::with_memory(ending, booked.as_ref())
        }
        Some(errno) if verdict::is_own_file(program) => Ending::NotExecutable(errno.raw_os_error()),
        Some(errno) => {
            let program = program.argv.first().cloned().unwrap_or_default();
            return Err(Fault::Missing {
                program,
                reason: errno.into(),
            });
        }
    };
    Ok(Outcome {
        ending,
        stdout: captured(&mut running.stdout),
        stderr: captured(&mut running.stderr),
        collected: collected
            .into_iter()
            .map(|(index, bytes)| named(program, index, bytes))
            .collect(),
        cpu_ns: ended.cpu_ns,
        wall_ns: ended.wall_ns,
        max_rss_bytes: (ended.max_rss_bytes > ended.floor_bytes).then_some(ended.max_rss_bytes),
        warm: running.is_warm(),
        booked,
    })
}

fn captured(stream: &mut Stream) -> Captured {
    let bytes = std::mem::take(&mut stream.bytes);
    Captured {
        truncated: stream.seen > bytes.len() as u64,
        bytes,
    }
}

/// A collected file; executable, so that a compiled program can be handed to the next run as it is.
fn named(program: &Program, index: usize, bytes: Vec<u8>) -> File {
    let name = program.collect.get(index).cloned().unwrap_or_default();
    File {
        name,
        bytes,
        mode: Mode::Executable,
    }
}
