// store/memory/memory_store.h: a store in this process's memory, for tests, simulation and trying
// things out. "Durable" is as long as the object lives.
#pragma once

#include <memory>

#include "store/store.h"

namespace yap::store {

struct MemoryOptions {
  core::Epoch epoch{1};
  // kOthersToo: for tests in which several services of one process share the store.
  core::Writers writers = core::Writers::kThisProcess;
};

// Thread-safe. Calls take no time: deadlines are not looked at, nothing but the contract's own
// errors is answered, and each call resumes its caller by one post on the caller's executor, so
// that no caller may rely on being answered at once.
std::unique_ptr<Store> OpenMemoryStore(MemoryOptions options = {});

}  // namespace yap::store
