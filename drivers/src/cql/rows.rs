//! An answer: a table of pointers into the frame that came from the server.

use scylla::deserialize::row::ColumnIterator;
use scylla::errors::IntoRowsResultError;
use scylla::response::query_result::{QueryResult, QueryRowsResult};

use crate::abi::{YdCell, YdColumn, YdRowsView, YdText};
use crate::cql::values::type_of;
use crate::failure::{Failure, Status};

#[derive(Default)]
pub struct Rows {
    columns: Vec<YdColumn>,
    cells: Vec<YdCell>,
    rows: usize,
    next_state: Vec<u8>,
    /// What `columns` points to; not changed once they do.
    _names: Vec<String>,
    /// What `cells` points to.
    _frame: Option<QueryRowsResult>,
}

// SAFETY: the pointers lead to what the same struct owns and nobody changes.
unsafe impl Send for Rows {}

impl Rows {
    pub fn new(result: QueryResult, next_state: Vec<u8>) -> Result<Rows, Failure> {
        match result.into_rows_result() {
            Ok(frame) => Rows::of_frame(frame, next_state),
            Err(IntoRowsResultError::ResultNotRows(_)) => Ok(Rows::default()),
            Err(error) => Err(undecodable(&error)),
        }
    }

    fn of_frame(frame: QueryRowsResult, next_state: Vec<u8>) -> Result<Rows, Failure> {
        let specs = frame.column_specs();
        let names: Vec<String> = specs.iter().map(|spec| spec.name().to_owned()).collect();
        let columns = names
            .iter()
            .zip(specs.iter())
            .map(|(name, spec)| YdColumn {
                name: YdText::of(name.as_bytes()),
                kind: type_of(spec.typ()),
                reserved: 0,
            })
            .collect();
        let cells = cells_of(&frame)?;
        let rows = frame.rows_num();
        Ok(Rows { columns, cells, rows, next_state, _names: names, _frame: Some(frame) })
    }

    pub fn view(&self) -> YdRowsView {
        YdRowsView {
            columns: self.columns.as_ptr(),
            columns_count: self.columns.len(),
            cells: self.cells.as_ptr(),
            rows_count: self.rows,
            next_state: YdText::of(&self.next_state),
        }
    }
}

fn cells_of(frame: &QueryRowsResult) -> Result<Vec<YdCell>, Failure> {
    let mut cells = Vec::with_capacity(frame.rows_num() * frame.column_specs().len());
    for row in frame.rows::<ColumnIterator>().map_err(|error| undecodable(&error))? {
        for column in row.map_err(|error| undecodable(&error))? {
            let column = column.map_err(|error| undecodable(&error))?;
            cells.push(match column.slice {
                None => YdCell { data: std::ptr::null(), length: -1, reserved: 0 },
                Some(slice) => cell_of(slice.as_slice()),
            });
        }
    }
    Ok(cells)
}

fn cell_of(bytes: &[u8]) -> YdCell {
    // A frame's length is a signed 32-bit number, so a part of it fits.
    YdCell { data: bytes.as_ptr(), length: bytes.len() as i32, reserved: 0 }
}

fn undecodable(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Status::Failed, format!("the server's answer can't be decoded: {error}"))
}
