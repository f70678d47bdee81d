// app/yapd/front.h: what every role has towards its peers: listeners for calls, and the admin port
// with metrics and health.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "api/services.h"
#include "app/yapd/admin_http.h"
#include "app/yapd/config.h"
#include "base/io_threads.h"
#include "edge/server.h"
#include "hub/hub.h"

namespace yap::app {

// Temp and rename, so that whoever waits for the file never reads half of it. An empty path is no
// file.
Result<> WritePortFile(const std::string& path, std::uint16_t port);

// The public listener as configured.
edge::ListenerOptions ListenerOf(const Config& config, const HostPort& at);

struct FrontOptions {
  std::function<void()> after_pass;            // See edge::ServerOptions.
  std::function<hub::Hub::Stats()> hub_stats;  // For the metrics; none: no hub.
  // What a process that starts waits for; none: nothing that takes time.
  std::function<std::string_view()> why_not_ready;
};

// Used by the process's main thread; the answers to the admin port come from the first I/O thread.
class Front {
 public:
  // All outlive it; the router's handlers run on all threads.
  Front(const Config& config, IoThreads& threads, edge::Router& router, api::Readiness& readiness,
        FrontOptions options);
  // REQUIRES: the threads have stopped.
  ~Front();

  Result<> OpenAdmin();
  // Answers the port.
  Result<std::uint16_t> Listen(edge::ListenerOptions listener);
  // Ready from here on; tells systemd.
  void SayReady();
  // Not ready any more; where a balancer or a gateway is to notice, waits for that.
  void SayStopping(Duration notice);
  // No new connections, and the end of those there are, after at most drain.seconds. Blocks.
  void Drain();
  Result<> ReloadCertificates() { return server_->ReloadCertificates(); }

 private:
  HttpAnswer Answer(std::string_view path) const;
  HttpAnswer NotReady() const;

  const Config config_;
  IoThreads& threads_;
  api::Readiness& readiness_;
  const FrontOptions options_;
  std::atomic<bool> stopping_ = false;
  std::unique_ptr<edge::Server> server_;
  std::unique_ptr<AdminHttp> admin_http_;
};

}  // namespace yap::app
