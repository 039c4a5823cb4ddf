#include "catalog/postgres/libpq.hpp"

#include <dlfcn.h>

#include "base/error.hpp"

namespace unio::sql {
namespace {

class Library {
 public:
  Library() : handle_(::dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL)) {
    if (handle_ == nullptr) {
      throw Error(ErrorCode::unsupported, "a catalogue on PostgreSQL needs its client library 'libpq.so.5'",
                  "install it, for example: apt-get install libpq5");
    }
  }

  template <class Function>
  void find(const char* name, Function& function) const {
    void* found = ::dlsym(handle_, name);
    if (found == nullptr) {
      throw Error(ErrorCode::unsupported,
                  std::string("the library 'libpq.so.5' is too old: it lacks ") + name,
                  "install that of PostgreSQL 14 or newer");
    }
    function = reinterpret_cast<Function>(found);
  }

 private:
  void* handle_;  // never closed: it has threads' data of its own
};

Libpq load() {
  const Library library;
  Libpq loaded{};
  library.find("PQclear", loaded.clear);
  library.find("PQconnectdb", loaded.connect);
  library.find("PQconninfoFree", loaded.free_options);
  library.find("PQconninfoParse", loaded.parse_options);
  library.find("PQenterPipelineMode", loaded.enter_pipeline);
  library.find("PQerrorMessage", loaded.error_message);
  library.find("PQexec", loaded.exec);
  library.find("PQexitPipelineMode", loaded.exit_pipeline);
  library.find("PQfinish", loaded.finish);
  library.find("PQfreemem", loaded.free_memory);
  library.find("PQgetisnull", loaded.is_null);
  library.find("PQgetlength", loaded.length);
  library.find("PQgetResult", loaded.next_result);
  library.find("PQgetvalue", loaded.value);
  library.find("PQntuples", loaded.rows);
  library.find("PQpipelineSync", loaded.sync_pipeline);
  library.find("PQprepare", loaded.prepare);
  library.find("PQresultErrorField", loaded.error_field);
  library.find("PQresultErrorMessage", loaded.result_error_message);
  library.find("PQresultStatus", loaded.result_status);
  library.find("PQsendQueryParams", loaded.send_params);
  library.find("PQsendQueryPrepared", loaded.send_prepared);
  library.find("PQstatus", loaded.status);
  return loaded;
}

}  // namespace

const Libpq& libpq() {
  static const Libpq loaded = load();
  return loaded;
}

}  // namespace unio::sql
