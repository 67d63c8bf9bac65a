#pragma once
// Blobs for the tests of this module.

#include <string>

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

namespace pivotd::unpack {

inline std::string gzip(const std::string& content) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string blob(deflateBound(&stream, content.size()), '\0');
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(blob.data());
  stream.avail_out = static_cast<uInt>(blob.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  blob.resize(stream.total_out);
  EXPECT_EQ(deflateEnd(&stream), Z_OK);
  return blob;
}

inline std::string zstd(const std::string& content) {
  auto* context = ZSTD_createCCtx();
  EXPECT_EQ(ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)), 0U);
  std::string blob(ZSTD_compressBound(content.size()), '\0');
  const auto size =
      ZSTD_compress2(context, blob.data(), blob.size(), content.data(), content.size());
  EXPECT_EQ(ZSTD_isError(size), 0U);
  ZSTD_freeCCtx(context);
  blob.resize(size);
  return blob;
}

}  // namespace pivotd::unpack
