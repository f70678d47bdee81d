// check-history: reads a history as JSON Lines from standard input; exit 0 and a summary when the
// contract was kept, exit 1 and the findings when not, exit 2 when it cannot be read.
#include <fmt/format.h>

#include <cstdio>
#include <iostream>
#include <iterator>
#include <string>

#include "checker/checker.h"

int main() {
  const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
  yap::checker::History history;
  if (const std::string wrong = history.ReadJsonLines(text); !wrong.empty()) {
    fmt::print(stderr, "check-history: {}\n", wrong);
    return 2;
  }
  const auto verdict = history.Check();
  fmt::print("{}\n", verdict.Summary());
  for (const auto& finding : verdict.findings) fmt::print("  {}\n", finding);
  return verdict.Ok() ? 0 : 1;
}
