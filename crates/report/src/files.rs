//! All files of a report, as names and bytes; writing them is the caller's business.

use ledger::Run;

use crate::chart::{DPI, Picture, pictures};
use crate::error::Error;
use crate::export::{csv_files, scorecard_json};
use crate::view::Scorecard;
use crate::{html, latex, markdown};

/// `report.md`, `report.json`, `report.html`, `tables.tex`, the CSVs of the benchmarks that ran, and each chart as
/// SVG and PNG. The same run gives the same bytes.
///
/// # Errors
/// [`Error`], if one of the writers fails; it names the file.
pub fn files(run: &Run) -> Result<Vec<(String, Vec<u8>)>, Error> {
    files_of(run, &Scorecard::of(run))
}

/// The same from a scorecard that was made of the run already.
///
/// # Errors
/// Those of [`files`].
pub fn files_of(run: &Run, card: &Scorecard) -> Result<Vec<(String, Vec<u8>)>, Error> {
    files_at(DPI, run, card)
}

/// The same, the PNG pictures with so many dots on an inch.
///
/// # Errors
/// Those of [`files`].
pub fn files_at(dpi: u16, run: &Run, card: &Scorecard) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let pictures = pictures(card);
    let charts: Vec<(String, String)> = pictures
        .iter()
        .map(|picture| (picture.stem.clone(), picture.title.clone()))
        .collect();
    let mut files = vec![
        (
            "report.md".to_owned(),
            markdown::page(card, &charts).into_bytes(),
        ),
        ("report.json".to_owned(), scorecard_json(card)?),
        (
            "report.html".to_owned(),
            html::page(run, card, &pictures)?.into_bytes(),
        ),
    ];
    if !card.sections.is_empty() {
        files.push(("tables.tex".to_owned(), latex::page(card).into_bytes()));
    }
    files.extend(csv_files(run, card)?);
    for picture in &pictures {
        files.push(svg_file(picture));
        files.push((format!("{}.png", picture.stem), picture.png(dpi)?));
    }
    Ok(files)
}

fn svg_file(picture: &Picture) -> (String, Vec<u8>) {
    (
        format!("{}.svg", picture.stem),
        format!("{}\n", picture.svg.trim_end()).into_bytes(),
    )
}
