// What an operator can get wrong is told in one line before anything is tried.
#include <gmock/gmock.h>

#include <asio/io_context.hpp>
#include <filesystem>

#include "bus/pulsar/pulsar_bus.h"
#include "crypto/secret_file.h"

namespace yap::bus {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class PulsarBusOptionsTest : public ::testing::Test {
 protected:
  PulsarBusOptionsTest() {
    std::filesystem::create_directory(dir_);
    (void)ReadOrCreateKeyFile(dir_ / "key", SystemRandom());
    options_.url = "pulsar://127.0.0.1:1";
    options_.key_file = dir_ / "key";
  }
  ~PulsarBusOptionsTest() override { std::filesystem::remove_all(dir_); }

  Error ErrorOf(const PulsarBusOptions& options) {
    auto bus = OpenPulsarBus(options, io_.get_executor(), SystemClock(), SystemRandom());
    return bus ? Error{} : bus.error();
  }
  void ExpectWrong(const PulsarBusOptions& options, std::string_view what) {
    const Error error = ErrorOf(options);
    EXPECT_EQ(error.reason, "BUS_OPTION");
    EXPECT_THAT(error.message, HasSubstr(std::string(what)));
    EXPECT_THAT(error.message, Not(HasSubstr("\n")));
  }

  const std::filesystem::path dir_ = std::filesystem::temp_directory_path() /
                                     ("yap-bus-options-" + std::to_string(SystemRandom().NextId()));
  PulsarBusOptions options_;
  asio::io_context io_;
};

TEST_F(PulsarBusOptionsTest, WhatIsRightIsTakenWithoutABroker) {
  EXPECT_EQ(ErrorOf(options_).reason, "");
}

TEST_F(PulsarBusOptionsTest, UrlsOfOtherProtocolsAreRefused) {
  options_.url = "http://127.0.0.1:8080";
  ExpectWrong(options_, "pulsar://");
}

TEST_F(PulsarBusOptionsTest, ACaFileWithoutTlsIsRefused) {
  options_.ca_file = "ca.pem";
  ExpectWrong(options_, "pulsar+ssl://");
}

TEST_F(PulsarBusOptionsTest, NamespacesHaveTwoParts) {
  for (const char* wrong : {"", "public", "public/", "/default", "a/b/c", "a/b c"}) {
    options_.name_space = wrong;
    ExpectWrong(options_, "tenant/namespace");
  }
}

TEST_F(PulsarBusOptionsTest, NamesAreNames) {
  options_.process_name = "gate way";
  ExpectWrong(options_, "letters");
}

TEST_F(PulsarBusOptionsTest, TopicsAreBounded) {
  options_.count = 0;
  ExpectWrong(options_, "1 to 64");
  options_.count = 65;
  ExpectWrong(options_, "1 to 64");
}

TEST_F(PulsarBusOptionsTest, TheKeyFileMustBeThere) {
  options_.key_file = dir_ / "other";
  EXPECT_EQ(ErrorOf(options_).reason, "KEY_FILE_MISSING");
}

TEST_F(PulsarBusOptionsTest, TheKeyFileMustBePrivate) {
  std::filesystem::permissions(options_.key_file, std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  EXPECT_EQ(ErrorOf(options_).reason, "KEY_FILE_EXPOSED");
}

}  // namespace
}  // namespace yap::bus
