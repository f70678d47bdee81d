#include "base/secret.h"

#include <cstring>

namespace yap {

void Wipe(std::string& s) {
  s.resize(s.capacity());  // The small buffer and the spare capacity held bytes too.
  ::explicit_bzero(s.data(), s.size());
  s.clear();
}

}  // namespace yap
