# The compiler, its warnings and its hardening, once for every target.
# g++ before 13 miscompiles coroutines: temporaries of a co_await expression are destroyed twice.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  message(FATAL_ERROR "g++ ${CMAKE_CXX_COMPILER_VERSION} miscompiles coroutines; use clang++-19 (cmake --preset release) or g++ 13.")
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
  message(FATAL_ERROR "clang++ ${CMAKE_CXX_COMPILER_VERSION} lacks std::expected with libstdc++ 12; use clang++-19.")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_CXX_FLAGS_DEBUG "")
set(CMAKE_CXX_FLAGS_RELEASE "-DNDEBUG")

set(YAP_OPTIMIZE "-O1 -g1" CACHE STRING "Optimisation and debug flags, set by the presets")
set(YAP_SANITIZE "" CACHE STRING "Sanitizers, comma separated, as -fsanitize= takes them")
option(YAP_FUZZ "Build the libFuzzer targets" OFF)

separate_arguments(yap_optimize NATIVE_COMMAND "${YAP_OPTIMIZE}")
add_compile_options(${yap_optimize})

find_program(YAP_CCACHE ccache)
if(YAP_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${YAP_CCACHE})
endif()

find_program(YAP_LLD NAMES ld.lld-19)
if(YAP_LLD AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(--ld-path=${YAP_LLD})
endif()

if(YAP_SANITIZE)
  add_compile_options(-fsanitize=${YAP_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${YAP_SANITIZE})
else()
  # The hardening of the OpenSSF compiler options guide; FORTIFY needs optimisation and no sanitizer.
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong
                      -fstack-clash-protection -fcf-protection=full)
  add_link_options(-Wl,-z,relro,-z,now -Wl,-z,noexecstack)
endif()
add_compile_definitions(_GLIBCXX_ASSERTIONS)
if(YAP_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# The tests' own code is not optimised: that halves its build, and what it tests is as it ships.
set(YAP_TEST_OPTIONS -O0 -U_FORTIFY_SOURCE)

include(CheckPIESupported)
check_pie_supported()

# Warnings for our own code; generated code is compiled without (see YapProto.cmake).
add_library(yap_warnings INTERFACE)
target_compile_options(yap_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
  -Wno-missing-designated-field-initializers -Wold-style-cast -Wcast-qual -Woverloaded-virtual -Wunused -Wimplicit-fallthrough -Werror)
