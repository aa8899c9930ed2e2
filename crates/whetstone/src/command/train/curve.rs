//! The course of a training as a table and a picture, beside its records; both can be deleted at any time.

use std::path::Path;

use anyhow::{Context, Result};
use improve::Point;
use report::chart::{Plane, PlaneSpec, Trace};

/// Writes `curve.csv`, `curve.svg` and `curve.png`.
pub(crate) fn write(folder: &Path, curve: &[Point]) -> Result<()> {
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
    };
    put("curve.csv", table(curve).as_bytes())?;
    if curve.len() < 2 {
        return Ok(());
    }
    let picture = picture(curve).drawn();
    put("curve.svg", picture.svg.as_bytes())?;
    put("curve.png", &picture.png(report::chart::DPI)?)
}

fn table(curve: &[Point]) -> String {
    let mut text = String::from("step,loss,held_out,rate,gradient,tokens,goals,ns\n");
    for point in curve {
        let held_out = point
            .held_out
            .map_or_else(String::new, |nats| nats.to_string());
        let Point {
            step,
            loss,
            rate,
            gradient,
            tokens,
            goals,
            ns,
            ..
        } = point;
        text += &format!("{step},{loss},{held_out},{rate},{gradient},{tokens},{goals},{ns}\n");
    }
    text
}

fn picture(curve: &[Point]) -> PlaneSpec {
    let trace = |name: &str, colour: usize, of: &dyn Fn(&Point) -> Option<f64>| Trace {
        name: name.into(),
        colour,
        joined: true,
        points: curve
            .iter()
            .filter_map(|p| Some((p.step as f64, of(p)?)))
            .collect(),
        labels: Vec::new(),
        intervals: Vec::new(),
    };
    let plane = |title: &str, up: &str, traces: Vec<Trace>| Plane {
        title: title.into(),
        across: "step".into(),
        doubling: false,
        up: up.into(),
        traces: traces
            .into_iter()
            .filter(|one| !one.points.is_empty())
            .collect(),
    };
    PlaneSpec {
        stem: "curve".into(),
        title: "Course of the training".into(),
        panels: vec![
            plane(
                "Loss",
                "surprise at learnt tokens (nats)",
                vec![
                    trace("trained on", 0, &|p| Some(p.loss)),
                    trace("held out", 1, &|p| p.held_out),
                ],
            ),
            plane(
                "Learning rate",
                "learning rate (10⁻⁴)",
                vec![trace("learning rate", 2, &|p| Some(p.rate * 1e4))],
            ),
        ],
    }
}
