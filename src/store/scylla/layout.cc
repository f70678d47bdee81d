#include "store/scylla/internal/layout.h"
#include "base/check.h"

namespace yap::store::scylla {
namespace {

void PutBigEndian(std::string& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

}  // namespace

std::string EventKey(core::Seq seq) {
  std::string key;
  PutBigEndian(key, seq.value);
  return key;
}

core::Seq SeqOfEventKey(std::string_view key) {
  YAP_CHECK(key.size() == 8);
  std::uint64_t value = 0;
  for (const char c : key) value = value << 8U | static_cast<unsigned char>(c);
  return core::Seq(value);
}

std::string DedupKey(core::UserId sender, const core::ClientKey& key) {
  std::string out;
  PutBigEndian(out, sender.value);
  out.append(reinterpret_cast<const char*>(key.data()), key.size());
  return out;
}

}  // namespace yap::store::scylla
