//! The types of `include/yapdrivers/yapdrivers.h`, field by field. The header has the contracts.

use std::ffi::{c_char, c_void};
use std::slice;

use crate::failure::{Failure, Status};

pub const ABI_VERSION: u32 = 1;

/// Bounds on one call.
pub const VALUES_MAX: usize = 64;
pub const BATCH_MAX: usize = 1024;
pub const CALL_BYTES_MAX: usize = 16 * 1024 * 1024;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct YdText {
    pub data: *const c_char,
    pub length: usize,
}

impl YdText {
    pub fn of(bytes: &[u8]) -> YdText {
        YdText { data: bytes.as_ptr().cast(), length: bytes.len() }
    }

    /// # Safety
    /// `data` points to `length` bytes that nobody writes to for `'a`, or `length` is 0.
    pub unsafe fn bytes<'a>(&self) -> &'a [u8] {
        if self.length == 0 {
            return &[];
        }
        // SAFETY: the caller's promise.
        unsafe { slice::from_raw_parts(self.data.cast(), self.length) }
    }

    /// # Safety
    /// As `bytes`.
    pub unsafe fn text(&self, what: &str) -> Result<String, Failure> {
        // SAFETY: the caller's promise.
        let bytes = unsafe { self.bytes() };
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Err(Failure::new(Status::Invalid, format!("{what} is not UTF-8"))),
        }
    }
}

#[repr(C)]
pub struct YdOutcome {
    pub status: i32,
    pub server_code: i32,
    pub message: YdText,
    pub object: *mut c_void,
}

pub type YdCallback = unsafe extern "C" fn(ctx: *mut c_void, outcome: *const YdOutcome);
pub type YdSent =
    unsafe extern "C" fn(ctx: *mut c_void, outcome: *const YdOutcome, id: *const YdMessageId);
pub type YdLogCallback =
    unsafe extern "C" fn(ctx: *mut c_void, level: i32, target: YdText, line: YdText);

#[repr(C)]
pub struct YdTls {
    pub enabled: u32,
    pub reserved: u32,
    pub ca_file: YdText,
    pub cert_file: YdText,
    pub key_file: YdText,
}

#[repr(C)]
pub struct YdCqlOptions {
    pub hosts: *const YdText,
    pub hosts_count: usize,
    pub keyspace: YdText,
    pub datacenter: YdText,
    pub username: YdText,
    pub password: YdText,
    pub tls: YdTls,
    pub connections_per_shard: u32,
    pub connect_timeout_ms: u32,
    pub keepalive_interval_ms: u32,
    pub keepalive_timeout_ms: u32,
}

#[repr(C)]
pub struct YdStatementOptions {
    pub consistency: u32,
    pub serial_consistency: u32,
    pub idempotent: u32,
    pub reserved: u32,
}

/// `enum yd_type`.
pub mod types {
    pub const OTHER: u32 = 0;
    pub const NULL: u32 = 1;
    pub const UNSET: u32 = 2;
    pub const BOOLEAN: u32 = 3;
    pub const TINYINT: u32 = 4;
    pub const SMALLINT: u32 = 5;
    pub const INT: u32 = 6;
    pub const BIGINT: u32 = 7;
    pub const TIMESTAMP: u32 = 8;
    pub const TEXT: u32 = 9;
    pub const BLOB: u32 = 10;
    pub const UUID: u32 = 11;

    pub fn name(kind: u32) -> &'static str {
        const NAMES: [&str; 12] = [
            "another type",
            "null",
            "unset",
            "boolean",
            "tinyint",
            "smallint",
            "int",
            "bigint",
            "timestamp",
            "text",
            "blob",
            "uuid",
        ];
        NAMES.get(kind as usize).copied().unwrap_or("an unknown type")
    }
}

#[repr(C)]
pub union YdDatum {
    pub number: i64,
    pub bytes: *const u8,
}

#[repr(C)]
pub struct YdValue {
    pub kind: u32,
    pub length: u32,
    pub datum: YdDatum,
}

#[repr(C)]
pub struct YdBound {
    pub statement: *const c_void,
    pub values: *const YdValue,
    pub values_count: usize,
}

#[repr(C)]
pub struct YdPage {
    pub rows_max: u32,
    pub reserved: u32,
    pub resume_state: YdText,
}

#[repr(C)]
pub struct YdBatchOptions {
    pub logged: u32,
    pub consistency: u32,
    pub serial_consistency: u32,
    pub idempotent: u32,
}

#[repr(C)]
pub struct YdColumn {
    pub name: YdText,
    pub kind: u32,
    pub reserved: u32,
}

#[repr(C)]
pub struct YdCell {
    pub data: *const u8,
    pub length: i32,
    pub reserved: u32,
}

#[repr(C)]
pub struct YdRowsView {
    pub columns: *const YdColumn,
    pub columns_count: usize,
    pub cells: *const YdCell,
    pub rows_count: usize,
    pub next_state: YdText,
}

#[repr(C)]
pub struct YdPulsarOptions {
    pub url: YdText,
    pub ca_file: YdText,
    pub token_file: YdText,
    pub connect_timeout_ms: u32,
    pub operation_timeout_ms: u32,
    pub keepalive_ms: u32,
    pub reserved: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct YdMessageId {
    pub ledger: i64,
    pub entry: i64,
    pub partition: i32,
    pub batch_index: i32,
}

#[repr(C)]
pub struct YdProducerOptions {
    pub topic: YdText,
    pub name: YdText,
    pub pending_max: u32,
    pub pending_bytes_max: u32,
}

#[repr(C)]
pub struct YdMessage {
    pub id: YdMessageId,
    pub payload: *const u8,
    pub length: usize,
    pub publish_time_ms: u64,
}

pub type YdOnMessage = unsafe extern "C" fn(ctx: *mut c_void, message: *const YdMessage);
pub type YdOnEvent = unsafe extern "C" fn(ctx: *mut c_void, event: i32, why: *const YdOutcome);

/// `enum yd_consumer_event`.
pub mod events {
    pub const SUBSCRIBED: i32 = 1;
    pub const LOST: i32 = 2;
    pub const ENDED: i32 = 3;
}

#[repr(C)]
pub struct YdConsumerOptions {
    pub topic: YdText,
    pub subscription: YdText,
    pub name: YdText,
    pub position: u32,
    pub credits: u32,
    pub on_message: YdOnMessage,
    pub on_event: YdOnEvent,
    pub ctx: *mut c_void,
}

const _: () = {
    assert!(size_of::<*const c_void>() == 8);
    assert!(size_of::<YdText>() == 16);
    assert!(size_of::<YdOutcome>() == 32 && std::mem::offset_of!(YdOutcome, object) == 24);
    assert!(size_of::<YdTls>() == 56);
    assert!(size_of::<YdCqlOptions>() == 152 && std::mem::offset_of!(YdCqlOptions, tls) == 80);
    assert!(size_of::<YdStatementOptions>() == 16);
    assert!(size_of::<YdValue>() == 16 && std::mem::offset_of!(YdValue, datum) == 8);
    assert!(size_of::<YdBound>() == 24);
    assert!(size_of::<YdPage>() == 24);
    assert!(size_of::<YdBatchOptions>() == 16);
    assert!(size_of::<YdColumn>() == 24);
    assert!(size_of::<YdCell>() == 16);
    assert!(size_of::<YdRowsView>() == 48);
    assert!(size_of::<YdPulsarOptions>() == 64);
    assert!(size_of::<YdMessageId>() == 24);
    assert!(size_of::<YdProducerOptions>() == 40);
    assert!(size_of::<YdMessage>() == 48);
    assert!(size_of::<YdConsumerOptions>() == 80);
};
