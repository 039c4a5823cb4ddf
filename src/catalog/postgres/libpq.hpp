#pragma once

#include <libpq-fe.h>

namespace unio::sql {

/// PostgreSQL's client library, which is loaded when it is first needed: the program starts where it is not
/// installed.
struct Libpq {
  decltype(&::PQclear) clear;
  decltype(&::PQconnectdb) connect;
  decltype(&::PQconninfoFree) free_options;
  decltype(&::PQconninfoParse) parse_options;
  decltype(&::PQenterPipelineMode) enter_pipeline;
  decltype(&::PQerrorMessage) error_message;
  decltype(&::PQexec) exec;
  decltype(&::PQexitPipelineMode) exit_pipeline;
  decltype(&::PQfinish) finish;
  decltype(&::PQfreemem) free_memory;
  decltype(&::PQgetisnull) is_null;
  decltype(&::PQgetlength) length;
  decltype(&::PQgetResult) next_result;
  decltype(&::PQgetvalue) value;
  decltype(&::PQntuples) rows;
  decltype(&::PQpipelineSync) sync_pipeline;
  decltype(&::PQprepare) prepare;
  decltype(&::PQresultErrorField) error_field;
  decltype(&::PQresultErrorMessage) result_error_message;
  decltype(&::PQresultStatus) result_status;
  decltype(&::PQsendQueryParams) send_params;
  decltype(&::PQsendQueryPrepared) send_prepared;
  decltype(&::PQstatus) status;
};

/// Error unsupported where it is not installed. Thread-safe.
const Libpq& libpq();

}  // namespace unio::sql
