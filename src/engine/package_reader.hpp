#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/threads.hpp"
#include "engine/browse.hpp"
#include "engine/context.hpp"
#include "engine/package_part.hpp"
#include "engine/registry.hpp"

namespace unio {

/// One revision of a package that is read again and again: for front ends that stay, such as Python. Which
/// revision it is is found out once. Its manifest is read when it is first needed: whole where it is near or
/// small; of a large one in a bucket only the parts asked for, until so many were that the whole is as good.
///
/// Holds values only; each call brings the context whose stores it uses, and what it returns is valid as long
/// as that. Thread-safe.
class PackageReader {
 public:
  /// Finds the revision. Error not_found; a full top hash is believed until its manifest is read.
  PackageReader(const ResolvedRef& ref, const Context& context);
  /// The revision is known; whether it is there shows when its manifest is read.
  PackageReader(ResolvedRef ref, std::string top_hash);
  /// Of a manifest that is here, and perhaps in no registry yet.
  enum class Local { no, yes };
  PackageReader(ResolvedRef ref, Manifest manifest, Local local);

  /// As it was asked for: with the tag, if one was.
  const ResolvedRef& ref() const { return ref_; }
  const std::string& top_hash() const { return top_hash_; }
  /// Whether only this object has the manifest.
  bool is_local() const { return local_ == Local::yes; }

  OpenedPackage whole(const Context& context);
  /// With at least these entries and folders, as open_part.
  OpenedPackage part(std::span<const std::string> keys, Depth depth, const Context& context);
  /// Absent when the whole manifest was not read yet.
  std::optional<Manifest> find_whole();

 private:
  OpenedPackage opened(Manifest manifest, const Context& context) const;
  std::optional<Manifest> find_part_with(std::span<const std::string> keys);
  void remember(const OpenedPackage& package);

  ResolvedRef ref_;
  std::string top_hash_;
  Local local_ = Local::no;
  struct State {
    std::optional<Manifest> whole;
    std::vector<Manifest> parts;
  };
  Synchronized<State> state_;
};

}  // namespace unio
