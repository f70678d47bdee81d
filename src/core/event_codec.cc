#include "core/event_codec.h"

#include <concepts>
#include <cstring>
#include <type_traits>
#include <utility>

namespace yap::core {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr int kVarintBytesMax = 10;  // 64 bits, 7 a byte.

// The stored number of each kind of body. Never renumbered; 2 to 4 wait for edits, deletions and
// reactions.
template <class T>
constexpr std::uint8_t kKind = 0;
template <>
constexpr std::uint8_t kKind<MessagePosted> = 1;
template <>
constexpr std::uint8_t kKind<MemberJoined> = 5;
template <>
constexpr std::uint8_t kKind<MemberLeft> = 6;
template <>
constexpr std::uint8_t kKind<MemberRemoved> = 7;
template <>
constexpr std::uint8_t kKind<MemberRoleChanged> = 8;
template <>
constexpr std::uint8_t kKind<ChannelCreated> = 9;
template <>
constexpr std::uint8_t kKind<ChannelChanged> = 10;
template <>
constexpr std::uint8_t kKind<AddedToChannel> = 32;
template <>
constexpr std::uint8_t kKind<RemovedFromChannel> = 33;
template <>
constexpr std::uint8_t kKind<ReadMoved> = 34;
template <>
constexpr std::uint8_t kKind<SessionRevoked> = 35;

template <class S, class T>
concept Like = std::same_as<std::remove_const_t<S>, T>;

// The fields of each structure, in their stored order. One list serves both directions: `coder` is
// a Writer over a const structure or a Reader over a mutable one.
void Fields(auto& coder, Like<Actor> auto& s) { coder(s.user, s.username); }
void Fields(auto& coder, Like<MessagePosted> auto& s) { coder(s.text, s.reply_to); }
void Fields(auto& coder, Like<MemberJoined> auto& s) { coder(s.member, s.role); }
void Fields(auto& coder, Like<MemberLeft> auto& s) { coder(s.member); }
void Fields(auto& coder, Like<MemberRemoved> auto& s) { coder(s.member, s.banned); }
void Fields(auto& coder, Like<MemberRoleChanged> auto& s) { coder(s.member, s.role); }
void Fields(auto& coder, Like<ChannelCreated> auto& s) { coder(s.kind, s.name, s.topic); }
void Fields(auto& coder, Like<ChannelChanged> auto& s) { coder(s.topic, s.kind); }
void Fields(auto& coder, Like<AddedToChannel> auto& s) {
  coder(s.channel, s.channel_name, s.kind, s.join_seq);
}
void Fields(auto& coder, Like<RemovedFromChannel> auto& s) {
  coder(s.channel, s.channel_name, s.seq, s.cause);
}
void Fields(auto& coder, Like<ReadMoved> auto& s) { coder(s.channel, s.seq, s.countable); }
void Fields(auto& coder, Like<SessionRevoked> auto& s) { coder(s.session); }

constexpr bool Known(ChannelKind kind) {
  return kind >= ChannelKind::kPublic && kind <= ChannelKind::kInbox;
}
constexpr bool Known(Role role) { return role <= Role::kOwner; }
constexpr bool Known(RemovalCause cause) {
  return cause >= RemovalCause::kLeft && cause <= RemovalCause::kBanned;
}

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void operator()(const auto&... values) { (Put(values), ...); }
  void Put(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void Put(bool value) { Put(static_cast<std::uint8_t>(value ? 1 : 0)); }
  void Put(std::uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8) Put(static_cast<std::uint8_t>(value >> shift));
  }
  template <class Tag>
  void Put(StrongId<Tag> id) {
    Put(id.value);
  }
  void Put(Seq seq) { Put(seq.value); }
  void Put(WallTime time) {
    Put(static_cast<std::uint64_t>(std::int64_t{time.time_since_epoch().count()}));
  }
  void Put(const ClientKey& key) {
    out_.append(reinterpret_cast<const char*>(key.data()), key.size());
  }
  template <class E>
    requires std::is_enum_v<E>
  void Put(E value) {
    Put(static_cast<std::uint8_t>(value));
  }
  void Put(const std::string& text) {
    PutVarint(text.size());
    out_.append(text);
  }
  template <class T>
  void Put(const std::optional<T>& value) {
    Put(value.has_value());
    if (value) Put(*value);
  }
  void Put(const Actor& actor) { Fields(*this, actor); }
  void Put(const Body& body) {
    std::visit(
        [this]<class T>(const T& b) {
          static_assert(kKind<T> != 0);
          Put(kKind<T>);
          Fields(*this, b);
        },
        body);
  }

 private:
  void PutVarint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) Put(static_cast<std::uint8_t>(value | 0x80));
    Put(static_cast<std::uint8_t>(value));
  }

  std::string& out_;
};

// Stays failed once something was missing or unknown; what it read by then is nobody's.
class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}

  bool ok() const { return ok_; }
  bool AtEnd() const { return ok_ && in_.empty(); }

  void operator()(auto&... values) { (Get(values), ...); }
  void Get(std::uint8_t& value) {
    const auto byte = Take(1);
    value = ok_ ? static_cast<std::uint8_t>(byte[0]) : 0;
  }
  void Get(bool& value) {
    std::uint8_t byte = 0;
    Get(byte);
    ok_ = ok_ && byte <= 1;
    value = byte == 1;
  }
  void Get(std::uint64_t& value) {
    const auto bytes = Take(8);
    value = 0;
    for (std::size_t i = bytes.size(); i > 0; --i) {
      value = value << 8 | static_cast<std::uint8_t>(bytes[i - 1]);
    }
  }
  template <class Tag>
  void Get(StrongId<Tag>& id) {
    Get(id.value);
  }
  void Get(Seq& seq) { Get(seq.value); }
  void Get(WallTime& time) {
    std::uint64_t micros = 0;
    Get(micros);
    time = WallTime(std::chrono::microseconds(static_cast<std::int64_t>(micros)));
  }
  void Get(ClientKey& key) {
    const auto bytes = Take(key.size());
    if (ok_) std::memcpy(key.data(), bytes.data(), key.size());
  }
  template <class E>
    requires std::is_enum_v<E>
  void Get(E& value) {
    std::uint8_t number = 0;
    Get(number);
    value = static_cast<E>(number);
    ok_ = ok_ && Known(value);
  }
  void Get(std::string& text) { text = Take(GetVarint()); }
  template <class T>
  void Get(std::optional<T>& value) {
    bool present = false;
    Get(present);
    if (ok_ && present) Get(value.emplace());
  }
  void Get(Actor& actor) { Fields(*this, actor); }
  void Get(Body& body) {
    std::uint8_t kind = 0;
    Get(kind);
    if (ok_) ok_ = GetBodyOf<0>(kind, body) && ok_;
  }

 private:
  // The alternative of that kind, read; false if there is none.
  template <std::size_t kIndex>
  bool GetBodyOf(std::uint8_t kind, Body& body) {
    if constexpr (kIndex == std::variant_size_v<Body>) {
      return false;
    } else {
      if (kKind<std::variant_alternative_t<kIndex, Body>> != kind) {
        return GetBodyOf<kIndex + 1>(kind, body);
      }
      Fields(*this, body.emplace<kIndex>());
      return true;
    }
  }

  std::string_view Take(std::uint64_t n) {
    if (!ok_ || n > in_.size()) {
      ok_ = false;
      return {};
    }
    const auto bytes = in_.substr(0, n);
    in_.remove_prefix(n);
    return bytes;
  }

  // Only the shortest form of a number, so that no two byte strings mean the same event.
  std::uint64_t GetVarint() {
    std::uint64_t value = 0;
    for (int i = 0; i < kVarintBytesMax; ++i) {
      std::uint8_t byte = 0;
      Get(byte);
      value |= std::uint64_t{byte & 0x7FU} << (7 * i);
      if ((byte & 0x80) != 0) continue;
      const bool overlong = byte == 0 && i > 0;
      const bool overflows = i == kVarintBytesMax - 1 && byte > 1;
      ok_ = ok_ && !overlong && !overflows;
      return value;
    }
    ok_ = false;
    return 0;
  }

  std::string_view in_;
  bool ok_ = true;
};

std::unexpected<Error> Corrupt(std::string_view what) {
  return Fail(Errc::kCorruption, "EVENT_CORRUPT",
              std::string("a stored ") + std::string(what) + " cannot be decoded");
}

}  // namespace

std::string EncodeBody(const Body& body) {
  std::string out;
  Writer(out).Put(body);
  return out;
}

Result<Body> DecodeBody(std::string_view bytes) {
  Reader reader(bytes);
  Body body;
  reader.Get(body);
  if (!reader.AtEnd()) return Corrupt("event body");
  return body;
}

std::string EncodeEvent(const Event& e) {
  std::string out;
  Writer put(out);
  put(kVersion, e.channel, e.seq, e.epoch, e.time, e.actor, e.key, e.countable, e.body);
  return out;
}

Result<Event> DecodeEvent(std::string_view bytes) {
  Reader reader(bytes);
  std::uint8_t version = 0;
  Event e;
  reader(version, e.channel, e.seq, e.epoch, e.time, e.actor, e.key, e.countable, e.body);
  if (!reader.AtEnd() || version != kVersion) return Corrupt("event");
  return e;
}

}  // namespace yap::core
