#!/usr/bin/env bash
# Runs one case in the cluster of run.sh: case.sh NAME KUBECONFIG KUBECTL. Exits 77 when it is skipped.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../../hack/lib.sh
source "$here/../../hack/lib.sh"
# shellcheck source=../../hack/testlib/kube.sh
source "$here/../../hack/testlib/kube.sh"

# shellcheck source=../../hack/cluster/state.sh
source "$repository/hack/cluster/state.sh"
# shellcheck source=../../hack/cluster/certs.sh
source "$repository/hack/cluster/certs.sh"

kubectl=("$3" --kubeconfig "$2")
use_cluster "$(basename "$(dirname "$2")")"
namespace=e2e-${1//_/-}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/dst-load-case.XXXXXX")
# shellcheck disable=SC2034
readonly kubeconfig kubectl state namespace scratch
# shellcheck source=lib.sh
source "$here/lib.sh"
trap run_at_exit EXIT
trap 'exit 143' TERM
# shellcheck source=own-operator.sh
source "$here/own-operator.sh"
for file in "$here"/cases/*/*.sh; do
  # shellcheck disable=SC1090 # one of them has the case
  source "$file"
done

"case_$1"
