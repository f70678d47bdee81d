#include "api/method_table.h"

#include "base/check.h"

namespace yap::api {

class MethodTable::UnaryHandler final : public edge::UnaryHandler {
 public:
  UnaryHandler(MethodTable& table, yap::v1::Policy policy, BytesHandler handler)
      : table_(table), policy_(policy), handler_(std::move(handler)) {}

 protected:
  asio::awaitable<Reply> Handle(edge::Call& call, std::string request) override {
    auto caller = co_await table_.admission_->Admit(policy_, call);
    if (!caller) co_return std::unexpected(std::move(caller).error());
    co_return co_await handler_(*std::move(caller), std::move(request));
  }

 private:
  MethodTable& table_;
  const yap::v1::Policy policy_;
  const BytesHandler handler_;
};

class MethodTable::StreamHandler final : public edge::Handler {
 public:
  StreamHandler(MethodTable& table, StreamKind kind, std::optional<yap::v1::Policy> policy,
                StreamMethod method)
      : table_(table), kind_(kind), policy_(policy), method_(std::move(method)) {}

  edge::HandlerTraits Traits() const override {
    switch (kind_) {
      case StreamKind::kUnary:
        return {};
      case StreamKind::kServer:
        return {.kind = edge::CallKind::kServerStream, .deadline_max = Duration::max()};
      case StreamKind::kBidi:
        return {.kind = edge::CallKind::kBidi, .deadline_max = Duration::max()};
    }
    return {};
  }

  asio::awaitable<edge::Status> Serve(std::shared_ptr<edge::Call> call) override {
    Caller caller = Anybody(*call);
    if (policy_) {
      auto admitted = co_await table_.admission_->Admit(*policy_, *call);
      if (!admitted) co_return std::move(admitted).error();
      caller = *std::move(admitted);
    }
    co_return co_await method_(std::move(caller), std::move(call));
  }

 private:
  MethodTable& table_;
  const StreamKind kind_;
  const std::optional<yap::v1::Policy> policy_;
  const StreamMethod method_;
};

MethodTable::MethodTable(std::unique_ptr<Admission> admission) : admission_(std::move(admission)) {}
MethodTable::~MethodTable() = default;

edge::Handler* MethodTable::Find(std::string_view path) {
  const auto it = handlers_.find(path);
  return it == handlers_.end() ? nullptr : it->second.get();
}

void MethodTable::Forward(std::string path, yap::v1::Policy policy, BytesHandler handler) {
  YAP_CHECK(policy != yap::v1::POLICY_UNSPECIFIED, path);
  handlers_[path] = std::make_unique<UnaryHandler>(*this, policy, std::move(handler));
}

void MethodTable::Forward(std::string path, BytesHandler handler) {
  const auto policy = PolicyOf(path);
  Forward(std::move(path), policy, std::move(handler));
}

void MethodTable::Stream(std::string path, StreamMethod method) {
  const auto policy = PolicyOf(path);
  YAP_CHECK(policy != yap::v1::POLICY_UNSPECIFIED, path);
  handlers_[path] =
      std::make_unique<StreamHandler>(*this, StreamKind::kServer, policy, std::move(method));
}

void MethodTable::Open(std::string path, StreamKind kind, StreamMethod method) {
  handlers_[path] = std::make_unique<StreamHandler>(*this, kind, std::nullopt, std::move(method));
}

}  // namespace yap::api
