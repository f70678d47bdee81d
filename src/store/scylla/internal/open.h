// store/scylla/internal/open.h: opening a store with what only tests set.
#pragma once

#include <memory>

#include "store/scylla/internal/db.h"
#include "store/scylla/scylla_store.h"

namespace yap::store::scylla {

Task<std::unique_ptr<Store>> Open(ScyllaOptions options, Internals internals, Deadline deadline);

}  // namespace yap::store::scylla
