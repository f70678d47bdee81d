// bench/record_reader.h: a subscriber of a protocol in which every message of a load is the same
// header, a body of fixed size and a line end: found by one comparison, with one parser for both
// peers. Private to the text protocols.
#pragma once

#include <cstring>
#include <string>
#include <string_view>

#include "bench/codec.h"

namespace yap::bench {

// The body of message `index`.
std::string MakeRecordBody(std::uint64_t index, std::string_view filler);

class RecordReader : public Codec {
 public:
  Result<> Input(std::string_view bytes, MonoTime now) final;
  bool Ready() const final { return ready_; }

 protected:
  // `header`: what comes before each body.
  RecordReader(Reader& reader, std::string header);

  // Takes what is not a message from the front of `bytes`; answers its size, 0 while it is not
  // complete.
  virtual Result<std::size_t> TakeOther(std::string_view bytes) = 0;
  void SetReady() { ready_ = true; }

 private:
  // Answers how many bytes it took.
  Result<std::size_t> TakeAll(std::string_view bytes, MonoTime now);
  Result<> TakeBody(std::string_view body, MonoTime now);

  Reader& reader_;
  const std::string header_;
  const std::string filler_;
  const std::size_t body_bytes_;
  const std::size_t record_bytes_;
  std::string rest_;  // Of the last input: less than one message or answer.
  bool ready_ = false;
};

}  // namespace yap::bench
