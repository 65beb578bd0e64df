#include "test/integration/operator/kubectl.h"

#include <fstream>
#include <iterator>

namespace dst_load::op::test {

std::string Kubectl::Output() const {
  std::ifstream file(files_.Path("output"));
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> Kubectl::Argv(const std::string& ns, const std::vector<std::string>& arguments) {
  auto& server = test_support::SharedApiServer();
  std::vector<std::string> argv = {server.ToolsFolder() + "/kubectl", "--kubeconfig", server.KubeconfigPath(),
                                   "--namespace", ns};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return argv;
}

}  // namespace dst_load::op::test
