#include "engine/pointer_value.hpp"

#include "base/ascii.hpp"
#include "model/package_ref.hpp"

namespace unio {

std::optional<std::string> find_pointer_value(std::string_view content) {
  // quilt3 and people may leave white space around the hash.
  const std::string_view hash = trimmed(content, " \t\r\n");
  return is_top_hash(hash) ? std::optional(std::string(hash)) : std::nullopt;
}

}  // namespace unio
