#pragma once

#include "cli/command.hpp"

namespace unio {

// One function for each command, in the file of its name under cli/commands; commands.cpp has the table.

Command add_command();
Command build_manifest_command();
Command cache_command();
Command cat_command();
Command completion_command();
Command config_command();
Command delete_command();
Command diff_command();
Command env_command();
Command find_command();
Command get_command();
Command hash_command();
Command init_command();
Command install_command();
Command label_command();
Command lineage_command();
Command log_command();
Command ls_command();
Command man_command();
Command mv_command();
Command push_command();
Command push_data_command();
Command push_manifest_command();
Command remote_command();
Command reindex_command();
Command repo_command();
Command retention_command();
Command rm_command();
Command rollback_command();
Command sample_command();
Command save_command();
Command set_command();
Command set_meta_command();
Command show_command();
Command split_command();
Command status_command();
Command sync_command();
Command tag_command();
Command verify_command();

}  // namespace unio
