// yapdrivers.h: the C ABI of drivers/, one Rust static library with the CQL driver (ScyllaDB,
// Cassandra) and the Pulsar client on one tokio runtime. Written by hand; drivers/src/abi.rs is the
// other side, and both sides assert the layouts. Included by src/drivers/ only, which wraps it.
//
// The rules, for every function:
// - Nothing blocks but yd_runtime_free. Nothing throws; a panic inside becomes YD_PANIC.
// - What is passed in (options, values, texts, payloads) is copied before the call returns. Texts
//   are (pointer, length), need no zero at the end, and may be {NULL, 0}.
// - A function with a `yd_callback` calls it exactly once, whatever happens: success, failure,
//   limit, shutdown, panic. It may do so on the calling thread before it returns, else it does on
//   a thread of the runtime. A callback must not block, must not throw and must not call
//   yd_runtime_free; it may call every other function.
// - `limit_ms` counts from the call. At the limit the callback runs with YD_TIMEOUT, and whether
// the
//   request was done is unknown. 0 is an expired limit.
// - Handles are freed once, by their own yd_..._free, from any thread, in any order, also after
//   yd_runtime_free. Freeing answers what is in flight through the handle with YD_CANCELLED, later
//   and on another thread. All other functions on a handle are thread-safe while it is not freed.
// - ThreadSanitizer sees nothing inside the library: the caller of a function with a callback
//   says __tsan_release(ctx) before, the callback __tsan_acquire(ctx) first.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define YD_ASSERT(condition) static_assert(condition, #condition)
extern "C" {
#else
#define YD_ASSERT(condition) _Static_assert(condition, #condition)
#endif

// Goes up with every change that breaks a caller. Check it against yd_abi_version() at start.
#define YD_ABI_VERSION 1

// --- Outcomes --------------------------------------------------------------------------------

// What became of a call. "Nothing done" is a promise: the request changed nothing and will not.
// The others say "unknown": it may have been done, or still be.
typedef int32_t yd_status;
enum {
  YD_OK = 0,

  // Unknown.
  YD_TIMEOUT = 1,    // The limit passed first.
  YD_CANCELLED = 2,  // Its handle or the runtime was freed first.
  YD_PANIC = 3,      // A bug in the library; the text has it. Other calls go on.
  YD_BROKEN = 4,     // The connection broke while waiting for the answer.
  YD_FAILED = 5,     // The server says it could not finish: not enough replicas, overloaded, …

  // Nothing done.
  YD_INVALID = 16,   // Refused in the library: types, arity, sizes, a bad option.
  YD_FULL = 17,      // The bound on what may be waiting is reached.
  YD_NOT_SENT = 18,  // No working connection to send it on.
  YD_REFUSED = 19,   // The server judged it and said no: syntax, unknown table, missing rights, …
  YD_CLOSED = 20,    // The producer or consumer was closed.

  // Nothing done; of connecting, opening and subscribing.
  YD_FILE = 32,         // A file named in the options can't be read or is not what it should be.
  YD_HOST = 33,         // The name has no address.
  YD_UNREACHABLE = 34,  // Nobody answers there: refused, no route, no answer in time.
  YD_TLS = 35,          // The TLS handshake failed, or the peer does not speak TLS.
  YD_PROTOCOL = 36,     // Something answers, but it does not speak CQL or Pulsar.
  YD_AUTH = 37,         // User, password, token or certificate is missing, wrong or lacks rights.
  YD_NO_KEYSPACE = 38,  // There is no such keyspace.
  YD_NO_TOPIC = 39,     // There is no such tenant, namespace or topic.
  YD_BUSY = 40,         // Another consumer has the exclusive subscription.
};

typedef struct yd_text {
  const char* data;
  size_t length;
} yd_text;

// What a callback gets. Valid during the callback only, but for `object`.
typedef struct yd_outcome {
  yd_status status;
  // The server's error code where it sent one (CQL: 0x0000 - 0x2500, Pulsar: ServerError), else -1.
  int32_t server_code;
  // One line for people, in the words of the server or of the driver. Empty on YD_OK.
  yd_text message;
  // On YD_OK, what the function says it gives; owned by the receiver. Else NULL.
  void* object;
} yd_outcome;

typedef void (*yd_callback)(void* ctx, const yd_outcome* outcome);

// --- Runtime ---------------------------------------------------------------------------------

typedef struct yd_runtime yd_runtime;

enum { YD_LOG_ERROR = 1, YD_LOG_WARN = 2, YD_LOG_INFO = 3, YD_LOG_DEBUG = 4 };
// Called on any thread; must not block and must not call the library.
typedef void (*yd_log_callback)(void* ctx, int32_t level, yd_text target, yd_text line);

uint32_t yd_abi_version(void);

// Process-wide. Lines of the drivers at `level` and above go to `callback`, at most
// YD_LOG_BURST at once and YD_LOG_PER_SECOND from each module after that; what is dropped is
// counted and told in one line. Warnings and errors of the crates within come as YD_LOG_DEBUG.
// NULL: no lines. `ctx` must live as long as it is set.
#define YD_LOG_BURST 20
#define YD_LOG_PER_SECOND 2
void yd_set_log(yd_log_callback callback, void* ctx, int32_t level);

// Starts `threads` (1 to 16) worker threads. NULL: the system gave no threads.
yd_runtime* yd_runtime_new(uint32_t threads);
// Stops: answers all that is in flight with YD_CANCELLED and ends the threads. Blocks until that is
// done, at most `limit_ms`. Not from a callback. Handles that outlive it answer YD_CANCELLED.
// Returns the callbacks of this runtime that are still to come: 0, unless the limit passed.
uint64_t yd_runtime_free(yd_runtime* runtime, uint32_t limit_ms);
// Callbacks that are due in the whole process: calls in flight and open consumers.
uint64_t yd_live_callbacks(void);

// --- CQL -------------------------------------------------------------------------------------

typedef struct yd_cql yd_cql;              // A session: pools of connections to a cluster.
typedef struct yd_statement yd_statement;  // A prepared statement of one session.
typedef struct yd_rows yd_rows;            // An answer.

enum yd_consistency {
  YD_ONE = 1,
  YD_QUORUM = 4,
  YD_ALL = 5,
  YD_LOCAL_QUORUM = 6,
  YD_SERIAL = 8,  // SERIAL and LOCAL_SERIAL as `consistency`: of reads only.
  YD_LOCAL_SERIAL = 9,
  YD_LOCAL_ONE = 10,
};

typedef struct yd_tls {
  uint32_t enabled;   // 0: plain TCP; the files are ignored.
  uint32_t reserved;  // 0
  yd_text ca_file;    // PEM; empty: the system's authorities.
  // PEM, both or neither: what we show (mTLS). CQL only.
  yd_text cert_file;
  yd_text key_file;
} yd_tls;

typedef struct yd_cql_options {
  const yd_text* hosts;  // "name", "name:port", "1.2.3.4:port", "[::1]:port"; port 9042 if none.
  size_t hosts_count;    // 1 to 64
  yd_text keyspace;      // Must exist. Empty: none is used.
  yd_text datacenter;    // Preferred, and where LOCAL_... counts. Empty: no preference.
  yd_text username;      // Empty: the server must not ask for one.
  yd_text password;
  yd_tls tls;
  uint32_t connections_per_shard;  // 1 to 16. Cassandra counts as one shard.
  uint32_t connect_timeout_ms;     // Of one TCP connection.
  uint32_t keepalive_interval_ms;  // A connection is asked this often, from its beginning on …
  uint32_t keepalive_timeout_ms;   // … and given up after this long.
} yd_cql_options;

// object: yd_cql*. Answers when a connection works and the cluster's nodes are known.
void yd_cql_connect(yd_runtime* runtime, const yd_cql_options* options, uint32_t limit_ms,
                    yd_callback callback, void* ctx);
void yd_cql_free(yd_cql* cql);

// One statement without values, unprepared, not paged: DDL and what is asked once. A change of the
// schema answers when all nodes that are up agree on it. object: yd_rows*.
void yd_cql_query(yd_cql* cql, yd_text statement, uint32_t limit_ms, yd_callback callback,
                  void* ctx);
// All later statements of this session name tables of this keyspace without its name. object: NULL.
void yd_cql_use_keyspace(yd_cql* cql, yd_text keyspace, uint32_t limit_ms, yd_callback callback,
                         void* ctx);

typedef struct yd_statement_options {
  uint32_t consistency;         // enum yd_consistency
  uint32_t serial_consistency;  // YD_SERIAL or YD_LOCAL_SERIAL; of conditional statements.
  // 1: doing it twice is doing it once, so the driver may try it again on other nodes; a failure
  // then is YD_FAILED or YD_BROKEN even where the last try did nothing. 0: sent at most once.
  uint32_t idempotent;
  uint32_t reserved;  // 0
} yd_statement_options;

// Never sends a client timestamp: the server's clock, or USING TIMESTAMP in the statement, decides.
// object: yd_statement*.
void yd_cql_prepare(yd_cql* cql, yd_text statement, const yd_statement_options* options,
                    uint32_t limit_ms, yd_callback callback, void* ctx);
void yd_statement_free(yd_statement* statement);

// Kinds of values, and the types of columns. A value must be of its column's type exactly, or
// YD_NULL, or YD_UNSET (leaves the column as it is); text columns take UTF-8 only.
enum yd_type {
  YD_OTHER = 0,  // A column's type only: one of those that this ABI does not name.
  YD_NULL = 1,   // A value's kind only.
  YD_UNSET = 2,  // A value's kind only.
  YD_BOOLEAN = 3,
  YD_TINYINT = 4,
  YD_SMALLINT = 5,
  YD_INT = 6,
  YD_BIGINT = 7,
  YD_TIMESTAMP = 8,  // Milliseconds since 1970 UTC, 64 bits.
  YD_TEXT = 9,       // text, varchar, ascii
  YD_BLOB = 10,
  YD_UUID = 11,  // uuid, timeuuid: 16 bytes
};

typedef struct yd_value {
  uint32_t type;    // enum yd_type
  uint32_t length;  // Of bytes; 0 for the types that are numbers.
  union {
    int64_t number;  // BOOLEAN, TINYINT … TIMESTAMP; out of range of its type is YD_INVALID.
    const uint8_t* bytes;
  };
} yd_value;

typedef struct yd_bound {
  const yd_statement* statement;
  const yd_value* values;  // One for each `?`, in order.
  size_t values_count;
} yd_bound;

// Bounds on one call; more is YD_INVALID.
#define YD_VALUES_MAX 64
#define YD_BATCH_MAX 1024
#define YD_CALL_BYTES_MAX (16u * 1024 * 1024)

typedef struct yd_page {
  uint32_t rows_max;     // 0: the whole answer, and no state.
  uint32_t reserved;     // 0
  yd_text resume_state;  // Of the page before; empty: the first page.
} yd_page;

// `page` may be NULL: the whole answer. object: yd_rows*.
void yd_cql_execute(yd_cql* cql, const yd_bound* bound, const yd_page* page, uint32_t limit_ms,
                    yd_callback callback, void* ctx);

typedef struct yd_batch_options {
  uint32_t logged;              // 0: UNLOGGED, right inside one partition. 1: LOGGED.
  uint32_t consistency;         // enum yd_consistency; counts instead of the statements'.
  uint32_t serial_consistency;  // As in yd_statement_options.
  uint32_t idempotent;          // As in yd_statement_options.
} yd_batch_options;

// 1 to YD_BATCH_MAX statements of this session as one. With a condition in one of them, all are
// done or none (then the rows say what was found). object: yd_rows*.
void yd_cql_batch(yd_cql* cql, const yd_bound* bound, size_t bound_count,
                  const yd_batch_options* options, uint32_t limit_ms, yd_callback callback,
                  void* ctx);

typedef struct yd_column {
  yd_text name;
  uint32_t type;  // enum yd_type
  uint32_t reserved;
} yd_column;

// Bytes as on the wire: numbers big-endian and of their type's width.
typedef struct yd_cell {
  const uint8_t* data;
  int32_t length;  // -1: null
  uint32_t reserved;
} yd_cell;

typedef struct yd_rows_view {
  const yd_column* columns;
  size_t columns_count;
  const yd_cell* cells;  // rows_count × columns_count, row by row
  size_t rows_count;
  yd_text next_state;  // Bytes for yd_page.resume_state; empty: this was the last page.
} yd_rows_view;

// All pointers of the view point into `rows` and live as long.
void yd_rows_get(const yd_rows* rows, yd_rows_view* view);
void yd_rows_free(yd_rows* rows);

// --- Pulsar ----------------------------------------------------------------------------------

typedef struct yd_pulsar yd_pulsar;
typedef struct yd_producer yd_producer;
typedef struct yd_consumer yd_consumer;

typedef struct yd_pulsar_options {
  yd_text url;                    // "pulsar://host:port" or "pulsar+ssl://host:port"
  yd_text ca_file;                // PEM, for pulsar+ssl; empty: the system's authorities.
  yd_text token_file;             // Read again for each connection. Empty: no token.
  uint32_t connect_timeout_ms;    // Of one connection.
  uint32_t operation_timeout_ms;  // Of one request to the broker, and of a message on its way.
  uint32_t keepalive_ms;          // A PING this often.
  uint32_t reserved;              // 0
} yd_pulsar_options;

// object: yd_pulsar*. Answers when a connection works.
void yd_pulsar_connect(yd_runtime* runtime, const yd_pulsar_options* options, uint32_t limit_ms,
                       yd_callback callback, void* ctx);
// Producers and consumers of it go on.
void yd_pulsar_free(yd_pulsar* pulsar);

typedef struct yd_message_id {
  int64_t ledger;
  int64_t entry;
  int32_t partition;    // -1: not partitioned
  int32_t batch_index;  // -1: not of a batch
} yd_message_id;

typedef struct yd_producer_options {
  yd_text topic;         // "persistent://tenant/namespace/topic" or "non-persistent://…"
  yd_text name;          // Unique on the topic. Empty: the broker gives one.
  uint32_t pending_max;  // Messages without an answer, 1 to 1'000'000; then YD_FULL.
  uint32_t pending_bytes_max;
} yd_producer_options;

// object: yd_producer*. Lost connections, unloaded topics and closed producers are mended inside,
// with what is pending sent again, until the limit of each message.
void yd_producer_open(yd_pulsar* pulsar, const yd_producer_options* options, uint32_t limit_ms,
                      yd_callback callback, void* ctx);
// `sent` is this call's callback, under the same rules; `id` is the broker's receipt on YD_OK, else
// NULL. Messages go out in the order of the calls. One that failed may still be delivered, and any
// may be delivered twice. YD_FULL, YD_CLOSED and YD_INVALID come before this returns.
typedef void (*yd_sent)(void* ctx, const yd_outcome* outcome, const yd_message_id* id);
void yd_producer_send(yd_producer* producer, const uint8_t* payload, size_t length,
                      uint32_t limit_ms, yd_sent sent, void* ctx);
// Takes nothing new, waits until all is answered, tells the broker. object: NULL. Free it after.
void yd_producer_close(yd_producer* producer, uint32_t limit_ms, yd_callback callback, void* ctx);
void yd_producer_free(yd_producer* producer);

typedef struct yd_message {
  yd_message_id id;
  const uint8_t* payload;  // Valid during the call.
  size_t length;
  uint64_t publish_time_ms;  // The producer's clock, since 1970 UTC.
} yd_message;

enum yd_consumer_event {
  YD_SUBSCRIBED = 1,  // Messages come from now on; again after each YD_LOST. status: YD_OK.
  // The stream ended or could not be had; the next try follows by itself, after 100 ms to 5 s.
  // Outages of seconds are mended inside without this event.
  YD_LOST = 2,
  YD_ENDED = 3,  // The last call of all: `ctx` is no longer used.
};

// Called on a thread of the runtime, never two at a time for one consumer. Must not block.
typedef void (*yd_on_message)(void* ctx, const yd_message* message);
typedef void (*yd_on_event)(void* ctx, int32_t event, const yd_outcome* why);

enum yd_position { YD_LATEST = 0, YD_EARLIEST = 1 };

typedef struct yd_consumer_options {
  yd_text topic;
  yd_text subscription;  // Exclusive and durable: it keeps its place while nobody consumes.
  yd_text name;          // Shown in the broker's statistics.
  uint32_t position;     // enum yd_position, where a new subscription begins
  uint32_t credits;      // Messages that may be given before credits are given back, 1 to 100'000
  yd_on_message on_message;
  yd_on_event on_event;
  void* ctx;
} yd_consumer_options;

// Returns at once; YD_SUBSCRIBED or YD_LOST tell. Unlike functions with a yd_callback it answers
// many times, and for the last time with YD_ENDED. NULL: an option is out of its bounds; nothing is
// called.
yd_consumer* yd_consumer_open(yd_pulsar* pulsar, const yd_consumer_options* options);
// Allows `count` more messages.
void yd_consumer_credit(yd_consumer* consumer, uint32_t count);
// This message and all before it need not come again. Fire and forget: the latest one wins, and the
// broker stores it a little later.
void yd_consumer_ack(yd_consumer* consumer, const yd_message_id* id);
// Stops the messages, sends the last ack, removes the subscription at the broker if
// `unsubscribe` is 1; YD_ENDED comes before the callback. object: NULL. Free it after.
void yd_consumer_close(yd_consumer* consumer, uint32_t unsubscribe, uint32_t limit_ms,
                       yd_callback callback, void* ctx);
// The subscription stays.
void yd_consumer_free(yd_consumer* consumer);

// --- For tests -------------------------------------------------------------------------------

enum yd_test_kind {
  YD_TEST_WAIT = 0,   // Answers YD_OK after `ms`.
  YD_TEST_PANIC = 1,  // Panics inside its task.
  YD_TEST_LOG = 2,    // Writes `ms` log lines of level YD_LOG_WARN, then answers YD_OK.
};
void yd_test_task(yd_runtime* runtime, uint32_t kind, uint32_t ms, yd_callback callback, void* ctx);

YD_ASSERT(sizeof(void*) == 8);
YD_ASSERT(sizeof(yd_text) == 16);
YD_ASSERT(sizeof(yd_outcome) == 32 && offsetof(yd_outcome, object) == 24);
YD_ASSERT(sizeof(yd_tls) == 56);
YD_ASSERT(sizeof(yd_cql_options) == 152 && offsetof(yd_cql_options, tls) == 80);
YD_ASSERT(sizeof(yd_statement_options) == 16);
YD_ASSERT(sizeof(yd_value) == 16 && offsetof(yd_value, number) == 8);
YD_ASSERT(sizeof(yd_bound) == 24);
YD_ASSERT(sizeof(yd_page) == 24);
YD_ASSERT(sizeof(yd_batch_options) == 16);
YD_ASSERT(sizeof(yd_column) == 24);
YD_ASSERT(sizeof(yd_cell) == 16);
YD_ASSERT(sizeof(yd_rows_view) == 48);
YD_ASSERT(sizeof(yd_pulsar_options) == 64);
YD_ASSERT(sizeof(yd_message_id) == 24);
YD_ASSERT(sizeof(yd_producer_options) == 40);
YD_ASSERT(sizeof(yd_message) == 48);
YD_ASSERT(sizeof(yd_consumer_options) == 80);

#ifdef __cplusplus
}
#endif
