#include "tui/terminal/spawn.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "client/private_file.h"

extern char** environ;

namespace yap::tui {
namespace {

constexpr std::string_view kFailed = "PROGRAM_FAILED";

// posix_spawn's two objects, gone with the scope.
struct SpawnSettings {
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t files;

  SpawnSettings() {
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_init(&files);
    sigset_t none;
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes, &none);
  }
  ~SpawnSettings() {
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&files);
  }
  void Quiet() {
    ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    Flags(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
  }
  void Flags(int flags) { ::posix_spawnattr_setflags(&attributes, static_cast<short>(flags)); }
};

// A file that goes with the scope.
class ScratchFile {
 public:
  static Result<ScratchFile> Make(const std::string& text) {
    std::error_code failed;
    auto where = std::filesystem::temp_directory_path(failed);
    std::string path = ((failed ? "/tmp" : where) / "yap-XXXXXX.txt").string();
    const client::Fd fd(::mkostemps(path.data(), 4, O_CLOEXEC));
    const auto size = static_cast<ssize_t>(text.size());
    if (!fd || ::write(fd.get(), text.data(), text.size()) != size) {
      return Fail(Errc::kUnavailable, "FILE_UNWRITABLE",
                  fmt::format("cannot write {}: {}", path, std::strerror(errno)));
    }
    return ScratchFile(std::move(path));
  }
  explicit ScratchFile(std::string path) : path_(std::move(path)) {}
  ScratchFile(ScratchFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ~ScratchFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string EditorOfUser() {
  for (const char* name : {"VISUAL", "EDITOR"}) {
    const char* value = std::getenv(name);
    if (value && *value) return value;
  }
  return "vi";
}

// Its status. A shell that wakes us alone wakes it, too.
int WaitForEditor(pid_t pid) {
  int status = 0;
  while (true) {
    const pid_t got = ::waitpid(pid, &status, WUNTRACED);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 || !WIFSTOPPED(status)) return status;
    StopJob();
    ::kill(0, SIGCONT);
  }
}

// They came to the editor's job, which is ours.
void DropSignalsOfKeys() {
  sigset_t keys;
  ::sigemptyset(&keys);
  for (const int signal : {SIGINT, SIGQUIT, SIGTSTP}) ::sigaddset(&keys, signal);
  const timespec at_once = {};
  while (::sigtimedwait(&keys, nullptr, &at_once) > 0) {
  }
}

}  // namespace

Result<pid_t> Spawn(const std::vector<std::string>& argv, SpawnAs as) {
  std::vector<char*> words;
  for (const auto& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  SpawnSettings settings;
  settings.Flags(POSIX_SPAWN_SETSIGMASK);
  if (as == SpawnAs::kQuiet) settings.Quiet();
  pid_t pid = -1;
  const int failed =
      ::posix_spawnp(&pid, words[0], &settings.files, &settings.attributes, words.data(), environ);
  if (failed == 0) return pid;
  return Fail(Errc::kFailedPrecondition, kFailed,
              fmt::format("cannot run {}: {}", argv[0], std::strerror(failed)));
}

void StopJob() {
  sigset_t stop;
  ::sigemptyset(&stop);
  ::sigaddset(&stop, SIGTSTP);
  ::kill(0, SIGTSTP);  // One with a key's that waits: we stop once.
  ::pthread_sigmask(SIG_UNBLOCK, &stop, nullptr);
  ::pthread_sigmask(SIG_BLOCK, &stop, nullptr);
}

Result<std::string> EditInEditor(const std::string& text) {
  YAP_TRY(const auto file, ScratchFile::Make(text));
  const std::string editor = EditorOfUser();
  // A key that interrupts what the editor runs is not to end the shell around it.
  const std::string line = fmt::format("trap : INT QUIT; {} \"$1\"", editor);
  YAP_TRY(const pid_t pid, Spawn({"sh", "-c", line, "yap", file.path()}, SpawnAs::kForeground));
  const int status = WaitForEditor(pid);
  DropSignalsOfKeys();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return Fail(Errc::kFailedPrecondition, kFailed,
                fmt::format("{} failed; set $EDITOR to the editor you like", editor));
  }
  YAP_TRY(auto edited, client::ReadPrivateFile(file.path()));
  return std::move(edited).value_or("");
}

}  // namespace yap::tui
