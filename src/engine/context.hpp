#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/environment.hpp"
#include "base/failpoints.hpp"
#include "base/process.hpp"
#include "base/progress.hpp"
#include "base/random.hpp"
#include "storage/object_store.hpp"

namespace unio {

/// Opens stores by URL: "file:///dir", "s3://bucket/prefix". Owned by `app`, which knows the backends; a
/// store is opened on first use and stays until the end. Thread-safe.
class Stores {
 public:
  virtual ~Stores() = default;
  /// Error invalid_argument for a URL that no backend understands, unsupported for one that is not built in.
  virtual ObjectStore& get(std::string_view url) = 0;
};

/// What every operation is given of the outside world. A bundle of borrowed references: made once by a front
/// end, valid for the call.
struct Context {
  Stores& stores;
  const Clock& clock;
  RandomSource& random;
  const Environment& environment;
  ProcessRunner& processes;
  const Failpoints& failpoints;
  Progress& progress;
  std::stop_token stop;
  /// How many threads an operation may use.
  unsigned threads = 1;
  /// Who the user is, for revisions and reflogs.
  std::string user;
  std::string host;
  /// Folder names that are never packaged.
  std::vector<std::string> ignored_folders;
};

}  // namespace unio
