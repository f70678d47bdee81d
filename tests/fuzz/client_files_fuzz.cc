// The files that `yap` keeps between runs, as another program, a torn disk or a curious user may
// leave them. The first byte says which file; an outbox comes also with the checksums put right, so
// that the records behind them are reached.
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/encoding.h"
#include "client/config.h"
#include "client/credentials.h"
#include "client/cursor.h"
#include "client/outbox.h"
#include "crypto/hash.h"

namespace yap::client {
namespace {

namespace fs = std::filesystem;

// In memory where there is such a place: every input writes and syncs files.
fs::path Folder() {
  const fs::path base = fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
  return base / ("yap-client-files-fuzz-" + std::to_string(::getpid()));
}

fs::path Put(const fs::path& file, std::string_view content) {
  YAP_CHECK(WritePrivateFile(file, content, Durable::kNo));
  return file;
}

void ReadConfigFrom(std::string_view content) {
  const auto config = ParseConfig(std::string(content), "config.toml");
  YAP_CHECK(config || config.error().message.starts_with("config.toml"), "no file in the message");
}

void ReadCredentials(std::string_view content) {
  CredentialStore store(Put(Folder() / "credentials.toml", content));
  const auto before = store.Load("127.0.0.1:7676");
  if (!store.Save("127.0.0.1:7676", {7, "ada", Secret("a"), WallTime(), Secret("r")})) {
    YAP_CHECK(!before, "what could be read can be written");
    return;
  }
  const auto after = store.Load("127.0.0.1:7676");
  YAP_CHECK(after && *after && (*after)->username == "ada");
  YAP_CHECK(store.Remove("127.0.0.1:7676"));
}

void ReadCursors(std::string_view content) {
  const auto path = Put(Folder() / "cursor.json", content);
  const Place place{7, 42};
  {
    auto file = CursorFile::Open(path, "127.0.0.1:7676");
    if (!file) return;
    (void)file->Find("lobby");
    YAP_CHECK(file->Store("lobby", place, Durable::kNo));
  }
  const auto again = CursorFile::Open(path, "127.0.0.1:7676");
  YAP_CHECK(again && again->Find("lobby") == place, "a stored place was lost");
}

// Whatever was read is read again, and can be added to.
void ReadOutbox(std::string_view content) {
  const auto folder = Folder() / "outbox";
  Put(folder / "0.log", content);
  std::deque<OutboxMessage> messages;
  {
    auto outbox = Outbox::Open(folder);
    YAP_CHECK(outbox);
    const OutboxMessage more{.key = "0123456789abcdef", .channel = "lobby", .text = "hi"};
    const bool there = std::ranges::count(outbox->messages(), more.key, &OutboxMessage::key) > 0;
    if (!there && outbox->Add(more)) YAP_CHECK(outbox->messages().back() == more);
    messages = outbox->messages();
  }
  const auto again = Outbox::Open(folder);
  YAP_CHECK(again && again->messages().size() == messages.size(), "messages were lost");
}

std::string WithChecksums(std::string_view lines) {
  std::string out;
  while (!lines.empty()) {
    const auto line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    const Digest digest = Sha256(line);
    const auto sum = AsView(digest).substr(0, 8);
    out += ToHex(std::as_bytes(std::span(sum))) + " " + std::string(line) + "\n";
  }
  return out;
}

void ReadOne(std::uint8_t which, std::string_view content) {
  switch (which % 5) {
    case 0:
      return ReadConfigFrom(content);
    case 1:
      return ReadCredentials(content);
    case 2:
      return ReadCursors(content);
    case 3:
      return ReadOutbox(content);
    default:
      return ReadOutbox(WithChecksums(content));
  }
}

}  // namespace
}  // namespace yap::client

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  yap::client::ReadOne(data[0], {reinterpret_cast<const char*>(data) + 1, size - 1});
  std::filesystem::remove_all(yap::client::Folder());
  return 0;
}
