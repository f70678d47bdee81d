//! Values bound to a statement: judged against its columns, copied, and written as CQL's bytes.

use std::ops::Range;
use std::slice;

use scylla::frame::response::result::{ColumnSpec, ColumnType, NativeType};
use scylla::response::query_result::ColumnSpecs;
use scylla::serialize::SerializationError;
use scylla::serialize::row::{RowSerializationContext, SerializeRow};
use scylla::serialize::writers::RowWriter;

use crate::abi::{CALL_BYTES_MAX, VALUES_MAX, YdValue, types};
use crate::failure::{Failure, Status};

enum Cell {
    Null,
    Unset,
    Bytes(Range<usize>),
}

/// The values of one statement, each of its column's type.
pub struct Row {
    cells: Vec<Cell>,
    arena: Vec<u8>,
}

impl Row {
    /// # Safety
    /// Values of types with bytes point to as many.
    pub unsafe fn copy(values: &[YdValue], columns: ColumnSpecs) -> Result<Row, Failure> {
        if values.len() != columns.len() || values.len() > VALUES_MAX {
            let message = format!("{} values for {} columns", values.len(), columns.len());
            return Err(Failure::new(Status::Invalid, message));
        }
        let mut row = Row { cells: Vec::with_capacity(values.len()), arena: Vec::new() };
        for (index, (value, column)) in values.iter().zip(columns.iter()).enumerate() {
            // SAFETY: the caller's promise.
            let added = unsafe { row.add(value, column) };
            added.map_err(|problem| wrong_value(index, column, &problem))?;
        }
        if row.arena.len() > CALL_BYTES_MAX {
            return Err(too_large(row.arena.len()));
        }
        Ok(row)
    }

    pub fn bytes(&self) -> usize {
        self.arena.len()
    }

    /// # Safety
    /// As `copy`.
    unsafe fn add(&mut self, value: &YdValue, column: &ColumnSpec) -> Result<(), String> {
        match value.kind {
            types::NULL => self.cells.push(Cell::Null),
            types::UNSET => self.cells.push(Cell::Unset),
            kind if kind != type_of(column.typ()) => {
                return Err(format!("{} was given", types::name(kind)));
            }
            types::TEXT | types::BLOB | types::UUID => {
                // SAFETY: of these kinds it has bytes.
                let bytes = unsafe { value_bytes(value) };
                check_bytes(value.kind, bytes)?;
                self.push(bytes);
            }
            // SAFETY: of all other kinds it has a number.
            _ => self.push_number(value.kind, unsafe { value.datum.number })?,
        }
        Ok(())
    }

    fn push(&mut self, bytes: &[u8]) {
        let start = self.arena.len();
        self.arena.extend_from_slice(bytes);
        self.cells.push(Cell::Bytes(start..self.arena.len()));
    }

    fn push_number(&mut self, kind: u32, number: i64) -> Result<(), String> {
        let out_of_range = |_| format!("{number} is out of range");
        match kind {
            types::BOOLEAN => self.push(&[u8::from(number != 0)]),
            types::TINYINT => self.push(&i8::try_from(number).map_err(out_of_range)?.to_be_bytes()),
            types::SMALLINT => {
                self.push(&i16::try_from(number).map_err(out_of_range)?.to_be_bytes());
            }
            types::INT => self.push(&i32::try_from(number).map_err(out_of_range)?.to_be_bytes()),
            _ => self.push(&number.to_be_bytes()),
        }
        Ok(())
    }
}

impl SerializeRow for Row {
    fn serialize(
        &self,
        _columns: &RowSerializationContext<'_>,
        writer: &mut RowWriter,
    ) -> Result<(), SerializationError> {
        for cell in &self.cells {
            let cell_writer = writer.make_cell_writer();
            match cell {
                Cell::Null => cell_writer.set_null(),
                Cell::Unset => cell_writer.set_unset(),
                Cell::Bytes(range) => cell_writer
                    .set_value(&self.arena[range.clone()])
                    .map_err(SerializationError::new)?,
            };
        }
        Ok(())
    }

    fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }
}

/// # Safety
/// The value is of a kind with bytes, and points to them.
unsafe fn value_bytes<'a>(value: &YdValue) -> &'a [u8] {
    match value.length as usize {
        0 => &[],
        // SAFETY: the caller's promise.
        length => unsafe { slice::from_raw_parts(value.datum.bytes, length) },
    }
}

fn check_bytes(kind: u32, bytes: &[u8]) -> Result<(), String> {
    match kind {
        types::TEXT if std::str::from_utf8(bytes).is_err() => Err("it is not UTF-8".to_owned()),
        types::UUID if bytes.len() != 16 => Err(format!("{} bytes, not 16", bytes.len())),
        _ => Ok(()),
    }
}

fn wrong_value(index: usize, column: &ColumnSpec, problem: &str) -> Failure {
    let message = format!(
        "value {} (column {}, {}): {problem}",
        index + 1,
        column.name(),
        types::name(type_of(column.typ()))
    );
    Failure::new(Status::Invalid, message)
}

pub fn too_large(bytes: usize) -> Failure {
    let message = format!("{bytes} bytes of values; {CALL_BYTES_MAX} are allowed");
    Failure::new(Status::Invalid, message)
}

/// `enum yd_type` of a column.
pub fn type_of(column: &ColumnType) -> u32 {
    let ColumnType::Native(native) = column else { return types::OTHER };
    match native {
        NativeType::Boolean => types::BOOLEAN,
        NativeType::TinyInt => types::TINYINT,
        NativeType::SmallInt => types::SMALLINT,
        NativeType::Int => types::INT,
        NativeType::BigInt => types::BIGINT,
        NativeType::Timestamp => types::TIMESTAMP,
        NativeType::Ascii | NativeType::Text => types::TEXT,
        NativeType::Blob => types::BLOB,
        NativeType::Uuid | NativeType::Timeuuid => types::UUID,
        _ => types::OTHER,
    }
}

#[cfg(test)]
mod tests {
    use scylla::frame::response::result::{ColumnSpec, ColumnType, NativeType, TableSpec};
    use scylla::response::query_result::ColumnSpecs;

    use super::Row;
    use crate::abi::{YdDatum, YdValue, types};
    use crate::failure::Status;

    fn number(kind: u32, number: i64) -> YdValue {
        YdValue { kind, length: 0, datum: YdDatum { number } }
    }

    fn bytes(kind: u32, bytes: &'static [u8]) -> YdValue {
        let length = bytes.len() as u32;
        YdValue { kind, length, datum: YdDatum { bytes: bytes.as_ptr() } }
    }

    fn copy(native: NativeType, value: YdValue) -> Result<Vec<u8>, String> {
        let table = TableSpec::borrowed("ks", "t");
        let columns = [ColumnSpec::borrowed("head", ColumnType::Native(native), table)];
        // SAFETY: the values point to static bytes.
        match unsafe { Row::copy(&[value], ColumnSpecs::new(&columns)) } {
            Ok(row) => Ok(row.arena),
            Err(failure) => {
                assert_eq!(failure.status, Status::Invalid);
                Err(failure.message)
            }
        }
    }

    #[test]
    fn numbers_are_written_big_endian_in_their_columns_width() {
        let big = copy(NativeType::BigInt, number(types::BIGINT, -2));
        assert_eq!(big, Ok((-2_i64).to_be_bytes().to_vec()));
        let small = copy(NativeType::SmallInt, number(types::SMALLINT, 258));
        assert_eq!(small, Ok(vec![1, 2]));
        assert_eq!(copy(NativeType::Boolean, number(types::BOOLEAN, 7)), Ok(vec![1]));
    }

    #[test]
    fn a_value_is_of_its_columns_type_or_null() {
        let wrong = copy(NativeType::Blob, bytes(types::TEXT, b"12345678"));
        assert_eq!(wrong, Err("value 1 (column head, blob): text was given".to_owned()));
        assert!(copy(NativeType::BigInt, number(types::INT, 1)).is_err());
        assert!(copy(NativeType::Counter, number(types::BIGINT, 1)).is_err());
        assert_eq!(copy(NativeType::Blob, number(types::NULL, 0)), Ok(vec![]));
        assert_eq!(copy(NativeType::Blob, number(types::UNSET, 0)), Ok(vec![]));
    }

    #[test]
    fn what_does_not_fit_its_type_is_refused() {
        assert!(copy(NativeType::TinyInt, number(types::TINYINT, 128)).is_err());
        assert!(copy(NativeType::Int, number(types::INT, 1 << 31)).is_err());
        assert!(copy(NativeType::Text, bytes(types::TEXT, b"\xff")).is_err());
        assert!(copy(NativeType::Uuid, bytes(types::UUID, b"short")).is_err());
    }

    #[test]
    fn each_column_has_a_value() {
        // SAFETY: there is nothing to point to.
        let none = unsafe { Row::copy(&[], ColumnSpecs::new(&[])) };
        assert!(none.is_ok());
        let one = [number(types::INT, 1)];
        // SAFETY: a number.
        assert!(unsafe { Row::copy(&one, ColumnSpecs::new(&[])) }.is_err());
    }
}
