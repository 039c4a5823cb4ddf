#include "workspace/workspace.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cerrno>
#include <system_error>

#include "base/error.hpp"

namespace unio {
namespace {

constexpr auto state_name = "workspace.json";
constexpr std::string_view manifest_prefix = "manifest-";

std::filesystem::path state_path(const std::filesystem::path& root) {
  return root / ".unio" / state_name;
}

BuilderState load_state(const std::filesystem::path& path) {
  try {
    return BuilderState::parse(read_file(path));
  } catch (Error& error) {
    if (error.code() == ErrorCode::unsupported) throw;
    throw Error(ErrorCode::corruption, fmt::format("'{}' is damaged: {}", path.native(), error.message()),
                "install the package into another folder");
  }
}

void make_folder(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw error_from_errno(error.value(), fmt::format("make folder '{}'", path.native()));
}

}  // namespace

Workspace::Workspace(std::filesystem::path root, BuilderState state)
    : root_(std::move(root)), state_(std::move(state)) {}

Workspace Workspace::unstored(const std::filesystem::path& root, BuilderState state, Manifest manifest) {
  Workspace workspace(std::filesystem::absolute(root).lexically_normal(), std::move(state));
  workspace.manifest_ = std::move(manifest);
  return workspace;
}

std::optional<Workspace> Workspace::find(const std::filesystem::path& directory) {
  std::filesystem::path folder = std::filesystem::absolute(directory).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  for (;; folder = folder.parent_path()) {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(state_path(folder), ignored)) {
      return Workspace(folder, load_state(state_path(folder)));
    }
    if (folder == folder.root_path() || folder.empty()) return std::nullopt;
  }
}

Workspace Workspace::get(const std::filesystem::path& directory) {
  std::error_code error;
  if (!std::filesystem::exists(directory, error)) {
    throw Error(ErrorCode::not_found, fmt::format("there is no folder '{}'", directory.native()));
  }
  if (auto workspace = find(directory)) return std::move(*workspace);
  throw Error(ErrorCode::failed_precondition, fmt::format("'{}' is no workspace", directory.native()),
              "unio init NAME makes a new package here, unio install NAME --location DIR fetches one");
}

/// Everything but the file that makes a folder a workspace.
Workspace Workspace::prepare(const std::filesystem::path& root, BuilderState state, RandomSource& random) {
  if (const auto present = find(root)) {
    throw Error(ErrorCode::already_exists,
                fmt::format("'{}' is the workspace of '{}' already", present->root().native(),
                            present->state().ref.name.text()),
                "use another folder");
  }
  std::filesystem::path folder = std::filesystem::absolute(root).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  make_folder(folder / ".unio");
  replace_file(folder / ".unio/.gitignore", as_bytes("*\n"), random);
  return {std::move(folder), std::move(state)};
}

Workspace Workspace::create(const std::filesystem::path& root, BuilderState state, RandomSource& random) {
  Workspace workspace = prepare(root, std::move(state), random);
  workspace.save(random);
  return workspace;
}

Workspace Workspace::create(const std::filesystem::path& root, BuilderState state, const Manifest& manifest,
                            RandomSource& random) {
  Workspace workspace = prepare(root, std::move(state), random);
  workspace.save(manifest, random);
  return workspace;
}

Workspace Workspace::create_with_part(const std::filesystem::path& root, BuilderState state,
                                      const Manifest& part, const std::string& top_hash,
                                      RandomSource& random) {
  Workspace workspace = prepare(root, std::move(state), random);
  workspace.save_part(part, top_hash, random);
  return workspace;
}

const Manifest& Workspace::manifest() {
  check(!has_part(), "only a part of the manifest is here");
  return installed_manifest();
}

const Manifest& Workspace::installed_manifest() {
  if (manifest_) return *manifest_;
  if (state_.manifest_file.empty()) return manifest_.emplace();
  const std::filesystem::path path = state_folder() / state_.manifest_file;
  return in_context(fmt::format("read '{}'", path.native()), [&]() -> const Manifest& {
    ManifestReader reader({.max_line = std::size_t{1} << 30, .hash_while_reading = false});
    File file = File::open_for_reading(path);
    std::vector<std::byte> buffer(std::size_t{1} << 20);
    Sha256 hash;
    while (const std::size_t count = file.read(buffer)) {
      const Bytes bytes = Bytes(buffer).first(count);
      // The top hash says nothing of a part.
      if (has_part()) hash.update(bytes);
      reader.feed(as_text(bytes));
    }
    if (has_part() && to_hex(hash.finish()) != state_.part_sha256)
      throw Error(ErrorCode::corruption, "it was altered", "install the package into another folder");
    return manifest_.emplace(reader.finish());
  });
}

void Workspace::save(RandomSource& random) {
  replace_file(state_path(root_), as_bytes(state_.dump()), random);
}

void Workspace::write_manifest(const Manifest& manifest, RandomSource& random) {
  const std::string name = fmt::format("{}{}.jsonl", manifest_prefix, random_id(random));
  TemporaryFile file(state_folder(), "new-", random);
  manifest.write([&](std::string_view piece) { file.file().write(as_bytes(piece)); });
  file.file().sync();
  file.publish_over(state_folder() / name);
  state_.manifest_file = name;
}

void Workspace::save_part(const Manifest& part, const std::string& top_hash, RandomSource& random) {
  Sha256 hash;
  part.write([&](std::string_view piece) { hash.update(piece); });
  write_manifest(part, random);
  state_.part_sha256 = to_hex(hash.finish());
  state_.top_hash = top_hash;
  save(random);
  manifest_ = part;
  remove_old_manifests();
}

void Workspace::save(const Manifest& manifest, RandomSource& random) {
  write_manifest(manifest, random);
  state_.part_sha256.clear();
  try {
    state_.top_hash = manifest.top_hash();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::failed_precondition) throw;
    state_.top_hash.clear();
  }
  save(random);
  manifest_ = manifest;
  remove_old_manifests();
}

void Workspace::remove_old_manifests() const {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(state_folder(), ignored)) {
    const std::string name = entry.path().filename().native();
    const bool is_manifest = name.starts_with(manifest_prefix) || name.starts_with("new-");
    if (is_manifest && name != state_.manifest_file) std::filesystem::remove(entry.path(), ignored);
  }
}

Workspace::Lock::Lock(const std::filesystem::path& state_folder) {
  const std::filesystem::path path = state_folder / "lock";
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0) throw_errno(fmt::format("open '{}'", path.native()));
  file_ = File(descriptor, path.native());
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return;
  if (errno != EWOULDBLOCK) throw_errno(fmt::format("lock '{}'", path.native()));
  throw Error(ErrorCode::conflict,
              fmt::format("another unio command is working in '{}'", state_folder.parent_path().native()),
              "wait until it is done and run the command again");
}

Workspace::Lock Workspace::lock() {
  Lock lock(state_folder());
  state_ = load_state(state_path(root_));
  manifest_.reset();
  return lock;
}

std::filesystem::path Workspace::local_path(const Source& source, std::string_view key) const {
  const std::filesystem::path base = (root_ / source.path).lexically_normal();
  if (source.kind == Source::Kind::file) return base;
  return (base / key.substr(source.key.size())).lexically_normal();
}

}  // namespace unio
