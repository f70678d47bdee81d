# One call per room:
#   yap_library(store_sqlite SRCS sqlite/a.cc … DEPS core … TESTS sqlite/a_test.cc … TEST_DEPS …
#               [TEST_OPTIONS ONE_THREAD] [ALONE sqlite/b.cc …])
# makes the static library `yap_store_sqlite` and, where there are TESTS, the test binary
# `store_sqlite_test`, whose cases ctest knows one by one. Names without a :: or yap_ prefix in
# DEPS and TEST_DEPS are rooms.
#
# All presets but `dev` compile eight files of a target as one (CMAKE_UNITY_BUILD), in a third of the
# time. A name in an unnamed namespace is then every neighbour's: what two files define is renamed, or
# shared, or one of the files is listed under ALONE.
function(yap_resolve_deps out)
  set(result)
  foreach(dep IN LISTS ARGN)
    if(TARGET yap_${dep})
      list(APPEND result yap_${dep})
    else()
      list(APPEND result ${dep})
    endif()
  endforeach()
  set(${out} ${result} PARENT_SCOPE)
endfunction()

# `ninja tests_unit` builds every test program with that label; `ctest -L unit` runs them.
foreach(label unit sim fuzz live bench)
  add_custom_target(tests_${label})
endforeach()

# What the sanitizers are told, wherever ctest is run from. One variable: gtest_discover_tests takes
# no list here.
set(YAP_TEST_ENVIRONMENT YAP_SANITIZE=${YAP_SANITIZE})
if(YAP_SANITIZE MATCHES address)
  set(YAP_TEST_ENVIRONMENT
    ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:check_initialization_order=1)
elseif(YAP_SANITIZE MATCHES thread)
  # The distribution's libraries (gRPC, protobuf) are not instrumented.
  set(YAP_TEST_ENVIRONMENT TSAN_OPTIONS=halt_on_error=1:ignore_noninstrumented_modules=1)
endif()

function(yap_alone)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# yap_test(name SRCS … DEPS … [LABEL unit|sim|bench] [TIMEOUT seconds of one case] [ONE_THREAD])
# ONE_THREAD: no test in it starts a thread, so the thread sanitizer has nothing to see.
function(yap_test name)
  cmake_parse_arguments(ARG "ONE_THREAD" "LABEL;TIMEOUT" "SRCS;DEPS" ${ARGN})
  if(ARG_ONE_THREAD AND YAP_SANITIZE MATCHES thread)
    return()
  endif()
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  yap_resolve_deps(deps ${ARG_DEPS})
  add_executable(${name} ${ARG_SRCS})
  target_link_libraries(${name} PRIVATE ${deps} yap_warnings yap_rapidcheck GTest::gmock GTest::gtest_main)
  target_compile_options(${name} PRIVATE ${YAP_TEST_OPTIONS})
  yap_precompile(${name} test)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS ${ARG_LABEL} ENVIRONMENT ${YAP_TEST_ENVIRONMENT})
  add_dependencies(tests_${ARG_LABEL} ${name})
endfunction()

function(yap_library name)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS;PRIVATE_DEPS;TESTS;TEST_DEPS;TEST_OPTIONS;ALONE" ${ARGN})
  yap_alone(${ARG_ALONE})
  add_library(yap_${name} STATIC ${ARG_SRCS})
  target_include_directories(yap_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  yap_resolve_deps(deps ${ARG_DEPS})
  yap_resolve_deps(private_deps ${ARG_PRIVATE_DEPS})
  target_link_libraries(yap_${name} PUBLIC ${deps} PRIVATE ${private_deps} yap_warnings)
  yap_precompile(yap_${name} library)
  if(ARG_TESTS)
    yap_test(${name}_test SRCS ${ARG_TESTS} DEPS yap_${name} ${ARG_TEST_DEPS}
             ${ARG_TEST_OPTIONS})
  endif()
endfunction()

# yap_fuzz(name SRCS … DEPS … [CORPUS folder]): a libFuzzer program, in the preset `fuzz` only, and
# a test of label fuzz that runs its corpus and then YAP_FUZZ_SECONDS of new inputs.
set(YAP_FUZZ_SECONDS 10 CACHE STRING "How long ctest lets each fuzzer look for new inputs")
function(yap_fuzz name)
  if(NOT YAP_FUZZ)
    return()
  endif()
  cmake_parse_arguments(ARG "" "CORPUS" "SRCS;DEPS" ${ARGN})
  yap_resolve_deps(deps ${ARG_DEPS})
  add_executable(${name} ${ARG_SRCS})
  target_link_libraries(${name} PRIVATE ${deps} yap_warnings)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  set(found ${CMAKE_BINARY_DIR}/corpus/${name})
  file(MAKE_DIRECTORY ${found})
  set(corpus)
  if(ARG_CORPUS)
    get_filename_component(corpus ${ARG_CORPUS} ABSOLUTE)
  endif()
  add_test(NAME fuzz.${name} COMMAND ${name} -max_total_time=${YAP_FUZZ_SECONDS} -timeout=10
           -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix=${found}.crash- ${found} ${corpus})
  math(EXPR seconds_max "${YAP_FUZZ_SECONDS} + 60")
  set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT ${seconds_max})
  add_dependencies(tests_fuzz ${name})
endfunction()
