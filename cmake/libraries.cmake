# Other people's libraries. What users install must run where only glibc and the libraries of the compiler are, and beside
# other copies of the same libraries in one process, so all of them are linked statically.
find_package(Threads REQUIRED)
find_package(CLI11 REQUIRED)

set(OPENSSL_USE_STATIC_LIBS TRUE)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)

find_library(zlib_static libz.a REQUIRED)  # CMake's own search knows of no static one
find_path(zlib_headers zlib.h REQUIRED)
add_library(unio_zlib INTERFACE)
target_include_directories(unio_zlib SYSTEM INTERFACE ${zlib_headers})
target_link_libraries(unio_zlib INTERFACE ${zlib_static})

find_package(pugixml REQUIRED)  # pugixml::static; its other target is the shared library

include(cmake/pinned.cmake)

# RE2 as the npm package of that name brings it, 2023-01: the last sources that need no Abseil. Debian's static library
# cannot become part of the Python module, since its thread-local variables are those of a program.
unio_pinned_folder(re2 npm re2)
file(GLOB re2_sources ${re2}/vendor/re2/*.cc)
add_library(unio_re2 STATIC ${re2_sources} ${re2}/vendor/util/rune.cc ${re2}/vendor/util/strutil.cc)
target_include_directories(unio_re2 SYSTEM PUBLIC ${re2}/vendor)
target_link_libraries(unio_re2 PRIVATE unio_options Threads::Threads)
target_compile_options(unio_re2 PRIVATE -w -O2 -fno-sanitize=undefined)

unio_built_folder(awscrt source awscrt)
list(PREPEND CMAKE_PREFIX_PATH ${awscrt})
find_package(aws-c-s3 REQUIRED)

# unio_headers(<name> <target>): the headers of a library, without its binary.
function(unio_headers name target)
  add_library(${name} INTERFACE)
  get_target_property(folders ${target} INTERFACE_INCLUDE_DIRECTORIES)
  target_include_directories(${name} SYSTEM INTERFACE ${folders})
endfunction()

# A single file of ours includes its header, which lies where all headers do.
find_library(libyaml_archive libyaml.a REQUIRED)
add_library(unio_yaml INTERFACE)
target_link_libraries(unio_yaml INTERFACE ${libyaml_archive})
target_compile_definitions(unio_yaml INTERFACE YAML_DECLARE_STATIC)

# A single file of ours includes toml++.
find_package(tomlplusplus REQUIRED)
unio_headers(unio_toml tomlplusplus::tomlplusplus)

# A hundred files include fmt, and each would take twice as long to compile if it were headers only.
find_package(fmt REQUIRED)
unio_headers(unio_fmt_headers fmt::fmt)
add_library(unio_fmt STATIC cmake/fmt.cpp)
target_link_libraries(unio_fmt PUBLIC unio_fmt_headers PRIVATE unio_options)

# SQLite of our own: Debian's can lose what was committed (fixed in 3.51.3). Its symbols are hidden, so that another copy in
# the same process stays apart.
unio_pinned_folder(better_sqlite3 npm better-sqlite3)
add_library(unio_sqlite3 STATIC ${better_sqlite3}/deps/sqlite3/sqlite3.c)
target_include_directories(unio_sqlite3 SYSTEM PUBLIC ${better_sqlite3}/deps/sqlite3)
set_target_properties(unio_sqlite3 PROPERTIES C_VISIBILITY_PRESET hidden)
target_compile_definitions(unio_sqlite3 PRIVATE
  SQLITE_THREADSAFE=2 SQLITE_ENABLE_FTS5 SQLITE_DQS=0 SQLITE_DEFAULT_MEMSTATUS=0 SQLITE_DEFAULT_WAL_SYNCHRONOUS=1
  SQLITE_LIKE_DOESNT_MATCH_BLOBS SQLITE_MAX_EXPR_DEPTH=1000 SQLITE_MAX_MMAP_SIZE=0 SQLITE_OMIT_AUTOINIT
  SQLITE_OMIT_DEPRECATED SQLITE_OMIT_LOAD_EXTENSION SQLITE_OMIT_SHARED_CACHE SQLITE_TRUSTED_SCHEMA=0
  SQLITE_USE_URI=0 HAVE_FDATASYNC=1 HAVE_USLEEP=1)
target_compile_options(unio_sqlite3 PRIVATE -w -O2)
if(UNIO_SANITIZE STREQUAL "thread")
  target_compile_options(unio_sqlite3 PRIVATE -fsanitize=thread)
endif()
target_link_libraries(unio_sqlite3 PUBLIC Threads::Threads m)

# Only the headers: the library has no static form that is whole, and is loaded by who has a catalogue on PostgreSQL.
find_path(libpq_headers libpq-fe.h PATH_SUFFIXES postgresql REQUIRED)
add_library(unio_libpq_headers INTERFACE)
target_include_directories(unio_libpq_headers SYSTEM INTERFACE ${libpq_headers})
target_link_libraries(unio_libpq_headers INTERFACE ${CMAKE_DL_LIBS})
