// app/yap/run_testing.h: `yap` as a whole over a server in memory: what a run prints and its exit
// code.
#pragma once

#include <gtest/gtest.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "app/yap/cli.h"
#include "client/client_testing.h"

namespace yap::app {

using client::FakeServer;
using client::Fault;

// The run owns its transport; the server stays.
class Line final : public client::Transport {
 public:
  explicit Line(FakeServer& server) : server_(server) {}
  ~Line() override { server_.CutStreams(); }  // As a connection does.
  Task<std::string> Call(std::string method, std::string request, Secret token,
                         Deadline deadline) override {
    return server_.Call(std::move(method), std::move(request), std::move(token), deadline);
  }
  std::unique_ptr<client::Stream> Open(std::string method, std::string request,
                                       Secret token) override {
    return server_.Open(std::move(method), std::move(request), std::move(token));
  }

 private:
  FakeServer& server_;
};

// A stdout that takes `room` bytes and then nothing more.
class Sink final : public std::streambuf {
 public:
  explicit Sink(std::size_t room) : room_(room) {}
  const std::string& text() const { return text_; }

 private:
  std::streamsize xsputn(const char* bytes, std::streamsize count) override {
    const auto size = static_cast<std::size_t>(count);
    if (text_.size() + size > room_) {
      errno = ENOSPC;
      return 0;
    }
    text_.append(bytes, size);
    return count;
  }
  int_type overflow(int_type c) override {
    const char byte = traits_type::to_char_type(c);
    return xsputn(&byte, 1) == 1 ? c : traits_type::eof();
  }

  const std::size_t room_;
  std::string text_;
};

struct Ran {
  int code = -1;
  std::string out;
  std::string err;
};

class RunTest : public ::testing::Test {
 protected:
  RunTest() {
    server_.AddChannel("deck");
    const auto file = home() / ".local/share/yap/credentials.toml";
    client::CredentialStore store(file);
    const auto expires = SystemClock().Now() + std::chrono::hours(1);
    EXPECT_TRUE(
        store.Save("127.0.0.1:7676", {1, "ada", Secret("yap_a_0"), expires, Secret("yap_r_0")}));
  }

  std::filesystem::path home() const { return folder_.path(); }

  Ran Run(const std::vector<std::string>& args, const std::string& input = "") {
    std::istringstream in(input);
    Sink sink(room_);
    std::ostream out(&sink);
    std::ostringstream err;
    Environment environment = World(in, out, err, input);
    Ran ran;
    ran.code = RunYap(args, environment);
    ran.out = sink.text();
    ran.err = err.str();
    return ran;
  }

  Environment World(std::istream& in, std::ostream& out, std::ostream& err,
                    const std::string& typed, Clock& clock = SystemClock()) {
    return {
        .getenv = [this](std::string_view name) -> std::optional<std::string> {
          const auto found = variables_.find(std::string(name));
          if (found != variables_.end()) return found->second;
          if (name == "HOME") return home().string();
          return {};
        },
        .in = in,
        .out = out,
        .err = err,
        .out_is_terminal = terminal_,
        .ask_secret = {},
        .start_input =
            [this, typed](bool, std::function<void(std::optional<std::string>)> take) {
              typist_ = std::jthread([take = std::move(take), typed] {
                take(typed);
                take(std::nullopt);
              });
            },
        .columns = {},
        .connect = [this](const auto&, const auto&) { return std::make_unique<Line>(server_); },
        .clock = clock,
        .random = random_,
        .version = "1.2.3",
    };
  }

  // The method answers with this error.
  template <class Method>
  void Refuse(Method method, Error error) {
    server_.On(method, [error](const auto&) -> Result<typename Method::Response> {
      return std::unexpected(error);
    });
  }

  TempDir folder_;
  SeededRandom random_{1};
  FakeServer server_{SystemClock()};
  std::map<std::string, std::string> variables_;
  bool terminal_ = false;
  std::size_t room_ = SIZE_MAX;  // Of stdout.
  std::jthread typist_;
};

inline nlohmann::json FirstLine(const std::string& text) {
  return nlohmann::json::parse(text.substr(0, text.find('\n')));
}

}  // namespace yap::app
