#include "edge/limits.h"

namespace yap::edge {

Budgets Budgets::Internal() {
  Budgets budgets;
  budgets.streams_max = 10'000;  // A gateway's whole traffic comes over a few connections.
  budgets.opens = {};
  budgets.resets = {2'000, 20'000};  // Cancelled users' calls; still bounded.
  budgets.controls = {200, 2'000};
  budgets.window_updates = {2'000, 20'000};
  budgets.unsent_bytes_max = std::size_t{64} * 1024 * 1024;  // For a whole gateway's users.
  budgets.connections_per_address_max = 0;
  budgets.age_max = {};
  return budgets;
}

}  // namespace yap::edge
