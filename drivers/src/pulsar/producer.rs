//! One topic to publish on. A task owns the client's producer and sends in order; each message has a
//! task of its own that keeps its limit, because during an outage the client takes one message after
//! the other and starts the clock of each only then.

use std::ffi::c_void;
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pulsar::producer::{Message, SendFuture};
use pulsar::{Producer, ProducerOptions, TokioExecutor};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use crate::abi::{YdCallback, YdMessageId, YdProducerOptions, YdSent};
use crate::call::{Context, Object, Reply, entry};
use crate::failure::{Failure, Status};
use crate::pulsar::{Client, YdPulsar, failures, id_of};

const PENDING_MAX: u32 = 1_000_000;

/// What the owner of the producer gives back: the way to the broker's receipt.
type Sent = Result<SendFuture, Failure>;

enum Command {
    Send { payload: Vec<u8>, sent: oneshot::Sender<Sent> },
    Close { done: oneshot::Sender<Result<(), Failure>> },
}

pub struct YdProducer {
    commands: mpsc::UnboundedSender<Command>,
    /// What may wait: messages, and their bytes.
    messages: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
    messages_max: u32,
    bytes_max: u32,
    closed: AtomicBool,
    context: Context,
}

impl Drop for YdProducer {
    fn drop(&mut self) {
        self.context.stop.cancel();
    }
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yd_producer_open(
    pulsar: *mut YdPulsar,
    options: *const YdProducerOptions,
    limit_ms: u32,
    callback: YdCallback,
    ctx: *mut c_void,
) {
    entry((), || {
        // SAFETY: the caller's promise.
        let (pulsar, options) = unsafe { (&*pulsar, &*options) };
        let reply = Reply::new(&pulsar.context, callback, ctx);
        // SAFETY: the caller's promise.
        let (topic, name) =
            unsafe { (options.topic.text("the topic"), options.name.text("the name")) };
        let Some((reply, topic)) = reply.with(topic) else { return };
        let Some((reply, name)) = reply.with(name) else { return };
        let bounds = (options.pending_max.clamp(1, PENDING_MAX), options.pending_bytes_max);
        let context = pulsar.runtime.child();
        let client = pulsar.client.clone();
        pulsar.context.answer_whole(reply, limit_ms, async move {
            let producer = build(&client, topic, name).await?;
            Ok(YdProducer::start(context, producer, bounds))
        });
    });
}

async fn build(
    client: &Client,
    topic: String,
    name: String,
) -> Result<Producer<TokioExecutor>, Failure> {
    let options = ProducerOptions { block_queue_if_full: true, ..ProducerOptions::default() };
    let mut builder = client.producer().with_topic(topic).with_options(options);
    if !name.is_empty() {
        builder = builder.with_name(name);
    }
    builder.build().await.map_err(|error| failures::of(&error))
}

impl YdProducer {
    fn start(
        context: Context,
        producer: Producer<TokioExecutor>,
        (messages_max, bytes_max): (u32, u32),
    ) -> YdProducer {
        let (commands, queue) = mpsc::unbounded_channel();
        let messages = Arc::new(Semaphore::new(messages_max as usize));
        let idle = messages.clone();
        let stop = context.stop.clone();
        context.handle.spawn(async move {
            tokio::select! {
                () = own(producer, queue, idle, messages_max) => {}
                () = stop.cancelled() => {}
            }
        });
        YdProducer {
            commands,
            messages,
            bytes: Arc::new(Semaphore::new(bytes_max as usize)),
            messages_max,
            bytes_max,
            closed: AtomicBool::new(false),
            context,
        }
    }

    fn admit(&self, length: usize) -> Result<Room, Failure> {
        if self.closed.load(Ordering::Acquire) {
            return Err(failures::closed());
        }
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        if length > self.bytes_max {
            let message = format!("a message of {length} bytes; {} are allowed", self.bytes_max);
            return Err(Failure::new(Status::Invalid, message));
        }
        let full = |_| {
            let message =
                format!("{} messages or {} bytes wait", self.messages_max, self.bytes_max);
            Failure::new(Status::Full, message)
        };
        Ok(Room {
            _message: self.messages.clone().try_acquire_owned().map_err(full)?,
            _bytes: self.bytes.clone().try_acquire_many_owned(length).map_err(full)?,
        })
    }
}

/// A message's share of what may wait.
struct Room {
    _message: OwnedSemaphorePermit,
    _bytes: OwnedSemaphorePermit,
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yd_producer_send(
    producer: *mut YdProducer,
    payload: *const u8,
    length: usize,
    limit_ms: u32,
    sent: YdSent,
    ctx: *mut c_void,
) {
    entry((), || {
        // SAFETY: the caller's promise.
        let producer = unsafe { &*producer };
        let reply = Reply::sent(&producer.context, sent, ctx);
        let Some((reply, room)) = reply.with(producer.admit(length)) else { return };
        let payload = match length {
            0 => Vec::new(),
            // SAFETY: the caller's promise.
            _ => unsafe { slice::from_raw_parts(payload, length) }.to_vec(),
        };
        let (sent, receipt) = oneshot::channel();
        if producer.commands.send(Command::Send { payload, sent }).is_err() {
            return reply.fail(&failures::closed());
        }
        let stop = producer.context.stop.clone();
        producer.context.handle.spawn(async move {
            let result = tokio::select! {
                biased;
                () = stop.cancelled() => Err(Failure::cancelled()),
                result = in_time(limit_ms, receipt) => result,
            };
            drop(room);
            match result {
                Ok(id) => reply.succeed(Object::NONE, Some(id)),
                Err(failure) => reply.fail(&failure),
            }
        });
    });
}

async fn in_time(limit_ms: u32, sent: oneshot::Receiver<Sent>) -> Result<YdMessageId, Failure> {
    let receipt = async {
        // Dropped without an answer: the owner has ended.
        let receipt = sent.await.unwrap_or_else(|_| Err(failures::closed()))?;
        let receipt = receipt.await.map_err(|error| failures::of(&error))?;
        Ok(id_of(&receipt.message_id.unwrap_or_default()))
    };
    let limit = Duration::from_millis(u64::from(limit_ms));
    tokio::time::timeout(limit, receipt).await.unwrap_or_else(|_| Err(Failure::timeout()))
}

/// Sends what is asked for, in order, until told to close.
async fn own(
    mut producer: Producer<TokioExecutor>,
    mut queue: mpsc::UnboundedReceiver<Command>,
    idle: Arc<Semaphore>,
    messages_max: u32,
) {
    while let Some(command) = queue.recv().await {
        match command {
            // Its limit passed while it waited: not sent any more.
            Command::Send { sent, .. } if sent.is_closed() => {}
            Command::Send { payload, sent } => {
                let message = Message { payload, ..Message::default() };
                let result = producer.send_non_blocking(message).await;
                // The other end may be gone by now.
                let _ = sent.send(result.map_err(|error| failures::of(&error)));
            }
            Command::Close { done } => {
                // All room is free: all is answered.
                let _all = idle.acquire_many(messages_max).await;
                let result = producer.close().await.map_err(|error| failures::of(&error));
                let _ = done.send(result);
                return;
            }
        }
    }
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yd_producer_close(
    producer: *mut YdProducer,
    limit_ms: u32,
    callback: YdCallback,
    ctx: *mut c_void,
) {
    entry((), || {
        // SAFETY: the caller's promise.
        let producer = unsafe { &*producer };
        let reply = Reply::new(&producer.context, callback, ctx);
        let (done, closed) = oneshot::channel();
        let again = producer.closed.swap(true, Ordering::AcqRel);
        if again || producer.commands.send(Command::Close { done }).is_err() {
            return reply.fail(&failures::closed());
        }
        producer.context.answer(reply, limit_ms, async move {
            let result = closed.await.unwrap_or_else(|_| Err(failures::closed()));
            result.map(|()| Object::NONE)
        });
    });
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn yd_producer_free(producer: *mut YdProducer) {
    entry((), || {
        if !producer.is_null() {
            // SAFETY: the caller's promise.
            drop(unsafe { Box::from_raw(producer) });
        }
    });
}
