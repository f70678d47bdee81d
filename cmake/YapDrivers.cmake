# The ScyllaDB and Pulsar drivers: one Rust library (drivers/), built by cargo once for all presets
# and linked as the target `yapdrivers`. Without cargo yap is built for one machine only.
set(YAP_RUST_MINIMUM 1.88)
find_program(YAP_CARGO cargo HINTS $ENV{CARGO_HOME}/bin $ENV{HOME}/.cargo/bin)
mark_as_advanced(YAP_CARGO)

# The version of cargo, which is its rustc's, or nothing.
function(yap_rust_version out)
  set(${out} "" PARENT_SCOPE)
  if(YAP_CARGO)
    execute_process(COMMAND ${YAP_CARGO} --version OUTPUT_VARIABLE text ERROR_QUIET)
    if(text MATCHES "cargo ([0-9.]+)")
      set(${out} ${CMAKE_MATCH_1} PARENT_SCOPE)
    endif()
  endif()
endfunction()

yap_rust_version(yap_rust)
if(yap_rust AND yap_rust VERSION_GREATER_EQUAL YAP_RUST_MINIMUM)
  set(yap_rust_found ON)
else()
  set(yap_rust_found OFF)
endif()
# -DYAP_WITH_CLUSTER=ON|OFF decides; where nobody did, it is on wherever it can be.
if(NOT DEFINED YAP_WITH_CLUSTER)
  set(YAP_WITH_CLUSTER ${yap_rust_found})
endif()

if(NOT YAP_WITH_CLUSTER)
  message(STATUS "Cluster mode (ScyllaDB, Pulsar): off. It needs cargo and rustc >= ${YAP_RUST_MINIMUM}: scripts/deps --cluster installs them")
  return()
elseif(NOT yap_rust_found)
  message(FATAL_ERROR "YAP_WITH_CLUSTER needs cargo and rustc >= ${YAP_RUST_MINIMUM} (found: cargo ${yap_rust}): scripts/deps --cluster")
endif()

# One target folder for all presets; a build outside the tree keeps its own.
set(yap_drivers_source ${CMAKE_SOURCE_DIR}/drivers)
cmake_path(IS_PREFIX CMAKE_SOURCE_DIR ${CMAKE_BINARY_DIR} NORMALIZE yap_in_tree)
if(yap_in_tree)
  set(YAP_DRIVERS_TARGET ${CMAKE_SOURCE_DIR}/build/drivers)
else()
  set(YAP_DRIVERS_TARGET ${CMAKE_BINARY_DIR}/drivers)
endif()
set(yap_drivers_archive ${YAP_DRIVERS_TARGET}/release/libyapdrivers.a)
set(yap_drivers_shared ${YAP_DRIVERS_TARGET}/release/libyapdrivers.so)
file(GLOB_RECURSE yap_drivers_files CONFIGURE_DEPENDS ${yap_drivers_source}/src/*.rs)

# The stamp is this preset's; the libraries are touched by cargo only when they changed.
add_custom_command(
  OUTPUT ${CMAKE_BINARY_DIR}/drivers.stamp
  BYPRODUCTS ${yap_drivers_archive} ${yap_drivers_shared}
  COMMAND ${YAP_CARGO} build --release --locked --manifest-path ${yap_drivers_source}/Cargo.toml
          --target-dir ${YAP_DRIVERS_TARGET}
  COMMAND ${CMAKE_COMMAND} -E touch ${CMAKE_BINARY_DIR}/drivers.stamp
  DEPENDS ${yap_drivers_files} ${yap_drivers_source}/Cargo.toml ${yap_drivers_source}/Cargo.lock
          ${yap_drivers_source}/build.rs
  COMMENT "cargo build of drivers/ (two minutes the first time)"
  USES_TERMINAL VERBATIM)
add_custom_target(yapdrivers_build DEPENDS ${CMAKE_BINARY_DIR}/drivers.stamp)

# Sanitizer builds take the shared library: Rust's code is not instrumented, and only a module of
# its own can be left out of ThreadSanitizer's view (ignore_noninstrumented_modules).
if(YAP_SANITIZE)
  add_library(yapdrivers SHARED IMPORTED GLOBAL)
  set_target_properties(yapdrivers PROPERTIES IMPORTED_LOCATION ${yap_drivers_shared}
                        IMPORTED_SONAME libyapdrivers.so)
else()
  add_library(yapdrivers STATIC IMPORTED GLOBAL)
  set_target_properties(yapdrivers PROPERTIES IMPORTED_LOCATION ${yap_drivers_archive})
  target_link_libraries(yapdrivers INTERFACE OpenSSL::SSL OpenSSL::Crypto Threads::Threads
                        gcc_s util rt m dl)
  # drivers/src/nodelay.rs; and two thirds of the archive are never called.
  target_link_options(yapdrivers INTERFACE -Wl,--wrap=connect -Wl,--gc-sections)
endif()
set_target_properties(yapdrivers PROPERTIES
                      INTERFACE_INCLUDE_DIRECTORIES ${yap_drivers_source}/include)
