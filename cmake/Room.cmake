# dst_load_room(NAME SOURCES ... LINKS ... [PRIVATE_LINKS ...]): the static library of one room, dst_load::NAME.
# Headers are included from the root: "kube/client.h".
function(dst_load_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  set(target dst_load_${name})
  add_library(${target} STATIC ${ROOM_SOURCES})
  add_library(dst_load::${name} ALIAS ${target})
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${target} PUBLIC ${ROOM_LINKS} PRIVATE ${ROOM_PRIVATE_LINKS})
  dst_load_warnings(${target})
endfunction()

# dst_load_test(NAME SOURCES ... LINKS ... [LABELS ...]): one Catch2 program, one ctest entry per program.
# A program that lacks what it needs on this machine exits with 77: skipped.
function(dst_load_test name)
  cmake_parse_arguments(TEST "" "" "SOURCES;LINKS;LABELS" ${ARGN})
  add_executable(${name} ${TEST_SOURCES})
  target_link_libraries(${name} PRIVATE ${TEST_LINKS} dst_load_catch_main)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  dst_load_warnings(${name})
  if(DST_LOAD_SANITIZE)
    # The optimiser spends longer on instrumented assertions than the tests run.
    target_compile_options(${name} PRIVATE -O0)
  endif()
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES LABELS "${TEST_LABELS}" TIMEOUT 600 SKIP_RETURN_CODE 77)
endfunction()
