#include "test/support/kube_apiserver.h"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/time.h"
#include "kube/base64.h"
#include "kube/child_process.h"
#include "kube/client.h"
#include "kube/connection.h"
#include "kube/object.h"
#include "kube/text_file.h"
#include "kube/token_source.h"
#include "kube/wait.h"
#include "test/support/certificates.h"
#include "test/support/subprocess.h"
#include "test/support/temp_dir.h"

namespace dst_load::test_support {
namespace {

using namespace std::chrono_literals;

constexpr int kSkipped = 77;
constexpr Micros kStartTimeout = 60s;

bool Usable(const std::string& folder) {
  return access((folder + "/etcd").c_str(), X_OK) == 0 && access((folder + "/kube-apiserver").c_str(), X_OK) == 0;
}

Result<std::string> FindTools() {
  if (const char* folder = std::getenv("DST_LOAD_TOOLS"); folder != nullptr && *folder != '\0') {
    if (Usable(folder)) return folder;
    return Fail(Code::kNotFound, fmt::format("DST_LOAD_TOOLS: no etcd and kube-apiserver in {}", folder));
  }
  const auto printed = kube::RunProgram(
      {DST_LOAD_SOURCE_DIR "/hack/tools/build.sh", "etcd", "kube-apiserver", "kubectl"}, {}, 9min, SystemClock());
  if (!printed) return Fail(Code::kNotFound, printed.error().message);
  const std::string folder = kube::Trim(*printed);
  if (!Usable(folder)) return Fail(Code::kNotFound, fmt::format("no etcd and kube-apiserver in {}", folder));
  return folder;
}

std::string LogTail(const std::string& path) {
  const auto text = kube::ReadTextFile(path);
  return text ? text->substr(text->size() > 2000 ? text->size() - 2000 : 0) : std::string{};
}

}  // namespace

struct KubeApiServer::Impl {
  std::string tools;
  TempDir files;
  Authority authority = MakeAuthority("dst-load-test-ca");
  kube::KeyPair admin = Issue(authority, {"test-admin", "system:masters", {}});
  std::string signing_key = MakeKey();
  std::string server;
  int server_port = 0, etcd_port = 0, peer_port = 0;
  std::optional<Subprocess> etcd;
  std::optional<Subprocess> apiserver;  ///< ends before etcd

  void TakePorts();
  void StartEtcd();
  void StartApiServer();
  Result<nlohmann::json> AskEtcd(const std::string& path, const nlohmann::json& question) const;
  Status AwaitReady();
  std::string Kubeconfig() const;
};

void KubeApiServer::Impl::TakePorts() {
  etcd_port = FreePort();
  peer_port = FreePort();
  server_port = FreePort();
  server = fmt::format("https://127.0.0.1:{}", server_port);
}

void KubeApiServer::Impl::StartEtcd() {
  const std::string client = fmt::format("http://127.0.0.1:{}", etcd_port);
  const std::string peer = fmt::format("http://127.0.0.1:{}", peer_port);
  etcd.emplace(std::vector<std::string>{tools + "/etcd", "--data-dir", files.Path(fmt::format("etcd-{}", etcd_port)),
                                        "--unsafe-no-fsync", "--log-level", "error", "--listen-client-urls", client,
                                        "--advertise-client-urls", client, "--listen-peer-urls", peer,
                                        "--initial-advertise-peer-urls", peer, "--initial-cluster", "default=" + peer},
               files.Path("etcd.log"));
}

void KubeApiServer::Impl::StartApiServer() {
  const auto serving = Issue(authority, {"kube-apiserver", "", {"IP:127.0.0.1", "DNS:kube-apiserver.test"}});
  const std::string key_file = files.Write("sa.key", signing_key);
  apiserver.emplace(
      std::vector<std::string>{
          tools + "/kube-apiserver",
          fmt::format("--etcd-servers=http://127.0.0.1:{}", etcd_port),
          "--bind-address=127.0.0.1",
          "--advertise-address=127.0.0.1",
          fmt::format("--secure-port={}", server_port),
          "--endpoint-reconciler-type=none",
          "--cert-dir=" + files.Path("certs"),
          "--tls-cert-file=" + files.Write("serving.crt", serving.cert_pem),
          "--tls-private-key-file=" + files.Write("serving.key", serving.key_pem),
          "--client-ca-file=" + files.Write("ca.crt", authority.pair.cert_pem),
          "--token-auth-file=" + files.Write("tokens.csv", "alice-token,alice,alice-uid\nbob-token,bob,bob-uid\n"),
          "--service-account-issuer=https://kubernetes.default.svc",
          "--service-account-key-file=" + key_file,
          "--service-account-signing-key-file=" + key_file,
          "--service-cluster-ip-range=10.0.0.0/24",
          "--authorization-mode=RBAC",
          "--disable-admission-plugins=ServiceAccount",
          "--watch-cache-sizes=podtemplates#0",
          "--profiling=false",
          "-v=0"},
      files.Path("kube-apiserver.log"));
}

Status KubeApiServer::Impl::AwaitReady() {
  kube::Config config;
  config.server = server;
  config.ca_pem = authority.pair.cert_pem;
  config.client_cert_pem = admin.cert_pem;
  config.client_key_pem = admin.key_pem;
  kube::ClientOptions options;
  options.timeout = 5s;
  options.attempts = 1;
  const auto client = kube::Client::Create(config, options, SystemClock());
  if (!client) return Fail(client.error());
  const MonoTime deadline = SystemClock().Mono() + kStartTimeout;
  for (;;) {
    // The namespace that the server makes last, once its own start-up work is done.
    const auto got = (*client)->Get(kube::kNamespaces, "", "default");
    if (got) return {};
    if (!apiserver->Running() || !etcd->Running() || SystemClock().Mono() > deadline) {
      return Fail(Code::kUnavailable,
                  fmt::format("kube-apiserver did not start: {}\n{}\n{}", got.error().message,
                              LogTail(files.Path("etcd.log")), LogTail(files.Path("kube-apiserver.log"))));
    }
    kube::WaitFor({}, 50ms);
  }
}

/// A call of etcd's JSON gateway.
Result<nlohmann::json> KubeApiServer::Impl::AskEtcd(const std::string& path, const nlohmann::json& question) const {
  kube::Config config;
  config.server = fmt::format("http://127.0.0.1:{}", etcd_port);
  const auto endpoint = kube::Endpoint::Create(config);
  if (!endpoint) return Fail(endpoint.error());
  const auto connection = kube::Connection::Create(*endpoint, 10s, SystemClock());
  if (!connection) return Fail(connection.error());
  const kube::HttpRequest request{"POST", path, {{"Content-Type", "application/json"}}, question.dump()};
  const auto answer = (*connection)->Send(request, SystemClock().Mono() + 10s, {});
  if (!answer) return Fail(answer.error().error);
  if (answer->status != 200) return Fail(Code::kInternal, fmt::format("etcd {}: {}", path, answer->body));
  return kube::ParseJson(answer->body);
}

std::string KubeApiServer::Impl::Kubeconfig() const {
  return fmt::format(R"(apiVersion: v1
kind: Config
current-context: test
contexts: [{{name: test, context: {{cluster: test, user: admin}}}}]
clusters: [{{name: test, cluster: {{server: "{}", certificate-authority-data: {}}}}}]
users: [{{name: admin, user: {{client-certificate-data: {}, client-key-data: {}}}}}]
)",
                     server, kube::EncodeBase64(authority.pair.cert_pem), kube::EncodeBase64(admin.cert_pem),
                     kube::EncodeBase64(admin.key_pem));
}

KubeApiServer::KubeApiServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KubeApiServer::~KubeApiServer() = default;

Result<std::unique_ptr<KubeApiServer>> KubeApiServer::Start() {
  auto tools = FindTools();
  if (!tools) return Fail(tools.error());
  auto impl = std::make_unique<Impl>();
  impl->tools = std::move(*tools);
  Status ready;
  // A port that was free can be taken by somebody else in between.
  for (int attempt = 0; attempt < 3; ++attempt) {
    impl->apiserver.reset();
    impl->etcd.reset();
    impl->TakePorts();
    impl->StartEtcd();
    impl->StartApiServer();
    ready = impl->AwaitReady();
    if (ready) break;
  }
  if (!ready) return Fail(ready.error());
  impl->files.Write("kubeconfig", impl->Kubeconfig());
  return std::unique_ptr<KubeApiServer>(new KubeApiServer(std::move(impl)));
}

kube::Config KubeApiServer::Admin() const {
  kube::Config config;
  config.server = impl_->server;
  config.ca_pem = impl_->authority.pair.cert_pem;
  config.client_cert_pem = impl_->admin.cert_pem;
  config.client_key_pem = impl_->admin.key_pem;
  return config;
}

kube::Config KubeApiServer::Bearer(const std::string& token) const {
  kube::Config config;
  config.server = impl_->server;
  config.ca_pem = impl_->authority.pair.cert_pem;
  config.token = kube::StaticToken(token);
  return config;
}

std::string KubeApiServer::KubeconfigPath() const { return impl_->files.Path("kubeconfig"); }
const std::string& KubeApiServer::ToolsFolder() const { return impl_->tools; }

Status KubeApiServer::CompactEtcd() {
  const auto state = impl_->AskEtcd("/v3/kv/range", {{"key", kube::EncodeBase64("/")}, {"limit", 1}});
  if (!state) return Fail(state.error());
  const nlohmann::json question{{"revision", kube::StringAt(*state, "header.revision")}, {"physical", true}};
  const auto compacted = impl_->AskEtcd("/v3/kv/compaction", question);
  if (!compacted) return Fail(compacted.error());
  return {};
}

namespace {

void Crash(std::optional<Subprocess>& program) {
  kill(program->Pid(), SIGKILL);
  program.reset();
}

}  // namespace

Status KubeApiServer::RestartApiServer(const std::function<void()>& while_down) {
  Crash(impl_->apiserver);
  if (while_down) while_down();
  impl_->StartApiServer();
  return impl_->AwaitReady();
}

Status KubeApiServer::RestartEtcd(const std::function<void()>& while_down) {
  Crash(impl_->etcd);
  if (while_down) while_down();
  impl_->StartEtcd();
  return impl_->AwaitReady();
}

KubeApiServer& SharedApiServer() {
  static const std::unique_ptr<KubeApiServer> server = [] {
    auto started = KubeApiServer::Start();
    if (!started) {
      std::cerr << started.error().message << '\n';
      std::exit(started.error().code == Code::kNotFound ? kSkipped : 1);
    }
    return std::move(*started);
  }();
  return *server;
}

}  // namespace dst_load::test_support
