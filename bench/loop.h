// bench/loop.h: the sockets of all codecs of a run, on one thread and one epoll.
#pragma once

#include <netinet/in.h>
#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "bench/codec.h"
#include "bench/tls.h"

namespace yap::bench {

// "127.0.0.1:4222". Errors: InvalidArgument.
Result<sockaddr_in> ParseAddress(std::string_view text);

class Connection {
 public:
  Connection(int fd, const sockaddr_in& server, std::unique_ptr<Codec> codec)
      : fd_(fd), server_(server), codec_(std::move(codec)) {}
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Codec& codec() { return *codec_; }

 private:
  friend class Loop;
  // As recv and send, without waiting.
  ssize_t Read(char* into, std::size_t bytes_max);
  ssize_t Write(std::string_view bytes);

  const int fd_;
  const sockaddr_in server_;
  const std::unique_ptr<Codec> codec_;
  std::unique_ptr<TlsStream> tls_;  // None: in the clear.
  bool waits_to_write_ = false;
  bool paused_ = false;
};

class Loop {
 public:
  // With `tls`, every connection speaks it. Errors: Unavailable.
  static Result<std::unique_ptr<Loop>> New(std::optional<TlsClient> tls = std::nullopt);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Connects and sends what the codec has to say first. The connection lives until it is closed, at
  // the latest with the loop.
  Result<Connection*> Connect(std::unique_ptr<Codec> codec, const sockaddr_in& server);
  void Close(Connection& connection) { connections_.erase(&connection); }
  // Waits at most so long for something to happen, then reads once from every socket that has
  // something and sends what its codec answers. Errors: the first of any socket or codec.
  Result<> Turn(Duration wait_max);
  // Sends the codec's output as far as the socket takes it; the rest follows in later turns.
  Result<> Flush(Connection& connection);

  // A paused connection is not read in turns, only by Receive.
  Result<> Pause(Connection& connection) { return Watch(connection, true); }
  Result<> Resume(Connection& connection) { return Watch(connection, false); }
  // Reads once, at most so many bytes, and sends what the codec answers.
  Result<> Receive(Connection& connection, std::size_t bytes_max);
  // By all connections so far.
  std::uint64_t received_bytes() const { return received_bytes_; }

 private:
  // One recv: several full socket buffers of a small reader, one of a fast one.
  static constexpr std::size_t kReadBytes = 256 * 1024;
  // Sockets handled per wake-up; more wait for the next turn.
  static constexpr std::size_t kEventsMax = 1024;

  Loop(int epoll_fd, std::optional<TlsClient> tls) : epoll_fd_(epoll_fd), tls_(std::move(tls)) {}
  Result<> Watch(Connection& connection, bool paused);
  Result<> SetEvents(Connection& connection, int operation);

  const int epoll_fd_;
  const std::optional<TlsClient> tls_;
  std::unordered_map<const Connection*, std::unique_ptr<Connection>> connections_;
  std::uint64_t received_bytes_ = 0;
  std::vector<char> buffer_ = std::vector<char>(kReadBytes);
  std::array<epoll_event, kEventsMax> events_{};
};

}  // namespace yap::bench
