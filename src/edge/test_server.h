// edge/test_server.h: a server on a free port with handlers for the tests.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "base/io_threads.h"
#include "base/random.h"
#include "edge/edge.h"

namespace yap::edge {

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define YAP_TEST_THREAD_SANITIZER 1
#endif
#if __has_feature(address_sanitizer)
#define YAP_TEST_ADDRESS_SANITIZER 1
#endif
#endif
#ifdef YAP_TEST_THREAD_SANITIZER
inline constexpr bool kThreadSanitizer = true;
#else
inline constexpr bool kThreadSanitizer = false;
#endif
#ifdef YAP_TEST_ADDRESS_SANITIZER
inline constexpr bool kAddressSanitizer = true;
#else
inline constexpr bool kAddressSanitizer = false;
#endif

// A handler that is a function.
class FunctionHandler final : public Handler {
 public:
  using Fn = std::function<asio::awaitable<Status>(std::shared_ptr<Call>)>;
  FunctionHandler(HandlerTraits traits, Fn fn) : traits_(traits), fn_(std::move(fn)) {}
  HandlerTraits Traits() const override { return traits_; }
  asio::awaitable<Status> Serve(std::shared_ptr<Call> call) override {
    return fn_(std::move(call));
  }

 private:
  const HandlerTraits traits_;
  const Fn fn_;
};

class MapRouter final : public Router {
 public:
  // Before the first call only.
  void Add(std::string path, HandlerTraits traits, FunctionHandler::Fn fn) {
    handlers_[std::move(path)] = std::make_unique<FunctionHandler>(traits, std::move(fn));
  }
  Handler* Find(std::string_view path) override {
    const auto found = handlers_.find(std::string(path));
    return found == handlers_.end() ? nullptr : found->second.get();
  }
  // The details are the reason.
  Status Explain(const Error& error) override {
    Status status = Router::Explain(error);
    status.details = error.reason;
    return status;
  }

 private:
  std::map<std::string, std::unique_ptr<Handler>> handlers_;
};

// [prefix + message]* from a string, `chunk` bytes at a time at most; pieces alternate between
// shared and copied.
class StringSource final : public ByteSource {
 public:
  StringSource(std::shared_ptr<const std::string> bytes, Status status,
               std::size_t chunk = static_cast<std::size_t>(-1))
      : bytes_(std::move(bytes)), status_(std::move(status)), chunk_(chunk) {}
  std::size_t Available(std::size_t max) override {
    return std::min({max, chunk_, bytes_->size() - taken_});
  }
  void Take(std::size_t n, Gather& out) override {
    const std::size_t half = n / 2;
    out.Share({bytes_->data() + taken_, half});
    out.Copy({bytes_->data() + taken_ + half, n - half});
    taken_ += n;
  }
  std::optional<Status> Finished() override {
    return taken_ == bytes_->size() ? std::optional(status_) : std::nullopt;
  }

 private:
  const std::shared_ptr<const std::string> bytes_;  // Static for the tests: shares outlive a pass.
  const Status status_;
  const std::size_t chunk_;
  std::size_t taken_ = 0;
};

std::string Frame(std::string_view message);

// Adds the methods every test may call:
//   /t.T/Echo      unary; answers the request; metadata "x-*" comes back as initial metadata and
//                  trailers
//   /t.T/Fail      unary; answers the code whose number the request is, with a message of two lines
//                  and details
//   /t.T/Hang      unary; waits for the end of the call
//   /t.T/Count     server stream; as many messages "0", "1", … as the request says
//   /t.T/Idle      server stream that says "hello" and then nothing until it ages ("bye", OK)
//   /t.T/Peer      unary; answers who calls
//   /t.T/Chat      bidi echo
void AddTestMethods(MapRouter& router);

// Counts what happened in handlers.
struct HandlerEvents {
  std::atomic<int> ended{0};
  std::atomic<int> deadline_errors{0};
};
HandlerEvents& Events();

class TestServer {
 public:
  explicit TestServer(ListenerOptions listener = {}, ServerOptions options = {},
                      std::size_t threads = 2, Clock& clock = SystemClock());
  ~TestServer();

  MapRouter& router() { return router_; }
  Server& server() { return *server_; }
  IoThreads& threads() { return *threads_; }
  std::uint16_t port() const { return port_; }
  std::string target() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  MapRouter router_;
  std::unique_ptr<IoThreads> threads_;
  std::unique_ptr<Server> server_;
  std::uint16_t port_ = 0;
};

// Waits, politely and at most 20 s, for something that happens on another thread.
template <class F>
bool Eventually(F&& done) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace yap::edge
