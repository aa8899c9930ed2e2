//! What the inconclusive comparisons of a section could have shown.

use super::{comparison, conditions};
use crate::view::{Comparison, Finding, Row, Section};

/// So many rows of a metric are told one by one; more are told by their smallest size and their largest.
const ONE_BY_ONE: usize = 2;

/// An open comparison of which something is to be said: its model, its size as a number and in words.
type Open<'a> = (&'a str, f64, String);
/// The rows of one metric that have open comparisons.
type Metric<'a> = (&'a str, Vec<(&'a Row, Vec<Open<'a>>)>);

/// What the inconclusive comparisons of a section could have shown; `None` if none was inconclusive. Where several
/// models are compared, each size names its own. Rows that add only details are left out.
pub fn power(section: &Section) -> Option<String> {
    let sized = |one: &Comparison, row: &Row| {
        let words = comparison(one, row).detectable?;
        Some((one.smallest_detectable?, words))
    };
    let blind = |one: &Comparison, row: &Row| one.sees_nothing(row).then(|| (0.0, String::new()));
    let said = [
        (
            "true changes of these sizes are missed one time in five, smaller ones more often",
            told(section, sized),
        ),
        (
            "no change of any size could be told from chance",
            told(section, blind),
        ),
    ];
    let said = said.into_iter().filter(|(_, list)| !list.is_empty());
    let said: Vec<String> = said
        .map(|(what, list)| format!("{what}: {}", list.join(", ")))
        .collect();
    (!said.is_empty()).then(|| format!("of what is unclear, {}", said.join("; ")))
}

fn told(section: &Section, of: impl Fn(&Comparison, &Row) -> Option<(f64, String)>) -> Vec<String> {
    let mut metrics: Vec<Metric<'_>> = Vec::new();
    for row in section.rows.iter().filter(|row| !row.is_detail()) {
        let open = row.comparisons.iter();
        let open = open.filter(|one| one.finding(row.better) == Finding::Inconclusive);
        let open =
            open.filter_map(|one| of(one, row).map(|(size, words)| (&*one.model, size, words)));
        let open: Vec<Open<'_>> = open.collect();
        match metrics.last_mut().filter(|(title, _)| *title == row.title) {
            _ if open.is_empty() => {}
            Some((_, rows)) => rows.push((row, open)),
            None => metrics.push((&row.title, vec![(row, open)])),
        }
    }
    let words = metrics
        .iter()
        .flat_map(|(title, rows)| match rows.len() > ONE_BY_ONE {
            true => vec![extremes(title, rows)],
            false => rows
                .iter()
                .map(|(row, open)| one_row(section, row, open))
                .collect(),
        });
    words.collect()
}

/// `decode prompt 512 1.04×`.
fn one_row(section: &Section, row: &Row, open: &[Open<'_>]) -> String {
    let models = open
        .iter()
        .map(|(model, _, words)| match row.comparisons.len() {
            1 => words.clone(),
            _ => format!("{words} ({model})").trim_start().to_owned(),
        });
    let models: Vec<String> = models.collect();
    let words = [
        row.title.clone(),
        conditions(row.own_conditions(section)),
        models.join(" and "),
    ];
    let words: Vec<String> = words.into_iter().filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// `decode 1.02× to 1.09×`.
fn extremes(title: &str, rows: &[(&Row, Vec<Open<'_>>)]) -> String {
    let all = || rows.iter().flat_map(|(_, open)| open);
    let by_size = |a: &&Open<'_>, b: &&Open<'_>| a.1.total_cmp(&b.1);
    match (all().min_by(by_size), all().max_by(by_size)) {
        (Some((.., least)), Some((.., most))) if !least.is_empty() && least != most => {
            format!("{title} {least} to {most}")
        }
        (Some((.., same)), _) if !same.is_empty() => format!("{title} {same}"),
        _ => format!("{title} under {} conditions", rows.len()),
    }
}
