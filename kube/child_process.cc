#include "kube/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <map>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

extern char** environ;

namespace dst_load::kube {
namespace {

constexpr std::size_t kMostOutput = 16U << 20U;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { Close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

/// Our environment with `extra` in place of what has the same names.
std::vector<std::string> Environment(const std::vector<std::pair<std::string, std::string>>& extra) {
  std::map<std::string, std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals != std::string_view::npos) merged[std::string(text.substr(0, equals))] = text.substr(equals + 1);
  }
  for (const auto& [name, value] : extra) merged[name] = value;
  std::vector<std::string> out;
  for (const auto& [name, value] : merged) out.push_back(fmt::format("{}={}", name, value));
  return out;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

/// Starts the program with its output in `out`; -errno when that fails.
pid_t Spawn(std::vector<std::string> argv, std::vector<std::string> env, int out) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // We ignore SIGPIPE; that must not be inherited.
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  pid_t pid = -1;
  const int error =
      posix_spawnp(&pid, argv[0].c_str(), &files, &attributes, Pointers(argv).data(), Pointers(env).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return error == 0 ? pid : -error;
}

/// Reads until the other end closes. False when the deadline passed or there was too much.
bool ReadAll(int fd, MonoTime deadline, const Clock& clock, std::string& into) {
  char buffer[4096];
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock.Mono()).count();
    pollfd wanted{fd, POLLIN, 0};
    const int ready = left <= 0 ? 0 : poll(&wanted, 1, static_cast<int>(left));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    const ssize_t size = read(fd, buffer, sizeof(buffer));
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return size == 0;
    into.append(buffer, static_cast<std::size_t>(size));
    if (into.size() > kMostOutput) return false;
  }
}

}  // namespace

Result<std::string> RunProgram(const std::vector<std::string>& argv,
                               const std::vector<std::pair<std::string, std::string>>& env, Micros timeout,
                               const Clock& clock) {
  if (argv.empty()) return Fail(Code::kInvalid, "run: no program is named");
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return Fail(Code::kInternal, fmt::format("run {}: no pipe", argv[0]));
  Descriptor out(ends[0]);
  Descriptor in(ends[1]);
  const MonoTime deadline = clock.Mono() + timeout;
  const pid_t pid = Spawn(argv, Environment(env), in.get());
  if (pid < 0) return Fail(Code::kNotFound, fmt::format("run {}: {}", argv[0], std::generic_category().message(-pid)));
  in.Close();
  std::string output;
  const bool complete = ReadAll(out.get(), deadline, clock, output);
  if (!complete) kill(pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!complete) return Fail(Code::kTimeout, fmt::format("run {}: did not end in time", argv[0]));
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return output;
  return Fail(Code::kUnauthorized, fmt::format("run {}: {}", argv[0],
                                               WIFEXITED(status) ? fmt::format("exit status {}", WEXITSTATUS(status))
                                                                 : fmt::format("signal {}", WTERMSIG(status))));
}

}  // namespace dst_load::kube
