#include "pivotd/oci/registry.h"

#include <functional>

#include <gtest/gtest.h>

#include "pivotd/base/text.h"

#include "faulty_registry.h"

namespace pivotd::oci {
namespace {

using namespace fakes;

TEST(Registry, PullsAnImage) {
  FaultyRegistry registry({}, {});
  const auto source = open_registry(options_for({registry.host()}));
  ASSERT_TRUE(source.ok());
  const auto ref = reference(registry.host(), registry.content().manifest());
  const auto image = (*source)->resolve(ref, "amd64", {});
  ASSERT_TRUE(image.ok()) << image.error().message();
  const auto& content = (*image).content();
  EXPECT_EQ(content.reference, ref);
  EXPECT_EQ(content.manifest, ref.digest());
  EXPECT_EQ(content.config, Digest::of(registry.content().config()));
  EXPECT_EQ(content.architecture, "amd64");
  EXPECT_EQ(content.commit, *Checksum::parse(std::string(64, 'c')));
  ASSERT_EQ(content.layers.size(), 2U);
  EXPECT_EQ(content.layers[0], (Layer{.digest = Digest::of(registry.content().layers[0]),
                                      .size = 300'000,
                                      .diff_id = Digest::of(registry.content().layers[0] + "diff"),
                                      .media_type = std::string(kLayerType),
                                      .annotations = {}}));
  EXPECT_EQ(*pull(**source, ref), registry.layers());
}

TEST(Registry, ChoosesInAnIndex) {
  FaultyRegistry registry({}, {});
  const auto opened = open_registry(options_for({registry.host()}));
  auto& source = *opened;
  const auto ref = reference(registry.host(), registry.content().index());
  const auto image = source->resolve(ref, "amd64", {});
  ASSERT_TRUE(image.ok()) << image.error().message();
  EXPECT_EQ((*image)->manifest, Digest::of(registry.content().manifest()));
  const auto other = source->resolve(ref, "s390x", {});
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().code(), Errc::kUnsupported);
}

struct ContentCase {
  std::string_view name;
  std::function<void(Content&)> change;
  Errc expected;
  std::string_view says;
};

TEST(Registry, RefusesImagesThatAreNotForThisHost) {
  const std::vector<ContentCase> cases{
      {"architecture", [](Content& c) { c.architecture = "s390x"; }, Errc::kUnsupported,
       "the image is for linux/s390x, this host is linux/amd64"},
      {"no architecture", [](Content& c) { c.architecture = ""; }, Errc::kUnsupported, "linux/?"},
      {"bootable container", [](Content& c) { c.labels += R"(,"ostree.bootable":"1")"; },
       Errc::kUnsupported, "bootable container"},
      {"bad commit", [](Content& c) { c.labels = R"("com.coreos.ostree-commit":"../x")"; },
       Errc::kInvalid, "the label 'com.coreos.ostree-commit'"},
      {"commit with a newline",
       [](Content& c) {
         c.labels = concat(R"("com.coreos.ostree-commit":")", std::string(63, 'c'), "\\n\"");
       },
       Errc::kInvalid, "the label"},
      {"too few DiffIDs",
       [](Content& c) { c.diff_ids = concat("\"", Digest::of("x").str(), "\""); }, Errc::kInvalid,
       "1 DiffIDs for 2 layers"},
  };
  for (const auto& [name, change, expected, says] : cases) {
    SCOPED_TRACE(name);
    Content content;
    change(content);
    FaultyRegistry registry(content, {});
    const auto pulled = registry.pull_it();
    ASSERT_FALSE(pulled.ok());
    EXPECT_EQ(pulled.error().code(), expected) << pulled.error().message();
    EXPECT_NE(pulled.error().message().find(says), std::string::npos) << pulled.error().message();
  }
}

TEST(Registry, FindsOneWrongByteInEachPlace) {
  struct Place {
    std::string_view name;
    std::function<std::string(const Content&)> bytes;
  };
  const std::vector<Place> places{
      {"manifest", [](const Content& c) { return c.manifest(); }},
      {"config", [](const Content& c) { return c.config(); }},
      {"first layer", [](const Content& c) { return c.layers[0]; }},
      {"last layer", [](const Content& c) { return c.layers[1]; }},
  };
  for (const auto& [name, bytes_of] : places) {
    const auto good = bytes_of({});
    for (const auto position : {std::size_t{0}, std::size_t{1}, good.size() / 2, good.size() - 1}) {
      SCOPED_TRACE(concat(name, " at byte ", position));
      const auto bad = with_wrong_byte(good, position);
      FaultyRegistry registry({}, [&](const auto& request, auto& connection, int) {
        if (!wants(request, Digest::of(good).str())) return false;
        connection.respond(200, {}, bad);
        return true;
      });
      const auto pulled = registry.pull_it();
      ASSERT_FALSE(pulled.ok());
      EXPECT_EQ(pulled.error().code(), Errc::kIntegrity) << pulled.error().message();
    }
  }
}

TEST(Registry, IsRefusedInPlainHttpUnlessItIsInsecure) {
  FaultyRegistry registry({}, {});
  const auto pulled = registry.pull_it(options_for({}));
  ASSERT_FALSE(pulled.ok());
  EXPECT_EQ(pulled.error().code(), Errc::kTransient);
  EXPECT_TRUE(registry.server().requests().empty());
}

}  // namespace
}  // namespace pivotd::oci
