#include "oci/manifest.h"

#include <functional>

#include <gtest/gtest.h>

#include "pivotd/base/text.h"

namespace pivotd::oci {
namespace {

constexpr std::string_view kOciManifest = "application/vnd.oci.image.manifest.v1+json";
constexpr std::string_view kOciIndex = "application/vnd.oci.image.index.v1+json";
constexpr std::string_view kDockerManifest = "application/vnd.docker.distribution.manifest.v2+json";

std::string digest_of(char c) {
  return "sha256:" + std::string(64, c);
}

std::string descriptor(std::string_view type, std::string_view digest, std::string_view size,
                       std::string_view more = "") {
  return concat(R"({"mediaType":")", type, R"(","digest":")", digest, R"(","size":)", size, more,
                "}");
}

struct Parts {
  std::string schema = "2";
  std::string type = R"("mediaType":"application/vnd.oci.image.manifest.v1+json",)";
  std::string config = descriptor("application/vnd.oci.image.config.v1+json", digest_of('a'), "10");
  std::string layers =
      descriptor("application/vnd.oci.image.layer.v1.tar+gzip", digest_of('b'), "20");
  std::string more;
};

std::string manifest(const Parts& parts) {
  return concat(R"({"schemaVersion":)", parts.schema, ",", parts.type, R"("config":)", parts.config,
                R"(,"layers":[)", parts.layers, "]", parts.more, "}");
}

std::string entry(std::string_view os, std::string_view architecture, std::string_view variant,
                  char digest) {
  return descriptor(kOciManifest, digest_of(digest), "10",
                    concat(R"(,"platform":{"os":")", os, R"(","architecture":")", architecture,
                           R"(","variant":")", variant, R"("})"));
}

std::string index_of(std::string_view entries, std::string_view more = "") {
  return concat(R"({"schemaVersion":2,"mediaType":")", kOciIndex, R"(","manifests":[)", entries,
                "]", more, "}");
}

TEST(Manifest, IsReadWhole) {
  Parts parts;
  parts.layers += ",";
  parts.layers += descriptor("application/vnd.oci.image.layer.v1.tar", digest_of('c'), "30",
                             R"(,"annotations":{"k":"v"},"urls":["file:///etc/passwd"])");
  const auto parsed = parse_manifest(manifest(parts), kOciManifest);
  ASSERT_TRUE(parsed.ok()) << parsed.error().message();
  const Manifest expected{.config = {.media_type = "application/vnd.oci.image.config.v1+json",
                                     .digest = *Digest::parse(digest_of('a')),
                                     .size = 10,
                                     .annotations = {}},
                          .layers = {{.media_type = "application/vnd.oci.image.layer.v1.tar+gzip",
                                      .digest = *Digest::parse(digest_of('b')),
                                      .size = 20,
                                      .annotations = {}},
                                     {.media_type = "application/vnd.oci.image.layer.v1.tar",
                                      .digest = *Digest::parse(digest_of('c')),
                                      .size = 30,
                                      .annotations = {{"k", "v"}}}}};
  ASSERT_TRUE(std::holds_alternative<Manifest>(*parsed));
  EXPECT_EQ(std::get<Manifest>(*parsed), expected);
}

TEST(Manifest, IsClassifiedByItsBody) {
  Parts untyped;
  untyped.type = "";
  Parts docker;
  docker.type = concat(R"("mediaType":")", kDockerManifest, R"(",)");
  docker.config = descriptor("application/vnd.docker.container.image.v1+json", digest_of('a'), "1");
  docker.layers =
      descriptor("application/vnd.docker.image.rootfs.diff.tar.gzip", digest_of('b'), "1");
  for (const std::string_view sent :
       {"", "application/json", "text/plain; charset=utf-8", "application/octet-stream"}) {
    for (const auto& body : {manifest({}), manifest(untyped), manifest(docker)}) {
      const auto parsed = parse_manifest(body, sent);
      ASSERT_TRUE(parsed.ok()) << parsed.error().message();
      EXPECT_TRUE(std::holds_alternative<Manifest>(*parsed));
    }
    const auto index = parse_manifest(index_of(entry("linux", "amd64", "", 'c')), sent);
    ASSERT_TRUE(index.ok()) << index.error().message();
    EXPECT_TRUE(std::holds_alternative<Index>(*index));
  }
}

struct Bad {
  std::string_view name;
  std::string body;
  std::string_view content_type;
  Errc expected;
};

TEST(Manifest, IsRefusedWhenItIsNotExactlyOne) {
  const auto with = [](const std::function<void(Parts&)>& change) {
    Parts parts;
    change(parts);
    return manifest(parts);
  };
  const auto layer = [&](std::string_view type, std::string_view digest, std::string_view size) {
    return with([&](Parts& p) { p.layers = descriptor(type, digest, size); });
  };
  constexpr std::string_view kTar = "application/vnd.oci.image.layer.v1.tar";
  std::string many = descriptor(kTar, digest_of('b'), "1");
  for (int i = 0; i < 200; ++i) many += "," + descriptor(kTar, digest_of('b'), "1");
  const auto huge = descriptor(kTar, digest_of('b'), "9223372036854775807");
  const std::vector<Bad> cases{
      {"layers and manifests", with([](Parts& p) { p.more = R"(,"manifests":[])"; }), "",
       Errc::kInvalid},
      {"index and config", index_of(entry("linux", "amd64", "", 'c'), R"(,"config":{})"), "",
       Errc::kInvalid},
      {"index and null layers", index_of(entry("linux", "amd64", "", 'c'), R"(,"layers":null)"), "",
       Errc::kInvalid},
      {"image and schema 1", with([](Parts& p) { p.more = R"(,"fsLayers":[])"; }), "",
       Errc::kInvalid},
      {"index sent as manifest", index_of(entry("linux", "amd64", "", 'c')), kOciManifest,
       Errc::kInvalid},
      {"manifest sent as index", manifest({}), kOciIndex, Errc::kInvalid},
      {"OCI sent as docker", manifest({}), kDockerManifest, Errc::kInvalid},
      {"sent as schema 1", manifest({}),
       "application/vnd.docker.distribution.manifest.v1+prettyjws", Errc::kInvalid},
      {"mediaType of an index",
       with([](Parts& p) { p.type = R"("mediaType":"application/vnd.oci.image.index.v1+json",)"; }),
       "", Errc::kInvalid},
      {"mediaType of nothing", with([](Parts& p) { p.type = R"("mediaType":"text/plain",)"; }), "",
       Errc::kInvalid},
      {"schema 1", R"({"schemaVersion":1,"fsLayers":[],"history":[]})", "", Errc::kUnsupported},
      {"schemaVersion 3", with([](Parts& p) { p.schema = "3"; }), "", Errc::kInvalid},
      {"schemaVersion a string", with([](Parts& p) { p.schema = R"("2")"; }), "", Errc::kInvalid},
      {"duplicate key", with([](Parts& p) { p.more = R"(,"layers":[])"; }), "", Errc::kInvalid},
      {"duplicate key in another case", with([](Parts& p) { p.more = R"(,"Layers":[])"; }), "",
       Errc::kInvalid},
      {"negative size", layer(kTar, digest_of('b'), "-1"), "", Errc::kInvalid},
      {"size 2^63", layer(kTar, digest_of('b'), "9223372036854775808"), "", Errc::kInvalid},
      {"size a float", layer(kTar, digest_of('b'), "1.5"), "", Errc::kInvalid},
      {"size 1e18 as a float", layer(kTar, digest_of('b'), "1e18"), "", Errc::kInvalid},
      {"size null", layer(kTar, digest_of('b'), "null"), "", Errc::kInvalid},
      {"total beyond 2^63", with([&](Parts& p) { p.layers = huge + "," + huge; }), "",
       Errc::kInvalid},
      {"no size", with([&](Parts& p) {
         p.layers = concat(R"({"mediaType":")", kTar, R"(","digest":")", digest_of('b'), "\"}");
       }),
       "", Errc::kInvalid},
      {"no layers", with([](Parts& p) { p.layers = ""; }), "", Errc::kInvalid},
      {"too many layers", with([&](Parts& p) { p.layers = many; }), "", Errc::kInvalid},
      {"digest of a path", layer(kTar, "sha256:../../../../etc/shadow", "1"), "", Errc::kInvalid},
      {"digest with a query", layer(kTar, digest_of('b') + "?x=y", "1"), "", Errc::kInvalid},
      {"upper-case digest", layer(kTar, digest_of('A'), "1"), "", Errc::kInvalid},
      {"sha512", layer(kTar, "sha512:" + std::string(128, 'a'), "1"), "", Errc::kInvalid},
      {"foreign layer",
       layer("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", digest_of('b'), "1"), "",
       Errc::kUnsupported},
      {"nondistributable layer",
       layer("application/vnd.oci.image.layer.nondistributable.v1.tar", digest_of('b'), "1"), "",
       Errc::kUnsupported},
      {"encrypted layer",
       layer("application/vnd.oci.image.layer.v1.tar+gzip+encrypted", digest_of('b'), "1"), "",
       Errc::kUnsupported},
      {"unknown layer", layer("application/x-foo", digest_of('b'), "1"), "", Errc::kUnsupported},
      {"config of a chart", with([](Parts& p) {
         p.config = descriptor("application/vnd.cncf.helm.config.v1+json", digest_of('a'), "1");
       }),
       "", Errc::kUnsupported},
      {"config over the limit", with([](Parts& p) {
         p.config =
             descriptor("application/vnd.oci.image.config.v1+json", digest_of('a'), "5000000");
       }),
       "", Errc::kInvalid},
      {"no config", R"({"schemaVersion":2,"layers":[]})", "", Errc::kInvalid},
      {"nothing", "{}", "", Errc::kInvalid},
      {"empty", "", "", Errc::kInvalid},
      {"array", "[]", "", Errc::kInvalid},
      {"not UTF-8", "{\"\xff\":1}", "", Errc::kInvalid},
      {"depth bomb", std::string(100'000, '['), "", Errc::kInvalid},
      {"over 4 MiB", manifest({}) + std::string(5U * 1024 * 1024, ' '), "", Errc::kInvalid},
      {"index with a bad entry", index_of("{}"), "", Errc::kInvalid},
      {"index with a bad digest", index_of(descriptor(kOciManifest, "sha256:x", "1")), "",
       Errc::kInvalid},
  };
  for (const auto& [name, body, content_type, expected] : cases) {
    SCOPED_TRACE(name);
    const auto parsed = parse_manifest(body, content_type);
    ASSERT_FALSE(parsed.ok());
    EXPECT_EQ(parsed.error().code(), expected) << parsed.error().message();
  }
}

struct Choice {
  std::string entries;
  std::string architecture;
  std::string expected;  // the digest's digit, or ""
};

TEST(Index, IsSearchedForThePlatform) {
  const auto amd64 = entry("linux", "amd64", "", 'a');
  const auto arm64 = entry("linux", "arm64", "v8", 'b');
  const auto windows = entry("windows", "amd64", "", 'c');
  const auto attestation = entry("unknown", "unknown", "", 'd');
  const auto bare = descriptor(kOciManifest, digest_of('e'), "10");
  const std::vector<Choice> cases{
      {concat(attestation, ",", windows, ",", amd64, ",", arm64), "amd64", "a"},
      {concat(attestation, ",", windows, ",", amd64, ",", arm64), "arm64", "b"},
      {concat(amd64, ",", entry("linux", "amd64", "", 'f')), "amd64", "a"},
      {concat(bare, ",", amd64), "amd64", "a"},
      {concat(bare, ",", amd64), "s390x", "e"},
      {concat(entry("linux", "arm64", "v8", '1'), ",", entry("linux", "arm64", "", '2')), "arm64",
       "2"},
      {concat(entry("linux", "arm", "v6", '1'), ",", entry("linux", "arm", "v7", '2')), "arm", "2"},
      {concat(amd64, ",", arm64, ",", attestation), "s390x", ""},
      {"", "amd64", ""},
  };
  for (const auto& [entries, architecture, expected] : cases) {
    SCOPED_TRACE(concat(architecture, " in ", entries));
    const auto parsed = parse_manifest(index_of(entries), kOciIndex);
    ASSERT_TRUE(parsed.ok()) << parsed.error().message();
    const auto chosen = choose_platform(std::get<Index>(*parsed), architecture);
    if (expected.empty()) {
      ASSERT_FALSE(chosen.ok());
      EXPECT_EQ(chosen.error().code(), Errc::kUnsupported);
    } else {
      ASSERT_TRUE(chosen.ok()) << chosen.error().message();
      EXPECT_EQ(chosen->manifest.digest.str(), digest_of(expected[0]));
    }
  }
}

TEST(Index, SaysWhatItHasInstead) {
  const auto parsed = parse_manifest(
      index_of(concat(entry("linux", "amd64", "", 'a'), ",", entry("linux", "arm", "v7", 'b'))),
      "");
  EXPECT_EQ(choose_platform(std::get<Index>(*parsed), "s390x").error().message(),
            "the index has no image for linux/s390x; it has: linux/amd64, linux/arm/v7");
}

TEST(ImageConfig, IsReadForWhatWeNeed) {
  const auto body = concat(R"({"architecture":"amd64","os":"linux","created":"x","history":[{}],)",
                           R"("config":{"Labels":{"version":"1","Version":"2"},"Cmd":["x"]},)",
                           R"("rootfs":{"type":"layers","diff_ids":[")", digest_of('a'), "\"]}}");
  const auto config = parse_config(body, 1);
  ASSERT_TRUE(config.ok()) << config.error().message();
  EXPECT_EQ(*config, (ImageConfig{.os = "linux",
                                  .architecture = "amd64",
                                  .labels = {{"Version", "2"}, {"version", "1"}},
                                  .diff_ids = {*Digest::parse(digest_of('a'))}}));
}

TEST(ImageConfig, IsRefusedWhenItDoesNotFit) {
  const auto with = [](std::string_view ids, std::string_view more) {
    return concat(R"({"architecture":"amd64",)", more, R"("rootfs":{"diff_ids":[)", ids, "]}}");
  };
  const auto id = concat("\"", digest_of('a'), "\"");
  for (const auto& body :
       {with("", ""), with(id + "," + id, ""), with("\"sha256:x\"", ""), with("1", ""),
        with(id, R"("config":{"Labels":{"a":1}},)"), with(id, R"("config":[],)"),
        with(id, R"("Architecture":"s390x",)"), with(id, R"("architecture":"s390x",)"),
        with(id, R"("config":{"Labels":{},"labels":{}},)"), std::string("{}"), std::string("[]"),
        std::string("null"), std::string(), std::string("{\"rootfs\":null}")}) {
    SCOPED_TRACE(body);
    const auto config = parse_config(body, 1);
    ASSERT_FALSE(config.ok());
    EXPECT_EQ(config.error().code(), Errc::kInvalid);
  }
}

}  // namespace
}  // namespace pivotd::oci
