# Flags that every target of ours shares; third-party headers are not held to them. Members left out of a designated
# initializer have defaults on purpose.
add_library(unio_options INTERFACE)
target_compile_options(unio_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
                       -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
                       -Wno-missing-field-initializers)
if(UNIO_SANITIZE)
  target_compile_options(unio_options INTERFACE -fsanitize=${UNIO_SANITIZE} -fno-omit-frame-pointer
                         -fno-sanitize-recover=all)
  target_link_options(unio_options INTERFACE -fsanitize=${UNIO_SANITIZE})
endif()

# unio_precompile(<target> [<header>...]): sources of the target find cmake/common_headers.hpp and these headers compiled, as
# if each began with them. They may name only what is not ours and seldom changes; sources still include all that they use.
# Targets of one type share what the first of them compiled, so those with the same headers must have the same flags.
function(unio_precompile target)
  set(headers ${PROJECT_SOURCE_DIR}/cmake/common_headers.hpp ${ARGN})
  get_target_property(type ${target} TYPE)
  set(owner "precompiled ${headers} ${type}")
  get_property(first GLOBAL PROPERTY "${owner}")
  if(first)
    target_precompile_headers(${target} REUSE_FROM ${first})
  else()
    target_precompile_headers(${target} PRIVATE ${headers})
    set_property(GLOBAL PROPERTY "${owner}" ${target})
  endif()
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fpch-preprocess>)  # else ccache keeps nothing
endfunction()

# unio_layer(<name> [LAYERS <layer>...] [LIBS <target>...]): the static library unio_<name>.
function(unio_layer name)
  cmake_parse_arguments(arg "" "" "LAYERS;LIBS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
  if(NOT sources)
    file(WRITE ${PROJECT_BINARY_DIR}/empty.cpp "")
    set(sources ${PROJECT_BINARY_DIR}/empty.cpp)
  endif()
  add_library(unio_${name} STATIC ${sources})
  target_include_directories(unio_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  list(TRANSFORM arg_LAYERS PREPEND unio_)
  target_link_libraries(unio_${name} PUBLIC ${arg_LAYERS} ${arg_LIBS} PRIVATE unio_options)
  unio_precompile(unio_${name})
endfunction()

# unio_embed_sql(<target> <function> <folder>): the migrations NNN_name.sql of a folder, as unio::sql::<function>().
function(unio_embed_sql target function folder)
  file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.sql)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${files})
  set(rows "")
  foreach(file IN LISTS files)
    get_filename_component(name ${file} NAME)
    string(REGEX MATCH "^0*([1-9][0-9]*)_" number ${name})
    file(READ ${file} text)
    string(APPEND rows "    {${CMAKE_MATCH_1}, \"${name}\", R\"sql(${text})sql\"},\n")
  endforeach()
  set(source ${PROJECT_BINARY_DIR}/embedded/${function}.cpp)
  file(CONFIGURE OUTPUT ${source} @ONLY CONTENT [[
#include <span>

#include "catalog/sql/connection.hpp"

namespace unio::sql {

std::span<const Migration> @function@();

std::span<const Migration> @function@() {
  static constexpr Migration migrations[] = {
@rows@  };
  return migrations;
}

}  // namespace unio::sql
]])
  target_sources(${target} PRIVATE ${source})
endfunction()
