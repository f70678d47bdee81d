// bench/grpc_client.h: the client side of gRPC over HTTP/2 (RFC 9113; grpc/grpc,
// doc/PROTOCOL-HTTP2.md), without a socket, written for what a load needs: frames are read where
// they lie and handed on without a copy. Flow control, concurrency limits and statuses are honoured
// like a stock client's; what no yap server sends (padding, pushes) is an error. One thread.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/result.h"

namespace yap::bench {

// The end of a call as the server put it. `status` is the number of the gRPC code.
struct GrpcEnd {
  int status = 0;
  std::string message;
};

// What a client is told, from inside Input. An error ends Input with it.
class GrpcEvents {
 public:
  virtual ~GrpcEvents() = default;
  virtual Result<> OnMessage(std::uint32_t call, std::string_view message, MonoTime now) = 0;
  virtual Result<> OnEnd(std::uint32_t call, const GrpcEnd& end, MonoTime now) = 0;
};

// The header block of every call of one method, without compression; made once.
struct GrpcMethod {
  std::string header_block;
  // `path`: "/yap.v1.MessageService/SendMessage"; `token` empty: no authorization.
  static GrpcMethod Make(std::string_view path, std::string_view token);
};

class GrpcClient {
 public:
  // Receive window of a call and of the connection. What gRPC clients start with is 64 KiB, and
  // they let it grow with the traffic, up to megabytes: this is where they get on loopback.
  static constexpr std::uint32_t kWindowBytes = 256 * 1024;
  // The largest message taken, gRPC's default.
  static constexpr std::uint32_t kMessageBytesMax = 4 * 1024 * 1024;

  // Puts the preface into `output`. REQUIRES: both outlive this.
  GrpcClient(std::string& output, GrpcEvents& events);
  ~GrpcClient();
  GrpcClient(const GrpcClient&) = delete;
  GrpcClient& operator=(const GrpcClient&) = delete;

  // The server's settings have come: calls may be opened.
  bool Ready() const { return ready_; }
  // Calls with a message of so many bytes that may be opened now. 0 before Ready().
  std::size_t Room(std::size_t message_bytes) const;
  // Opens a call with its one message and closes the sending side. Answers the call's number.
  // REQUIRES: Room(message.size()) > 0.
  std::uint32_t Call(const GrpcMethod& method, std::string_view message);

  // Errors: Corruption (the server broke the protocol), Unavailable (it ended the connection or a
  // call), and those of the events.
  Result<> Input(std::string_view bytes, MonoTime now);

 private:
  struct Stream {
    std::uint32_t id = 0;
    std::uint32_t unacknowledged = 0;  // Bytes taken since the last WINDOW_UPDATE.
    std::string rest;                  // A message that is not complete.
  };
  struct FrameHeader {
    std::uint32_t length = 0;
    std::uint8_t type = 0;
    std::uint8_t flags = 0;
    std::uint32_t stream = 0;
  };
  struct Fields {
    std::string http_status;
    std::string grpc_status;
    std::string grpc_message;
  };
  static FrameHeader ParseHeader(std::string_view bytes);

  Result<> Fill(std::string_view& bytes, MonoTime now);
  Result<> BeginFrame(FrameHeader header, std::string_view& bytes, MonoTime now);
  Result<> BeginData(FrameHeader header);
  Result<> TakeData(std::string_view bytes, MonoTime now);
  Result<> TakeMessages(Stream& stream, std::string_view bytes, MonoTime now);
  Result<> CompleteRest(Stream& stream, std::string_view& bytes, MonoTime now);
  void GrantWindow(Stream& stream, std::uint32_t taken);

  Result<> TakeFrame(FrameHeader header, std::string_view payload, MonoTime now);
  Result<> TakeSettings(FrameHeader header, std::string_view payload);
  Result<> TakeHeaders(FrameHeader header, std::string_view payload, MonoTime now);
  Result<Fields> Inflate(std::string_view block);
  Result<> EndCall(std::uint32_t id, const Fields& fields, MonoTime now);
  Stream* Find(std::uint32_t id);

  std::string& output_;
  GrpcEvents& events_;
  nghttp2_hd_inflater* inflater_ = nullptr;
  std::unordered_map<std::uint32_t, Stream> streams_;
  Stream* last_ = nullptr;  // Of streams_: the one that had data last.

  // Sending.
  bool ready_ = false;
  bool announce_table_size_ = false;
  std::uint32_t next_id_ = 1;
  std::uint32_t streams_max_ = 100;  // Until the server says; RFC 9113 has no limit then.
  std::uint32_t stream_window_ = 65'535;
  std::int64_t window_ = 65'535;

  // Receiving.
  std::string pending_;  // A frame that is not complete; of DATA its header only.
  std::uint32_t data_left_ = 0;
  std::uint32_t data_stream_ = 0;
  std::uint32_t unacknowledged_ = 0;
  // A header block that goes on in CONTINUATION.
  std::string block_;
  FrameHeader block_header_;
};

}  // namespace yap::bench
