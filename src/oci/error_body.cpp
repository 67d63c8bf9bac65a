#include "oci/error_body.h"

#include <array>

#include "pivotd/base/json.h"
#include "pivotd/base/text.h"

namespace pivotd::oci {

namespace {

constexpr std::size_t kMostQuoted = 64 * 1024;
constexpr std::size_t kMostErrors = 3;
constexpr std::size_t kLongestQuote = 300;
// What is shorter is in every text by chance.
constexpr std::size_t kShortestSecret = 4;

std::string text_of(const json::Value& object, std::string_view key) {
  const auto* value = object.find(key);
  const auto* text = value == nullptr ? nullptr : value->string();
  return text == nullptr ? std::string() : *text;
}

std::string describe_one(const json::Value& error) {
  const auto code = text_of(error, "code");
  const auto message = text_of(error, "message");
  return code.empty() || message.empty() ? code + message : concat(code, ": ", message);
}

// "" when the body is not of the registry's form.
std::string describe_json(std::string_view body) {
  const auto document = json::parse(body, "the error", {.bytes = kMostQuoted, .depth = 16});
  if (!document.ok()) return {};
  std::vector<std::string> descriptions;
  const auto* errors = document->find("errors");
  if (errors != nullptr && errors->array() != nullptr) {
    for (const auto& error : *errors->array()) {
      if (descriptions.size() == kMostErrors) break;
      if (auto text = describe_one(error); !text.empty()) descriptions.push_back(std::move(text));
    }
  }
  if (!descriptions.empty()) return join(descriptions, "; ");
  // Token servers and load balancers have forms of their own.
  for (const auto key : {"details", "error_description", "message", "error"})
    if (auto text = text_of(*document, key); !text.empty()) return text;
  return {};
}

}  // namespace

std::string redacted(std::string text, const std::vector<Secret>& secrets) {
  for (const auto& secret : secrets) {
    if (secret.reveal().size() < kShortestSecret) continue;
    for (auto at = text.find(secret.reveal()); at != std::string::npos;
         at = text.find(secret.reveal(), at))
      text.replace(at, secret.reveal().size(), "***");
  }
  return text;
}

Error redacted(const Error& error, const std::vector<Secret>& secrets) {
  const auto& chain = error.chain();
  Error clean(error.code(), redacted(chain.back(), secrets));
  for (auto context = chain.rbegin() + 1; context != chain.rend(); ++context)
    clean = std::move(clean).context(redacted(*context, secrets));
  return clean;
}

std::string describe_error_body(std::string_view body, const std::vector<Secret>& secrets) {
  auto text = describe_json(body);
  if (text.empty()) text = body;
  return printable(redacted(std::move(text), secrets), kLongestQuote);
}

std::string read_error_body(HttpResponse& response, const Stop& stop) {
  std::string body;
  std::array<std::byte, 4096> block{};
  while (body.size() < kMostQuoted) {
    const auto count = response.read(block, stop);
    if (!count.ok() || *count == 0) break;  // the status alone says enough
    body += as_text(std::span(block).first(*count));
  }
  return body;
}

}  // namespace pivotd::oci
