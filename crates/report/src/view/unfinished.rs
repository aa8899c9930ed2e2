//! Records and runs without their end, as a killed writer leaves them.

use ledger::record::Warning;
use ledger::{Run, TornTail};

/// What a reader must know of a record that a killed writer left unfinished.
pub(super) fn torn(tail: &TornTail) -> Warning {
    Warning {
        kind: "torn_record".to_owned(),
        message: format!(
            "The last {} bytes of {} are an unfinished record and were left out",
            tail.bytes, tail.file
        ),
        advice: "Resume the run; what is missing is then measured again".to_owned(),
    }
}

/// What a reader must know of a run that has not come to its end.
pub(crate) fn incomplete(run: &Run) -> Option<Warning> {
    run.is_open().then(|| Warning {
        kind: "incomplete_run".to_owned(),
        message: format!(
            "{} has not come to its end: its numbers are of the part that is there",
            run.header.run_id
        ),
        advice: "complete it with `whet bench --resume RUN`".to_owned(),
    })
}
