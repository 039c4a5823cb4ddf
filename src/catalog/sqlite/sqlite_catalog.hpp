#pragma once

#include <filesystem>
#include <memory>

#include "catalog/catalog.hpp"

namespace unio {

/// The catalogue in a file of its own, made with its folder when it is absent. Many processes may use it at
/// once. The file must be opened by no other copy of SQLite in this process, and the catalogue not be used
/// after a fork. Rebuilt, it stands in another file beside it, to which a link of this name leads.
///
/// Error corruption for a file that is no catalogue or is damaged: remove it, open it again and fill it anew.
std::unique_ptr<Catalog> open_sqlite_catalog(const std::filesystem::path& file);

/// Removes the file with what SQLite keeps beside it. Whoever has it open goes on with what is no longer
/// there.
void remove_sqlite_catalog(const std::filesystem::path& file);

}  // namespace unio
