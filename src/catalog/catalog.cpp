#include "catalog/catalog.hpp"

namespace unio {

std::string_view name(DocumentKind kind) {
  switch (kind) {
    case DocumentKind::artifact:
      return "artifact";
    case DocumentKind::package:
      return "package";
    case DocumentKind::value:
      return "value";
  }
  return "?";
}

}  // namespace unio
