// SQLite writes a commit to its write-ahead log in two calls per page: a header of 24 bytes, then the page. This VFS,
// a layer over the system's own, gathers what follows on from the write before and hands it over as one write: when
// the frame that commits is complete, before anything is synced or read, or when 128 KiB have gathered. Nothing is
// left in memory once a commit is on its way, so other connections and processes see the log as SQLite means it to be.
// All other files are the system's.
#pragma once

namespace aiim {

/// The name to open a database with. Registers the VFS when first called; thread-safe.
const char* log_gathering_vfs();

}  // namespace aiim
