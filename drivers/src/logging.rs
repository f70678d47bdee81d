//! Log lines of both drivers to one callback, rate-limited: an outage makes one line for each pending
//! message.

use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, Once, PoisonError};
use std::time::Instant;

use log::{Level, LevelFilter, Log, Metadata, Record};

use crate::abi::{YdLogCallback, YdText};
use crate::call::{PANIC_TEXT, entry};

/// `YD_LOG_BURST` and `YD_LOG_PER_SECOND`.
const BURST: f64 = 20.0;
const PER_SECOND: f64 = 2.0;
/// Beyond every `YD_LOG_...`.
const NEVER: i32 = 5;

#[derive(Clone, Copy)]
struct Receiver {
    callback: YdLogCallback,
    ctx: *mut c_void,
}

// SAFETY: the ABI says that the callback may come on any thread; ctx is only handed through.
unsafe impl Send for Receiver {}

struct Bucket {
    tokens: f64,
    filled: Instant,
    dropped: u64,
}

impl Bucket {
    fn new(now: Instant) -> Bucket {
        Bucket { tokens: BURST, filled: now, dropped: 0 }
    }

    /// How many lines were dropped before this one, if it may go out.
    fn take(&mut self, now: Instant) -> Option<u64> {
        let passed = now.duration_since(self.filled).as_secs_f64();
        self.tokens = (self.tokens + passed * PER_SECOND).min(BURST);
        self.filled = now;
        if self.tokens < 1.0 {
            self.dropped += 1;
            return None;
        }
        self.tokens -= 1.0;
        Some(std::mem::take(&mut self.dropped))
    }
}

struct State {
    receiver: Option<Receiver>,
    /// By module; there are only so many.
    buckets: Option<HashMap<String, Bucket>>,
}

struct Logger {
    level: AtomicI32,
    state: Mutex<State>,
}

static LOGGER: Logger =
    Logger { level: AtomicI32::new(0), state: Mutex::new(State { receiver: None, buckets: None }) };

impl Logger {
    fn admit(&self, target: &str) -> Option<(Receiver, u64)> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let receiver = state.receiver?;
        let now = Instant::now();
        let buckets = state.buckets.get_or_insert_default();
        let bucket = match buckets.get_mut(target) {
            Some(bucket) => bucket,
            None => buckets.entry(target.to_owned()).or_insert_with(|| Bucket::new(now)),
        };
        bucket.take(now).map(|dropped| (receiver, dropped))
    }
}

impl Log for Logger {
    fn enabled(&self, _metadata: &Metadata) -> bool {
        true
    }

    fn log(&self, record: &Record) {
        let level = level_of(record);
        if level > self.level.load(Ordering::Relaxed) {
            return;
        }
        let Some((receiver, dropped)) = self.admit(record.target()) else { return };
        let mut line = record.args().to_string();
        if dropped > 0 {
            line = format!("{line} ({dropped} lines before it were dropped)");
        }
        let target = YdText::of(record.target().as_bytes());
        // SAFETY: the ABI's contract on the log callback.
        unsafe {
            (receiver.callback)(receiver.ctx, level, target, YdText::of(line.as_bytes()));
        }
    }

    fn flush(&self) {}
}

/// `YD_LOG_...`. What other crates write is for debugging, whatever they call it: one says "error"
/// when a topic of the broker is not ready at the first try, as at every start. What somebody must
/// know is in the answer to a call.
fn level_of(record: &Record) -> i32 {
    match (record.level(), record.target().starts_with(env!("CARGO_PKG_NAME"))) {
        (Level::Error, true) => 1,
        (Level::Warn, true) => 2,
        (Level::Info, true) => 3,
        (Level::Debug, true) | (Level::Warn | Level::Error, false) => 4,
        // A line for each message, or more.
        _ => NEVER,
    }
}

fn level_filter(level: i32) -> LevelFilter {
    match level {
        ..=1 => LevelFilter::Error,
        2 => LevelFilter::Warn,
        3 => LevelFilter::Info,
        _ => LevelFilter::Debug,
    }
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yd_set_log(callback: Option<YdLogCallback>, ctx: *mut c_void, level: i32) {
    entry((), || {
        // Fails when it is set already, which is fine.
        let _ = log::set_logger(&LOGGER);
        let receiver = callback.map(|callback| Receiver { callback, ctx });
        log::set_max_level(if receiver.is_some() { level_filter(level) } else { LevelFilter::Off });
        LOGGER.level.store(level, Ordering::Relaxed);
        let mut state = LOGGER.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.receiver = receiver;
        state.buckets = None;
    });
}

/// A panic is a log line and the text of a failure, not something on stderr.
pub fn install_panic_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            let line = info.to_string().replace('\n', " ");
            log::error!("{line}");
            PANIC_TEXT.with(|text| *text.borrow_mut() = line);
        }));
    });
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use log::{Level, Record};

    use super::{BURST, Bucket, NEVER, level_of};

    #[test]
    fn what_other_crates_write_is_for_debugging() {
        let of = |level, target| level_of(&Record::builder().level(level).target(target).build());
        assert_eq!(of(Level::Error, "pulsar::retry_op"), 4);
        assert_eq!(of(Level::Info, "pulsar::connection"), NEVER);
        assert_eq!(of(Level::Error, concat!(env!("CARGO_PKG_NAME"), "::logging")), 1);
    }

    #[test]
    fn a_flood_is_cut_and_the_next_line_tells_how_much() {
        let start = Instant::now();
        let mut bucket = Bucket::new(start);
        let passed = (0..1_000).filter(|_| bucket.take(start).is_some()).count();
        assert_eq!(passed, BURST as usize);
        assert_eq!(bucket.take(start + Duration::from_millis(400)), None);
        assert_eq!(bucket.take(start + Duration::from_millis(600)), Some(981));
        assert_eq!(bucket.take(start + Duration::from_millis(600)), None);
    }

    #[test]
    fn silence_fills_it_to_the_burst_and_no_further() {
        let start = Instant::now();
        let mut bucket = Bucket::new(start);
        let later = start + Duration::from_secs(3_600);
        let passed = (0..1_000).filter(|_| bucket.take(later).is_some()).count();
        assert_eq!(passed, BURST as usize);
    }
}
