#include "catalog/sql/migrate.hpp"

#include "base/error.hpp"

namespace unio::sql {

void migrate(SqlConnection& connection, std::span<const Migration> migrations) {
  const std::int64_t newest = migrations.back().number;
  if (connection.schema_version() == newest) return;
  SqlTransaction transaction(connection, Access::write);
  const std::int64_t present = connection.schema_version();
  if (present > newest) {
    throw Error(ErrorCode::unsupported, "the catalogue was made by a newer version of unio",
                "use that version; a catalogue in a file is made anew by unio reindex");
  }
  for (const Migration& migration : migrations) {
    if (migration.number > present)
      in_context(migration.name, [&] { connection.run_script(migration.text); });
  }
  connection.set_schema_version(newest);
  transaction.commit();
}

}  // namespace unio::sql
