#include "bench/record_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace yap::bench {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

std::uint64_t IndexOf(std::string_view body) {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t index = 0;
  std::memcpy(&index, body.data(), sizeof(index));
  return index;
}

}  // namespace

std::string MakeRecordBody(std::uint64_t index, std::string_view filler) {
  std::string body(sizeof(index), '\0');
  std::memcpy(body.data(), &index, sizeof(index));
  return body.append(filler);
}

std::string SubjectOf(std::size_t channel) { return fmt::format("bench.{:05}", channel); }

RecordReader::RecordReader(std::vector<Place> places)
    : places_(std::move(places)),
      last_(&places_.front()),
      filler_(Filler(last_->reader->flight().options().message_bytes - sizeof(std::uint64_t))),
      body_bytes_(last_->reader->flight().options().message_bytes),
      header_bytes_(last_->header.size()),
      record_bytes_(header_bytes_ + body_bytes_ + kLineEnd.size()) {}

Result<> RecordReader::Input(std::string_view bytes, MonoTime now) {
  // Only as much is copied as completes what was cut.
  while (!rest_.empty() && !bytes.empty()) {
    const std::size_t had = rest_.size();
    const std::string_view more = bytes.substr(0, record_bytes_);
    rest_.append(more);
    YAP_TRY(const std::size_t taken, TakeAll(rest_, now));
    if (taken > had) {
      bytes.remove_prefix(taken - had);
      rest_.clear();
    } else {
      bytes.remove_prefix(more.size());
      rest_.erase(0, taken);
    }
  }
  if (!bytes.empty()) {
    YAP_TRY(const std::size_t taken, TakeAll(bytes, now));
    rest_ = bytes.substr(taken);
  }
  for (const Place& place : places_) place.reader->EndBatch(now);
  return {};
}

Result<std::size_t> RecordReader::TakeAll(std::string_view bytes, MonoTime now) {
  const std::size_t all = bytes.size();
  while (!bytes.empty()) {
    if (const Place* place = Find(bytes)) {
      if (bytes.size() < record_bytes_) break;
      YAP_TRY_VOID(TakeBody(*place->reader, bytes.substr(header_bytes_, body_bytes_), now));
      bytes.remove_prefix(record_bytes_);
      continue;
    }
    if (MayBecomeHeader(bytes)) break;
    YAP_TRY(const std::size_t taken, TakeOther(bytes));
    if (taken == 0) break;
    bytes.remove_prefix(taken);
  }
  return all - bytes.size();
}

const RecordReader::Place* RecordReader::Find(std::string_view bytes) {
  if (bytes.starts_with(last_->header)) return last_;
  for (const Place& place : places_) {
    if (bytes.starts_with(place.header)) return last_ = &place;
  }
  return nullptr;
}

bool RecordReader::MayBecomeHeader(std::string_view bytes) const {
  if (bytes.size() >= header_bytes_) return false;
  return std::ranges::any_of(places_, [&](const Place& p) { return p.header.starts_with(bytes); });
}

Result<> RecordReader::TakeBody(Reader& reader, std::string_view body, MonoTime now) {
  const std::uint64_t index = IndexOf(body);
  const bool watched = reader.Watched();
  if (!reader.Take(index)) return Fail(reader.OutOfOrder(index));
  if (!watched) return {};
  reader.Testify(index, index, now);
  if (body.substr(sizeof(index)) == filler_) return {};
  return Fail(Errc::kCorruption, "BODY", fmt::format("message {} came with another body", index));
}

}  // namespace yap::bench
