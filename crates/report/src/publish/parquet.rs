//! The flat table as Parquet, for data frames.

use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;
use serde_json::Value;

use super::flat::{COLUMNS, Kind, lines};
use crate::error::Error;
use crate::view::Scorecard;

/// One row group, compressed with Snappy; every column may hold nothing.
pub(super) fn bytes(card: &Scorecard) -> Result<Vec<u8>, Error> {
    written(&lines(card)).map_err(|error| Error::Parquet(error.to_string()))
}

fn written(lines: &[Vec<Value>]) -> Result<Vec<u8>, ParquetError> {
    let columns = COLUMNS.iter().map(|(name, kind)| match kind {
        Kind::Text => format!("OPTIONAL BYTE_ARRAY {name} (UTF8);"),
        Kind::Whole => format!("OPTIONAL INT64 {name};"),
        Kind::Real => format!("OPTIONAL DOUBLE {name};"),
    });
    let schema = format!("message results {{ {} }}", columns.collect::<String>());
    let schema = Arc::new(parse_message_type(&schema)?);
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY);
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties.build()))?;
    let mut group = writer.next_row_group()?;
    for (at, (_, kind)) in COLUMNS.iter().enumerate() {
        let Some(mut column) = group.next_column()? else {
            break;
        };
        let values: Vec<&Value> = lines.iter().map(|line| &line[at]).collect();
        put(&mut column, *kind, &values)?;
        column.close()?;
    }
    group.close()?;
    writer.close()?;
    Ok(bytes)
}

/// A column: which lines have a value, and those values.
fn put(
    column: &mut SerializedColumnWriter<'_>,
    kind: Kind,
    values: &[&Value],
) -> Result<(), ParquetError> {
    let there: Vec<i16> = values
        .iter()
        .map(|value| i16::from(!value.is_null()))
        .collect();
    let there = Some(there.as_slice());
    match kind {
        Kind::Text => {
            let texts = values.iter().filter_map(|value| value.as_str());
            let texts: Vec<ByteArray> = texts.map(ByteArray::from).collect();
            column
                .typed::<ByteArrayType>()
                .write_batch(&texts, there, None)?;
        }
        Kind::Whole => {
            let numbers: Vec<i64> = values.iter().filter_map(|value| value.as_i64()).collect();
            column
                .typed::<Int64Type>()
                .write_batch(&numbers, there, None)?;
        }
        Kind::Real => {
            let numbers: Vec<f64> = values.iter().filter_map(|value| value.as_f64()).collect();
            column
                .typed::<DoubleType>()
                .write_batch(&numbers, there, None)?;
        }
    }
    Ok(())
}
