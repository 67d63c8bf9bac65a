// Several sources for one image, and being stopped in the middle.

#include <thread>

#include <gtest/gtest.h>

#include "pivotd/base/text.h"

#include "faulty_registry.h"
#include "scratch_directory.h"

namespace pivotd::oci {
namespace {

using namespace fakes;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::string_view kName = "registry.invalid/ns/os";

// The image's own registry does not exist; its mirrors do.
struct Mirrors {
  Mirrors(Fault first_fault, Fault second_fault)
      : first({}, std::move(first_fault)), second({}, std::move(second_fault)) {}

  RegistryOptions options(std::string_view more = "") const {
    auto options = options_for({});
    options.registries_conf = scratch.write(
        "registries.conf",
        concat("[[registry]]\nlocation=\"", kName, "\"\nblocked=true\n", more,
               "[[registry.mirror]]\nlocation=\"", first.host(), "/ns/os\"\ninsecure=true\n",
               "[[registry.mirror]]\nlocation=\"", second.host(), "/ns/os\"\ninsecure=true\n"));
    return options;
  }
  ImageRef image() const {
    return *ImageRef::parse(concat(kName, "@", Digest::of(first.content().manifest()).str()));
  }
  Result<std::string> pull_it() const {
    const auto source = TRY(open_registry(options()));
    return pull(*source, image());
  }

  ScratchDirectory scratch;
  FaultyRegistry first;
  FaultyRegistry second;
};

TEST(Mirrors, AreAskedInOrder) {
  Mirrors mirrors({}, {});
  const auto pulled = mirrors.pull_it();
  ASSERT_TRUE(pulled.ok()) << pulled.error().message();
  EXPECT_TRUE(mirrors.second.server().requests().empty());
}

TEST(Mirrors, StandInForOneThatLacksTheManifest) {
  for (const auto& fault :
       {status("manifests", 404), status("manifests", 403), status("manifests", 500),
        on("manifests", [](const auto&, auto& c) { c.respond(200, {}, "{}"); })}) {
    Mirrors mirrors(fault, {});
    const auto pulled = mirrors.pull_it();
    ASSERT_TRUE(pulled.ok()) << pulled.error().message();
    EXPECT_TRUE(*pulled == mirrors.first.layers());
    // The one that served goes first from then on.
    EXPECT_TRUE(mirrors.first.server().requests_for("blobs").empty());
  }
}

TEST(Mirrors, GoOnInTheMiddleOfABlob) {
  const auto layer = Content().layers[0];
  const auto cut = [&](const auto& request, auto& c) {
    if (!request.header("range").empty()) return c.respond_status(404);
    c.send(concat("HTTP/1.1 200 OK\r\nContent-Length: ", layer.size(), "\r\n\r\n"));
    c.send(layer.substr(0, 100'000));
    c.close();
  };
  Mirrors mirrors(on(Digest::of(layer).str(), cut), {});
  const auto pulled = mirrors.pull_it();
  ASSERT_TRUE(pulled.ok()) << pulled.error().message();
  EXPECT_TRUE(*pulled == mirrors.first.layers());
  const auto rest = mirrors.second.server().requests_for(Digest::of(layer).str());
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(rest[0].header("range"), "bytes=100000-");
}

TEST(Mirrors, AreAllNamedWhenNoneHasIt) {
  Mirrors mirrors(status("manifests", 404), status("manifests", 403));
  const auto pulled = mirrors.pull_it();
  ASSERT_FALSE(pulled.ok());
  EXPECT_EQ(pulled.error().code(), Errc::kDenied);
  const auto message = pulled.error().message();
  for (const auto& part :
       {std::string("none of 3 sources has it"),
        concat("[mirror '", mirrors.first.host(), "/ns/os': "), std::string("answered 404"),
        concat("[mirror '", mirrors.second.host(), "/ns/os': "), std::string("answered 403"),
        concat("['", kName, "': blocked by registries.conf")})
    EXPECT_NE(message.find(part), std::string::npos) << part << " in " << message;
}

TEST(Mirrors, AreTriedAgainWhenOneMayComeBack) {
  Mirrors mirrors(status("manifests", 404), first(2, status("manifests", 503)));
  const auto pulled = mirrors.pull_it();
  ASSERT_TRUE(pulled.ok()) << pulled.error().message();
  EXPECT_EQ(mirrors.first.server().requests_for("manifests").size(), 1U);
}

TEST(Mirrors, AreReadAnewAtEachResolve) {
  Mirrors mirrors({}, {});
  const auto opened = open_registry(mirrors.options());
  auto& source = *opened;
  ASSERT_TRUE(source->resolve(mirrors.image(), "amd64", {}).ok());
  mirrors.scratch.write("registries.conf", "[[registry]]\nlocation=");
  const auto again = source->resolve(mirrors.image(), "amd64", {});
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code(), Errc::kInvalid);
}

struct StopCase {
  std::string_view name;
  Fault fault;
};

TEST(Stopping, TakesLessThanASecondAtEveryPoint) {
  const auto layer = Content().layers[0];
  const std::vector<StopCase> cases{
      {"waiting for a head", on("manifests", [](const auto&, auto& c) { c.stall(); })},
      {"waiting for a body", on(Digest::of(layer).str(),
                                [&](const auto&, auto& c) {
                                  c.send("HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n");
                                  c.stall();
                                })},
      {"waiting to try again",
       on("manifests", [](const auto&, auto& c) { c.respond(503, {"Retry-After: 100"}, ""); })},
  };
  for (const auto& [name, fault] : cases) {
    SCOPED_TRACE(name);
    std::stop_source stop;
    std::atomic<bool> reached{false};
    FaultyRegistry registry({}, [&, &taken = fault](const auto& request, auto& c, int nth) {
      if (request.target == "/v2/") return false;
      reached = true;
      reached.notify_all();
      return taken(request, c, nth);
    });
    auto options = options_for({registry.host()});
    options.timeouts = {};
    options.retry = {};
    const auto opened = open_registry(options);
    std::jthread stopper([&] {
      reached.wait(false);
      stop.request_stop();
    });
    const auto before = steady_clock::now();
    const auto pulled = pull(**opened, registry.image(), stop.get_token());
    ASSERT_FALSE(pulled.ok());
    EXPECT_EQ(pulled.error().code(), Errc::kCancelled) << pulled.error().message();
    EXPECT_LT(steady_clock::now() - before, milliseconds(1'000));
  }
}

TEST(Stopping, BeforeTheStartAsksNobody) {
  FaultyRegistry registry;
  std::stop_source stop;
  stop.request_stop();
  const auto opened = open_registry(options_for({registry.host()}));
  const auto pulled = pull(**opened, registry.image(), stop.get_token());
  ASSERT_FALSE(pulled.ok());
  EXPECT_EQ(pulled.error().code(), Errc::kCancelled);
  EXPECT_TRUE(registry.server().requests().empty());
}

}  // namespace
}  // namespace pivotd::oci
