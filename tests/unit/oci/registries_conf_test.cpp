#include "oci/registries_conf.h"

#include <gtest/gtest.h>

#include "pivotd/base/text.h"

#include "scratch_directory.h"

namespace pivotd::oci {
namespace {

constexpr std::string_view kDigest =
    "@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

ImageRef reference(std::string_view repository) {
  return *ImageRef::parse(concat(repository, kDigest));
}

// "mirror.corp/x! quay.io/x*": '!' is insecure, '*' is blocked; or the error.
std::string resolve(const RegistriesConf& conf, std::string_view repository) {
  const auto sources = conf.sources(reference(repository));
  if (!sources.ok()) return concat("error: ", sources.error().message());
  std::vector<std::string> names;
  for (const auto& source : *sources) {
    names.push_back(concat(source.reference.repository(),
                           source.trust == Trust::kInsecure ? "!" : "", source.blocked ? "*" : ""));
  }
  return join(names, " ");
}

struct Case {
  std::string_view conf;
  std::string_view repository;
  std::string_view expected;
};

TEST(RegistriesConf, ResolvesAsPodmanDoes) {
  constexpr std::string_view kIcsp = R"(
unqualified-search-registries = ["registry.access.redhat.com", "docker.io"]
short-name-mode = ""
[[registry]]
  prefix = ""
  location = "quay.io/openshift-release-dev/ocp-v4.0-art-dev"
  mirror-by-digest-only = true
  [[registry.mirror]]
    location = "mirror.corp:5000/ocp4/openshift4"
  [[registry.mirror]]
    location = "mirror2.corp/ocp4"
    insecure = true
)";
  constexpr std::string_view kIdms = R"(
[[registry]]
  location = "quay.io/openshift-release-dev/ocp-v4.0-art-dev"
  blocked = true
  [[registry.mirror]]
    location = "mirror.corp:5000/ocp4/openshift4"
    pull-from-mirror = "digest-only"
  [[registry.mirror]]
    location = "tags.corp/ocp4"
    pull-from-mirror = "tag-only"
)";
  constexpr std::string_view kWildcard = R"(
[[registry]]
prefix = "*.corp.example"
insecure = true
[[registry.mirror]]
location = "cache.example/mirror"
)";
  constexpr std::string_view kNested = R"(
[[registry]]
location = "quay.io"
[[registry.mirror]]
location = "m1.corp"
[[registry]]
location = "quay.io/ns"
[[registry.mirror]]
location = "m2.corp/ocp"
[[registry]]
location = "quay.io/ns/repo"
)";
  const std::vector<Case> cases{
      {kIcsp, "quay.io/openshift-release-dev/ocp-v4.0-art-dev",
       "mirror.corp:5000/ocp4/openshift4 mirror2.corp/ocp4! "
       "quay.io/openshift-release-dev/ocp-v4.0-art-dev"},
      {kIcsp, "quay.io/openshift-release-dev/ocp-v4.0-art-dev-extra",
       "quay.io/openshift-release-dev/ocp-v4.0-art-dev-extra"},
      {kIdms, "quay.io/openshift-release-dev/ocp-v4.0-art-dev",
       "mirror.corp:5000/ocp4/openshift4 quay.io/openshift-release-dev/ocp-v4.0-art-dev*"},
      {kWildcard, "a.b.corp.example/x/y", "cache.example/mirror/x/y a.b.corp.example/x/y!"},
      {kWildcard, "corp.example/x", "corp.example/x"},
      {kWildcard, "evilcorp.example/x", "evilcorp.example/x"},
      {kWildcard, "other.io/a.corp.example/x", "other.io/a.corp.example/x"},
      {kNested, "quay.io/ns/repo", "quay.io/ns/repo"},
      {kNested, "quay.io/ns/x", "m2.corp/ocp/x quay.io/ns/x"},
      {kNested, "quay.io/foo/bar", "m1.corp/foo/bar quay.io/foo/bar"},
      {"[[registry]]\nprefix=\"quay.io/ns\"\nlocation=\"mirror.corp:5000/ocp\"\n", "quay.io/ns/x",
       "mirror.corp:5000/ocp/x"},
      // podman does not block this one: a quirk, not a promise.
      {"[[registry]]\nprefix=\"quay.io/ns\"\nlocation=\"mirror.corp/ocp\"\nblocked=true\n",
       "quay.io/ns/x", "mirror.corp/ocp/x*"},
      {"[[registry]]\nlocation=\"a.io\"\n[[registry.mirror]]\nlocation=\"b.io/x\"\n"
       "[[registry]]\nlocation=\"b.io\"\nblocked=true\n",
       "a.io/r", "b.io/x/r* a.io/r"},
      {"[[registry]]\nlocation=\"quay.io\"\n[[registry.mirror]]\nlocation=\"first.corp\"\n"
       "[[registry]]\nlocation=\"quay.io\"\n[[registry.mirror]]\nlocation=\"second.corp\"\n",
       "quay.io/a", "first.corp/a quay.io/a"},
      {"[[registry]]\nlocation=\"quay.io///\"\n[[registry.mirror]]\nlocation=\"m.corp/x//\"\n",
       "quay.io/a", "m.corp/x/a quay.io/a"},
      {"[[registry]]\nprefix=\"quay.io/a/b:latest\"\nlocation=\"m.corp/a/b:latest\"\n",
       "quay.io/a/b", "quay.io/a/b"},
      {"[[registry]]\nlocation=\"a.io\"\n[[registry.mirror]]\nlocation=\"b.io\"\n"
       "[[registry]]\nlocation=\"b.io\"\n[[registry.mirror]]\nlocation=\"a.io\"\n",
       "a.io/r", "b.io/r a.io/r"},
      {"", "quay.io/a", "quay.io/a"},
  };
  for (const auto& [text, repository, expected] : cases) {
    SCOPED_TRACE(concat(repository, " with ", text));
    RegistriesConf conf;
    const auto added = conf.add(text, "registries.conf");
    ASSERT_TRUE(added.ok()) << added.error().message();
    EXPECT_EQ(resolve(conf, repository), expected);
  }
}

TEST(RegistriesConf, RefusesToRewriteIntoNoName) {
  RegistriesConf conf;
  ASSERT_TRUE(
      conf.add("[[registry]]\nprefix=\"example.com/foo\"\nlocation=\"example.com\"\n", "r.conf")
          .ok());
  const auto sources = conf.sources(reference("example.com/foo"));
  ASSERT_FALSE(sources.ok());
  EXPECT_EQ(sources.error().code(), Errc::kInvalid);
  EXPECT_NE(sources.error().message().find("'r.conf', line 1"), std::string::npos)
      << sources.error().message();
}

TEST(RegistriesConf, RefusesWhatItCannotHonour) {
  struct Bad {
    std::string_view text;
    int line;
    std::string_view why;
  };
  const std::vector<Bad> cases{
      {"invalid\n", 1, ""},
      {"[registries.search]\nregistries=[\"a\"]\n", 1, "version 1"},
      {"unqualified-search-registries=[]\n[registries.block]\nregistries=[]\n", 2, "version 1"},
      {"unqualified-search-registries=[\"a.com/ns\"]\n", 1, "host names"},
      {"[[registry]]\n", 1, "'prefix' or a 'location'"},
      {"[[registry]]\nprefix=\"a.io\"\n", 1, "'location'"},
      {"[[registry]]\nlocation=\"https://a.io\"\n", 2, "scheme"},
      {"[[registry]]\nlocation=\"a.io\"\ninsecure=\"true\"\n", 3,
       "'insecure' must be true or false"},
      {"[[registry]]\nlocation=7\n", 2, "'location' must be a string"},
      {"[registry]\nlocation=\"a.io\"\n", 1, "'[[registry]]'"},
      {"registry=[1]\n", 1, "tables"},
      {"[[registry]]\nlocation=\"a.io\"\npull-from-mirror=\"all\"\n", 3, "belongs to"},
      {"[[registry]]\nlocation=\"a.io\"\n[[registry.mirror]]\n", 3, "a mirror needs a 'location'"},
      {"[[registry]]\nlocation=\"a.io\"\n[[registry.mirror]]\nlocation=\"b\"\npull-from-mirror="
       "\"x\"\n",
       5, "'pull-from-mirror' must be"},
      {"[[registry]]\nlocation=\"a.io\"\nmirror-by-digest-only=true\n[[registry.mirror]]\n"
       "location=\"b\"\npull-from-mirror=\"all\"\n",
       4, "contradicts"},
      {"[[registry]]\nprefix=\"*.example.com/foo\"\nlocation=\"x.com\"\n", 1, "'*.example.com'"},
      {"[[registry]]\nlocation=\"a.io\"\n[[registry]]\nlocation=\"a.io\"\ninsecure=true\n", 3,
       "another 'insecure'"},
      {"[[registry]]\nlocation=\"a.io\"\n[[registry]]\nprefix=\"b\"\nlocation=\"a.io\"\nblocked="
       "true\n",
       3, "'blocked'"},
  };
  for (const auto& [text, line, why] : cases) {
    SCOPED_TRACE(text);
    RegistriesConf conf;
    const auto added = conf.add(text, "/etc/r.conf");
    ASSERT_FALSE(added.ok());
    EXPECT_EQ(added.error().code(), Errc::kInvalid);
    const auto message = added.error().message();
    EXPECT_TRUE(message.starts_with(concat("'/etc/r.conf' (line ", line, "): "))) << message;
    EXPECT_NE(message.find(why), std::string::npos) << message;
    EXPECT_TRUE(conf.entries().empty());
  }
}

TEST(RegistriesConf, WarnsOfUnknownKeys) {
  RegistriesConf conf;
  ASSERT_TRUE(conf.add("future = 1\n[[registry]]\nlocation=\"quay.io\"\nmiror=\"x\"\n"
                       "[[registry.mirror]]\nlocation=\"m\"\ninsecur=true\n",
                       "r.conf")
                  .ok());
  EXPECT_EQ(conf.warnings(), (std::vector<std::string>{
                                 "'r.conf' (line 1): unknown key 'future', ignored",
                                 "'r.conf' (line 4): unknown key 'miror' of a registry, ignored",
                                 "'r.conf' (line 7): unknown key 'insecur' of a mirror, ignored"}));
}

TEST(RegistriesConf, LetsDropInsReplaceWholeEntriesInTheOrderOfTheirNames) {
  const fakes::ScratchDirectory scratch;
  const auto file =
      scratch.write("registries.conf",
                    "[[registry]]\nlocation=\"a.io\"\n[[registry.mirror]]\nlocation=\"m.io\"\n");
  scratch.write("d/20.conf", "[[registry]]\nlocation=\"a.io\"\nblocked=true\n");
  scratch.write("d/10.conf", "[[registry]]\nlocation=\"a.io\"\ninsecure=true\n");
  scratch.write("d/30.ignored", "broken");
  scratch.write("d/sub/40.conf", "broken");
  const auto conf = RegistriesConf::load(file, scratch.path() / "d");
  ASSERT_TRUE(conf.ok()) << conf.error().message();
  EXPECT_EQ(resolve(*conf, "a.io/x"), "a.io/x*");
}

TEST(RegistriesConf, FailsOnABrokenDropIn) {
  const fakes::ScratchDirectory scratch;
  const auto bad = scratch.write("d/10.conf", "[[registry]]\nlocation=\n");
  const auto conf = RegistriesConf::load(scratch.path() / "absent", scratch.path() / "d");
  ASSERT_FALSE(conf.ok());
  EXPECT_NE(conf.error().message().find(bad.string()), std::string::npos);
  EXPECT_TRUE(RegistriesConf::load(scratch.path() / "absent", scratch.path() / "none").ok());
}

TEST(RegistriesConf, MatchesPrefixesAtTheirBorders) {
  struct Match {
    std::string_view name;
    std::string_view prefix;
    std::optional<std::size_t> length;
  };
  const std::vector<Match> cases{
      {"example.com:5000", "example.com:5000", 16},
      {"example.com:50000", "example.com:5000", std::nullopt},
      {"example.com:5000/x", "example.com", 11},
      {"example.com/foo/bar", "example.com", 11},
      {"docker.io/libraryy", "docker.io/library", std::nullopt},
      {"docker.io/library/busybox", "docker.io/library", 17},
      {"example.com/foo", "*", std::nullopt},
      {"docker.io/foo", "*.io", 9},
      {"docker.io/foo", "*.com", std::nullopt},
      {"example.com/foo", "*.co", std::nullopt},
      {"example.com/foo", "*.example.com", std::nullopt},
      {"yet.another.example.com/foo", "**.example.com", std::nullopt},
      {"another.example.com/namespace.com/foo", "*.example.com", 19},
      {"example.net/namespace-ends-in.com/foo", "*.com", std::nullopt},
      {"a.example.com:5000/x", "*.example.com", 13},
      {"a.example.com.example.com/x", "*.example.com", 25},
  };
  for (const auto& [name, prefix, length] : cases)
    EXPECT_EQ(matched_length(name, prefix), length) << name << " " << prefix;
}

}  // namespace
}  // namespace pivotd::oci
