//! Programs that stay in their boxes and answer one question after another.
//!
//! A pair of programs costs two boxes and two processes each time. Where one of the two is ours and nothing can
//! get from one question into the next, it need not be made anew: it waits, is given a question and its end of the
//! connection to the other program, and answers over a line of its own. Whoever asks decides whether that is so;
//! here it is seen to that a resident is boxed like any program and replaced when there is any reason to. Limits of time
//! count for each question.
//!
//! Only where there are walls: elsewhere nothing would end with a resident's first process.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustix::io::Errno;

use crate::cell::Cell;
use crate::clock::monotonic_ns;
use crate::fault::Fault;
use crate::limits::Limits;
use crate::line::{Line, MOST_ASKED};
use crate::program::{Captured, Ending, Outcome, Program};
use crate::supervise::{self, Running};
use crate::{Sandbox, plan, sys, tree};

/// CPU time after which a resident is replaced; its limit lies so much further away.
const SPENT: Duration = Duration::from_secs(2);
/// Questions after which it is replaced.
const MOST_QUESTIONS: u32 = 1000;
/// Bytes by which it may have grown since its first answer.
const MOST_GROWN: u64 = 16 << 20;

/// Questions in a row that came to no answer, after which no more are asked: each costs what a pair costs, and a
/// pair comes after it.
const MOST_LOST: u32 = 8;

/// The residents of a cell that nobody asks at the moment.
#[derive(Default)]
pub(crate) struct Residents {
    idle: Mutex<Vec<Resident>>,
    n_lost: AtomicU32,
}

/// A program that waits in its box.
struct Resident {
    program: Program,
    limits: Limits,
    running: Running,
    /// CPU time up to its last answer.
    spent: Duration,
    n_questions: u32,
    /// Whether it has answered the last of them.
    has_answered: bool,
    /// What it held in memory after its first answer.
    first_bytes: u64,
}

impl Residents {
    /// Ends all of them.
    pub(crate) fn retire(&self) {
        let idle = std::mem::take(&mut *self.idle());
        drop(idle);
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Resident>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, program: &Program, limits: &Limits) -> Option<Resident> {
        let mut idle = self.idle();
        let is_it = |one: &Resident| one.limits == *limits && one.program == *program;
        let at = idle.iter().rposition(is_it)?;
        Some(idle.swap_remove(at))
    }
}

/// See [`Sandbox::consult`].
pub(crate) fn consult(
    cell: &Cell,
    asker: (&Program, &Limits),
    resident: (&Program, &Limits),
    question: &[u8],
) -> Result<Option<[Outcome; 2]>, Fault> {
    let n_lost = &cell.residents().n_lost;
    let is_lost = n_lost.load(Ordering::Relaxed) >= MOST_LOST;
    if !cell.badge().tier.has_walls() || question.len() > MOST_ASKED || is_lost {
        return Ok(None);
    }
    let (near, far) = plan::pair()?;
    let mut asked = ask(cell, resident, question, far)?;
    let running = cell.start(asker, Some(near))?;
    let begun = monotonic_ns();
    asked.running.begin(resident.1, asked.spent);
    let mut both = [running, asked.running];
    supervise::follow(&mut both)?;
    let [running, back] = both;
    asked.running = back;
    let answer = asked.answered(monotonic_ns().saturating_sub(begun));
    match answer {
        Some(_) => n_lost.store(0, Ordering::Relaxed),
        None => drop(n_lost.fetch_add(1, Ordering::Relaxed)),
    }
    let outcome = cell.settle(asker, running)?;
    asked.part(cell);
    Ok(answer.map(|answer| [outcome, answer]))
}

/// Puts the question to a resident that waits, or to a new one.
fn ask(
    cell: &Cell,
    (program, limits): (&Program, &Limits),
    question: &[u8],
    far: OwnedFd,
) -> Result<Resident, Fault> {
    while let Some(mut one) = cell.residents().take(program, limits) {
        match one.ask(question, &far) {
            Ok(()) => return Ok(one),
            // It ended while it waited, and has heard nothing of this question.
            Err(_) => one.leave(cell),
        }
    }
    let mut one = Resident::settle_in(cell, program, limits)?;
    one.ask(question, &far)
        .map_err(Fault::supervisor("ask a program that stays"))?;
    Ok(one)
}

impl Resident {
    fn settle_in(cell: &Cell, program: &Program, limits: &Limits) -> Result<Self, Fault> {
        let (line, theirs) = Line::new()?;
        let longer = Limits {
            cpu: limits.cpu + SPENT,
            ..limits.clone()
        };
        let mut running = cell.start((program, &longer), Some(theirs))?;
        running.line = Some(line);
        Ok(Self {
            program: program.clone(),
            limits: limits.clone(),
            running,
            spent: Duration::ZERO,
            n_questions: 0,
            has_answered: false,
            first_bytes: 0,
        })
    }

    fn ask(&mut self, question: &[u8], far: &OwnedFd) -> Result<(), Errno> {
        let line = self.running.line.as_mut().ok_or(Errno::NOTCONN)?;
        line.ask(question, far.as_fd())?;
        self.n_questions += 1;
        self.has_answered = false;
        Ok(())
    }

    /// What it answered and used for that; nothing if it came to no answer.
    fn answered(&mut self, wall_ns: u64) -> Option<Outcome> {
        let bytes = self.running.line.as_mut().and_then(Line::answer)?;
        let spent = self.running.fork().and_then(sys::cpu_ns_of);
        let spent = spent.map_or(self.spent, Duration::from_nanos);
        let before = std::mem::replace(&mut self.spent, spent);
        self.has_answered = true;
        Some(Outcome {
            ending: Ending::Exited(0),
            stdout: Captured {
                bytes,
                truncated: false,
            },
            stderr: Captured::default(),
            collected: Vec::new(),
            cpu_ns: spent.saturating_sub(before).as_nanos() as u64,
            wall_ns,
            max_rss_bytes: None,
            warm: self.running.is_warm(),
            booked: None,
        })
    }

    /// Lets it wait for the next question, or sees to its end.
    fn part(mut self, cell: &Cell) {
        match self.may_stay() {
            true => cell.residents().idle().push(self),
            false => self.leave(cell),
        }
    }

    /// Whether it is as fit for another question as it was for the first: it came to an answer, its time can be
    /// told, and it holds not much more than it did then.
    fn may_stay(&mut self) -> bool {
        if !self.has_answered || self.running.has_ended() || self.running.stop().is_some() {
            return false;
        }
        let Some(held) = self.running.fork().and_then(tree::held_bytes) else {
            return false;
        };
        if self.n_questions == 1 {
            self.first_bytes = held;
        }
        let has_grown = held > self.first_bytes + MOST_GROWN;
        !has_grown && self.spent < SPENT && self.n_questions < MOST_QUESTIONS
    }

    /// Sees to its end, after which its cell can be used again. A fault on the way is no fault of the program that
    /// asked: the cell is given up, and that is all.
    fn leave(mut self, cell: &Cell) {
        self.running.dismiss();
        let mut last = [self.running];
        if supervise::follow(&mut last).is_ok() {
            let [running] = last;
            let _ = cell.settle((&self.program, &self.limits), running);
        }
    }
}
