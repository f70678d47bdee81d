# shellcheck shell=bash
# What the scripts share: talking, timing, long commands with progress lines, jobs for ninja.
# Sourced after `cd` to the top of the tree.

started_at=${started_at:-$SECONDS}

# Minutes and seconds since the script began.
elapsed() {
  local seconds=$((SECONDS - started_at))
  printf '%d:%02d' $((seconds / 60)) $((seconds % 60))
}

say() { printf '[%s] %s\n' "$(elapsed)" "$*"; }

die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# One job per core, fewer where memory is short: a gRPC or asio source takes up to 1.5 GB.
jobs_max() {
  local cores available_kb by_memory
  cores=$(nproc)
  available_kb=$(awk '/^MemAvailable:/ {print $2}' /proc/meminfo)
  by_memory=$((available_kb / 1500000))
  ((by_memory >= 1)) || by_memory=1
  echo $((cores < by_memory ? cores : by_memory))
}

# run_logged NAME SECONDS_MAX COMMAND…: runs the command with its output in build/log/NAME.log and a
# line about it every 15 s. On failure (or after SECONDS_MAX) prints the end of the log and fails.
run_logged() {
  local name=$1 seconds_max=$2 log=build/log/$1.log status=0 pid begun=$SECONDS
  shift 2
  mkdir -p build/log
  timeout --kill-after=10 "$seconds_max" "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  # Stopped while waiting: the command, a process group of its own, ends with us.
  # shellcheck disable=SC2064  # this pid, not a later one
  trap "kill '$pid' 2>/dev/null || true; exit 130" INT TERM HUP
  _progress "$name" "$log" "$pid" "$begun"
  wait "$pid" || status=$?
  trap - INT TERM HUP
  if ((status == 0)); then
    say "$name: done in $((SECONDS - begun)) s"
  else
    ((status != 124)) || echo "stopped after its limit of $seconds_max s" >>"$log"
    say "$name: FAILED (exit $status); the end of $log:"
    _log_end "$log"
  fi
  return "$status"
}

_progress() {
  local name=$1 log=$2 pid=$3 begun=$4 shown=$SECONDS
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.2
    if ((SECONDS - shown >= 15)); then
      shown=$SECONDS
      say "$name: $((SECONDS - begun)) s; $(tail -n 1 "$log" | cut -c 1-90)"
    fi
  done
}

# What a failed log has to tell: its errors if it names any, else its last lines.
_log_end() {
  grep -n -m 20 -A 8 -E 'error:|FAILED:|undefined reference|CMake Error' "$1" || tail -n 40 "$1"
}

# True where the preset must be configured (again): nothing there yet, or the presets changed.
needs_configure() {
  [[ ! -f build/$1/build.ninja || CMakePresets.json -nt build/$1/build.ninja ]]
}
