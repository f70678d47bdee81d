// hub/page.h: a page of the store, encoded for the readers that fell off (or never reached) their
// room log's tail. Those that ask for the same page at the same time share it.
#pragma once

#include <memory>

#include "hub/log_slice.h"
#include "hub/page_reader.h"

namespace yap::hub {

// Immutable. Counts itself in Env::page_bytes while it lives.
struct Page {
  Page(std::shared_ptr<Env> its_env, const PageRead& read, core::Seq after);
  ~Page();
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;

  const std::shared_ptr<Env> env;
  const PageRead::Found found;
  const core::Head head;
  const core::Seq first_available;
  LogSlice slice;  // kEvents only.

 private:
  std::size_t bytes_ = 0;
};

}  // namespace yap::hub
