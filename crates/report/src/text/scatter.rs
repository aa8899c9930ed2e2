//! Points over two numbers, as letters on a terminal.
//!
//! A picture has more room; this one is for whoever looks at a run over a slow line.

use crate::chart::Plane;
use crate::untrusted::one_line;

/// Lines of the field.
const HEIGHT: usize = 12;
/// What stands left of the field: a number and the axis.
const GUTTER: usize = 8;
/// No field is wider; letters far apart are hard to compare.
const WIDEST: usize = 64;

/// The panel in letters, at most `width` columns wide, with a line break at the end of each line.
pub(super) fn scatter(plane: &Plane, width: u16) -> String {
    let points: Vec<(f64, f64)> = plane.traces.iter().flat_map(|t| t.points.clone()).collect();
    let names: Vec<String> = plane.traces.iter().flat_map(|t| t.labels.clone()).collect();
    let most = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).fold(0.0, f64::max);
    let (right, top) = (most(|p| p.0), most(|p| p.1));
    let columns = usize::from(width)
        .saturating_sub(GUTTER + 2)
        .clamp(10, WIDEST);
    let mut field = vec![vec![' '; columns]; HEIGHT];
    for (at, (x, y)) in points.iter().enumerate() {
        let place = |value: f64, most: f64, cells: usize| {
            let share = if most > 0.0 { value / most } else { 0.0 };
            (share * (cells - 1) as f64).round() as usize
        };
        let (column, row) = (place(*x, right, columns), place(*y, top, HEIGHT));
        let spot = &mut field[HEIGHT - 1 - row][column];
        *spot = if *spot == ' ' { letter(at) } else { '*' };
    }
    let mut out = format!("{}\n", plane.up);
    for (row, cells) in field.iter().enumerate() {
        let label = if row == 0 { figure(top) } else { String::new() };
        let line: String = cells.iter().collect();
        out += format!("{label:>6} │{line}").trim_end();
        out.push('\n');
    }
    out += &format!("{:>6} └{}\n", "0", "─".repeat(columns));
    let end = figure(right);
    let across = format!("{}, 0 to {end}", plane.across);
    out += &format!("{:>GUTTER$}{across:>columns$}\n", "");
    out + &legend(&names, usize::from(width))
}

/// a, b, c …; a family has no more members than there are letters.
fn letter(at: usize) -> char {
    char::from(b'a' + (at % 26) as u8)
}

fn figure(value: f64) -> String {
    match value {
        0.0..10.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// Which letter is which, in lines of that width.
fn legend(names: &[String], width: usize) -> String {
    let mut lines = vec![String::new()];
    for (at, name) in names.iter().enumerate() {
        let word = format!("{} {}", letter(at), one_line(name));
        let last = lines.last_mut().expect("there is always a line");
        if last.is_empty() {
            *last = word;
        } else if last.chars().count() + 3 + word.chars().count() <= width {
            *last = format!("{last} · {word}");
        } else {
            lines.push(word);
        }
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::Trace;

    fn plane(points: &[(f64, f64)]) -> Plane {
        let labels = (0..points.len()).map(|at| format!("shape {at}"));
        Plane {
            title: "t".into(),
            across: "MiB".into(),
            doubling: false,
            up: "tok/s".into(),
            traces: vec![Trace {
                name: "q8_0".into(),
                colour: 0,
                joined: false,
                intervals: Vec::new(),
                labels: labels.collect(),
                points: points.to_vec(),
            }],
        }
    }

    #[test]
    fn corners_are_where_they_belong_and_nothing_is_wider_than_asked() {
        let drawn = scatter(&plane(&[(0.0, 100.0), (50.0, 0.0), (25.0, 50.0)]), 60);
        let lines: Vec<&str> = drawn.lines().collect();
        assert!(lines[1].starts_with("   100 │a"), "{drawn}");
        assert!(lines[HEIGHT].ends_with('b'), "{drawn}");
        assert!(
            drawn.lines().all(|line| line.chars().count() <= 60),
            "{drawn}"
        );
        assert!(
            drawn.contains("a shape 0 · b shape 1 · c shape 2"),
            "{drawn}"
        );
    }

    #[test]
    fn points_on_one_spot_are_a_star_and_no_point_is_no_panic() {
        assert!(scatter(&plane(&[(5.0, 5.0), (5.0, 5.0)]), 40).contains('*'));
        assert!(!scatter(&plane(&[]), 40).contains('*'));
        assert!(scatter(&plane(&[(0.0, 0.0)]), 0).contains('a'));
    }
}
