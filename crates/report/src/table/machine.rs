//! Tables for programs: CSV and JSON. The header's titles are the names of the fields.
//!
//! A cell of CSV is written as [`cell`] has it, so that no spreadsheet computes it; JSON has it as it is.

use serde_json::{Map, Value};

use super::Table;
use crate::untrusted::cell;

/// Comma-separated values (RFC 4180, line feed), one header line.
///
/// # Errors
/// What the writer says; with a buffer in memory there is nothing it should say.
pub fn csv(table: &Table) -> Result<Vec<u8>, ::csv::Error> {
    let mut writer = ::csv::WriterBuilder::new().from_writer(Vec::new());
    writer.write_record(table.columns().iter().map(|column| cell(&column.title)))?;
    for row in table.rows() {
        writer.write_record(row.iter().map(|entry| cell(&entry.text)))?;
    }
    writer
        .into_inner()
        .map_err(|error| ::csv::Error::from(error.into_error()))
}

/// An array with one object per row; cells stay text.
pub fn json(table: &Table) -> Value {
    let object = |row: &Vec<super::Entry>| {
        let fields = table.columns().iter().zip(row);
        Value::Object(
            fields
                .map(|(column, entry)| (column.title.clone(), entry.text.clone().into()))
                .collect::<Map<_, _>>(),
        )
    };
    Value::Array(table.rows().iter().map(object).collect())
}
