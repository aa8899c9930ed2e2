//! The course of a training: one line of JSON per step, in `curve.jsonl`, flushed as it is written.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use decoder::export::write_whole;
use serde::{Deserialize, Serialize};

use crate::Error;

/// One step, or one look at the held-out examples after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Steps that were taken, this one included.
    pub step: usize,
    /// The mean surprise of the tokens that were learnt on this step, in nats.
    pub loss: f64,
    /// The learning rate.
    pub rate: f64,
    /// The length of the gradient before it was shortened.
    pub gradient: f64,
    /// Tokens that were read.
    pub tokens: usize,
    /// Tokens that were learnt.
    pub goals: usize,
    /// How long it took, in nanoseconds.
    pub ns: u64,
    /// The mean surprise of the held-out examples after this step, where it was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_out: Option<f64>,
}

/// The loss over all steps, each weighed with the tokens that it learnt; `None` without any.
pub fn mean_loss(curve: &[Point]) -> Option<f64> {
    let goals: usize = curve.iter().map(|point| point.goals).sum();
    let nats = curve.iter().map(|point| point.loss * point.goals as f64);
    (goals > 0).then(|| nats.sum::<f64>() / goals as f64)
}

/// Appends a line.
pub(crate) fn append(path: &Path, point: &Point) -> Result<(), Error> {
    let mut line = serde_json::to_vec(point).map_err(|error| Error::file(path, error))?;
    line.push(b'\n');
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map_err(|error| Error::file(path, error))?;
    file.write_all(&line)
        .and_then(|()| file.sync_data())
        .map_err(|error| Error::file(path, error))
}

/// The points up to a step, and the file cut to them: what came after an interrupted checkpoint is done again.
pub(crate) fn cut(path: &Path, steps: usize) -> Result<Vec<Point>, Error> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::file(path, error)),
    };
    // A torn last line is no point.
    let points: Vec<Point> = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|point: &Point| point.step <= steps)
        .collect();
    let mut kept = Vec::new();
    for point in &points {
        serde_json::to_writer(&mut kept, point).map_err(|error| Error::file(path, error))?;
        kept.push(b'\n');
    }
    write_whole(path, &kept)?;
    Ok(points)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_counts_with_the_tokens_that_it_learnt() {
        let point = |loss, goals| Point {
            step: 1,
            loss,
            rate: 1e-4,
            gradient: 1.0,
            tokens: 100,
            goals,
            ns: 1,
            held_out: None,
        };
        assert_eq!(mean_loss(&[point(1.0, 30), point(2.0, 10)]), Some(1.25));
        assert_eq!(mean_loss(&[]), None);
    }
}
