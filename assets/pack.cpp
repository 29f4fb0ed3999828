// aiim-pack OUT.cpp OUT.bin FOLDER…: packs the files below the folders for embedded.h, a later folder's file in place
// of an earlier one's. OUT.bin holds all bytes, plain and compressed; OUT.cpp includes it and lists what is where. Runs
// at build time only. A missing folder counts as empty.
#include <brotli/encode.h>
#include <zlib.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

constexpr std::size_t compressed_from_bytes = 512;

struct Kind {
  const char* mime;
  bool compressible;
};

// A file of a kind that is not here stops the build: a wrong Content-Type would only show in somebody's browser.
const std::map<std::string, Kind> kinds = {
    {".html", {"text/html; charset=utf-8", true}},
    {".css", {"text/css; charset=utf-8", true}},
    {".js", {"text/javascript; charset=utf-8", true}},
    {".mjs", {"text/javascript; charset=utf-8", true}},
    {".json", {"application/json", true}},
    {".webmanifest", {"application/manifest+json", true}},
    {".map", {"application/json", true}},
    {".txt", {"text/plain; charset=utf-8", true}},
    {".svg", {"image/svg+xml", true}},
    {".wasm", {"application/wasm", true}},
    {".png", {"image/png", false}},
    {".jpg", {"image/jpeg", false}},
    {".webp", {"image/webp", false}},
    {".ico", {"image/x-icon", false}},
    {".woff2", {"font/woff2", false}},
    {".mp3", {"audio/mpeg", false}},
    {".ogg", {"audio/ogg", false}},
};

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return bytes.str();
}

void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  if (!(file << bytes) || !file.flush()) throw std::runtime_error("cannot write " + path);
}

std::string gzipped(const std::string& bytes) {
  z_stream stream{};
  constexpr int gzip_window = 15 + 16;
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, gzip_window, 9, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("zlib refuses to start");
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  int done = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (done != Z_STREAM_END) throw std::runtime_error("zlib did not finish");
  return out;
}

std::string brotlied(const std::string& bytes) {
  std::size_t size = BrotliEncoderMaxCompressedSize(bytes.size());
  std::string out(size, '\0');
  if (!BrotliEncoderCompress(BROTLI_MAX_QUALITY, BROTLI_MAX_WINDOW_BITS, BROTLI_MODE_GENERIC, bytes.size(),
                             reinterpret_cast<const std::uint8_t*>(bytes.data()), &size,
                             reinterpret_cast<std::uint8_t*>(out.data()))) {
    throw std::runtime_error("brotli refuses");
  }
  out.resize(size);
  return out;
}

/// "/assets/index-BX3kf_9a.js", as bundlers name what never changes under its name.
bool holds_digest(const std::string& path) {
  static const std::regex pattern(R"(/assets/(?:.*/)?[^/]+[-.][A-Za-z0-9_-]{8,}\.[a-z0-9]+)");
  return std::regex_match(path, pattern);
}

class Pack {
 public:
  void add(const std::string& path, const fs::path& file) {
    auto kind = kinds.find(file.extension().string());
    if (kind == kinds.end()) throw std::runtime_error("assets/pack.cpp knows no Content-Type for " + file.string());
    std::string bytes = read_file(file);
    std::string gzip, br;
    if (kind->second.compressible && bytes.size() >= compressed_from_bytes) {
      gzip = gzipped(bytes);
      br = brotlied(bytes);
    }
    auto pays = [&](const std::string& form) { return form.size() + form.size() / 10 < bytes.size(); };
    rows_ << "    {\"" << path << "\", \"" << kind->second.mime << "\", " << put(bytes) << ", "
          << put(pays(gzip) ? gzip : "") << ", " << put(pays(br) ? br : "") << ", "
          << (holds_digest(path) ? "true" : "false") << "},\n";
    ++count_;
  }

  std::string bytes() const { return bytes_; }
  std::string source(const std::string& bin) const {
    std::ostringstream out;
    out << "#include \"assets/embedded.h\"\n\n#include <array>\n\n"
        << "asm(\".section .rodata\\n.global aiim_packed\\naiim_packed:\\n.incbin \\\"" << bin
        << "\\\"\\n.byte 0\\n.previous\");\n"
        << "extern \"C\" const char aiim_packed[];\n\nnamespace aiim {\nnamespace {\n\n"
        << "std::string_view at(std::size_t offset, std::size_t size) { return {aiim_packed + offset, size}; }\n\n"
        << "const std::array<EmbeddedFile, " << count_ << "> files = {{\n"
        << rows_.str() << "}};\n\n}  // namespace\n\n"
        << "std::span<const EmbeddedFile> embedded_files() { return files; }\n\n}  // namespace aiim\n";
    return out.str();
  }

 private:
  std::string put(const std::string& bytes) {
    if (bytes.empty()) return "{}";
    std::string where = "at(" + std::to_string(bytes_.size()) + ", " + std::to_string(bytes.size()) + ")";
    bytes_ += bytes;
    return where;
  }

  std::string bytes_;
  std::ostringstream rows_;
  std::size_t count_ = 0;
};

void pack(const std::string& source, const std::string& bin, const std::vector<std::string>& folders) {
  std::map<std::string, fs::path> found;
  for (const std::string& folder : folders) {
    if (!fs::exists(folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      std::string path = "/" + fs::relative(entry.path(), folder).generic_string();
      if (path.find_first_of("\"\\\n") != path.npos)
        throw std::runtime_error("a name that no URL should have: " + path);
      found.insert_or_assign(path, entry.path());
    }
  }
  Pack packed;
  for (const auto& [path, file] : found) packed.add(path, file);
  write_file(bin, packed.bytes());
  write_file(source, packed.source(bin));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: aiim-pack OUT.cpp OUT.bin FOLDER...\n");
    return 2;
  }
  try {
    pack(argv[1], argv[2], {argv + 3, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "aiim-pack: %s\n", error.what());
    return 1;
  }
  return 0;
}
