# Every library comes from the distribution; scripts/deps lists the packages.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(Protobuf REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(GTest REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
pkg_check_modules(nghttp2 REQUIRED IMPORTED_TARGET libnghttp2)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(utf8proc REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(grpcpp REQUIRED IMPORTED_TARGET grpc++)
pkg_check_modules(tomlplusplus REQUIRED IMPORTED_TARGET tomlplusplus)
find_package(prometheus-cpp CONFIG REQUIRED COMPONENTS core)

# The screens of the terminal client; without it `yap` has its commands and `yap chat`.
option(YAP_WITH_TUI "Build the full-screen terminal client (needs FTXUI 5 or newer)" ON)
if(YAP_WITH_TUI)
  find_package(ftxui 5 QUIET)
  if(NOT ftxui_FOUND)
    message(FATAL_ERROR "FTXUI >= 5 was not found: scripts/deps installs it and scripts/build finds it (by hand: CMAKE_PREFIX_PATH=$(scripts/lib/ftxui --prefix)); -DYAP_WITH_TUI=OFF builds yap without it")
  endif()
endif()

# Standalone asio, compiled once (src/base/asio_impl.cc) instead of in every file.
# ASIO_HAS_STD_ALIGNED_ALLOC: without it asio looks whether libstdc++ has aligned_alloc, and sees it
# only in files that included a standard header before asio: memory of one file's aligned_alloc then
# went to another's operator delete.
add_library(yap_asio INTERFACE)
target_compile_definitions(yap_asio INTERFACE ASIO_STANDALONE ASIO_SEPARATE_COMPILATION
  ASIO_NO_DEPRECATED ASIO_HAS_CO_AWAIT ASIO_HAS_STD_COROUTINE ASIO_HAS_STD_ALIGNED_ALLOC=1)
target_link_libraries(yap_asio INTERFACE Threads::Threads)

# rapidcheck ships no CMake config in Debian.
find_library(RAPIDCHECK_LIBRARY rapidcheck REQUIRED)
add_library(yap_rapidcheck INTERFACE)
target_link_libraries(yap_rapidcheck INTERFACE ${RAPIDCHECK_LIBRARY})
