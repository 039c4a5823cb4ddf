#include "engine/complete_manifest.hpp"

#include "engine/registry.hpp"

namespace unio {

void complete_manifest(Workspace& workspace, const Context& context) {
  if (!workspace.has_part()) return;
  const Registry registry(context.stores.get(workspace.state().ref.registry), context);
  const Manifest whole = registry.get_manifest(workspace.manifest_hash());
  const Workspace::Lock lock = workspace.lock();
  if (workspace.has_part() && workspace.manifest_hash() == whole.top_hash())
    workspace.save(whole, context.random);
}

}  // namespace unio
