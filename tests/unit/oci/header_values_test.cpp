#include "oci/header_values.h"

#include <gtest/gtest.h>

namespace pivotd::oci {
namespace {

using std::chrono::seconds;

TEST(HeaderValues, ReadContentRange) {
  EXPECT_EQ(parse_content_range("bytes 0-0/1"), (ContentRange{0, 0, 1}));
  EXPECT_EQ(parse_content_range("bytes 010-020/030"), (ContentRange{10, 20, 30}));
  EXPECT_EQ(parse_content_range("bytes 100-199/*"), (ContentRange{100, 199, std::nullopt}));
  for (const std::string_view text :
       {"", "bytes ", "bytes x-2/3", "bytes 1*2/3", "bytes 1-2@3", "bytes 1-2/", "bytes 1-2/*a",
        "bytes 1-2/3a", "bytes */100", "bytes 5-2/10", "bytes 0-99/50", "bytes -1-2/3",
        "bytes 1-2/2", "items 1-2/3", "bytes 1-18446744073709551616/*",
        "bytes 0-9223372036854775808/*", " bytes 1-2/3", "bytes 1-2/3 "})
    EXPECT_EQ(parse_content_range(text), std::nullopt) << text;
}

TEST(HeaderValues, ReadNumbers) {
  EXPECT_EQ(parse_number("0777"), 777U);
  EXPECT_EQ(parse_number("9223372036854775807"), 9223372036854775807U);
  for (const std::string_view text :
       {"", "x", "-1", "+1", " 1", "1 ", "9223372036854775808", "0x10"})
    EXPECT_EQ(parse_number(text), std::nullopt) << text;
}

TEST(HeaderValues, ReadRetryAfter) {
  constexpr std::int64_t kNow = 1'445'412'480;  // Wed, 21 Oct 2015 07:28:00 GMT
  EXPECT_EQ(parse_retry_after("0", kNow), seconds(0));
  EXPECT_EQ(parse_retry_after("120", kNow), seconds(120));
  EXPECT_EQ(parse_retry_after("1000000000000", kNow), seconds(1'000'000'000));
  EXPECT_EQ(parse_retry_after("Wed, 21 Oct 2015 07:28:30 GMT", kNow), seconds(30));
  for (const std::string_view text : {"-5", "garbage", "", "1.5", "Wed, 21 Oct 2015 07:27:00 GMT",
                                      "Wed, 21 Oct 2015 07:28:30 GMTx"})
    EXPECT_EQ(parse_retry_after(text, kNow), std::nullopt) << text;
}

TEST(HeaderValues, ReadMediaTypes) {
  EXPECT_EQ(media_type_of(""), "");
  EXPECT_EQ(media_type_of("application/json"), "application/json");
  EXPECT_EQ(media_type_of("Application/JSON\t;\tcharset=\"utf-8\""), "application/json");
}

}  // namespace
}  // namespace pivotd::oci
