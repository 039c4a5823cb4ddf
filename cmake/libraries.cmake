# Other people's libraries. What users install must run where only glibc and the libraries of the compiler are, and beside
# other copies of the same libraries in one process, so all of them are linked statically.
find_package(Threads REQUIRED)
find_package(CLI11 REQUIRED)

set(OPENSSL_USE_STATIC_LIBS TRUE)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)

find_package(pugixml REQUIRED)  # pugixml::static; its other target is the shared library

include(cmake/pinned.cmake)
unio_built_folder(awscrt source awscrt)
list(PREPEND CMAKE_PREFIX_PATH ${awscrt})
find_package(aws-c-s3 REQUIRED)

# unio_headers(<name> <target>): the headers of a library, without its binary.
function(unio_headers name target)
  add_library(${name} INTERFACE)
  get_target_property(folders ${target} INTERFACE_INCLUDE_DIRECTORIES)
  target_include_directories(${name} SYSTEM INTERFACE ${folders})
endfunction()

# Debian's CMake files know the shared library only.
find_package(yaml-cpp REQUIRED)
find_library(yaml_archive libyaml-cpp.a REQUIRED)
unio_headers(unio_yaml yaml-cpp)
target_link_libraries(unio_yaml INTERFACE ${yaml_archive})

# A single file of ours includes toml++.
find_package(tomlplusplus REQUIRED)
unio_headers(unio_toml tomlplusplus::tomlplusplus)

# A hundred files include fmt, and each would take twice as long to compile if it were headers only.
find_package(fmt REQUIRED)
unio_headers(unio_fmt_headers fmt::fmt)
add_library(unio_fmt STATIC cmake/fmt.cpp)
target_link_libraries(unio_fmt PUBLIC unio_fmt_headers PRIVATE unio_options)
