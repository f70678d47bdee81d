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

edge::Code ToCode(Errc code) {
  switch (code) {
    case Errc::kInvalidArgument:
      return edge::Code::kInvalidArgument;
    case Errc::kUnauthenticated:
      return edge::Code::kUnauthenticated;
    case Errc::kPermissionDenied:
      return edge::Code::kPermissionDenied;
    case Errc::kNotFound:
      return edge::Code::kNotFound;
    case Errc::kAlreadyExists:
      return edge::Code::kAlreadyExists;
    case Errc::kFailedPrecondition:
      return edge::Code::kFailedPrecondition;
    case Errc::kConflict:
      return edge::Code::kAborted;
    case Errc::kResourceExhausted:
      return edge::Code::kResourceExhausted;
    case Errc::kUnavailable:
      return edge::Code::kUnavailable;
    case Errc::kDeadlineExceeded:
      return edge::Code::kDeadlineExceeded;
    case Errc::kUnimplemented:
      return edge::Code::kUnimplemented;
    case Errc::kCorruption:
      return edge::Code::kDataLoss;
    case Errc::kInternal:
      return edge::Code::kInternal;
  }
  return edge::Code::kUnknown;
}

edge::Status ToStatus(const Error& error) {
  google::rpc::Status status;
  status.set_code(static_cast<int>(ToCode(error.code)));
  status.set_message(error.message);
  AddErrorInfo(status, error);
  if (!error.field.empty()) AddBadRequest(status, error);
  if (error.retry_after) AddRetryInfo(status, *error.retry_after);
  if (error.code == Errc::kResourceExhausted) AddQuotaFailure(status, error);
  return {ToCode(error.code), error.message, status.SerializeAsString()};
}

}  // namespace yap::api
