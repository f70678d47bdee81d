// bench/metrics.h: one number of a server's Prometheus page.
#pragma once

#include <netinet/in.h>

#include <string_view>

#include "base/result.h"

namespace yap::bench {

// The value of the metric without labels called `name`, asked for with a plain HTTP GET of
// /metrics. Blocks, at most 10 s. Errors: Unavailable (no server, no such metric).
Result<double> ReadMetric(const sockaddr_in& server, std::string_view name);

}  // namespace yap::bench
