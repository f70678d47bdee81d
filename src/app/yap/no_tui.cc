// A build without FTXUI (-DYAP_WITH_TUI=OFF).
#include "app/yap/registry.h"

namespace yap::app {

Result<int> RunTui(Cli&, std::string) {
  return Fail(Errc::kUnimplemented, "NO_SCREENS",
              "this yap was built without its screens; `yap --plain` talks line by line");
}

}  // namespace yap::app
