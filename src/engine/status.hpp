#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/build.hpp"
#include "engine/context.hpp"
#include "workspace/workspace.hpp"

namespace unio {

/// One line of "Data:": a part of the package and where its bytes are now.
struct DataLine {
  std::string key;    ///< "train2017/", "README.md"
  std::string place;  ///< "./train2017/", or the URL of the folder when all of it lies in one
  std::uint64_t entries = 0;
};

struct StatusResult {
  std::string name;
  std::string version;             ///< ":v0", "@3e6e97ccc" or ""
  std::string top_hash;            ///< empty: pre-manifest
  bool builder = false;            ///< a builder rather than a published package
  std::vector<std::string> parts;  ///< what is here of an installed package; empty: all of it
  std::vector<DataLine> data;
  std::vector<std::string> changed;
  std::vector<std::string> missing;
  std::vector<std::string> added;         ///< new files in folder sources
  std::vector<std::string> unknown;       ///< beside installed files, not part of the package
  std::vector<std::string> meta_changed;  ///< keys with metadata not built yet; "" is the package
  std::vector<std::string> unreadable;
  std::vector<LeftOut> left_out;
  std::uint64_t unchanged = 0;
  bool clean() const {
    return changed.empty() && missing.empty() && added.empty() && unknown.empty() && unreadable.empty() &&
           meta_changed.empty();
  }
};

/// How the folder differs from its manifest. Reads only files whose stamps changed; those that turn out to be
/// the same are remembered in the stat index.
StatusResult status(Workspace& workspace, const Context& context);

}  // namespace unio
