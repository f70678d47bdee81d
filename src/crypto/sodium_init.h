// crypto/sodium_init.h: private to crypto/.
#pragma once

namespace yap {

// libsodium may be used after the first call of this. Thread-safe, cheap when done before.
void EnsureSodium();

}  // namespace yap
