#include "core/fold.h"

#include <gtest/gtest.h>

namespace aiim {
namespace {

using Keys = std::vector<std::string>;

TEST(Fold, names_are_compared_without_case_in_every_script) {
  EXPECT_EQ(fold_text("Ada LOVELACE"), "ada lovelace");
  EXPECT_EQ(fold_text("Straße"), fold_text("STRASSE"));
  EXPECT_EQ(fold_text("ΣΊΣΥΦΟΣ"), fold_text("Σίσυφος"));
  EXPECT_EQ(fold_text("ЁЖИК"), "ёжик");
  EXPECT_EQ(fold_text("Ｆｕｌｌ"), "full");
  EXPECT_EQ(fold_text("e\u0301"), "\u00e9") << "composed and decomposed letters are one";
  EXPECT_EQ(fold_text("王小明"), "王小明");
}

TEST(Fold, white_space_is_one_space_and_none_at_the_ends) {
  EXPECT_EQ(fold_text("  a \t b\u00a0c\u3000"), "a b c");
  EXPECT_EQ(fold_text(" \n "), "");
}

TEST(Fold, a_user_is_found_by_id_name_and_each_word_of_the_name) {
  EXPECT_EQ(search_keys("u7", "Ludwig van Beethoven"),
            (Keys{"beethoven", "ludwig van beethoven", "u7", "van beethoven"}));
  EXPECT_EQ(search_keys("Same", "same"), Keys{"same"});
  EXPECT_EQ(search_keys("u", "1 2 3 4 5 6 7 8 9 10").size(), 9u);
}

TEST(Fold, keys_are_short_and_whole_characters) {
  std::string name;
  for (int i = 0; i < 300; ++i) name += "\u00e9";
  for (const std::string& key : search_keys("u", name)) {
    EXPECT_LE(key.size(), 512u);
    EXPECT_EQ(fold_text(key), key);
  }
}

}  // namespace
}  // namespace aiim
