// bench/record_reader.h: a subscriber of a protocol in which every message of a channel is the same
// header, a body of fixed size and a line end: found by one comparison, with one parser for both
// peers. Private to the text protocols.
#pragma once

#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/codec.h"

namespace yap::bench {

// The body of message `index`.
std::string MakeRecordBody(std::uint64_t index, std::string_view filler);

class RecordReader : public Codec {
 public:
  Result<> Input(std::string_view bytes, MonoTime now) final;
  bool Ready() const final { return ready_; }

 protected:
  // One channel: its reader, and what comes before each body; all headers have one size.
  struct Place {
    std::string header;
    Reader* reader = nullptr;
  };
  explicit RecordReader(std::vector<Place> places);
  std::span<const Place> places() const { return places_; }

  // Takes what is not a message from the front of `bytes`; answers its size, 0 while it is not
  // complete.
  virtual Result<std::size_t> TakeOther(std::string_view bytes) = 0;
  void SetReady() { ready_ = true; }

 private:
  // Answers how many bytes it took.
  Result<std::size_t> TakeAll(std::string_view bytes, MonoTime now);
  Result<> TakeBody(Reader& reader, std::string_view body, MonoTime now);
  // The place whose header `bytes` begins with; null if none.
  const Place* Find(std::string_view bytes);
  bool MayBecomeHeader(std::string_view bytes) const;

  const std::vector<Place> places_;
  const Place* last_;  // Of places_: the one that had a message last.
  const std::string filler_;
  const std::size_t body_bytes_;
  const std::size_t header_bytes_;
  const std::size_t record_bytes_;
  std::string rest_;  // Of the last input: less than one message or answer.
  bool ready_ = false;
};

// The name of a channel of the load, of fixed width.
std::string SubjectOf(std::size_t channel);

}  // namespace yap::bench
