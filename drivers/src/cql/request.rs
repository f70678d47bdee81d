//! What a call with values asks of the session.

use std::slice;
use std::sync::Arc;

use scylla::client::session::Session;
use scylla::errors::ExecutionError;
use scylla::response::query_result::QueryResult;
use scylla::response::{PagingState, PagingStateResponse};
use scylla::statement::batch::{Batch, BatchStatement};
use scylla::statement::prepared::PreparedStatement;

use crate::abi::{BATCH_MAX, CALL_BYTES_MAX, YdBatchOptions, YdBound, YdPage};
use crate::call::Object;
use crate::cql::failures::{Tries, execution};
use crate::cql::rows::Rows;
use crate::cql::settings::Settings;
use crate::cql::values::{self, Row};
use crate::failure::{Failure, Status};

pub fn whole(result: Result<QueryResult, ExecutionError>, tries: Tries) -> Result<Object, Failure> {
    let result = result.map_err(|error| execution(&error, tries))?;
    Ok(Object::boxed(Rows::new(result, Vec::new())?))
}

pub async fn execute(
    session: Arc<Session>,
    mut prepared: PreparedStatement,
    row: Row,
    page: Option<Page>,
) -> Result<Object, Failure> {
    let tries = Tries::of(prepared.get_is_idempotent());
    let Some(page) = page else {
        return whole(session.execute_unpaged(&prepared, row).await, tries);
    };
    prepared.set_page_size(page.rows_max);
    let (result, next) = session
        .execute_single_page(&prepared, row, page.state)
        .await
        .map_err(|error| execution(&error, tries))?;
    let next = match next {
        PagingStateResponse::HasMorePages { state } => {
            state.as_bytes_slice().map(|bytes| bytes.to_vec()).unwrap_or_default()
        }
        PagingStateResponse::NoMorePages => Vec::new(),
    };
    Ok(Object::boxed(Rows::new(result, next)?))
}

pub struct Page {
    rows_max: i32,
    state: PagingState,
}

impl Page {
    /// # Safety
    /// The text of `page` is valid.
    pub unsafe fn copy(page: &YdPage) -> Option<Page> {
        let rows_max = i32::try_from(page.rows_max).unwrap_or(i32::MAX);
        if rows_max == 0 {
            return None;
        }
        // SAFETY: the caller's promise.
        let state = match unsafe { page.resume_state.bytes() } {
            [] => PagingState::start(),
            bytes => PagingState::new_from_raw_bytes(bytes),
        };
        Some(Page { rows_max, state })
    }
}

/// # Safety
/// The pointers of `bound` are valid.
pub unsafe fn copy_bound(bound: &YdBound) -> Result<(PreparedStatement, Row), Failure> {
    // SAFETY: the caller's promise.
    let prepared = unsafe { &*bound.statement.cast::<PreparedStatement>() };
    let values = match bound.values_count {
        0 => &[],
        // SAFETY: the caller's promise.
        count => unsafe { slice::from_raw_parts(bound.values, count) },
    };
    // SAFETY: the caller's promise.
    let row = unsafe { Row::copy(values, prepared.get_variable_col_specs()) }?;
    Ok((prepared.clone(), row))
}

/// # Safety
/// `bound` points to `count` valid ones.
pub unsafe fn copy_batch(
    bound: *const YdBound,
    count: usize,
    options: &YdBatchOptions,
) -> Result<(Batch, Vec<Row>), Failure> {
    if count == 0 || count > BATCH_MAX {
        let message = format!("a batch of {count} statements; 1 to {BATCH_MAX} are allowed");
        return Err(Failure::new(Status::Invalid, message));
    }
    let mut batch = Settings::of_batch(options)?;
    let mut rows = Vec::with_capacity(count);
    let mut bytes = 0;
    // SAFETY: the caller's promise.
    for one in unsafe { slice::from_raw_parts(bound, count) } {
        // SAFETY: the caller's promise.
        let (prepared, row) = unsafe { copy_bound(one) }?;
        bytes += row.bytes();
        batch.append_statement(BatchStatement::PreparedStatement(prepared));
        rows.push(row);
    }
    if bytes > CALL_BYTES_MAX {
        return Err(values::too_large(bytes));
    }
    Ok((batch, rows))
}
