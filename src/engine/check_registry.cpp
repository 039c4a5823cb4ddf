#include "engine/check_registry.hpp"

#include "base/error.hpp"
#include "engine/publish.hpp"
#include "model/registry_layout.hpp"

namespace unio {
namespace {

void write(const Registry& registry, const Context& context, RegistryCheck& check) {
  check.capabilities = registry.probe();
  if (!check.capabilities) registry.prepare_for_writing();
  check.swept_uploads = sweep_abandoned_uploads(registry, context);
}

}  // namespace

RegistryCheck check_registry(const Registry& registry, const Context& context) {
  registry.store().list(
      {.prefix = std::string(layout::named_packages), .delimiter = "/", .start = {}, .limit = 1});
  RegistryCheck check;
  try {
    write(registry, context, check);
    check.writable = true;
  } catch (const Error& error) {
    const bool refused =
        error.code() == ErrorCode::permission_denied || error.code() == ErrorCode::unsupported;
    if (!refused) throw;
    check.why_not = error.what();
  }
  return check;
}

}  // namespace unio
