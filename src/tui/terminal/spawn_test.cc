#include "tui/terminal/spawn.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tui/terminal/loop.h"

namespace yap::tui {
namespace {

// In a job of its own, whose shell is the test.
TEST(SpawnTest, EditorThatStopsStopsUsAndGoesOnWithUs) {
  ::setenv("VISUAL", "sh -c 'kill -TSTP 0; printf after >\"$0\"'", 1);
  const pid_t job = ::fork();
  if (job == 0) {
    ::setpgid(0, 0);
    ::alarm(20);  // Where it would wait for ever.
    const Loop loop(SystemClock());
    ::_exit(EditInEditor("before").value_or("") == "after" ? 0 : 1);
  }
  int status = 0;
  ::waitpid(job, &status, WUNTRACED);
  EXPECT_TRUE(WIFSTOPPED(status));
  ::kill(job, SIGCONT);
  ::waitpid(job, &status, WUNTRACED);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  ::kill(-job, SIGKILL);
}

}  // namespace
}  // namespace yap::tui
