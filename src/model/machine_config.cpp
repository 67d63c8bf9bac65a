#include "pivotd/model/machine_config.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>

#include "pivotd/base/text.h"

#include "model/problems.h"

namespace pivotd {

namespace {

constexpr std::string_view kApiVersion = "machineconfiguration.openshift.io/v1";
constexpr std::string_view kKind = "MachineConfig";
constexpr std::size_t kMaxName = 253;  // of any object in a cluster

constexpr std::array<std::string_view, 5> kRootKeys{"apiVersion", "kind", "metadata", "spec",
                                                    "status"};
constexpr std::array<std::string_view, 16> kMetadataKeys{"annotations",
                                                         "clusterName",
                                                         "creationTimestamp",
                                                         "deletionGracePeriodSeconds",
                                                         "deletionTimestamp",
                                                         "finalizers",
                                                         "generateName",
                                                         "generation",
                                                         "labels",
                                                         "managedFields",
                                                         "name",
                                                         "namespace",
                                                         "ownerReferences",
                                                         "resourceVersion",
                                                         "selfLink",
                                                         "uid"};
constexpr std::array<std::string_view, 7> kSpecKeys{"baseOSExtensionsContainerImage",
                                                    "config",
                                                    "extensions",
                                                    "fips",
                                                    "kernelArguments",
                                                    "kernelType",
                                                    "osImageURL"};
// What stands for "no image" besides the empty string; older renderers write it.
constexpr std::array<std::string_view, 2> kNoImage{"://dummy", "dummy://"};

bool is_one_of(std::string_view text, std::span<const std::string_view> list) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool is_extension_name(std::string_view text) {
  const auto is_alnum = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  return !text.empty() && text.size() <= kMaxName && is_alnum(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return is_alnum(c) || c == '.' || c == '_' || c == '+' || c == '-';
         });
}

// Absent, null, "", [], {} and false are one and the same to whoever reads a MachineConfig.
bool is_blank(const json::Value& value) {
  if (const auto* text = value.string()) return text->empty();
  if (const auto* array = value.array()) return array->empty();
  if (const auto* object = value.object()) return object->empty();
  return value.is_null() || value == json::Value(false);
}

json::Array as_array(const std::vector<std::string>& strings) {
  return {strings.begin(), strings.end()};
}

// Reads one document. Every field is read, whatever is wrong with the others.
class Reader {
 public:
  explicit Reader(const json::Cursor& root) : root_(root) {}

  Result<MachineConfig> read() {
    read_type();
    if (const auto metadata = problems_.object(root_, "metadata")) read_metadata(*metadata);
    note_unknown(root_, kRootKeys);
    if (const auto spec = problems_.take(root_.member("spec"))) read_spec(*spec);
    if (!problems_.empty()) return problems_.error();
    std::sort(config_.unknown_fields.begin(), config_.unknown_fields.end());
    return std::move(config_);
  }

 private:
  void read_type() {
    if (const auto version = problems_.member(root_, "apiVersion")) expect(*version, kApiVersion);
    if (const auto kind = problems_.take(root_.member("kind"))) expect(*kind, kKind);
  }

  void expect(const json::Cursor& cursor, std::string_view wanted) {
    const auto text = problems_.take(cursor.string());
    if (text && *text != wanted)
      problems_.add(
          cursor.error(concat("expected '", wanted, "', found '", printable(*text), "'")));
  }

  void read_metadata(const json::Cursor& metadata) {
    note_unknown(metadata, kMetadataKeys);
    const auto name = problems_.member(metadata, "name");
    if (!name) return;
    const auto text = problems_.take(name->string());
    if (!text) return;
    if (text->size() > kMaxName) problems_.add(name->error("is longer than 253 bytes"));
    // It goes into logs and status lines.
    if (printable(*text, kMaxName) != *text) problems_.add(name->error("has a control character"));
    config_.name = *text;
  }

  void read_spec(const json::Cursor& spec) {
    const auto* members = spec.value().object();
    if (members == nullptr) return problems_.add(spec.expected("an object"));
    note_unknown(spec, kSpecKeys);
    read_image(spec);
    for (const auto& entry : problems_.elements(spec, "kernelArguments")) read_kernel_args(entry);
    for (const auto& entry : problems_.elements(spec, "extensions")) read_extension(entry);
    auto& extensions = config_.extensions;
    std::sort(extensions.begin(), extensions.end());
    extensions.erase(std::unique(extensions.begin(), extensions.end()), extensions.end());
    read_kernel_type(spec);
    config_.fips = problems_.boolean(spec, "fips").value_or(false);
    config_.extensions_image =
        problems_.string(spec, "baseOSExtensionsContainerImage").value_or("");
    if (const auto ignition = problems_.member(spec, "config"))
      config_.ignition = problems_.take(parse_ignition(*ignition)).value_or(IgnitionSummary{});
    config_.content = content_of(*members);
  }

  void read_image(const json::Cursor& spec) {
    const auto url = problems_.member(spec, "osImageURL");
    if (!url) return;
    const auto text = problems_.take(url->string());
    if (!text || text->empty() || is_one_of(*text, kNoImage)) return;
    auto image = ImageRef::parse(*text);
    if (!image.ok()) return problems_.add(url->error(image.error().message()));
    config_.image = std::move(image).value();
  }

  void read_kernel_args(const json::Cursor& entry) {
    const auto text = problems_.take(entry.string());
    if (!text) return;
    const auto args = KernelArgs::parse(*text);
    if (!args.ok()) return problems_.add(entry.error(args.error().message()));
    for (const auto& arg : args->args())
      if (arg.has_open_quote())
        problems_.add(entry.error(concat("kernel argument '", printable(arg.str()),
                                         "' has a quote that is not closed: it would swallow the "
                                         "arguments after it")));
    config_.kernel_arguments.append(*args);
  }

  void read_extension(const json::Cursor& entry) {
    auto text = problems_.take(entry.string());
    if (!text) return;
    if (!is_extension_name(*text))
      return problems_.add(entry.error(concat("'", printable(*text),
                                              "' is not the name of an extension: letters, digits, "
                                              "'.', '_', '+' and '-', a letter or digit first")));
    config_.extensions.push_back(*std::move(text));
  }

  void read_kernel_type(const json::Cursor& spec) {
    const auto type = problems_.member(spec, "kernelType");
    if (!type) return;
    const auto text = problems_.take(type->string());
    if (!text || text->empty()) return;
    for (const auto known : {KernelType::kDefault, KernelType::kRealtime, KernelType::k64kPages}) {
      if (*text != to_string(known)) continue;
      config_.kernel_type = known;
      return;
    }
    problems_.add(type->error(
        concat("expected 'default', 'realtime' or '64k-pages', found '", printable(*text), "'")));
  }

  void note_unknown(const json::Cursor& parent, std::span<const std::string_view> known) {
    const auto* members = parent.value().object();
    if (members == nullptr) return;
    for (const auto& [key, value] : *members) {
      if (is_one_of(key, known)) continue;
      const auto shown = printable(key);
      config_.unknown_fields.push_back(parent.path().empty() ? shown
                                                             : concat(parent.path(), ".", shown));
    }
  }

  // Of spec as it was understood, so that two ways to write one wish are one.
  Digest content_of(const json::Object& members) const {
    json::Object understood;
    for (const auto& [key, value] : members) {
      auto member = value;
      if (key == "kernelArguments") member = as_array(config_.kernel_arguments.strings());
      if (key == "extensions") member = as_array(config_.extensions);
      if (key == "osImageURL" && !config_.image) member = nullptr;
      if (key == "kernelType" && config_.kernel_type == KernelType::kDefault) member = nullptr;
      if (!is_blank(member)) understood.emplace_back(key, std::move(member));
    }
    return Digest::of(json::dump_canonical(json::Value(std::move(understood))));
  }

  const json::Cursor& root_;
  Problems problems_;
  MachineConfig config_{.content = Digest(Sha256::Value{})};
};

}  // namespace

std::string_view to_string(KernelType type) {
  switch (type) {
    case KernelType::kDefault:
      return "default";
    case KernelType::kRealtime:
      return "realtime";
    case KernelType::k64kPages:
      return "64k-pages";
  }
  PIVOTD_ASSERT(false);
}

Result<MachineConfig> MachineConfig::parse(std::string_view text) {
  const auto root =
      TRY(json::parse(text, "the MachineConfig", {.bytes = kMaxBytes, .depth = kMaxDepth}));
  const json::Cursor cursor(root);
  if (root.object() == nullptr) return cursor.expected("a MachineConfig object");
  const auto* kind = root.find("kind");
  if (kind != nullptr && kind->string() != nullptr && kind->string()->ends_with("List"))
    return cursor.error(concat("is a '", printable(*kind->string()),
                               "': write the one MachineConfig that is meant, as 'oc get "
                               "machineconfig NAME -o json' prints it"));
  return Reader(cursor).read();
}

}  // namespace pivotd
