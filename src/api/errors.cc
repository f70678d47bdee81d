#include "api/errors.h"

#include <string>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace yap::api {
namespace {

constexpr char kDomain[] = "yap.chat";

void AddDetail(google::rpc::Status& status, const google::protobuf::Message& detail) {
  status.add_details()->PackFrom(detail);
}

void AddErrorInfo(google::rpc::Status& status, const Error& error) {
  google::rpc::ErrorInfo info;
  info.set_reason(error.reason);
  info.set_domain(kDomain);
  for (const auto& [key, value] : error.metadata) (*info.mutable_metadata())[key] = value;
  AddDetail(status, info);
}

void AddBadRequest(google::rpc::Status& status, const Error& error) {
  google::rpc::BadRequest bad;
  auto* violation = bad.add_field_violations();
  violation->set_field(error.field);
  violation->set_description(error.message);
  AddDetail(status, bad);
}

void AddRetryInfo(google::rpc::Status& status, std::chrono::milliseconds after) {
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(after.count() / 1000);
  retry.mutable_retry_delay()->set_nanos(static_cast<int>(after.count() % 1000 * 1'000'000));
  AddDetail(status, retry);
}

void AddQuotaFailure(google::rpc::Status& status, const Error& error) {
  google::rpc::QuotaFailure quota;
  auto* violation = quota.add_violations();
  violation->set_subject(error.reason);
  violation->set_description(error.message);
  AddDetail(status, quota);
}

}  // namespace

edge::Status ToStatus(const Error& error) {
  google::rpc::Status status;
  status.set_code(static_cast<int>(edge::CodeOf(error.code)));
  status.set_message(error.message);
  AddErrorInfo(status, error);
  if (!error.field.empty()) AddBadRequest(status, error);
  if (error.retry_after) AddRetryInfo(status, *error.retry_after);
  if (error.code == Errc::kResourceExhausted) AddQuotaFailure(status, error);
  return {edge::CodeOf(error.code), error.message, status.SerializeAsString()};
}

}  // namespace yap::api
