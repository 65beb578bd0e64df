#pragma once

#include <string>
#include <vector>

#include "test/support/kube_apiserver.h"
#include "test/support/subprocess.h"
#include "test/support/temp_dir.h"

namespace dst_load::op::test {

/// The real kubectl, as the admin of the shared API server, in one namespace. Runs beside the test until it ends.
class Kubectl {
 public:
  Kubectl(const std::string& ns, const std::vector<std::string>& arguments)
      : process_(Argv(ns, arguments), files_.Path("output")) {}

  bool Running() { return process_.Running(); }
  /// What it has said so far.
  std::string Output() const;

 private:
  static std::vector<std::string> Argv(const std::string& ns, const std::vector<std::string>& arguments);

  test_support::TempDir files_;
  test_support::Subprocess process_;
};

}  // namespace dst_load::op::test
