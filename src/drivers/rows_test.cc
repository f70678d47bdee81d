#include "drivers/rows.h"

#include <gtest/gtest.h>

#include <limits>

#include "drivers/values.h"

namespace yap::drivers {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

TEST(RowsTest, ReadsEveryTypeByName) {
  const WallTime time(milliseconds(1'700'000'000'123));
  constexpr std::byte kUuid[16] = {std::byte{1}, std::byte{2}};
  const Rows rows = RowsBuilder({{"a", YD_BOOLEAN},
                                 {"b", YD_TINYINT},
                                 {"c", YD_SMALLINT},
                                 {"d", YD_INT},
                                 {"e", YD_BIGINT},
                                 {"f", YD_TIMESTAMP},
                                 {"g", YD_TEXT},
                                 {"h", YD_BLOB},
                                 {"i", YD_UUID}})
                        .Add(Values()
                                 .Boolean(true)
                                 .TinyInt(-1)
                                 .SmallInt(-300)
                                 .Int(std::numeric_limits<std::int32_t>::min())
                                 .BigInt(std::numeric_limits<std::int64_t>::min())
                                 .Timestamp(time + microseconds(999))
                                 .Text("ünï")
                                 .Blob(std::string_view("\0x", 2))
                                 .Uuid(kUuid))
                        .Build();
  ASSERT_EQ(rows.size(), 1U);
  const Row row = rows.front();
  EXPECT_EQ(row.Boolean("a"), true);
  EXPECT_EQ(row.TinyInt("b"), -1);
  EXPECT_EQ(row.SmallInt("c"), -300);
  EXPECT_EQ(row.Int("d"), std::numeric_limits<std::int32_t>::min());
  EXPECT_EQ(row.BigInt("e"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(row.Timestamp("f"), time);
  EXPECT_EQ(row.Text("g"), "ünï");
  EXPECT_EQ(row.Blob("h"), std::string_view("\0x", 2));
  EXPECT_EQ(row.Uuid("i")->data()[1], std::byte{2});
}

TEST(RowsTest, AbsentColumnAndNullAreTheSame) {
  const Rows rows =
      RowsBuilder({{"head", YD_BIGINT}, {"body", YD_BLOB}}).Add(Values().Null().Blob("")).Build();
  EXPECT_EQ(rows.front().BigInt("head"), std::nullopt);
  EXPECT_EQ(rows.front().BigInt("tail"), std::nullopt);
  EXPECT_FALSE(rows.front().Has("head"));
  EXPECT_EQ(rows.front().Blob("body"), "");  // Empty is not null.
  EXPECT_TRUE(rows.front().Has("body"));
}

TEST(RowsTest, AppliedIsWhatTheFirstRowSays) {
  EXPECT_FALSE(Rows().Applied());
  RowsBuilder builder({{"[applied]", YD_BOOLEAN}});
  EXPECT_FALSE(builder.Build().Applied());
  EXPECT_TRUE(builder.Add(Values().Boolean(true)).Build().Applied());
  EXPECT_FALSE(
      RowsBuilder({{"[applied]", YD_BOOLEAN}}).Add(Values().Boolean(false)).Build().Applied());
}

TEST(RowsTest, IteratesInOrderAndOutlivesTheBuilder) {
  Rows rows;
  {
    RowsBuilder builder({{"seq", YD_BIGINT}});
    for (int i = 1; i <= 3; ++i) builder.Add(Values().BigInt(i));
    rows = builder.Build();
  }
  std::int64_t sum = 0;
  for (const Row row : rows) sum = (sum * 10) + row.BigInt("seq").value_or(0);
  EXPECT_EQ(sum, 123);
}

TEST(RowsDeathTest, ColumnOfAnotherTypeIsOurMistake) {
  const Rows rows = RowsBuilder({{"head", YD_TEXT}}).Add(Values().Text("1")).Build();
  EXPECT_DEATH((void)rows.front().BigInt("head"), "head");
}

TEST(ValuesTest, ViewPointsIntoTheCopyItWasTakenFrom) {
  Values values;
  values.Text("one").Int(2).Blob("three");
  const Values copy = values;
  values.Text(std::string(10'000, 'x'));  // Moves the bytes of the original.
  const auto view = copy.View();
  ASSERT_EQ(view.size(), 3U);
  EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(view[0].bytes), view[0].length), "one");
  EXPECT_EQ(view[1].number, 2);
  EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(view[2].bytes), view[2].length),
            "three");
}

}  // namespace
}  // namespace yap::drivers
