#include "cli/commands.hpp"

#include <array>

namespace unio {

std::span<const Command> commands() {
  static const std::array all{
      init_command(),      add_command(),        set_command(),           rm_command(),
      mv_command(),        set_meta_command(),   status_command(),        build_manifest_command(),
      push_command(),      push_data_command(),  push_manifest_command(), sample_command(),
      split_command(),     install_command(),    verify_command(),        sync_command(),
      hash_command(),      ls_command(),         cat_command(),           show_command(),
      log_command(),       diff_command(),       tag_command(),           rollback_command(),
      delete_command(),    save_command(),       find_command(),          get_command(),
      label_command(),     lineage_command(),    env_command(),           remote_command(),
      config_command(),    cache_command(),      reindex_command(),       repo_command(),
      retention_command(), completion_command(), man_command(),
  };
  return all;
}

}  // namespace unio
