#include "bench/codec.h"

namespace yap::bench {

std::string Filler(std::size_t bytes) {
  static constexpr std::string_view kWords = "the kettle is on and the harbour is in sight, ";
  std::string filler;
  while (filler.size() < bytes) filler.append(kWords);
  filler.resize(bytes);
  return filler;
}

}  // namespace yap::bench
