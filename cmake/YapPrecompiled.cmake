# The headers that most files include, parsed once for the libraries and once for the tests instead of
# once per file: two fifths of the build. A file still includes what it uses: the preset `dev`, and so
# clang-tidy, does without.
option(YAP_PRECOMPILE "Precompile the headers that most files include" ON)

set(yap_precompiled
  <algorithm> <array> <atomic> <charconv> <chrono> <cstddef> <cstdint> <cstring> <deque> <expected>
  <filesystem> <functional> <map> <memory> <mutex> <optional> <ranges> <set> <span> <string>
  <string_view> <thread> <unordered_map> <utility> <variant> <vector>
  <asio/any_io_executor.hpp> <asio/awaitable.hpp> <asio/co_spawn.hpp> <asio/io_context.hpp>
  <asio/ip/tcp.hpp> <asio/post.hpp> <asio/steady_timer.hpp> <fmt/format.h>)

# What holds a precompiled header for others must be compiled as they are: tests as programs are, and
# not optimised. Asio's headers need its compiled half, so whoever uses one links to base.
function(yap_precompiled_holder name)
  target_link_libraries(${name} PRIVATE yap_asio fmt::fmt yap_warnings ${ARGN})
  target_precompile_headers(${name} PRIVATE ${yap_precompiled})
endfunction()

if(YAP_PRECOMPILE)
  set(nothing ${CMAKE_BINARY_DIR}/gen/nothing.cc)
  file(CONFIGURE OUTPUT ${nothing} CONTENT "int main() {}\n")
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    add_compile_options("SHELL:-Xclang -fno-pch-timestamp") # else ccache can't know it again
  endif()
  add_library(yap_precompiled_library OBJECT ${nothing})
  yap_precompiled_holder(yap_precompiled_library)
  add_library(yap_precompiled_test OBJECT ${nothing})
  target_compile_options(yap_precompiled_test PRIVATE ${YAP_TEST_OPTIONS} -fPIE)
  list(APPEND yap_precompiled <gmock/gmock.h> <gtest/gtest.h> <rapidcheck.h> <rapidcheck/gtest.h>)
  yap_precompiled_holder(yap_precompiled_test yap_rapidcheck GTest::gmock)
endif()

# yap_precompile(target library|test)
function(yap_precompile target kind)
  if(YAP_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM yap_precompiled_${kind})
  endif()
endfunction()
