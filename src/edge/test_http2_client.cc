#include "edge/test_http2_client.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"

namespace yap::edge {
namespace {

const std::uint8_t* Raw(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

std::string_view View(const std::uint8_t* data, std::size_t n) {
  return {reinterpret_cast<const char*>(data), n};
}

// RFC 7541, 5.1 with a 7-bit prefix.
void AppendInteger(std::string& out, std::size_t value) {
  if (value < 127) {
    out.push_back(static_cast<char>(value));
    return;
  }
  out.push_back(127);
  for (value -= 127; value >= 128; value >>= 7) out.push_back(static_cast<char>(value % 128 + 128));
  out.push_back(static_cast<char>(value));
}

std::vector<nghttp2_nv> Fields(const TestHeaders& headers) {
  std::vector<nghttp2_nv> fields;
  for (const auto& [name, value] : headers) {
    fields.push_back({const_cast<std::uint8_t*>(Raw(name)), const_cast<std::uint8_t*>(Raw(value)),
                      name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
  }
  return fields;
}

}  // namespace

std::string RawFrame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream_id,
                     std::string_view payload) {
  const std::size_t n = payload.size();
  std::string frame = {static_cast<char>(n >> 16),
                       static_cast<char>(n >> 8),
                       static_cast<char>(n),
                       static_cast<char>(type),
                       static_cast<char>(flags),
                       static_cast<char>(stream_id >> 24),
                       static_cast<char>(stream_id >> 16),
                       static_cast<char>(stream_id >> 8),
                       static_cast<char>(stream_id)};
  return frame.append(payload);
}

std::string RawHeaderBlock(const TestHeaders& headers) {
  std::string block;
  for (const auto& [name, value] : headers) {
    block.push_back(0);
    AppendInteger(block, name.size());
    block += name;
    AppendInteger(block, value.size());
    block += value;
  }
  return block;
}

TestHeaders GrpcHeaders(const std::string& path) {
  return {{":method", "POST"},
          {":scheme", "http"},
          {":path", path},
          {":authority", "localhost"},
          {"content-type", "application/grpc"},
          {"te", "trailers"}};
}

std::string RawRequest(std::uint32_t stream_id, const TestHeaders& headers, bool end_stream) {
  const int flags = NGHTTP2_FLAG_END_HEADERS | (end_stream ? NGHTTP2_FLAG_END_STREAM : 0);
  return RawFrame(NGHTTP2_HEADERS, static_cast<std::uint8_t>(flags), stream_id,
                  RawHeaderBlock(headers));
}

std::optional<std::vector<std::string>> SplitMessages(std::string_view bytes) {
  std::vector<std::string> messages;
  while (!bytes.empty()) {
    if (bytes.size() < 5 || bytes[0] != 0) return std::nullopt;
    std::size_t n = 0;
    for (int i = 1; i < 5; ++i)
      n = n * 256 + static_cast<std::uint8_t>(bytes[static_cast<std::size_t>(i)]);
    if (bytes.size() < 5 + n) return std::nullopt;
    messages.emplace_back(bytes.substr(5, n));
    bytes.remove_prefix(5 + n);
  }
  return messages;
}

std::string TestStream::Get(std::string_view name) const {
  for (const auto* list : {&trailers, &headers}) {
    for (const auto& [have, value] : *list) {
      if (have == name) return value;
    }
  }
  return "";
}

struct Http2Client::Callbacks {
  static Http2Client& Of(void* user_data) { return *static_cast<Http2Client*>(user_data); }

  static int OnHeader(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                      std::size_t name_bytes, const std::uint8_t* value, std::size_t value_bytes,
                      std::uint8_t, void* user_data) {
    TestStream& stream = Of(user_data).streams_[frame->hd.stream_id];
    auto& list = frame->headers.cat == NGHTTP2_HCAT_RESPONSE ? stream.headers : stream.trailers;
    list.emplace_back(View(name, name_bytes), View(value, value_bytes));
    return 0;
  }
  static int OnData(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                    std::size_t n, void* user_data) {
    Of(user_data).streams_[id].data.append(View(data, n));
    return 0;
  }
  static int OnClose(nghttp2_session*, std::int32_t id, std::uint32_t error_code, void* user_data) {
    TestStream& stream = Of(user_data).streams_[id];
    stream.closed = true;
    stream.error_code = error_code;
    return 0;
  }
  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
    Http2Client& self = Of(user_data);
    if (frame->hd.type == NGHTTP2_GOAWAY) {
      const auto& goaway = frame->goaway;
      self.goaways_.push_back({goaway.error_code, goaway.last_stream_id,
                               std::string(View(goaway.opaque_data, goaway.opaque_data_len))});
    }
    if (frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) {
      ++self.pings_;
    }
    return 0;
  }
  static ssize_t OnRead(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t max,
                        std::uint32_t* flags, nghttp2_data_source* source, void*) {
    auto& body = *static_cast<std::string*>(source->ptr);
    const std::size_t n = std::min(max, body.size());
    std::memcpy(into, body.data(), n);
    body.erase(0, n);
    if (body.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(n);
  }
};

Http2Client::Http2Client(Options options) {
  nghttp2_option* option = nullptr;
  nghttp2_session_callbacks* callbacks = nullptr;
  YAP_CHECK(nghttp2_option_new(&option) == 0 && nghttp2_session_callbacks_new(&callbacks) == 0);
  nghttp2_option_set_no_auto_window_update(option, options.auto_window ? 0 : 1);
  nghttp2_option_set_no_auto_ping_ack(option, options.answer_pings ? 0 : 1);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::OnHeader);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::OnData);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::OnClose);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::OnFrame);
  YAP_CHECK(nghttp2_session_client_new2(&session_, callbacks, this, option) == 0);
  nghttp2_session_callbacks_del(callbacks);
  nghttp2_option_del(option);
  const std::array<nghttp2_settings_entry, 1> settings = {
      {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options.window}}};
  YAP_CHECK(nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), 1) == 0);
}

Http2Client::~Http2Client() { nghttp2_session_del(session_); }

std::int32_t Http2Client::Request(const TestHeaders& headers, std::string body) {
  const auto fields = Fields(headers);
  auto kept = std::make_unique<std::string>(std::move(body));
  nghttp2_data_provider provider{};
  provider.source.ptr = kept.get();
  provider.read_callback = Callbacks::OnRead;
  const std::int32_t id =
      nghttp2_submit_request(session_, nullptr, fields.data(), fields.size(), &provider, nullptr);
  YAP_CHECK(id > 0);
  bodies_.push_back(std::move(kept));
  return id;
}

std::int32_t Http2Client::Open(const TestHeaders& headers) {
  const auto fields = Fields(headers);
  const std::int32_t id = nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, -1, nullptr,
                                                 fields.data(), fields.size(), nullptr);
  YAP_CHECK(id > 0);
  return id;
}

void Http2Client::Reset(std::int32_t id, std::uint32_t error_code) {
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, error_code);
}

void Http2Client::Grant(std::int32_t id, std::int32_t n) {
  nghttp2_submit_window_update(session_, NGHTTP2_FLAG_NONE, id, n);
  nghttp2_submit_window_update(session_, NGHTTP2_FLAG_NONE, 0, n);
}

std::string Http2Client::Output() {
  std::string out;
  while (true) {
    const std::uint8_t* data = nullptr;
    const ssize_t n = nghttp2_session_mem_send(session_, &data);
    if (n <= 0) return out;
    out.append(View(data, static_cast<std::size_t>(n)));
  }
}

bool Http2Client::Input(std::string_view bytes) {
  return nghttp2_session_mem_recv(session_, Raw(bytes), bytes.size()) >= 0;
}

}  // namespace yap::edge
