//! Charts: what is drawn is decided here, as bars with intervals; how, in the two files below.
//!
//! Four pictures answer four questions (is the code right, how fast, how much memory, how surprised
//! by text), and `summary` shows them together. A bar without a measured value is left out and its
//! place stays empty. Ranges of values come from the intervals, so that no error bar is cut.

mod draw;
mod pick;
mod pixels;
mod plane;

use crate::error::Error;
use crate::view::Scorecard;

use pick::short;

pub use pick::charts;
pub(crate) use plane::choices;
pub use plane::{Plane, PlaneSpec, Trace, planes};

/// One picture of one or more panels.
#[derive(Debug, Clone, PartialEq)]
pub struct ChartSpec {
    /// File stem.
    pub stem: String,
    /// Heading, also the picture's text for who cannot see it.
    pub title: String,
    /// Panels, drawn side by side.
    pub panels: Vec<Panel>,
}

/// One pair of axes.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// Heading.
    pub title: String,
    /// The value axis: what is measured, and in which unit.
    pub axis: String,
    /// What the groups of bars are told apart by; empty if their labels say it.
    pub across: String,
    /// Whether the bars of a group stand beside or on each other.
    pub stacking: Stacking,
    /// Names of the bars of each group.
    pub series: Vec<Series>,
    /// The groups.
    pub groups: Vec<Group>,
    /// Upper end of the value axis if it is known beforehand (1 for shares).
    pub ceiling: Option<f64>,
}

/// How the bars of one group stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stacking {
    /// Side by side.
    Beside,
    /// One on the other; their sum is the height.
    Stacked,
}

/// A kind of bar and its place in the palette.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// The name in the legend.
    pub name: String,
    /// Index into the palette; the same thing has the same colour in every panel.
    pub colour: usize,
}

/// Bars that stand together.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Label under the group.
    pub label: String,
    /// One bar per series; `None` where nothing was measured.
    pub bars: Vec<Option<Bar>>,
}

/// One bar, in the unit of the axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    /// Its height.
    pub value: f64,
    /// Lower and upper end of its interval, if it has one.
    pub interval: Option<(f64, f64)>,
}

/// One finished picture.
#[derive(Debug, Clone)]
pub struct Picture {
    /// File stem.
    pub stem: String,
    /// Heading.
    pub title: String,
    /// The drawing, one `<svg>` element without scripts or references.
    pub svg: String,
}

/// The scorecard's pictures, drawn.
pub fn pictures(card: &Scorecard) -> Vec<Picture> {
    let drawn = |spec: ChartSpec| Picture {
        svg: draw::svg(&spec),
        stem: spec.stem,
        title: spec.title,
    };
    let bars = charts(card).into_iter().map(drawn);
    bars.chain(planes(card).into_iter().map(PlaneSpec::drawn))
        .collect()
}

impl PlaneSpec {
    /// The picture of it.
    pub fn drawn(self) -> Picture {
        Picture {
            svg: draw::plane::svg(&self),
            stem: self.stem,
            title: self.title,
        }
    }
}

/// Whether a picture belongs to a benchmark: `memory` and `memory_scaling` do to that of memory.
pub(crate) fn is_of(stem: &str, benchmark: &str) -> bool {
    let rest = stem.strip_prefix(benchmark);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
}

/// Dots on an inch of a picture unless another number is asked for: twice the drawing's units, sharp on dense screens and
/// small enough to mail.
pub const DPI: u16 = 192;

impl Picture {
    /// The picture as PNG, with so many dots on an inch.
    ///
    /// # Errors
    /// [`Error::Picture`] if the drawing cannot be read back or has no size.
    pub fn png(&self, dpi: u16) -> Result<Vec<u8>, Error> {
        pixels::png(&self.svg, dpi).map_err(|reason| Error::Picture {
            chart: self.stem.clone(),
            reason,
        })
    }
}
