#pragma once
// Logging in at one registry for one repository: Basic, or a Bearer token from the server the
// registry names, anonymous where there are no credentials. Tokens live by the monotonic clock from
// when they arrived: a fresh host's wall clock may be years off.

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "oci/challenge.h"
#include "oci/credentials.h"
#include "oci/transport.h"

namespace pivotd::oci {

struct Token {
  Secret value;
  std::chrono::seconds lifetime;
};
// The token server's answer. kTransient when it is none.
Result<Token> parse_token(std::string_view body);

class Authorizer {
 public:
  // `searched` names the files for "no credentials found in". The transport must outlive this.
  Authorizer(const Transport& transport, std::string path, std::optional<Credentials> credentials,
             std::string searched);

  // The header's value to send now; none before the registry has asked. A token that is about to
  // expire is replaced first.
  Result<std::optional<Secret>> authorization(const Stop& stop);

  // The registry answered 401: does what its challenges ask for. kDenied when nothing can be done.
  Result<void> answer(const HttpHead& head, const Stop& stop);

  // "with the credentials of 'quay.io' in '/run/auth.json'", "without credentials (none found in:
  // ...)".
  std::string describe() const;
  // Everything that must not show in an error.
  std::vector<Secret> secrets() const;

 private:
  Result<void> fetch_token(const Stop& stop);
  Result<Transport::Request> token_request() const;
  Result<Token> read_token(Exchanged exchanged, const Stop& stop) const;
  bool is_fresh() const;

  const Transport& transport_;
  std::string path_;
  std::optional<Credentials> credentials_;
  std::string searched_;
  std::optional<Challenge> challenge_;
  std::string extra_scope_;
  std::optional<Token> token_;
  std::chrono::steady_clock::time_point received_;
};

// Whether a 401 says that the token was good, but not for enough.
bool asks_for_more_scope(const HttpHead& head);

}  // namespace pivotd::oci
