#include "workers/calibrate/server_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "workers/calibrate/options.h"

namespace dst_load::workers::calibrate {
namespace {

constexpr Micros kStartsWithin = std::chrono::seconds{10};
constexpr Micros kLookEvery = std::chrono::milliseconds{50};

/// An anonymous pipe whose ends no other child inherits.
struct Pipe {
  int read = -1, write = -1;
  bool Open() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    read = ends[0];
    write = ends[1];
    return true;
  }
};

bool Spawn(const std::vector<std::string>& arguments, int in, int out, pid_t& pid) {
  std::vector<std::string> words{"/proc/self/exe"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  const int error = posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return error == 0;
}

}  // namespace

Result<ServerProcess> ServerProcess::Start(const Cell& cell, const Clock& clock, std::stop_token stop) {
  Pipe in, out;
  ServerProcess self(clock);
  if (!in.Open()) return Fail(Code::kInternal, "start the null destination: no pipe");
  self.in_ = in.write;
  if (!out.Open()) return Fail(Code::kInternal, "start the null destination: no pipe");
  self.out_ = out.read;
  const bool spawned = Spawn(NullDestinationArguments(cell), in.read, out.write, self.pid_);
  close(in.read);
  close(out.write);
  if (!spawned) return Fail(Code::kInternal, "start the null destination: no process");
  const auto line = self.ReadLine(kStartsWithin, stop);
  if (!line) return Fail(line.error());
  unsigned port = 0;
  if (std::sscanf(line->c_str(), "port %u", &port) != 1 || port == 0 || port > 65535) {
    return Fail(Code::kInternal, fmt::format("start the null destination: it said \"{}\"", *line));
  }
  self.port_ = static_cast<std::uint16_t>(port);
  return self;
}

ServerProcess::ServerProcess(ServerProcess&& other) noexcept
    : clock_(other.clock_),
      pid_(std::exchange(other.pid_, -1)),
      in_(std::exchange(other.in_, -1)),
      out_(std::exchange(other.out_, -1)),
      read_(std::move(other.read_)),
      port_(other.port_) {}

ServerProcess::~ServerProcess() {
  if (in_ >= 0) close(in_);
  if (out_ >= 0) close(out_);
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);  // it holds nothing that must be put away
  waitpid(pid_, nullptr, 0);
}

Status ServerProcess::Play(WallTime start) {
  const std::string line = fmt::format("play {}\n", start.time_since_epoch().count());
  if (write(in_, line.data(), line.size()) == static_cast<ssize_t>(line.size())) return {};
  return Fail(Code::kInternal, "tell the null destination to play: it is gone");
}

Result<SentFigures> ServerProcess::Sent(Micros patience, std::stop_token stop) {
  const auto line = ReadLine(patience, stop);
  if (!line) return Fail(line.error());
  unsigned long long messages = 0;
  long long p50 = 0, p99 = 0, max = 0, cpu = 0;
  if (std::sscanf(line->c_str(), "sent %llu %lld %lld %lld %lld", &messages, &p50, &p99, &max, &cpu) != 5) {
    return Fail(Code::kInternal, fmt::format("ask the null destination what it sent: it said \"{}\"", *line));
  }
  return SentFigures{messages, Micros{p50}, Micros{p99}, Micros{max}, Micros{cpu}};
}

Result<std::string> ServerProcess::ReadLine(Micros patience, const std::stop_token& stop) {
  const MonoTime deadline = clock_.Mono() + patience;
  while (true) {
    if (const auto end = read_.find('\n'); end != std::string::npos) {
      std::string line = read_.substr(0, end);
      read_.erase(0, end + 1);
      return line;
    }
    if (stop.stop_requested()) return Fail(Code::kCancelled, "cancelled");
    if (clock_.Mono() > deadline) return Fail(Code::kTimeout, "the null destination does not answer");
    pollfd waited{out_, POLLIN, 0};
    if (poll(&waited, 1, static_cast<int>(kLookEvery / std::chrono::milliseconds{1})) <= 0) continue;
    char bytes[256];
    const ssize_t size = read(out_, bytes, sizeof(bytes));
    if (size <= 0) return Fail(Code::kInternal, "the null destination ended");
    read_.append(bytes, static_cast<std::size_t>(size));
  }
}

}  // namespace dst_load::workers::calibrate
