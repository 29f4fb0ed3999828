// The words of the settings, one entry per row of the table in config.cpp.
#pragma once
#include <span>
#include <string_view>

namespace aiim {

struct SettingText {
  std::string_view name;
  std::string_view text;
  std::string_view unit = {};  // of the number: "seconds"
};
std::span<const SettingText> setting_texts();
const SettingText* find_setting_text(std::string_view name);

}  // namespace aiim
