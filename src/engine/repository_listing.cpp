#include "engine/repository_listing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "base/error.hpp"
#include "engine/feed.hpp"
#include "engine/publish.hpp"
#include "model/registry_layout.hpp"

namespace unio {
namespace {

/// Longer lists would make an entry of the feed too long: it names none then, which stands for all.
constexpr std::size_t longest_versions = std::size_t{16} << 10;

std::string without_slash(std::string url) {
  while (url.ends_with('/') && !url.ends_with("://")) url.pop_back();
  return url;
}

/// Goes to the folder above; false at the top.
bool go_up(PhysicalKey& folder) {
  if (folder.path.empty() || folder.path == "/") return false;
  const std::size_t slash = folder.path.rfind('/');
  const bool at_root = folder.kind == PhysicalKey::Kind::file && slash == 0;
  folder.path.resize(slash == std::string::npos ? 0 : slash + (at_root ? 1 : 0));
  return true;
}

bool is_registry(const std::string& url, const Context& context) {
  try {
    return context.stores.get(url).find(layout::format).has_value();
  } catch (const Error& error) {
    // Who may write in a folder need not be allowed to look above it.
    if (error.code() == ErrorCode::cancelled || error.code() == ErrorCode::unavailable) throw;
    return false;
  }
}

/// False, with a warning, where the registry may not be written to.
bool if_allowed(const RepositoryHome& home, const Context& context, const std::function<void()>& write) {
  try {
    write();
    return true;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::permission_denied && error.code() != ErrorCode::unsupported) throw;
    context.progress.warn(fmt::format("'{}' is not listed in the registry '{}': {}", home.index_key,
                                      home.registry.url(), error.what()));
    return false;
  }
}

}  // namespace

RepositoryHome find_home(const PhysicalKey& index, const std::vector<std::string>& known,
                         const Context& context) {
  PhysicalKey place = index;
  std::optional<std::string> own;
  while (go_up(place)) {
    const std::string url = without_slash(place.url());
    if (!own) own = url;
    if (std::find(known.begin(), known.end(), url) == known.end() && !is_registry(url, context)) continue;
    const bool at_top = place.path.empty() || place.path == "/";
    return {Registry(context.stores.get(url), context),
            index.path.substr(place.path.size() + (at_top ? 0 : 1))};
  }
  return {Registry(context.stores.get(own.value()), context), index.path.substr(index.path.rfind('/') + 1)};
}

RepositoryListing::RepositoryListing(RepositoryHome home, const Context& context)
    : home_(std::move(home)), context_(context), id_(session_id(context)) {}

std::unique_ptr<RepositoryListing> RepositoryListing::open(RepositoryHome home, const Context& context) {
  std::unique_ptr<RepositoryListing> listing(new RepositoryListing(std::move(home), context));
  if (listing->store().probed() == nullptr) return listing;
  const bool able =
      if_allowed(listing->home_, context, [&] { listing->home_.registry.prepare_for_writing(); });
  return able ? std::move(listing) : nullptr;
}

Json RepositoryListing::entry() const {
  return Json::object({{"op", random_id(context_.random)},
                       {"kind", "value"},
                       {"when", format_time(context_.clock.now())},
                       {"user", context_.user},
                       {"repository", home_.index_key}});
}

bool RepositoryListing::announce() {
  return if_allowed(home_, context_, [&] { write_announcement(); });
}

void RepositoryListing::write_announcement() {
  if (store().probed() == nullptr) home_.registry.prepare_for_writing();
  Json session = session_record(id_, context_);
  session.set("repository", home_.index_key);
  session.set("entry", entry());
  store().write(layout::session(id_), as_bytes(session.dump() + "\n"), Condition::absent());
  const std::string mark = layout::repository_mark(home_.index_key);
  if (store().find(mark)) return;
  const std::string content = Json::object({{"index", home_.index_key}}).dump() + "\n";
  store().write(mark, as_bytes(content), Condition::none());
}

void RepositoryListing::list(const std::vector<VersionName>& versions) {
  Json listed = entry();
  Json::Array named;
  for (const auto& [name, number] : versions) {
    Json::Array pair;
    pair.emplace_back(name);
    pair.emplace_back(number);
    named.emplace_back(std::move(pair));
  }
  Json all(std::move(named));
  if (!versions.empty() && all.dump().size() <= longest_versions) listed.set("versions", std::move(all));
  append_feed(home_.registry, listed, context_.clock.now(), context_);
  store().remove(layout::session(id_), Condition::none());
}

}  // namespace unio
