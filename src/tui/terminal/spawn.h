// tui/terminal/spawn.h: programs started from a process that has signals blocked.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"

namespace yap::tui {

// kQuiet: without a terminal (/dev/null), in a session of its own. kForeground: on our terminal.
enum class SpawnAs : bool { kQuiet, kForeground };

// Starts argv[0], looked for in $PATH; the caller waits for it. Signals are as at a login: none is
// blocked. Errors: FailedPrecondition PROGRAM_FAILED, which names it.
Result<pid_t> Spawn(const std::vector<std::string>& argv, SpawnAs as);

// Stops the whole job, as Ctrl+Z does with an ordinary program; comes back when it goes on. Where
// no shell could wake it, that is at once. REQUIRES: this thread has SIGTSTP blocked.
void StopJob();

// `text` in a private file, in $VISUAL, $EDITOR or vi (which the shell cuts into words); what is in
// the file when it ends. Blocks until then. The terminal is not ours meanwhile: what its keys send
// to the job (SIGINT, SIGQUIT, SIGTSTP) is the editor's, and an editor that stops stops us with it.
// REQUIRES: those signals are blocked in this thread.
// Errors: PROGRAM_FAILED, also where the editor's exit status is not 0; Unavailable
// FILE_UNWRITABLE.
Result<std::string> EditInEditor(const std::string& text);

}  // namespace yap::tui
