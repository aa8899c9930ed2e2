//! Documents in one column of a Parquet file, as data sets are published.
//!
//! The library reads; here stands what is taken (one column of text), the words of a refusal, and a wall
//! against files that were cut or made to harm: the library may panic on those, and that is an error like
//! another. Compressions: none, Snappy, LZ4, gzip.

use bytes::Bytes;
use parquet::basic::{ConvertedType, LogicalType, Type as Physical};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};
use parquet::schema::types::{Type, TypePtr};

/// What turns any Parquet file into one that is taken.
const REMEDY: &str = "write it anew as JSON lines, for instance with pandas: read_parquet(…).to_json(…, orient='records', lines=True)";

/// The texts of a column, row by row.
pub(super) fn documents(bytes: &[u8], column: &str) -> Result<Vec<String>, String> {
    let bytes = Bytes::copy_from_slice(bytes);
    let read = std::panic::AssertUnwindSafe(|| read(bytes, column));
    std::panic::catch_unwind(read)
        .unwrap_or_else(|_| Err(format!("it is no sound Parquet file; {REMEDY}")))
}

fn read(bytes: Bytes, column: &str) -> Result<Vec<String>, String> {
    let reader = SerializedFileReader::new(bytes).map_err(unreadable)?;
    let schema = reader.metadata().file_metadata().schema();
    let wanted = find(schema.get_fields(), column)?;
    let only = Type::group_type_builder(schema.name())
        .with_fields(vec![wanted])
        .build()
        .map_err(unreadable)?;
    let rows = reader.get_row_iter(Some(only)).map_err(unreadable)?;
    rows.enumerate()
        .map(|(index, row)| text(index, column, &row.map_err(unreadable)?))
        .collect()
}

fn find(fields: &[TypePtr], column: &str) -> Result<TypePtr, String> {
    match fields.iter().find(|field| field.name() == column) {
        Some(field) if is_text(field) => Ok(field.clone()),
        Some(_) => Err(format!(
            "its column {column} holds no texts{}",
            others(fields)
        )),
        None => Err(format!("it has no column {column}{}", others(fields))),
    }
}

fn is_text(field: &Type) -> bool {
    let info = field.get_basic_info();
    field.is_primitive()
        && field.get_physical_type() == Physical::BYTE_ARRAY
        && (info.converted_type() == ConvertedType::UTF8
            || matches!(info.logical_type_ref(), Some(LogicalType::String)))
}

fn others(fields: &[TypePtr]) -> String {
    let texts = fields.iter().filter(|field| is_text(field));
    let names: Vec<&str> = texts.map(|field| field.name()).collect();
    match names.is_empty() {
        true => String::new(),
        false => format!("; --field may be {}", names.join(", ")),
    }
}

fn text(index: usize, column: &str, row: &Row) -> Result<String, String> {
    match row.get_column_iter().next() {
        Some((_, Field::Str(text))) => Ok(text.clone()),
        _ => Err(format!("row {} has no text in {column}", index + 1)),
    }
}

fn unreadable(error: ParquetError) -> String {
    format!("its Parquet cannot be read ({error}); {REMEDY}")
}
