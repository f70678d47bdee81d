#include "drivers/cql.h"

#include <fmt/format.h>

#include "base/check.h"
#include "drivers/error.h"
#include "drivers/internal/call.h"

namespace yap::drivers {
namespace {

std::uint32_t Ms(std::chrono::milliseconds span) {
  return static_cast<std::uint32_t>(span.count());
}

yd_tls TlsOf(const std::optional<CqlTls>& tls) {
  if (!tls) return {};
  return {1, 0, TextOf(tls->ca_file), TextOf(tls->cert_file), TextOf(tls->key_file)};
}

std::vector<yd_text> TextsOf(const std::vector<std::string>& texts) {
  std::vector<yd_text> out;
  for (const std::string& text : texts) out.push_back(TextOf(text));
  return out;
}

// Views into both arguments.
yd_cql_options ViewOf(const CqlOptions& options, const std::vector<yd_text>& hosts) {
  return {
      .hosts = hosts.data(),
      .hosts_count = hosts.size(),
      .keyspace = TextOf(options.keyspace),
      .datacenter = TextOf(options.datacenter),
      .username = TextOf(options.username),
      .password = TextOf(options.password.Reveal()),
      .tls = TlsOf(options.tls),
      .connections_per_shard = options.connections_per_shard,
      .connect_timeout_ms = Ms(options.connect_timeout),
      .keepalive_interval_ms = Ms(options.keepalive_interval),
      .keepalive_timeout_ms = Ms(options.keepalive_timeout),
  };
}

// Views into the arguments.
yd_bound ViewOf(const Statement& statement, const std::vector<yd_value>& values) {
  YAP_CHECK(statement, "an empty statement");
  return {statement.get(), values.data(), values.size()};
}

}  // namespace

Statement::Statement(yd_statement* statement) : impl_(statement, &yd_statement_free) {}

Cql::Cql(std::shared_ptr<Runtime> runtime, yd_cql* cql) : runtime_(std::move(runtime)), cql_(cql) {}

Cql::~Cql() { yd_cql_free(cql_); }

Task<std::unique_ptr<Cql>> Cql::Connect(std::shared_ptr<Runtime> runtime, CqlOptions options,
                                        Deadline deadline) {
  YAP_CO_TRY(const std::uint32_t limit, LimitMs(deadline));
  const auto hosts = TextsOf(options.hosts);
  const auto view = ViewOf(options, hosts);
  auto cql = co_await Call<OwnedCql>([&](yd_callback callback, void* ctx) {
    yd_cql_connect(runtime->get(), &view, limit, callback, ctx);
  });
  if (!cql && cql.error().reason == kTimeout) {
    cql.error().message =
        fmt::format("CQL server {}: no answer within {} ms", fmt::join(options.hosts, ", "), limit);
  }
  if (!cql) co_return Fail(std::move(cql).error());
  co_return std::unique_ptr<Cql>(new Cql(std::move(runtime), cql->release()));
}

Task<Rows> Cql::Query(std::string cql, Deadline deadline) {
  YAP_CO_TRY(const std::uint32_t limit, LimitMs(deadline));
  YAP_CO_TRY(OwnedRows rows, co_await Call<OwnedRows>([&](yd_callback callback, void* ctx) {
               yd_cql_query(cql_, TextOf(cql), limit, callback, ctx);
             }));
  co_return Rows(rows.release());
}

Task<> Cql::UseKeyspace(std::string keyspace, Deadline deadline) {
  YAP_CO_TRY(const std::uint32_t limit, LimitMs(deadline));
  YAP_CO_TRY_VOID(co_await Call<Nothing>([&](yd_callback callback, void* ctx) {
    yd_cql_use_keyspace(cql_, TextOf(keyspace), limit, callback, ctx);
  }));
  co_return Result<>();
}

Task<Statement> Cql::Prepare(std::string cql, StatementOptions options, Deadline deadline) {
  YAP_CO_TRY(const std::uint32_t limit, LimitMs(deadline));
  const yd_statement_options view{static_cast<std::uint32_t>(options.consistency),
                                  static_cast<std::uint32_t>(options.serial),
                                  options.idempotent ? 1U : 0U, 0};
  YAP_CO_TRY(OwnedStatement statement,
             co_await Call<OwnedStatement>([&](yd_callback callback, void* ctx) {
               yd_cql_prepare(cql_, TextOf(cql), &view, limit, callback, ctx);
             }));
  co_return Statement(statement.release());
}

Task<Rows> Cql::Execute(Statement statement, Values values, Deadline deadline) {
  YAP_CO_TRY(const std::uint32_t limit, LimitMs(deadline));
  const auto view = values.View();
  const auto bound = ViewOf(statement, view);
  YAP_CO_TRY(OwnedRows rows, co_await Call<OwnedRows>([&](yd_callback callback, void* ctx) {
               yd_cql_execute(cql_, &bound, nullptr, limit, callback, ctx);
             }));
  co_return Rows(rows.release());
}

Task<Rows> Cql::ExecutePage(Statement statement, Values values, PageRequest page,
                            Deadline deadline) {
  YAP_CHECK(page.rows_max > 0);
  YAP_CO_TRY(const std::uint32_t limit, LimitMs(deadline));
  const auto view = values.View();
  const auto bound = ViewOf(statement, view);
  const yd_page page_view{page.rows_max, 0, TextOf(page.resume)};
  YAP_CO_TRY(OwnedRows rows, co_await Call<OwnedRows>([&](yd_callback callback, void* ctx) {
               yd_cql_execute(cql_, &bound, &page_view, limit, callback, ctx);
             }));
  co_return Rows(rows.release());
}

Task<Rows> Cql::Batch(std::vector<Bound> batch, BatchOptions options, Deadline deadline) {
  YAP_CHECK(!batch.empty() && batch.size() <= YD_BATCH_MAX);
  YAP_CO_TRY(const std::uint32_t limit, LimitMs(deadline));
  std::vector<std::vector<yd_value>> values;
  std::vector<yd_bound> bound;
  for (const Bound& one : batch) values.push_back(one.values.View());
  for (std::size_t i = 0; i < batch.size(); ++i) {
    bound.push_back(ViewOf(batch[i].statement, values[i]));
  }
  const yd_batch_options view{
      options.logged ? 1U : 0U, static_cast<std::uint32_t>(options.consistency),
      static_cast<std::uint32_t>(options.serial), options.idempotent ? 1U : 0U};
  YAP_CO_TRY(OwnedRows rows, co_await Call<OwnedRows>([&](yd_callback callback, void* ctx) {
               yd_cql_batch(cql_, bound.data(), bound.size(), &view, limit, callback, ctx);
             }));
  co_return Rows(rows.release());
}

}  // namespace yap::drivers
