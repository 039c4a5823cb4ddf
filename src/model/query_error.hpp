#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace unio {

/// Throws the Error invalid_argument for a query that is wrong.
[[noreturn]] void refuse_query(std::string message, std::string hint = {});

/// What somebody wrote, for a message: in single quotes, one line, control characters escaped, cut when long.
std::string shown(std::string_view text);

/// "did you mean 'x'?" when one of the candidates is near; else `otherwise`.
std::string did_you_mean(std::string_view text, const std::vector<std::string>& candidates,
                         std::string_view otherwise);

}  // namespace unio
