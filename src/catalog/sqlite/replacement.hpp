#pragma once

#include <filesystem>
#include <memory>

#include "base/files.hpp"

namespace unio::sql {

/// A new database file that takes the place of another under its name, for many processes at once.
///
/// SQLite keeps a log beside a database, under the database's name; to put another file under a name whose
/// log is there, or may be written by whoever has the old file open, damages it. So each new file has a name
/// of its own, "catalog.<id>.sqlite", and "catalog.sqlite" becomes a link to the one that counts: SQLite
/// follows links before it names logs. What processes left that died is removed with the next one.
class Replacement {
 public:
  /// Of the database that is opened as `name`, if there is one. Null where the file system has no links.
  /// Errors no_space, permission_denied.
  static std::unique_ptr<Replacement> begin(const std::filesystem::path& name);

  /// An empty file to be filled; gone with this object unless it was published.
  const std::filesystem::path& file() const { return file_.path(); }

  /// Makes it the one that `name` leads to; nobody may have it open. Those who have the old one open go on
  /// with what is no longer there. After a crash one of the two counts, whole.
  void publish();

 private:
  Replacement(std::filesystem::path name, TemporaryFile lock, TemporaryFile file, TemporaryFile link);

  std::filesystem::path name_;
  TemporaryFile lock_;  ///< held by whoever is at work; there before the others, and longer
  TemporaryFile file_;
  TemporaryFile link_;
};

/// Removes a database with what SQLite keeps beside it, and where its name is a link what that leads to.
void remove_database(const std::filesystem::path& name);

}  // namespace unio::sql
