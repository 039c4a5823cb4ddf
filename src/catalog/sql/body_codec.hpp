#pragma once

#include <string>
#include <string_view>

namespace unio::sql {

/// Compresses the text of a document, which has much in common with others.
std::string packed(std::string_view text);

/// The text again. Error corruption for anything else than what packed gave.
std::string unpacked(std::string_view bytes);

}  // namespace unio::sql
