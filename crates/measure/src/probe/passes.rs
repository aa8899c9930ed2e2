//! Threads that do the same piece of work together, pass by pass, each pass timed as a whole.

use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, Scope};

use super::Absent;
use crate::Clock;

/// How often the work is done.
pub(super) struct Limits {
    /// The fewest passes, whatever they take.
    pub least: usize,
    /// The most passes.
    pub most: usize,
    /// This long after the threads were begun, no further pass begins.
    pub ns: u64,
}

/// What a test does, by the name that its errors give it.
pub(super) struct Test {
    pub name: &'static str,
    pub limits: Limits,
}

impl Test {
    /// Nanoseconds of each pass, from the first start signal to the last report, in order.
    ///
    /// Every thread calls `begin` once, outside all passes, and does what it gave once a pass.
    ///
    /// # Errors
    /// What `begin` refused; [`Absent`] where threads are refused or the clock stands still.
    pub(super) fn time<W, B>(
        &self,
        clock: &dyn Clock,
        threads: NonZeroUsize,
        begin: B,
    ) -> Result<Vec<u64>, Absent>
    where
        W: FnMut(),
        B: Fn() -> Result<W, Absent> + Copy + Send,
    {
        let began = clock.now_ns();
        std::thread::scope(|scope| {
            let (report, reports) = channel();
            let mut starts = Vec::with_capacity(threads.get());
            for _ in 0..threads.get() {
                starts.push(self.spawn(scope, begin, report.clone())?);
            }
            drop(report);
            self.collect(&reports, threads.get())?;
            let late = || clock.now_ns().saturating_sub(began) > self.limits.ns;
            let mut times = Vec::new();
            while times.len() < self.limits.least || times.len() < self.limits.most && !late() {
                times.push(self.time_pass(clock, &starts, &reports)?);
            }
            Ok(times)
        })
    }

    /// Starts one thread: it prepares itself, reports, and then works once per start signal until
    /// the signals end.
    fn spawn<'s, W, B>(
        &self,
        scope: &'s Scope<'s, '_>,
        begin: B,
        report: Sender<Result<(), Absent>>,
    ) -> Result<Sender<()>, Absent>
    where
        W: FnMut(),
        B: Fn() -> Result<W, Absent> + Send + 's,
    {
        let (start, starts) = channel();
        let spawned = Builder::new()
            .name(self.name.replace(' ', "-"))
            .spawn_scoped(scope, move || work_on_signal(&begin, &starts, &report));
        spawned.map_err(|error| {
            let name = self.name;
            Absent::because(format!(
                "the system refused a thread for the {name}: {error}"
            ))
        })?;
        Ok(start)
    }

    /// Nanoseconds from the first start signal to the last report.
    fn time_pass(
        &self,
        clock: &dyn Clock,
        starts: &[Sender<()>],
        reports: &Receiver<Result<(), Absent>>,
    ) -> Result<u64, Absent> {
        let before = clock.now_ns();
        for start in starts {
            start.send(()).map_err(|_| self.died())?;
        }
        self.collect(reports, starts.len())?;
        match clock.now_ns().saturating_sub(before) {
            0 => Err(Absent::because(format!(
                "the clock did not move during a pass of the {}",
                self.name
            ))),
            ns => Ok(ns),
        }
    }

    /// One report of each thread.
    fn collect(
        &self,
        reports: &Receiver<Result<(), Absent>>,
        threads: usize,
    ) -> Result<(), Absent> {
        for _ in 0..threads {
            reports.recv().map_err(|_| self.died())??;
        }
        Ok(())
    }

    fn died(&self) -> Absent {
        Absent::because(format!("a thread of the {} died", self.name))
    }
}

fn work_on_signal<W: FnMut()>(
    begin: impl Fn() -> Result<W, Absent>,
    starts: &Receiver<()>,
    report: &Sender<Result<(), Absent>>,
) {
    // A send fails only when nobody listens any more; then the test is over for this thread too.
    let mut work = match begin() {
        Ok(work) => work,
        Err(absent) => {
            let _ = report.send(Err(absent));
            return;
        }
    };
    if report.send(Ok(())).is_err() {
        return;
    }
    while starts.recv().is_ok() {
        work();
        if report.send(Ok(())).is_err() {
            return;
        }
    }
}
