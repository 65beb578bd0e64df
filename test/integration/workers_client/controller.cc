#include "controller.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include <httplib.h>

#include "fake_destination.h"

namespace dst_load::workers::test {

Controller::Controller(std::vector<std::string> args) {
  args.insert(args.begin(), DST_LOAD_CONTROLLER);
  std::vector<char*> argv;
  for (auto& arg : args) argv.push_back(arg.data());
  argv.push_back(nullptr);
  const std::string out = dir_.Path("out"), err = dir_.Path("err");
  pid_ = fork();
  if (pid_ != 0) return;
  const int out_file = open(out.c_str(), O_CREAT | O_WRONLY, 0600);
  const int err_file = open(err.c_str(), O_CREAT | O_WRONLY, 0600);
  if (dup2(out_file, 1) == 1 && dup2(err_file, 2) == 2) execv(argv[0], argv.data());
  _exit(127);
}

Controller::~Controller() {
  if (code_) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void Controller::Signal(int signal) const { kill(pid_, signal); }

std::optional<int> Controller::Ended() {
  Await([this] {
    int status = 0;
    if (!code_ && waitpid(pid_, &status, WNOHANG) == pid_) code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return code_.has_value();
  });
  return code_;
}

std::string Controller::Read(const char* name) const {
  std::ifstream file(dir_.Path(name));
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string Page(int port, const std::string& path) {
  httplib::Client http("127.0.0.1", port);
  const auto response = http.Get(path);
  return response ? response->body : "";
}

}  // namespace dst_load::workers::test
