#include "app/yapd/host_resolver.h"

#include <fmt/format.h>

#include <algorithm>
#include <asio/ip/tcp.hpp>

namespace yap::app {
namespace {

using asio::ip::tcp;

class SystemResolver final : public api::HostResolver {
 public:
  explicit SystemResolver(asio::any_io_executor executor) : executor_(std::move(executor)) {}

  Task<std::vector<std::string>> Resolve(std::string host, Deadline deadline) override {
    using Addresses = std::vector<std::string>;
    co_return co_await FromCallback<Addresses>([&](Callback<Addresses> done) {
      // Whoever comes first answers; the look-up cannot be broken off.
      auto question = std::make_shared<Question>(executor_, host, std::move(done));
      question->timer->Arm(deadline.at, [question] {
        question->Answer(Fail(Errc::kDeadlineExceeded, "DEADLINE", "the resolver is too slow"));
      });
      question->resolver.async_resolve(
          host, "", [question](const std::error_code& error, const tcp::resolver::results_type& r) {
            question->Answer(AddressesOf(question->host, error, r));
          });
    });
  }

 private:
  struct Question {
    Question(const asio::any_io_executor& executor, std::string name,
             Callback<std::vector<std::string>> callback)
        : host(std::move(name)),
          resolver(executor),
          timer(SystemClock().NewTimer(executor)),
          done(std::move(callback)) {}
    void Answer(Result<std::vector<std::string>> result) {
      auto call = std::exchange(done, nullptr);
      if (!call) return;
      timer->Cancel();
      call(std::move(result));
    }
    const std::string host;
    tcp::resolver resolver;
    std::unique_ptr<Timer> timer;
    Callback<std::vector<std::string>> done;
  };

  static Result<std::vector<std::string>> AddressesOf(const std::string& host,
                                                      const std::error_code& error,
                                                      const tcp::resolver::results_type& results) {
    if (error) {
      return Fail(Errc::kUnavailable, "UNRESOLVED",
                  fmt::format("{} does not resolve: {}", host, error.message()));
    }
    std::vector<std::string> addresses;
    for (const auto& entry : results) addresses.push_back(entry.endpoint().address().to_string());
    std::ranges::sort(addresses);
    addresses.erase(std::ranges::unique(addresses).begin(), addresses.end());
    return addresses;
  }

  const asio::any_io_executor executor_;
};

}  // namespace

std::unique_ptr<api::HostResolver> NewHostResolver(asio::any_io_executor executor) {
  return std::make_unique<SystemResolver>(std::move(executor));
}

}  // namespace yap::app
