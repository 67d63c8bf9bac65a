#include "oci/certs.h"

#include <algorithm>

#include "pivotd/base/files.h"
#include "pivotd/base/text.h"

namespace pivotd::oci {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kLargestFile = 4U * 1024 * 1024;
constexpr std::string_view kPemCertificate = "-----BEGIN CERTIFICATE-----";

Result<std::vector<fs::path>> list(const fs::path& directory) {
  std::error_code problem;
  std::vector<fs::path> files;
  for (fs::directory_iterator entry(directory, problem), end; !problem && entry != end;
       entry.increment(problem)) {
    std::error_code dangling;
    if (fs::is_regular_file(entry->path(), dangling)) files.push_back(entry->path());
  }
  if (problem) return errno_error(problem.value(), concat("listing '", directory.string(), "'"));
  std::ranges::sort(files);
  return files;
}

Result<std::string> read_certificates(const fs::path& path) {
  auto content = TRY(read_file(path, kLargestFile));
  if (content.find(kPemCertificate) == std::string::npos)
    return Error(Errc::kInvalid, concat("'", path.string(), "' holds no PEM certificate"));
  return content;
}

fs::path with_extension(fs::path path, const char* extension) {
  return path.replace_extension(extension);
}

Result<void> require_partner(const std::vector<fs::path>& files, const fs::path& path,
                             const char* extension, std::string_view role) {
  const auto partner = with_extension(path, extension);
  if (std::ranges::find(files, partner) != files.end()) return {};
  return Error(Errc::kInvalid,
               concat("'", path.string(), "' is there, but its ", role, " '", partner.string(),
                      "' is not (files with certificates of authorities end in .crt)"));
}

Result<HostCertificates> read_directory(const fs::path& directory) {
  HostCertificates found{.directory = directory, .roots = {}, .certificate = {}, .key = {}};
  const auto files = TRY(list(directory));
  for (const auto& path : files) {
    const auto extension = path.extension();
    if (extension == ".crt") found.roots += TRY(read_certificates(path)) + "\n";
    if (extension == ".key") TRY(require_partner(files, path, ".cert", "certificate"));
    if (extension == ".cert") {
      TRY(require_partner(files, path, ".key", "key"));
      found.certificate = TRY(read_certificates(path));
      found.key = Secret(TRY(read_file(with_extension(path, ".key"), kLargestFile)));
    }
  }
  return found;
}

}  // namespace

Result<HostCertificates> find_certificates(const std::vector<fs::path>& directories,
                                           std::string_view host) {
  for (const auto& parent : directories) {
    const auto directory = parent / host;
    std::error_code absent;
    if (fs::is_directory(directory, absent)) return read_directory(directory);
  }
  return HostCertificates{};
}

}  // namespace pivotd::oci
