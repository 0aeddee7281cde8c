# SPDX-License-Identifier: Apache-2.0

# The verbs that every CMakeLists.txt of this project speaks.
#
#   hillock_library(<name> [SRCS <files>] [FOLDERS <folders>] [DEPS <targets>] [PRIVATE_DEPS <targets>])
#       static library hillock_<name>; without SRCS it has every source of its folder and of FOLDERS
#   hillock_binary(<name> SRCS <files> [DEPS <targets>])    executable <name>, at the top of the build
#   hillock_test(<name> [SRCS <files>] [FOLDERS <folders>] [DEPS <targets>])
#       GoogleTest, one ctest entry a test, labelled with its folder under tests/; without SRCS it has
#       every *_test.cc of its folder and of FOLDERS
#   hillock_bench(<name> SRCS <files> [DEPS <targets>])     executable <name>, built, never a test
#   hillock_fuzzer(<name> CORPUS <folder> SRCS <files> [DEPS <targets>])  a fuzz target: with
#       HILLOCK_FUZZERS (clang) it fuzzes for 30 s as a test, else it replays its corpus
#   hillock_proto(<name> <file.proto>)                      library of generated message classes;
#       the header to include lies where the file does
#   hillock_proto_grpc(<name> <file.proto> <messages>)      library of generated gRPC C++ stubs, for
#       clients and tests; <messages> is the file's hillock_proto

include(GoogleTest)

function(_hillock_common target)
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
  target_link_libraries(${target} PRIVATE hillock_flags)
  if(HILLOCK_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM hillock_precompiled)
  endif()
endfunction()

# Sets <out> to what matches <pattern> in this folder and in <folders>.
function(_hillock_sources out pattern folders)
  list(TRANSFORM folders APPEND "/${pattern}" OUTPUT_VARIABLE patterns)
  file(GLOB sources CONFIGURE_DEPENDS ${pattern} ${patterns})
  set(${out} ${sources} PARENT_SCOPE)
endfunction()

function(hillock_library name)
  cmake_parse_arguments(ARG "" "" "SRCS;FOLDERS;DEPS;PRIVATE_DEPS" ${ARGN})
  if(NOT ARG_SRCS)
    _hillock_sources(ARG_SRCS *.cc "${ARG_FOLDERS}")
  endif()
  add_library(hillock_${name} STATIC ${ARG_SRCS})
  target_link_libraries(hillock_${name} PUBLIC ${ARG_DEPS} PRIVATE ${ARG_PRIVATE_DEPS})
  _hillock_common(hillock_${name})
endfunction()

function(_hillock_executable name)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SRCS})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS})
  _hillock_common(${name})
endfunction()

function(hillock_binary name)
  _hillock_executable(${name} ${ARGN})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
endfunction()

function(hillock_bench name)
  if(HILLOCK_BENCHES)
    _hillock_executable(${name} ${ARGN})
  endif()
endfunction()

function(hillock_test name)
  cmake_parse_arguments(ARG "" "" "SRCS;FOLDERS;DEPS" ${ARGN})
  if(NOT ARG_SRCS)
    _hillock_sources(ARG_SRCS *_test.cc "${ARG_FOLDERS}")
  endif()
  _hillock_executable(${name} SRCS ${ARG_SRCS} DEPS ${ARG_DEPS} GTest::gmock GTest::gtest_main)
  file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR}/tests ${CMAKE_CURRENT_SOURCE_DIR})
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                       PROPERTIES LABELS ${folder} TIMEOUT 600)
endfunction()

function(hillock_fuzzer name)
  cmake_parse_arguments(ARG "" "CORPUS" "SRCS;DEPS" ${ARGN})
  set(corpus ${CMAKE_CURRENT_SOURCE_DIR}/${ARG_CORPUS})
  if(HILLOCK_FUZZERS)
    _hillock_executable(${name} SRCS ${ARG_SRCS} DEPS ${ARG_DEPS} -fsanitize=fuzzer)
    set(grown ${CMAKE_CURRENT_BINARY_DIR}/${name}.corpus)
    file(MAKE_DIRECTORY ${grown})
    add_test(NAME ${name} COMMAND ${name} -max_total_time=30 -close_fd_mask=1 ${grown} ${corpus})
  else()
    _hillock_executable(${name} SRCS ${ARG_SRCS} replay.cc DEPS ${ARG_DEPS})
    add_test(NAME ${name} COMMAND ${name} ${corpus})
  endif()
  set_tests_properties(${name} PROPERTIES LABELS fuzz TIMEOUT 120)
endfunction()

# Generated code is compiled without this project's warnings: it is not this project's to change.
function(_hillock_generate name file suffix)
  get_filename_component(stem ${file} NAME_WE)
  file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  set(out ${PROJECT_BINARY_DIR}/${folder}/${stem}.${suffix})
  add_custom_command(OUTPUT ${out}.cc ${out}.h
    COMMAND protobuf::protoc --proto_path=${PROJECT_SOURCE_DIR} ${ARGN} ${folder}/${file}
    DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${file} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} VERBATIM)
  add_library(${name} STATIC ${out}.cc ${out}.h)
  target_include_directories(${name} SYSTEM PUBLIC ${PROJECT_BINARY_DIR})
endfunction()

function(hillock_proto name file)
  _hillock_generate(${name} ${file} pb --cpp_out=${PROJECT_BINARY_DIR})
  target_link_libraries(${name} PUBLIC protobuf::libprotobuf)
endfunction()

function(hillock_proto_grpc name file messages)
  _hillock_generate(${name} ${file} grpc.pb --grpc_out=${PROJECT_BINARY_DIR}
    --plugin=protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin>)
  target_link_libraries(${name} PUBLIC ${messages} gRPC::grpc++)
endfunction()
