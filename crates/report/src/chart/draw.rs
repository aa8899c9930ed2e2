//! Charts as SVG, through kuva. Only this file and the one below it know it.
//!
//! kuva is young and moves fast: it is pinned, and everything it is told stands here. Its automatic
//! ranges do not look at error bars, so ranges are always given. Colours are written as attributes,
//! which the page's style sheet overrides in the dark.

mod hover;
pub(super) mod plane;

use std::sync::Arc;

use kuva::backend::svg::SvgBackend;
use kuva::plot::BarPlot;
use kuva::plot::legend::{LegendEntry, LegendShape};
use kuva::render::figure::Figure;
use kuva::render::layout::{Layout, TickFormat};
use kuva::render::plots::Plot;
use kuva::render::theme::Theme;

use super::{Bar, ChartSpec, Panel, Stacking};

/// Colours of models, then of weights and cache: hues after Okabe and Ito, told apart by the
/// colour-blind, and neighbours differ in lightness, so that they differ in grey too.
const PALETTE: [&str; 8] = [
    "#3d7ab8", "#f0b341", "#1d8a6e", "#e79ec2", "#c2501f", "#8fd0f0", "#7c8794", "#b9d4ea",
];
/// Text, axes and error bars. The page turns exactly this colour light in the dark.
const INK: &str = "#1f2328";
/// Paper. The page makes exactly this colour transparent.
const PAPER: &str = "#ffffff";
/// Grid lines.
const GRID: &str = "#dfe3e8";

const PANEL_WIDTH: f64 = 440.0;
const SINGLE_WIDTH: f64 = 720.0;
const PANEL_HEIGHT: f64 = 340.0;
/// Width of one character of a tick label.
const CHARACTER: f64 = 7.2;
/// Width taken by the value axis.
const AXIS: f64 = 80.0;

/// The drawing, one `<svg>` element that scales with its place.
pub(super) fn svg(spec: &ChartSpec) -> String {
    let width = match spec.panels.len() {
        1 => SINGLE_WIDTH,
        _ => PANEL_WIDTH,
    };
    let panels = spec.panels.iter();
    Sheet {
        stem: &spec.stem,
        title: &spec.title,
        width,
        plots: panels
            .clone()
            .map(|panel| vec![Plot::Bar(bars(panel))])
            .collect(),
        layouts: panels.clone().map(|panel| layout(panel, width)).collect(),
        legend: legend(spec),
        mark: "<rect ",
        words: panels.map(words).collect(),
    }
    .svg()
}

/// Panels about to be drawn on one sheet, at most two in a row.
struct Sheet<'a> {
    stem: &'a str,
    title: &'a str,
    /// Of one panel.
    width: f64,
    plots: Vec<Vec<Plot>>,
    layouts: Vec<Layout>,
    legend: Vec<LegendEntry>,
    /// How an element begins that stands for a number.
    mark: &'a str,
    /// What these say, panel by panel in the order in which they are drawn.
    words: Vec<Vec<String>>,
}

impl Sheet<'_> {
    fn svg(self) -> String {
        let n = self.plots.len();
        let columns = if n == 1 { 1 } else { 2 };
        let rows = n.div_ceil(columns);
        let figure = Figure::new(rows, columns)
            .with_structure(structure(n, rows, columns))
            .with_plots(self.plots)
            .with_layouts(self.layouts)
            .with_cell_size(self.width, PANEL_HEIGHT)
            .with_spacing(18.0)
            .with_padding(12.0)
            .with_shared_legend_bottom()
            .with_shared_legend_entries(self.legend);
        let drawn = without_nowhere(&SvgBackend::new().render_scene(&figure.render()));
        let drawn = hover::titled(&drawn, self.mark, &self.words);
        scalable(&own_names(&drawn, self.stem), self.title)
    }
}

/// Panels row by row; the last of an odd number takes the whole row.
fn structure(n: usize, rows: usize, columns: usize) -> Vec<Vec<usize>> {
    let mut cells: Vec<Vec<usize>> = (0..n).map(|cell| vec![cell]).collect();
    if let Some(last) = cells.last_mut() {
        last.extend(n..rows * columns);
    }
    cells
}

fn legend(spec: &ChartSpec) -> Vec<LegendEntry> {
    let mut entries: Vec<LegendEntry> = Vec::new();
    for series in spec.panels.iter().flat_map(|panel| &panel.series) {
        if entries.iter().all(|known| known.label != series.name) {
            let color = PALETTE[series.colour % PALETTE.len()].to_owned();
            let label = series.name.clone();
            entries.push(LegendEntry {
                label,
                color,
                shape: LegendShape::Rect,
                dasharray: None,
            });
        }
    }
    entries
}

fn bars(panel: &Panel) -> BarPlot {
    let mut plot = BarPlot::new()
        .with_width(0.72)
        .with_error_color(INK)
        .with_error_cap_width(0.3);
    for group in &panel.groups {
        let colours = panel
            .series
            .iter()
            .map(|series| PALETTE[series.colour % PALETTE.len()]);
        let heights = group
            .bars
            .iter()
            .map(|bar| bar.map_or(0.0, |bar| bar.value));
        plot = plot.with_group(
            group.label.clone(),
            heights.zip(colours).collect::<Vec<_>>(),
        );
    }
    if panel.stacking == Stacking::Stacked {
        plot = plot.with_stacked();
    }
    let all = || panel.groups.iter().flat_map(|group| &group.bars);
    match all().flatten().any(|bar| bar.interval.is_some()) {
        true => plot.with_asymmetric_error(all().map(reach).collect::<Vec<_>>()),
        false => plot,
    }
}

/// What the bars of a panel say, group by group.
fn words(panel: &Panel) -> Vec<String> {
    let said = |group: &super::Group, series: &super::Series, bar: &Option<Bar>| {
        let place = format!("{} {}", panel.across, group.label);
        bar.map_or_else(String::new, |bar| {
            hover::words(
                &series.name,
                place.trim(),
                &panel.axis,
                (bar.value, bar.interval),
            )
        })
    };
    let of_group = |group: &super::Group| {
        let bars = panel.series.iter().zip(&group.bars);
        bars.map(|(series, bar)| said(group, series, bar))
            .collect::<Vec<_>>()
    };
    panel.groups.iter().flat_map(of_group).collect()
}

/// Distances from the bar's end to the ends of its interval. Where there is none they are no numbers: an error bar without
/// length would claim a value without doubt. [`without_nowhere`] takes it out of the drawing.
fn reach(bar: &Option<Bar>) -> (f64, f64) {
    let ends = bar.and_then(|bar| {
        bar.interval
            .map(|(lo, hi)| (bar.value - lo, hi - bar.value))
    });
    ends.map_or((f64::NAN, f64::NAN), |(below, above)| {
        (below.max(0.0), above.max(0.0))
    })
}

/// The drawing without lines that have no place.
fn without_nowhere(svg: &str) -> String {
    const LINE: &str = "<line ";
    let mut parts = svg.split(LINE);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (line, rest) = part.split_once("/>").unwrap_or((part, ""));
        match line.contains("\"NaN\"") {
            true => out += rest,
            false => {
                out += LINE;
                out += part;
            }
        }
    }
    out
}

fn layout(panel: &Panel, width: f64) -> Layout {
    let (top, step) = range(panel);
    let labels: Vec<String> = panel
        .groups
        .iter()
        .map(|group| group.label.clone())
        .collect();
    let longest = labels
        .iter()
        .map(|label| label.chars().count())
        .max()
        .unwrap_or(0) as f64;
    let crowded = longest * CHARACTER > (width - AXIS) / labels.len() as f64;
    let layout = dressed(Layout::new((0.5, labels.len() as f64 + 0.5), (0.0, top)))
        .with_x_categories(labels)
        .with_title(panel.title.clone())
        .with_x_label(panel.across.clone())
        .with_y_label(panel.axis.clone())
        .with_y_axis_min(0.0)
        .with_y_axis_max(top)
        .with_y_tick_step(step)
        .with_y_tick_format(TickFormat::Custom(Arc::new(move |value| tick(value, step))));
    if crowded {
        layout.with_x_tick_rotate(-35.0)
    } else {
        layout
    }
}

/// In the letters and colours of all our pictures.
fn dressed(layout: Layout) -> Layout {
    layout
        .with_title_size(15)
        .with_label_size(12)
        .with_tick_size(11)
        .with_font_family("DejaVu Sans, Verdana, sans-serif")
        .with_theme(Theme {
            background: PAPER.into(),
            legend_bg: PAPER.into(),
            legend_border: GRID.into(),
            axis_color: INK.into(),
            grid_color: GRID.into(),
            tick_color: INK.into(),
            text_color: INK.into(),
            ..Theme::light()
        })
}

/// Upper end and tick step of the value axis: above every bar, stack and interval.
fn range(panel: &Panel) -> (f64, f64) {
    let end = |bar: &Bar| bar.interval.map_or(bar.value, |(_, hi)| hi.max(bar.value));
    let height = |group: &super::Group| match panel.stacking {
        Stacking::Beside => group.bars.iter().flatten().map(end).fold(0.0, f64::max),
        Stacking::Stacked => group.bars.iter().flatten().map(|bar| bar.value).sum(),
    };
    let highest = panel
        .groups
        .iter()
        .map(height)
        .fold(panel.ceiling.unwrap_or(0.0), f64::max);
    let step = round_step(highest / 5.0);
    ((highest / step).ceil() * step, step)
}

/// The next of 1, 2, 2.5 and 5 times a power of ten.
fn round_step(step: f64) -> f64 {
    if step <= 0.0 || !step.is_finite() {
        return 1.0;
    }
    let power = 10f64.powf(step.log10().floor());
    let factor = [1.0, 2.0, 2.5, 5.0]
        .into_iter()
        .find(|factor| factor * power >= step * (1.0 - 1e-9));
    factor.unwrap_or(10.0) * power
}

fn tick(value: f64, step: f64) -> String {
    let places = (0..6)
        .find(|places| (step * 10f64.powi(*places)).fract().abs() < 1e-9)
        .unwrap_or(6);
    format!("{value:.*}", places as usize)
}

/// Renames clip paths after the chart. kuva numbers them through the life of the process, so that the
/// same chart drawn twice would differ, and two pages joined into one could share a name.
fn own_names(svg: &str, stem: &str) -> String {
    const THEIRS: &str = "kuva-clip-";
    let mut seen: Vec<&str> = Vec::new();
    let mut parts = svg.split(THEIRS);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(part.len());
        let (number, rest) = part.split_at(end);
        let place = seen
            .iter()
            .position(|known| *known == number)
            .unwrap_or_else(|| {
                seen.push(number);
                seen.len() - 1
            });
        out.push_str(&format!("clip-{stem}-{place}{rest}"));
    }
    out
}

/// Gives the drawing a view box, so that a page can scale it, and a name for who cannot see it.
fn scalable(svg: &str, title: &str) -> String {
    let size = |name: &str| {
        let start = svg.find(&format!("{name}=\""))? + name.len() + 2;
        let text = &svg[start..];
        text[..text.find('"')?].parse::<f64>().ok()
    };
    match (size("width"), size("height"), svg.split_once("<svg ")) {
        (Some(width), Some(height), Some((before, rest))) => {
            format!(
                "{before}<svg role=\"img\" aria-label=\"{title}\" viewBox=\"0 0 {width} {height}\" {rest}"
            )
        }
        _ => svg.to_owned(),
    }
}

#[cfg(test)]
mod tests;
