#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace unio {

/// The name of a package: "namespace/name", as quilt3 requires it, or one segment, which Unio accepts and
/// quilt3 cannot read. A segment is one or more letters, digits (of any script), `_` or `-`.
class PackageName {
 public:
  /// Error invalid_argument that says what is allowed.
  static PackageName parse(std::string_view text);

  const std::string& text() const { return text_; }
  bool readable_by_quilt3() const { return text_.find('/') != std::string::npos; }

  auto operator<=>(const PackageName&) const = default;

 private:
  std::string text_;
};

/// Throws invalid_argument unless `tag` may name a revision: letters, digits, `_`, `.`, `-`; not all digits
/// (a timestamp), not "latest" (it moves by itself), not "." or "..".
void check_tag_name(std::string_view tag);

/// Which revision of a package is meant.
struct Version {
  enum class Kind { latest, tag, hash };
  Kind kind = Kind::latest;
  std::string value;  ///< the tag, or 6 to 64 lower-case hex digits of the top hash

  bool operator==(const Version&) const = default;
};

/// A package as a user names it, before the configuration says which registry a short name means
/// (design: "References").
///
/// `registry` is the explicit URL of a `quilt+s3://…#package=…`, `s3://…#package=…` or `file:///…#package=…`
/// reference, else empty. `segments` is then the name's; otherwise its first may turn out to be a remote.
struct PackageRef {
  std::optional<std::string> registry;
  std::vector<std::string> segments;
  Version version;
  std::optional<std::string> path;  ///< `&path=` of an explicit reference, decoded

  /// Error invalid_argument for what is no reference: bad characters, both `:` and `@`, hash of a wrong
  /// length, unknown or repeated parameters.
  static PackageRef parse(std::string_view text);
};

/// A reference with nothing left open: the registry's URL, the name in it, the version.
struct ResolvedRef {
  std::string registry;
  PackageName name;
  Version version;

  /// "name", "name:tag" or "name@1234567": for messages.
  std::string display() const;
  /// The explicit form, "file:///dir#package=ns/name@hash": what workspaces and records keep.
  std::string explicit_form() const;
};

/// Picks the registry of `ref`: its explicit one; else the remote that the first of two or more segments
/// names; else, for one or two segments, `default_registry`. Three segments whose first is no remote:
/// not_found, whose hint is the `unio remote add` line. `find_remote` gives the URL of a configured remote.
template <class FindRemote>
ResolvedRef resolve(const PackageRef& ref, std::string_view default_registry, FindRemote&& find_remote);

/// The same without a template: `remote` is the URL configured under the first segment, if any.
ResolvedRef resolve_ref(const PackageRef& ref, std::string_view default_registry,
                        const std::optional<std::string>& remote);

template <class FindRemote>
ResolvedRef resolve(const PackageRef& ref, std::string_view default_registry, FindRemote&& find_remote) {
  std::optional<std::string> remote;
  if (!ref.registry && ref.segments.size() >= 2) remote = find_remote(ref.segments.front());
  return resolve_ref(ref, default_registry, remote);
}

inline constexpr std::size_t top_hash_digits = 64;
/// Whether the text is a whole top hash, in lower-case hex digits.
bool is_top_hash(std::string_view text);
/// The first nine digits, for people.
std::string short_hash(std::string_view hash);

}  // namespace unio
