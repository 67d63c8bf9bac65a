#pragma once
// How a Status looks to a person: a live view of an update that runs, and the page of `pivotctl
// status`.

#include <cstdio>
#include <string>

#include "pivotd/model/status.h"
#include "pivotd/service/status_board.h"

namespace pivotd::cli {

// A progress bar that stays on its line on a terminal; one line a phase in a pipe. Writes to
// `stream`, which it borrows.
class LiveView {
 public:
  explicit LiveView(std::FILE* stream);
  void show(const Status& status, service::StatusBoard::Change change);
  void close();  // leaves the cursor on a fresh line

 private:
  void clear_bar();

  std::FILE* stream_;
  bool terminal_;
  bool bar_shown_ = false;
  std::string last_sentence_;
};

// "[######......]  45 %  251.1 MB of 559.0 MB, 88.2 MB/s, 4 s left", at most `width` columns wide.
std::string progress_bar(const StatusProgress& progress, std::size_t width);

// The page of `pivotctl status`; `running`: whether the pivotd that wrote it still runs.
std::string status_page(const Status& status, bool running);

}  // namespace pivotd::cli
