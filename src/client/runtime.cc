#include "client/runtime.h"

#include <utility>

namespace yap::client {

Result<std::shared_ptr<Runtime>> Runtime::Start(Session& session, asio::any_io_executor executor,
                                                EngineOptions options, Observer observer) {
  const std::shared_ptr<Runtime> runtime(new Runtime(session, std::move(observer)));
  const auto sink = [weak = std::weak_ptr(runtime)](const Message& message) {
    if (const auto self = weak.lock()) self->Apply(message);
  };
  YAP_TRY(runtime->engine_, Engine::Make(session, std::move(executor), std::move(options), sink));
  runtime->model_.self_id = runtime->engine_->self().user_id;
  runtime->model_.self = runtime->engine_->self().username;
  runtime->engine_->Begin();
  return runtime;
}

void Runtime::Apply(const Message& message) {
  if (stopped_) return;
  const auto commands = Update(model_, message);
  if (observer_) observer_(model_, message);
  for (const auto& command : commands) engine_->Do(command);
}

void Runtime::Stop() {
  if (std::exchange(stopped_, true)) return;
  observer_ = nullptr;
  engine_->Stop();
}

void Runtime::Open(std::string ref, std::function<void(const Error&)> refused) {
  engine_->Open(std::move(ref), std::move(refused));
}

void Runtime::Type(const std::string& ref, std::string text) {
  Apply(Typed{ref, NewKey(session_.random()), std::move(text)});
}

void Runtime::Retry(const std::string& key) { Apply(RetryAsked{key, NewKey(session_.random())}); }

void Runtime::Drop(const std::string& key) { Apply(DropAsked{key}); }

}  // namespace yap::client
