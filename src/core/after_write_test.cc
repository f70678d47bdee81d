#include "core/after_write.h"

#include <gtest/gtest.h>

namespace yap::core {
namespace {

TEST(AfterWriteTest, NoCodeThatPromisesNothingStoredIsLeft) {
  const Errc definite[] = {Errc::kInvalidArgument,   Errc::kUnauthenticated,
                           Errc::kPermissionDenied,  Errc::kNotFound,
                           Errc::kAlreadyExists,     Errc::kFailedPrecondition,
                           Errc::kResourceExhausted, Errc::kUnimplemented};
  for (const Errc code : definite) {
    const Error told = AfterWrite(MakeError(code, "WHY", "because"));
    EXPECT_EQ(told.code, Errc::kUnavailable) << ErrcName(code);
    EXPECT_EQ(told.reason, "STORE_UNAVAILABLE");
    EXPECT_NE(told.message.find("WHY: because"), std::string::npos);
  }
}

TEST(AfterWriteTest, WhatSaysUnknownAlreadyStaysAsItIs) {
  for (const Errc code : {Errc::kConflict, Errc::kUnavailable, Errc::kDeadlineExceeded,
                          Errc::kCorruption, Errc::kInternal}) {
    const Error told = AfterWrite(MakeError(code, "WHY", "because"));
    EXPECT_EQ(told.code, code);
    EXPECT_EQ(told.reason, "WHY");
  }
}

TEST(AfterWriteTest, SuccessStaysAndSoDoesWhenToComeBack) {
  EXPECT_EQ(AfterWrite(Result<int>(7)), 7);
  const Result<int> refused = AfterWrite(Result<int>(Fail(
      MakeError(Errc::kResourceExhausted, "FULL", "full").RetryAfter(std::chrono::seconds(1)))));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().retry_after, std::chrono::seconds(1));
}

}  // namespace
}  // namespace yap::core
