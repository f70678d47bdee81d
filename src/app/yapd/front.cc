#include "app/yapd/front.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "app/yapd/process_metrics.h"
#include "app/yapd/sd_notify.h"
#include "base/log.h"

namespace yap::app {

Result<> WritePortFile(const std::string& path, std::uint16_t port) {
  if (path.empty()) return {};
  const std::string temporary = path + ".new";
  {
    std::ofstream out(temporary, std::ios::trunc);
    out << port << "\n";
  }
  std::error_code error;
  std::filesystem::rename(temporary, path, error);
  if (!error) return {};
  return Fail(Errc::kUnavailable, "PORT_FILE_UNWRITABLE",
              fmt::format("cannot write the port file {}: {}", path, error.message()));
}

edge::ListenerOptions ListenerOf(const Config& config, const HostPort& at) {
  edge::ListenerOptions listener;
  listener.address = at.host == "localhost" ? "127.0.0.1" : at.host;
  listener.port = at.port;
  if (!config.tls_cert_file.empty()) {
    listener.tls =
        edge::TlsOptions{config.tls_cert_file, config.tls_key_file, config.tls_client_ca_file};
  }
  listener.trusted_proxies = config.server_trusted_proxies;
  listener.proxies_only =
      !listener.tls && !listener.trusted_proxies.empty() && !config.server_insecure_i_know;
  if (config.server_proxy_protocol) listener.proxy_protocol = edge::ProxyProtocol::kRequired;
  edge::Budgets& budgets = listener.budgets;
  budgets.connections_per_address_max = static_cast<std::size_t>(config.limits_connections_per_ip);
  budgets.connections_max = static_cast<std::size_t>(config.limits_connections_total);
  const auto opens = static_cast<double>(config.limits_opens_per_second);
  budgets.opens = {opens, 4 * opens};
  return listener;
}

Front::Front(const Config& config, IoThreads& threads, edge::Router& router,
             api::Readiness& readiness, FrontOptions options)
    : config_(config),
      threads_(threads),
      readiness_(readiness),
      options_(std::move(options)),
      server_(std::make_unique<edge::Server>(edge::ServerOptions{.after_pass = options_.after_pass},
                                             threads.executors(), router, SystemClock(),
                                             SystemRandom())) {}

Front::~Front() = default;

Result<> Front::OpenAdmin() {
  if (config_.admin_listen == "off") return {};
  YAP_TRY(const auto at, ParseHostPort(config_.admin_listen));
  YAP_TRY(admin_http_, OpenAdminHttp(at, threads_.executor(0), SystemClock(),
                                     [this](std::string_view path) { return Answer(path); }));
  return WritePortFile(config_.admin_port_file, admin_http_->port());
}

HttpAnswer Front::Answer(std::string_view path) const {
  if (path == "/metrics") {
    UpdateMetrics(options_.hub_stats ? options_.hub_stats() : hub::Hub::Stats{}, server_->Stats());
    return {200, "text/plain; version=0.0.4; charset=utf-8", metrics::Text()};
  }
  if (path == "/healthz") return {.body = "ok\n"};
  if (path != "/readyz") return {.code = 404, .body = "try /metrics, /healthz or /readyz\n"};
  if (readiness_.Get()) return {.body = "ready\n"};
  return NotReady();
}

HttpAnswer Front::NotReady() const {
  std::string_view why = stopping_ ? "draining" : "starting";
  if (!stopping_ && options_.why_not_ready) {
    if (const auto waits_for = options_.why_not_ready(); !waits_for.empty()) why = waits_for;
  }
  return {.code = 503, .body = fmt::format("not ready: {}\n", why)};
}

Result<std::uint16_t> Front::Listen(edge::ListenerOptions listener) {
  return server_->Listen(std::move(listener));
}

void Front::SayReady() {
  readiness_.Set(true);
  SdNotify("READY=1\nSTATUS=serving");
}

void Front::SayStopping(Duration notice) {
  stopping_ = true;
  readiness_.Set(false);
  SdNotify("STOPPING=1\nSTATUS=draining");
  log::Info("draining");
  std::this_thread::sleep_for(notice);
}

void Front::Drain() {
  SpawnFuture(threads_.executor(0), server_->Drain(std::chrono::seconds(config_.drain_seconds)))
      .get();
  admin_http_.reset();
}

}  // namespace yap::app
