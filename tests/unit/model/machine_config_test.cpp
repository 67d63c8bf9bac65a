#include "pivotd/model/machine_config.h"

#include <gtest/gtest.h>

#include "pivotd/base/text.h"

namespace pivotd {
namespace {

const std::string kImage =
    "quay.io/openshift-release-dev/ocp-v4.0-art-dev@sha256:"
    "be178c0543eb17f5f3043021c9e5fcf30285e557a4fc309cce97ff9ca6182912";

std::string with_spec(const std::string& spec) {
  return R"({"apiVersion": "machineconfiguration.openshift.io/v1", "kind": "MachineConfig",
"metadata": {"name": "worker"},
"spec": )" +
         spec + "}";
}

std::string problem(const std::string& document) {
  const auto parsed = MachineConfig::parse(document);
  if (parsed.ok()) return "accepted";
  EXPECT_EQ(parsed.error().code(), Errc::kInvalid);
  return parsed.error().message();
}

std::string problem_of_spec(const std::string& spec) {
  return problem(with_spec(spec));
}

MachineConfig parsed(const std::string& spec) {
  auto config = MachineConfig::parse(with_spec(spec));
  EXPECT_TRUE(config.ok()) << spec << ": " << config.error().message();
  return std::move(config).value();
}

// As the operator renders it, with everything that a cluster adds.
constexpr std::string_view kRendered = R"({
  "apiVersion": "machineconfiguration.openshift.io/v1",
  "kind": "MachineConfig",
  "metadata": {
    "annotations": {"machineconfiguration.openshift.io/generated-by-controller-version": "1"},
    "creationTimestamp": null, "generation": 1, "labels": null,
    "managedFields": [{"manager": "machine-config-controller"}],
    "name": "rendered-worker-0123456789abcdef0123456789abcdef",
    "ownerReferences": [{"kind": "MachineConfigPool"}], "resourceVersion": "1", "uid": "x"
  },
  "spec": {
    "baseOSExtensionsContainerImage": "quay.io/x/y",
    "config": {
      "ignition": {"version": "3.2.0"},
      "passwd": {"users": [{"name": "core", "sshAuthorizedKeys": ["ssh-ed25519 AAAA"]}]},
      "storage": {"files": [{"path": "/etc/a", "mode": 420, "contents": {"source": "data:,x"}},
                            {"path": "/etc/b", "mode": 511}]},
      "systemd": {"units": [{"name": "kubelet.service", "enabled": true, "contents": "[Unit]"}]}
    },
    "extensions": ["usbguard", "ipsec", "usbguard"],
    "fips": true,
    "kernelArguments": ["nosmt", " baz=test bar=\"hello world\"", "foo=1", "foo=2"],
    "kernelType": "realtime",
    "osImageURL": "IMAGE"
  }
})";

TEST(MachineConfig, ReadsEveryFieldOfTheSchema) {
  auto text = std::string(kRendered);
  text.replace(text.find("IMAGE"), 5, kImage);
  const auto config = MachineConfig::parse(text);
  ASSERT_TRUE(config.ok()) << config.error().message();
  const MachineConfig expected{
      .name = "rendered-worker-0123456789abcdef0123456789abcdef",
      .image = *ImageRef::parse(kImage),
      .kernel_arguments = *KernelArgs::parse("nosmt baz=test bar=\"hello world\" foo=1 foo=2"),
      .extensions = {"ipsec", "usbguard"},
      .kernel_type = KernelType::kRealtime,
      .fips = true,
      .ignition = {.version = "3.2.0", .files = 2, .units = 1, .users = 1},
      .extensions_image = "quay.io/x/y",
      .content = config->content,
  };
  EXPECT_EQ(*config, expected);
}

TEST(MachineConfig, TakesNullForEveryFieldThatMayBeLeftOut) {
  const std::string null_everywhere = R"({"apiVersion": null, "kind": "MachineConfig",
    "metadata": null, "status": null,
    "spec": {"osImageURL": null, "config": null, "kernelArguments": null, "extensions": null,
             "fips": null, "kernelType": null, "baseOSExtensionsContainerImage": null}})";
  const auto config = MachineConfig::parse(null_everywhere);
  ASSERT_TRUE(config.ok()) << config.error().message();
  const auto least = MachineConfig::parse(R"({"kind": "MachineConfig", "spec": {}})");
  ASSERT_TRUE(least.ok()) << least.error().message();
  EXPECT_EQ(*config, *least);
  EXPECT_EQ(config->name, "");
  EXPECT_EQ(config->image, std::nullopt);
  EXPECT_TRUE(config->kernel_arguments.empty());
  EXPECT_EQ(config->kernel_type, KernelType::kDefault);
  EXPECT_FALSE(config->fips);
  EXPECT_TRUE(config->ignition.empty());
}

TEST(MachineConfig, LeavesTheOsAloneForEveryWayToWriteNoImage) {
  for (const auto& url : std::vector<std::string>{"", "://dummy", "dummy://"})
    EXPECT_EQ(parsed(concat(R"({"osImageURL": ")", url, "\"}")).image, std::nullopt) << url;
}

TEST(MachineConfig, ListsWhatIsOutsideOfTheSchema) {
  const auto config = MachineConfig::parse(R"({"kind": "MachineConfig", "zebra": 1, "status": {},
    "metadata": {"name": "x", "ünknown": {"deep": 1}, "finalizers": []},
    "spec": {"frobnicate": true, "a\nb": 1, "osImageStream": null}})");
  ASSERT_TRUE(config.ok()) << config.error().message();
  EXPECT_EQ(config->unknown_fields,
            (std::vector<std::string>{"metadata.ünknown", "spec.a?b", "spec.frobnicate",
                                      "spec.osImageStream", "zebra"}));
}

struct Refused {
  std::string spec;
  std::string message;
};

TEST(MachineConfig, NamesPathLineAndExpectationOfWhatItRefuses) {
  const std::vector<Refused> table{
      {"[]", "spec (line 3): expected an object, found an array"},
      {"null", "spec (line 3): expected an object, found null"},
      {"{\n\"fips\": \"yes\"}", "spec.fips (line 4): expected true or false, found a string"},
      {R"({"fips": 1})", "spec.fips (line 3): expected true or false, found a number"},
      {R"({"kernelArguments": "nosmt"})",
       "spec.kernelArguments (line 3): expected an array, found a string"},
      {"{\"kernelArguments\": [\"a\",\n1, null]}",
       "spec.kernelArguments[1] (line 4): expected a string, found a number; "
       "spec.kernelArguments[2] (line 4): expected a string, found null"},
      {R"({"kernelArguments": ["a=\"b c"]})",
       "spec.kernelArguments[0] (line 3): kernel argument 'a=\"b c' has a quote that is not "
       "closed: "
       "it would swallow the arguments after it"},
      {R"({"kernelArguments": ["ok", "a\u0000b"]})",
       "spec.kernelArguments[1] (line 3): kernel argument 'a?b' has a control character"},
      {R"({"kernelArguments": ["a=\"b\nlinux /evil\""]})",
       "spec.kernelArguments[0] (line 3): kernel argument 'a=\"b?linux /evil\"' has a control "
       "character"},
      {R"({"extensions": ["ok", "-x", "a b", "", "../x"]})",
       "spec.extensions[1] (line 3): '-x' is not the name of an extension: letters, digits, '.', "
       "'_', '+' and '-', a letter or digit first; "
       "spec.extensions[2] (line 3): 'a b' is not the name of an extension: letters, digits, '.', "
       "'_', '+' and '-', a letter or digit first; "
       "spec.extensions[3] (line 3): '' is not the name of an extension: letters, digits, '.', "
       "'_', '+' and '-', a letter or digit first; "
       "spec.extensions[4] (line 3): '../x' is not the name of an extension: letters, digits, '.', "
       "'_', '+' and '-', a letter or digit first"},
      {R"({"kernelType": "rt"})",
       "spec.kernelType (line 3): expected 'default', 'realtime' or '64k-pages', found 'rt'"},
      {R"({"osImageURL": "quay.io/a:latest"})",
       "spec.osImageURL (line 3): 'quay.io/a:latest' is not pinned by a digest: write "
       "'host/path@sha256:...', a tag may change under it"},
      {R"({"osImageURL": {}})", "spec.osImageURL (line 3): expected a string, found an object"},
      {R"({"baseOSExtensionsContainerImage": 1})",
       "spec.baseOSExtensionsContainerImage (line 3): expected a string, found a number"},
      {R"({"config": []})", "spec.config (line 3): expected an object, found an array"},
      {R"({"config": {"ignition": {"version": "9.9.9"}}})",
       "spec.config.ignition.version (line 3): Ignition version '9.9.9' is not supported; the "
       "supported ones are 2.2.0, 3.0.0, 3.1.0, 3.2.0, 3.3.0, 3.4.0 and 3.5.0"},
  };
  for (const auto& row : table) EXPECT_EQ(problem_of_spec(row.spec), row.message) << row.spec;
}

TEST(MachineConfig, ReportsAllProblemsOfADocumentTogether) {
  EXPECT_EQ(problem(R"({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": 5},
"spec": {"fips": "x", "kernelType": 7, "osImageURL": "x"}})"),
            "apiVersion (line 1): expected 'machineconfiguration.openshift.io/v1', found 'v1'; "
            "kind (line 1): expected 'MachineConfig', found 'Pod'; "
            "metadata.name (line 1): expected a string, found a number; "
            "spec.osImageURL (line 2): 'x' is not pinned by a digest: write "
            "'host/path@sha256:...', a tag may change under it; "
            "spec.kernelType (line 2): expected a string, found a number; "
            "spec.fips (line 2): expected true or false, found a string");
}

TEST(MachineConfig, CountsWhatIsTooMuchToShow) {
  std::string many = "1";
  for (int i = 0; i < 99; ++i) many += ", 1";
  const auto message = problem_of_spec(R"({"kernelArguments": [)" + many + "]}");
  EXPECT_TRUE(
      message.ends_with("spec.kernelArguments[19] (line 3): expected a string, found a "
                        "number; and 80 more"))
      << message;
}

TEST(MachineConfig, RefusesWhatIsNotOneMachineConfig) {
  const std::vector<Refused> table{
      {"",
       "the MachineConfig, line 1: syntax error while parsing value - unexpected end of input; "
       "expected '[', '{', or a literal"},
      {"[]", "the document (line 1): expected a MachineConfig object, found an array"},
      {"null", "the document (line 1): expected a MachineConfig object, found null"},
      {"{}", "the document (line 1): has no 'kind'; the document (line 1): has no 'spec'"},
      {R"({"kind": "MachineConfig"})", "the document (line 1): has no 'spec'"},
      {R"({"kind": null, "spec": {}})", "kind (line 1): expected a string, found null"},
      {R"({"kind": "List", "items": [{}]})",
       "the document (line 1): is a 'List': write the one MachineConfig that is meant, as 'oc get "
       "machineconfig NAME -o json' prints it"},
      {R"({"kind": "MachineConfigList", "items": []})",
       "the document (line 1): is a 'MachineConfigList': write the one MachineConfig that is "
       "meant, "
       "as 'oc get machineconfig NAME -o json' prints it"},
      {"\xEF\xBB\xBF{}", "the MachineConfig, line 1: starts with a byte order mark"},
      {R"({"kind": "MachineConfig", "metadata": {"name": "a\nb"}, "spec": {}})",
       "metadata.name (line 1): has a control character"},
      {R"({"kind": "MachineConfig", "metadata": [], "spec": {}})",
       "metadata (line 1): expected an object, found an array"},
  };
  for (const auto& row : table) EXPECT_EQ(problem(row.spec), row.message) << row.spec;
}

TEST(MachineConfig, RefusesANameNoClusterHas) {
  const auto with_name = [](std::size_t length) {
    return R"({"kind": "MachineConfig", "spec": {}, "metadata": {"name": ")" +
           std::string(length, 'a') + "\"}}";
  };
  EXPECT_EQ(problem(with_name(253)), "accepted");
  EXPECT_EQ(problem(with_name(254)),
            "metadata.name (line 1): is longer than 253 bytes; metadata.name (line 1): has a "
            "control character");
}

TEST(MachineConfig, RefusesDuplicateKeysDepthAndSize) {
  EXPECT_EQ(problem_of_spec("{\"fips\": true,\n\"fips\": false}"),
            "the MachineConfig, line 4: key 'fips' occurs twice in one object");
  const auto nested = [](int depth) {
    return with_spec(concat("{\"x\": ", std::string(static_cast<std::size_t>(depth), '['),
                            std::string(static_cast<std::size_t>(depth), ']'), "}"));
  };
  EXPECT_EQ(problem(nested(MachineConfig::kMaxDepth - 2)), "accepted");
  EXPECT_EQ(problem(nested(MachineConfig::kMaxDepth - 1)),
            "the MachineConfig, line 3: nested deeper than the limit of 64");
  const auto sized = [](std::size_t size) {
    auto text = with_spec("{}");
    return text + std::string(size - text.size(), ' ');
  };
  EXPECT_EQ(problem(sized(MachineConfig::kMaxBytes)), "accepted");
  EXPECT_EQ(problem(sized(MachineConfig::kMaxBytes + 1)),
            "the MachineConfig is larger than the limit of 16777216 bytes: it has 16777217");
}

TEST(MachineConfig, ReadsTwoMegabytesOfFiles) {
  std::string files;
  for (int i = 0; i < 2000; ++i)
    files += concat(i == 0 ? "" : ",", R"({"path": "/etc/)", i,
                    R"(", "contents": {"source": "data:,)", std::string(1000, 'x'), "\"}}");
  const auto config = parsed(
      R"({"config": {"ignition": {"version": "3.2.0"}, "storage": {"files": [)" + files + "]}}}");
  EXPECT_EQ(config.ignition.files, 2000U);
}

// Two ways to write one wish.
TEST(MachineConfig, HasTheSameContentForTheSameWish) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"{}", R"({"osImageURL": "", "kernelArguments": [], "extensions": null, "fips": false,
                 "kernelType": "default", "config": {}})"},
      {"{}", R"({"osImageURL": "://dummy", "kernelType": "", "config": null, "unknown": []})"},
      {R"({"kernelArguments": ["a b", "c"]})", R"({"kernelArguments": [" a", "b\tc "]})"},
      {R"({"extensions": ["a", "b"]})", R"({"extensions": ["b", "a", "b"]})"},
      {R"({"fips": true, "x": 1})", R"({"x": 1, "fips": true})"},
      {R"({"config": {"ignition": {"version": "3.2.0"}, "storage": {}}})",
       R"({"config": {"storage": {}, "ignition": {"version": "3.2.0"}}})"},
  };
  for (const auto& [left, right] : table)
    EXPECT_EQ(parsed(left).content, parsed(right).content) << left << " and " << right;
}

TEST(MachineConfig, HasAnotherContentForAnotherWish) {
  const std::vector<std::string> wishes{
      "{}",
      R"({"fips": true})",
      R"({"kernelType": "realtime"})",
      R"({"kernelArguments": ["a", "b"]})",
      R"({"kernelArguments": ["b", "a"]})",
      R"({"kernelArguments": ["a", "a"]})",
      R"({"extensions": ["a", "b"]})",
      R"({"unknown": 1})",
      R"({"config": {"ignition": {"version": "3.2.0"}}})",
      R"({"config": {"ignition": {"version": "3.1.0"}}})",
      R"({"config": {"ignition": {"version": "3.2.0"}, "systemd": {"units": [{"name": "a"}]}}})",
      R"({"config": {"ignition": {"version": "3.2.0"},
          "systemd": {"units": [{"name": "a", "enabled": false}]}}})",
      concat(R"({"osImageURL": ")", kImage, "\"}"),
  };
  for (std::size_t i = 0; i < wishes.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      EXPECT_NE(parsed(wishes[i]).content, parsed(wishes[j]).content)
          << wishes[i] << " and " << wishes[j];
}

TEST(MachineConfig, IsNotItsMetadata) {
  const auto one = MachineConfig::parse(
      R"({"kind": "MachineConfig", "metadata": {"name": "a", "uid": "1"}, "spec": {"fips": true}})");
  const auto other =
      MachineConfig::parse(R"({"kind": "MachineConfig", "status": {}, "spec": {"fips": true}})");
  ASSERT_TRUE(one.ok() && other.ok());
  EXPECT_EQ(one->content, other->content);
}

TEST(KernelType, HasTheNamesOfTheSchema) {
  EXPECT_EQ(to_string(KernelType::kDefault), "default");
  EXPECT_EQ(to_string(KernelType::kRealtime), "realtime");
  EXPECT_EQ(to_string(KernelType::k64kPages), "64k-pages");
}

}  // namespace
}  // namespace pivotd
