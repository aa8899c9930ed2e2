//! What can go wrong while a report is made.
//!
//! A report reads no file and runs nothing, so only its own writers can fail.

/// Why a report could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A record could not be written as JSON.
    #[error(
        "the report's JSON could not be written: {0}; this is a fault of the report, please tell its makers"
    )]
    Json(#[from] serde_json::Error),
    /// A record could not be written as CSV.
    #[error(
        "{file} could not be written: {source}; this is a fault of the report, please tell its makers"
    )]
    Csv {
        /// The file that was being written.
        file: &'static str,
        /// What the writer said.
        source: csv::Error,
    },
    /// The page's template refused its values.
    #[error(
        "report.html could not be filled in: {0}; this is a fault of the report, please tell its makers"
    )]
    Page(#[from] minijinja::Error),
    /// The page's attempts could not be compressed.
    #[error(
        "the attempts of report.html could not be packed: {0}; this is a fault of the report, please tell its makers"
    )]
    Packed(std::io::Error),
    /// A chart could not be turned into pixels.
    #[error(
        "the chart {chart} could not be drawn: {reason}; the SVG beside it may still open in a browser"
    )]
    Picture {
        /// The chart's file stem.
        chart: String,
        /// What went wrong.
        reason: String,
    },
    /// A form of which the run holds nothing.
    #[error("the run holds nothing for {format}: it takes {needs}")]
    Nothing {
        /// The form.
        format: &'static str,
        /// What has to be measured for it.
        needs: &'static str,
    },
    /// A form that would say more than the run shows.
    #[error("{format} publishes results of whole data sets: {reason}")]
    Withheld {
        /// The form.
        format: &'static str,
        /// What the run is instead.
        reason: String,
    },
    /// The table could not be written as Parquet.
    #[error(
        "the table could not be written as Parquet: {0}; this is a fault of the report, please tell its makers"
    )]
    Parquet(String),
}
