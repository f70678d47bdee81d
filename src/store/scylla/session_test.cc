#include "store/scylla/internal/session.h"

#include <gtest/gtest.h>

#include "drivers/error.h"

namespace yap::store::scylla {
namespace {

Error DriverError(std::string_view reason) {
  return MakeError(Errc::kUnavailable, reason, "db.example:9042: the driver's words");
}

TEST(OpenErrorTest, SaysWhatToDo) {
  const auto check = [](std::string_view driver, Errc code, std::string_view reason,
                        std::string_view advice) {
    const Error error = ToOpenError(DriverError(driver), "chat");
    EXPECT_EQ(error.code, code) << driver;
    EXPECT_EQ(error.reason, reason) << driver;
    EXPECT_NE(error.message.find("db.example:9042"), std::string::npos) << error.message;
    EXPECT_NE(error.message.find(advice), std::string::npos) << error.message;
  };
  check(drivers::kHost, Errc::kUnavailable, "STORE_UNREACHABLE", "check the hosts");
  check(drivers::kUnreachable, Errc::kUnavailable, "STORE_UNREACHABLE", "check the hosts");
  check(drivers::kTimeout, Errc::kUnavailable, "STORE_UNREACHABLE", "check the hosts");
  check(drivers::kAuth, Errc::kUnauthenticated, "STORE_LOGIN_REFUSED", "password");
  check(drivers::kNoKeyspace, Errc::kNotFound, "STORE_KEYSPACE_MISSING", "keyspace \"chat\"");
  check(drivers::kTls, Errc::kFailedPrecondition, "STORE_CANNOT_OPEN", "");
  check(drivers::kProtocol, Errc::kFailedPrecondition, "STORE_CANNOT_OPEN", "");
  check(drivers::kFile, Errc::kFailedPrecondition, "STORE_CANNOT_OPEN", "");
}

// What is not known to have been left undone must not be told as such.
TEST(CallErrorTest, KeepsThePromiseOfItsCode) {
  for (const auto reason : {drivers::kTimeout, drivers::kCancelled, drivers::kPanic,
                            drivers::kBroken, drivers::kServerFailed, drivers::kNotSent}) {
    const Errc code = ToCallError(DriverError(reason)).code;
    EXPECT_TRUE(code == Errc::kUnavailable || code == Errc::kDeadlineExceeded) << reason;
  }
  EXPECT_EQ(ToCallError(DriverError(drivers::kFull)).code, Errc::kResourceExhausted);
}

TEST(CallErrorTest, NamesNoAddress) {
  for (const auto reason :
       {drivers::kTimeout, drivers::kFull, drivers::kBroken, drivers::kRefused}) {
    const Error error = ToCallError(DriverError(reason));
    EXPECT_EQ(error.message.find("db.example"), std::string::npos) << error.message;
  }
}

}  // namespace
}  // namespace yap::store::scylla
