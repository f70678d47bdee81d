# The form checks of scripts/check as tests (label form), and the headers that no source includes
# first, each compiled alone (label alone; it needs the generated headers, and the commands of a
# preset that compiles source by source).
find_package(Python3 3.11 COMPONENTS Interpreter)
if(NOT Python3_FOUND OR YAP_SANITIZE)
  return()
endif()

function(yap_form_test name label)
  add_test(NAME form.${name} COMMAND ${Python3_EXECUTABLE} -B -m form ${ARGN}
           WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(form.${name} PROPERTIES LABELS ${label} TIMEOUT 120
                       ENVIRONMENT PYTHONPATH=${CMAKE_SOURCE_DIR}/scripts)
endfunction()

foreach(check layers lengths headers text links format shell)
  yap_form_test(${check} form ${check})
endforeach()
if(NOT CMAKE_UNITY_BUILD AND NOT YAP_PRECOMPILE)
  yap_form_test(alone alone --alone ${CMAKE_BINARY_DIR})
  set_tests_properties(form.alone PROPERTIES TIMEOUT 600)
endif()
