#include "edge/handler.h"

namespace yap::edge {

asio::awaitable<Status> UnaryHandler::Serve(std::shared_ptr<Call> call) {
  auto request = co_await call->Read();
  if (!request || !*request) co_return Status{Code::kCancelled, "the call ended early", {}};
  Reply reply = co_await Handle(*call, *std::move(*request));
  if (!reply) co_return std::move(reply).error();
  const auto written = co_await call->Write(*std::move(reply));
  if (!written) co_return Status{Code::kCancelled, "the call ended early", {}};
  co_return Status{};
}

}  // namespace yap::edge
