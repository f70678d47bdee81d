//! One call across the ABI: its callback, which is called exactly once, and the task that leads there.

use std::any::Any;
use std::cell::RefCell;
use std::ffi::c_void;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::abi::{YdCallback, YdMessageId, YdOutcome, YdSent, YdText};
use crate::failure::{Failure, Status};

/// Callbacks that are due in the whole process.
static LIVE: AtomicU64 = AtomicU64::new(0);

pub fn live_callbacks() -> u64 {
    LIVE.load(Ordering::Acquire)
}

thread_local! {
    /// What the panic that unwinds this thread said; the panic hook writes it.
    pub static PANIC_TEXT: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Counts a callback that is due for as long as it lives.
pub struct Due(Arc<AtomicU64>);

impl Due {
    pub fn new(of_runtime: &Arc<AtomicU64>) -> Due {
        LIVE.fetch_add(1, Ordering::AcqRel);
        of_runtime.fetch_add(1, Ordering::AcqRel);
        Due(of_runtime.clone())
    }
}

impl Drop for Due {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
        LIVE.fetch_sub(1, Ordering::AcqRel);
    }
}

/// What goes to the caller as `object`: a box that it frees by the function of its type.
pub struct Object(*mut c_void);

// SAFETY: made from a Box<T: Send>, and owned.
unsafe impl Send for Object {}

impl Object {
    pub const NONE: Object = Object(ptr::null_mut());

    pub fn boxed<T: Send>(value: T) -> Object {
        Object(Box::into_raw(Box::new(value)).cast())
    }
}

#[derive(Clone, Copy)]
enum Target {
    Plain(YdCallback),
    Sent(YdSent),
}

/// The duty to call back once. Dropped without an answer, which is what a panic and the end of the
/// runtime do, it answers so itself.
pub struct Reply {
    target: Target,
    ctx: *mut c_void,
    _due: Due,
    answered: bool,
}

// SAFETY: the ABI says that the callback may come on any thread; ctx is only handed through.
unsafe impl Send for Reply {}

impl Reply {
    pub fn new(context: &Context, callback: YdCallback, ctx: *mut c_void) -> Reply {
        Reply::to(context, Target::Plain(callback), ctx)
    }

    pub fn sent(context: &Context, callback: YdSent, ctx: *mut c_void) -> Reply {
        Reply::to(context, Target::Sent(callback), ctx)
    }

    fn to(context: &Context, target: Target, ctx: *mut c_void) -> Reply {
        Reply { target, ctx, _due: Due::new(&context.due), answered: false }
    }

    /// Goes on with what was copied from the caller, or answers why that can't be.
    pub fn with<T>(self, copied: Result<T, Failure>) -> Option<(Reply, T)> {
        match copied {
            Ok(copied) => Some((self, copied)),
            Err(failure) => {
                self.fail(&failure);
                None
            }
        }
    }

    pub fn finish(self, result: Result<Object, Failure>) {
        match result {
            Ok(object) => self.succeed(object, None),
            Err(failure) => self.fail(&failure),
        }
    }

    pub fn succeed(mut self, object: Object, id: Option<YdMessageId>) {
        self.call(&success(object.0), id);
    }

    pub fn fail(mut self, failure: &Failure) {
        self.call(&outcome(failure), None);
    }

    fn call(&mut self, outcome: &YdOutcome, id: Option<YdMessageId>) {
        self.answered = true;
        // SAFETY: the ABI's contract on callbacks; the outcome lives until the call returns.
        unsafe {
            match self.target {
                Target::Plain(callback) => callback(self.ctx, outcome),
                Target::Sent(callback) => callback(
                    self.ctx,
                    outcome,
                    id.as_ref().map_or(ptr::null(), |id| &raw const *id),
                ),
            }
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if !self.answered {
            self.call(&outcome(&why_dropped()), None);
        }
    }
}

/// Why what must answer is dropped without: its task panics, or the runtime ends.
pub fn why_dropped() -> Failure {
    if std::thread::panicking() {
        Failure::new(Status::Panic, PANIC_TEXT.with(|text| text.borrow().clone()))
    } else {
        Failure::cancelled()
    }
}

pub fn success(object: *mut c_void) -> YdOutcome {
    YdOutcome { status: 0, server_code: -1, message: YdText::of(&[]), object }
}

/// Borrows from `failure`.
pub fn outcome(failure: &Failure) -> YdOutcome {
    YdOutcome {
        status: failure.status as i32,
        server_code: failure.server_code,
        message: YdText::of(failure.message.as_bytes()),
        object: ptr::null_mut(),
    }
}

/// What every handle carries: where its tasks run, what they count in, and what stops them.
#[derive(Clone)]
pub struct Context {
    pub handle: Handle,
    pub due: Arc<AtomicU64>,
    pub stop: CancellationToken,
}

impl Context {
    /// A context whose tasks also stop by themselves.
    pub fn child(&self) -> Context {
        Context { stop: self.stop.child_token(), ..self.clone() }
    }

    /// Runs `work` and answers with what it gives, or without it at the limit or when the handle is
    /// freed. `work` may be dropped at any await.
    pub fn answer<F>(&self, reply: Reply, limit_ms: u32, work: F)
    where
        F: Future<Output = Result<Object, Failure>> + Send + 'static,
    {
        let stop = self.stop.clone();
        self.handle.spawn(async move {
            let result = tokio::select! {
                biased;
                () = stop.cancelled() => Err(Failure::cancelled()),
                result = within(limit_ms, work) => result,
            };
            reply.finish(result);
        });
    }

    /// As `answer`, for work that must not be dropped midway: after the limit it goes on alone, and
    /// what it gives is dropped.
    pub fn answer_whole<T, F>(&self, reply: Reply, limit_ms: u32, work: F)
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Failure>> + Send + 'static,
    {
        let whole = self.handle.spawn(work);
        self.answer(reply, limit_ms, async move {
            match whole.await {
                Ok(result) => result.map(Object::boxed),
                Err(error) if error.is_panic() => Err(panicked(error.into_panic())),
                Err(_) => Err(Failure::cancelled()),
            }
        });
    }
}

fn panicked(payload: Box<dyn Any + Send>) -> Failure {
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned());
    Failure::new(Status::Panic, text.unwrap_or_else(|| "a panic".to_owned()))
}

async fn within<T>(
    limit_ms: u32,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    if limit_ms == 0 {
        return Err(Failure::timeout());
    }
    let limit = Duration::from_millis(u64::from(limit_ms));
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| Err(Failure::timeout()))
}

/// The body of an entry point: a panic does not leave it. What must be answered is answered by the
/// unwinding itself.
pub fn entry<R>(on_panic: R, body: impl FnOnce() -> R) -> R {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(on_panic)
}
