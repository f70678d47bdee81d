# shellcheck shell=bash
# The suites of scripts/test. A suite is a function suite_NAME that leaves its results as JUnit XML in
# build/test/NAME.xml; what keeps it from running (a build that fails, a missing folder) is a failed
# case there, never silence. Needs lib/common.sh.

# In the order in which they run: cheap and telling first. One line each for --help.
# shellcheck disable=SC2034  # scripts/test reads it
declare -A suite_about=(
  [form]='layers, lengths, headers, text, clang-format, shellcheck; the checks'\'' own tests'
  [proto]='buf lint, and buf breaking against the last release'
  [unit]='the tests beside the sources, on the release build'
  [alone]='each header that no source includes first compiles on its own'
  [tidy]='clang-tidy over what changed'
  [sim]='the whole server in one thread under seeds and faults'
  [bench]='the load client: its tests, and one short load that it checks'
  [e2e]='scripts/demo: two users on the release programs, the server killed in between'
  [python]='a stock gRPC client (Python grpcio) against the release server'
  [live]='the contracts of store and bus on a real Cassandra and a real Pulsar'
  [cluster]='gateways and chat-services on both, everything killed and paused under load'
  [asan]='unit and sim under the address and undefined behaviour sanitizers'
  [tsan]='the unit tests that have threads under the thread sanitizer'
  [fuzz]='each fuzzer: its corpus, then 10 s of new inputs'
  [deploy]='the systemd unit: syntax and exposure'
)
# shellcheck disable=SC2034
suite_order=(form deploy proto unit alone tidy sim bench e2e python live cluster asan tsan fuzz)

# Bounds in seconds, against what hangs: the longest build from nothing (release with its tests and the
# drivers) takes 15 minutes on two slow cores.
build_seconds_max=2400
declare -A test_seconds_max=([unit]=600 [alone]=600 [sim]=600 [bench]=300 [live]=600 [asan]=900 [tsan]=900 [fuzz]=300)

python_tests=tests/python

results() { echo "build/test/$1.xml"; }

junit() { PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=scripts python3 -m form.junit "$@"; }

# could_not SUITE CASE: writes the suite's results as one failed case, its output from stdin.
could_not() { junit fail "$(results "$1")" "$2"; }

# compile SUITE PRESET TARGET…
compile() {
  local suite=$1 preset=$2
  shift 2
  run_logged "$suite-build" "$build_seconds_max" scripts/build "$preset" "$@" ||
    { _log_end "build/log/$suite-build.log" | could_not "$suite" "build of $preset"; return 1; }
}

# run_ctest SUITE PRESET LABELS: the tests of a built preset whose label matches.
run_ctest() {
  local suite=$1 preset=$2 labels=$3
  rm -f "$(results "$suite")"
  run_logged "$suite" "${test_seconds_max[$suite]}" \
    ctest --test-dir "build/$preset" -L "^($labels)\$" -j "$(jobs_max)" --no-tests=error \
    --output-junit "$PWD/$(results "$suite")" || true
  [[ -f $(results "$suite") ]] ||
    tail -n 40 "build/log/$suite.log" | could_not "$suite" "ctest of label $labels in build/$preset"
}

suite_form() {
  run_logged form 300 scripts/check --self-test --junit "$(results form)" || true
  [[ -f $(results form) ]] || tail -n 40 build/log/form.log | could_not form 'scripts/check'
}

suite_deploy() { one_command deploy 60 scripts/check-units; }
suite_alone() { compile alone dev yap_generated && run_ctest alone dev alone; }
suite_tidy() { compile tidy dev yap_generated && one_command tidy 900 scripts/tidy; }

# one_command SUITE SECONDS_MAX COMMAND…: the command's exit status is the one case of the suite.
one_command() {
  local suite=$1
  if run_logged "$@"; then
    junit pass "$(results "$suite")" "$3"
  else
    tail -n 100 "build/log/$suite.log" | could_not "$suite" "$3"
  fi
}

suite_unit() { compile unit release tests_unit && run_ctest unit release unit; }
suite_sim() { compile sim release tests_sim && run_ctest sim release sim; }
# What measures is not measured here: that it builds, counts and checks.
suite_bench() {
  compile bench release yapd bench_programs tests_bench && run_ctest bench release bench
}
# with_backends SUITE COMMAND…: runs it while Cassandra and Pulsar are there, which are its own: what
# somebody else has running is neither used nor hurt.
with_backends() {
  local suite=$1 dir=$PWD/build/test-backends where=
  shift
  rm -f "$(results "$suite")"
  # Also where somebody stops the run: servers would stay.
  # shellcheck disable=SC2064  # this folder
  trap "scripts/backends down --dir '$dir' --wipe >/dev/null 2>&1 || true" EXIT
  if run_logged "$suite-backends" 600 scripts/backends up --dir "$dir" cassandra pulsar &&
    where=$(scripts/backends up --dir "$dir" 2>>"build/log/$suite-backends.log"); then
    YAP_TEST_BACKENDS=$dir with_settings "$where" "$@"
  else
    _log_end "build/log/$suite-backends.log" | could_not "$suite" 'scripts/backends up'
  fi
  run_logged "$suite-down" 120 scripts/backends down --dir "$dir" --wipe || true
  trap - EXIT
}

# with_settings 'NAME=VALUE…' COMMAND…: runs it with those in its environment, and nothing after it.
with_settings() {
  local setting
  # shellcheck disable=SC2086,SC2163  # words
  export $1
  "${@:2}"
  for setting in $1; do unset "${setting%%=*}"; done
}

suite_live() { compile live release tests_live && with_backends live run_ctest live release live; }
suite_cluster() {
  compile cluster release yapd yap check-history log_fill || return
  with_backends cluster run_pytest cluster 900 "$python_tests"/test_cluster*.py
}

suite_asan() { compile asan asan tests_unit tests_sim && run_ctest asan asan 'unit|sim'; }
suite_tsan() { compile tsan tsan tests_unit && run_ctest tsan tsan unit; }
# Short looks for new inputs, in the sanitizers' build; the preset `fuzz` is for long ones.
suite_fuzz() { compile fuzz asan tests_fuzz && run_ctest fuzz asan fuzz; }
suite_e2e() { compile e2e release yapd yap && one_command e2e 120 scripts/demo; }

suite_proto() { one_command proto 300 scripts/check-proto; }

# The tests find the programs through YAPD and YAP. Those of a cluster are a suite of their own.
suite_python() {
  if [[ ! -f $python_tests/requirements.txt ]]; then
    echo "there is no $python_tests/requirements.txt" | could_not python "$python_tests"
    return
  fi
  compile python release yapd yap check-history || return
  run_logged python-buf 300 scripts/check-proto || true # installs buf; its own findings are suite proto's
  run_pytest python 600 "$python_tests" --ignore-glob='*/test_cluster*'
}

# run_pytest SUITE SECONDS_MAX PATH…: tests against the release programs.
run_pytest() {
  local suite=$1 seconds_max=$2
  shift 2
  run_logged python-venv 300 scripts/lib/venv ||
    { tail -n 40 build/log/python-venv.log | could_not "$suite" 'virtual environment'; return; }
  run_logged "$suite" "$seconds_max" env YAPD="$PWD/build/release/bin/yapd" \
    YAP="$PWD/build/release/bin/yap" build/venv/bin/python -B -m pytest -q -p no:cacheprovider \
    "$@" --junit-xml "$(results "$suite")" || true
  [[ -f $(results "$suite") ]] || tail -n 40 "build/log/$suite.log" | could_not "$suite" pytest
}
