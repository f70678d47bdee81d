#include "bench/grpc_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "base/check.h"
#include "bench/http2_frames.h"

namespace yap::bench {
namespace {

std::unexpected<Error> Broken(std::string message) {
  return Fail(Errc::kCorruption, "HTTP2", std::move(message));
}

std::unexpected<Error> Ended(std::string message) {
  return Fail(Errc::kUnavailable, "HTTP2", std::move(message));
}

}  // namespace

GrpcMethod GrpcMethod::Make(std::string_view path, std::string_view token) {
  GrpcMethod method;
  std::string& block = method.header_block;
  AppendField(block, ":method", "POST");
  AppendField(block, ":scheme", "http");
  AppendField(block, ":path", path);
  AppendField(block, ":authority", "yap-bench");
  AppendField(block, "te", "trailers");
  AppendField(block, "content-type", "application/grpc");
  if (!token.empty()) AppendField(block, "authorization", fmt::format("Bearer {}", token));
  return method;
}

GrpcClient::GrpcClient(std::string& output, GrpcEvents& events) : output_(output), events_(events) {
  YAP_CHECK(nghttp2_hd_inflate_new(&inflater_) == 0);
  output_.append(kPreface);
  AppendFrameHeader(output_, 12, kSettings, 0, 0);
  AppendSetting(output_, kSettingEnablePush, 0);
  AppendSetting(output_, kSettingInitialWindow, kWindowBytes);
  AppendWindowUpdate(output_, 0, kWindowBytes - kDefaultWindow);
}

GrpcClient::~GrpcClient() { nghttp2_hd_inflate_del(inflater_); }

std::size_t GrpcClient::Room(std::size_t message_bytes) const {
  const std::size_t bytes = kPrefixBytes + message_bytes;
  if (!ready_ || bytes > stream_window_ || window_ < static_cast<std::int64_t>(bytes)) return 0;
  const std::size_t by_window = static_cast<std::size_t>(window_) / bytes;
  const std::size_t by_streams =
      streams_max_ - std::min<std::size_t>(streams_max_, streams_.size());
  return std::min(by_window, by_streams);
}

std::uint32_t GrpcClient::Call(const GrpcMethod& method, std::string_view message) {
  YAP_CHECK(Room(message.size()) > 0 && next_id_ < std::numeric_limits<std::int32_t>::max());
  const std::uint32_t id = next_id_;
  next_id_ += 2;
  streams_[id].id = id;
  window_ -= static_cast<std::int64_t>(kPrefixBytes + message.size());
  AppendFrameHeader(output_, method.header_block.size() + (announce_table_size_ ? 1 : 0), kHeaders,
                    kFlagEndHeaders, id);
  if (announce_table_size_) output_.push_back(kTableSizeZero);
  announce_table_size_ = false;
  output_.append(method.header_block);
  AppendMessage(output_, message, id);
  return id;
}

Result<> GrpcClient::Input(std::string_view bytes, MonoTime now) {
  while (!bytes.empty()) {
    if (data_left_ > 0) {
      const std::string_view data = bytes.substr(0, data_left_);
      bytes.remove_prefix(data.size());
      data_left_ -= static_cast<std::uint32_t>(data.size());
      YAP_TRY_VOID(TakeData(data, now));
    } else if (pending_.empty() && bytes.size() >= kFrameHeaderBytes) {
      const FrameHeader header = ParseHeader(bytes);
      bytes.remove_prefix(kFrameHeaderBytes);
      YAP_TRY_VOID(BeginFrame(header, bytes, now));
    } else {
      YAP_TRY_VOID(Fill(bytes, now));
    }
  }
  return {};
}

// Adds to a frame whose beginning came before.
Result<> GrpcClient::Fill(std::string_view& bytes, MonoTime now) {
  std::size_t want = kFrameHeaderBytes;
  if (pending_.size() >= want) want += ParseHeader(pending_).length;
  const std::string_view more = bytes.substr(0, want - pending_.size());
  pending_.append(more);
  bytes.remove_prefix(more.size());
  if (pending_.size() < kFrameHeaderBytes) return {};
  const FrameHeader header = ParseHeader(pending_);
  if (header.length > kFramePayloadMax) return Broken("a frame is larger than we allow");
  if (header.type != kData && pending_.size() < kFrameHeaderBytes + header.length) return {};
  const std::string frame = std::move(pending_);
  pending_.clear();
  if (header.type == kData) return BeginData(header);
  return TakeFrame(header, std::string_view(frame).substr(kFrameHeaderBytes), now);
}

// `bytes` starts behind the header.
Result<> GrpcClient::BeginFrame(FrameHeader header, std::string_view& bytes, MonoTime now) {
  if (header.length > kFramePayloadMax) return Broken("a frame is larger than we allow");
  if (header.type == kData) return BeginData(header);
  if (bytes.size() < header.length) {
    pending_.assign(bytes.data() - kFrameHeaderBytes, bytes.size() + kFrameHeaderBytes);
    bytes = {};
    return {};
  }
  const std::string_view payload = bytes.substr(0, header.length);
  bytes.remove_prefix(header.length);
  return TakeFrame(header, payload, now);
}

Result<> GrpcClient::BeginData(FrameHeader header) {
  if ((header.flags & kFlagPadded) != 0) return Broken("the server pads DATA");
  if ((header.flags & kFlagEndStream) != 0) return Broken("a call ended without trailers");
  data_left_ = header.length;
  data_stream_ = header.stream;
  return {};
}

Result<> GrpcClient::TakeData(std::string_view bytes, MonoTime now) {
  Stream* stream = Find(data_stream_);
  if (stream == nullptr) return Broken(fmt::format("DATA for stream {}", data_stream_));
  GrantWindow(*stream, static_cast<std::uint32_t>(bytes.size()));
  return TakeMessages(*stream, bytes, now);
}

// Gives back what was taken once it is half of a window, as stock clients do.
void GrpcClient::GrantWindow(Stream& stream, std::uint32_t taken) {
  stream.unacknowledged += taken;
  unacknowledged_ += taken;
  if (stream.unacknowledged >= kWindowBytes / 2) {
    AppendWindowUpdate(output_, stream.id, std::exchange(stream.unacknowledged, 0));
  }
  if (unacknowledged_ >= kWindowBytes / 2) {
    AppendWindowUpdate(output_, 0, std::exchange(unacknowledged_, 0));
  }
}

Result<> GrpcClient::TakeMessages(Stream& stream, std::string_view bytes, MonoTime now) {
  if (!stream.rest.empty()) YAP_TRY_VOID(CompleteRest(stream, bytes, now));
  while (bytes.size() >= kPrefixBytes) {
    const std::uint32_t length = ReadU32(bytes.substr(1));
    if (bytes[0] != 0 || length > kMessageBytesMax) return Broken("a gRPC prefix is none");
    if (bytes.size() - kPrefixBytes < length) break;
    YAP_TRY_VOID(events_.OnMessage(stream.id, bytes.substr(kPrefixBytes, length), now));
    bytes.remove_prefix(kPrefixBytes + length);
  }
  if (!bytes.empty()) stream.rest.append(bytes);
  return {};
}

// Takes from `bytes` what the message that was cut lacks.
Result<> GrpcClient::CompleteRest(Stream& stream, std::string_view& bytes, MonoTime now) {
  std::string& rest = stream.rest;
  const auto take = [&](std::size_t want) {
    const std::string_view more = bytes.substr(0, want - std::min(want, rest.size()));
    rest.append(more);
    bytes.remove_prefix(more.size());
    return rest.size() >= want;
  };
  if (!take(kPrefixBytes)) return {};
  const std::uint32_t length = ReadU32(std::string_view(rest).substr(1));
  if (rest[0] != 0 || length > kMessageBytesMax) return Broken("a gRPC prefix is none");
  if (!take(kPrefixBytes + length)) return {};
  YAP_TRY_VOID(events_.OnMessage(stream.id, std::string_view(rest).substr(kPrefixBytes), now));
  rest.clear();
  return {};
}

GrpcClient::FrameHeader GrpcClient::ParseHeader(std::string_view bytes) {
  const std::uint32_t first = ReadU32(bytes);
  return {.length = first >> 8,
          .type = static_cast<std::uint8_t>(first),
          .flags = static_cast<std::uint8_t>(bytes[4]),
          .stream = ReadU32(bytes.substr(5)) & 0x7fffffff};
}

GrpcClient::Stream* GrpcClient::Find(std::uint32_t id) {
  if (last_ != nullptr && last_->id == id) return last_;
  const auto found = streams_.find(id);
  if (found == streams_.end()) return nullptr;
  return last_ = &found->second;
}

Result<> GrpcClient::TakeFrame(FrameHeader header, std::string_view payload, MonoTime now) {
  switch (header.type) {
    case kSettings:
      return TakeSettings(header, payload);
    case kHeaders:
    case kContinuation:
      return TakeHeaders(header, payload, now);
    case kWindowUpdate:
      if (payload.size() != 4) return Broken("a WINDOW_UPDATE has another size");
      // A call's one message fits into its window from the start: only the connection's matters.
      if (header.stream == 0) window_ += ReadU32(payload) & 0x7fffffff;
      return {};
    case kPing:
      if ((header.flags & kFlagAck) != 0) return {};
      AppendFrameHeader(output_, payload.size(), kPing, kFlagAck, 0);
      output_.append(payload);
      return {};
    case kRstStream:
      return Ended(fmt::format("the server reset call {} with code {}", header.stream,
                               payload.size() == 4 ? ReadU32(payload) : 0));
    case kGoAway:
      return Ended(fmt::format("the server said GOAWAY, code {}: '{}'",
                               payload.size() >= 8 ? ReadU32(payload.substr(4)) : 0,
                               payload.size() >= 8 ? payload.substr(8) : ""));
    default:
      return {};  // RFC 9113, 5.5: unknown frames are ignored.
  }
}

Result<> GrpcClient::TakeSettings(FrameHeader header, std::string_view payload) {
  if ((header.flags & kFlagAck) != 0) return {};
  for (; payload.size() >= 6; payload.remove_prefix(6)) {
    const std::uint32_t value = ReadU32(payload.substr(2));
    switch (ReadU32(payload) >> 16) {
      case kSettingTableSize:
        // RFC 7541, 4.2: our next header block has to agree to a smaller table. We use none.
        announce_table_size_ = value < kDefaultTableSize;
        break;
      case kSettingStreamsMax:
        streams_max_ = value;
        break;
      case kSettingInitialWindow:
        stream_window_ = value;
        break;
      default:
        break;
    }
  }
  AppendFrameHeader(output_, 0, kSettings, kFlagAck, 0);
  ready_ = true;
  return {};
}

Result<> GrpcClient::TakeHeaders(FrameHeader header, std::string_view payload, MonoTime now) {
  if (header.type == kHeaders) {
    if ((header.flags & (kFlagPadded | kFlagPriority)) != 0) return Broken("padding or priority");
    block_header_ = header;
    block_.clear();
  }
  block_.append(payload);
  if ((header.flags & kFlagEndHeaders) == 0) return {};
  YAP_TRY(const Fields fields, Inflate(block_));
  if (!fields.http_status.empty() && fields.http_status != "200") {
    return Ended(fmt::format("the server answered HTTP status {}", fields.http_status));
  }
  if ((block_header_.flags & kFlagEndStream) == 0) return {};
  return EndCall(block_header_.stream, fields, now);
}

Result<GrpcClient::Fields> GrpcClient::Inflate(std::string_view block) {
  Fields fields;
  int flags = 0;
  while ((flags & NGHTTP2_HD_INFLATE_FINAL) == 0) {
    nghttp2_nv field{};
    flags = 0;
    const auto n = nghttp2_hd_inflate_hd2(inflater_, &field, &flags,
                                          reinterpret_cast<const std::uint8_t*>(block.data()),
                                          block.size(), /*in_final=*/1);
    if (n < 0) return Broken("a header block cannot be decoded");
    block.remove_prefix(static_cast<std::size_t>(n));
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) == 0) continue;
    const std::string_view name(reinterpret_cast<const char*>(field.name), field.namelen);
    const std::string_view value(reinterpret_cast<const char*>(field.value), field.valuelen);
    if (name == ":status") fields.http_status = value;
    if (name == "grpc-status") fields.grpc_status = value;
    if (name == "grpc-message") fields.grpc_message = value;
  }
  nghttp2_hd_inflate_end_headers(inflater_);
  return fields;
}

Result<> GrpcClient::EndCall(std::uint32_t id, const Fields& fields, MonoTime now) {
  if (Find(id) == nullptr) return Broken(fmt::format("trailers for stream {}", id));
  if (!last_->rest.empty()) return Broken("a call ended within a message");
  GrpcEnd end{.message = fields.grpc_message};
  const char* last = fields.grpc_status.data() + fields.grpc_status.size();
  const auto parsed = std::from_chars(fields.grpc_status.data(), last, end.status);
  if (parsed.ec != std::errc{} || parsed.ptr != last) return Broken("a call ended without status");
  last_ = nullptr;
  streams_.erase(id);
  return events_.OnEnd(id, end, now);
}

}  // namespace yap::bench
