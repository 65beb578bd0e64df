#!/usr/bin/env bash
# Runs one case in the cluster of run.sh: case.sh NAME KUBECONFIG KUBECTL. Exits 77 when it is skipped.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../../hack/lib.sh
source "$here/../../hack/lib.sh"
# shellcheck source=../../hack/testlib/kube.sh
source "$here/../../hack/testlib/kube.sh"

name=$1 kubeconfig=$2 kubectl=("$3" --kubeconfig "$2")
state=$(dirname "$kubeconfig")
namespace=e2e-${name//_/-}
# shellcheck disable=SC2034
readonly name kubeconfig kubectl state namespace
# shellcheck source=lib.sh
source "$here/lib.sh"
source "$here/cases/oscillation.sh"
source "$here/cases/disturbance.sh"
source "$here/cases/lifecycle.sh"
source "$here/cases/measurement.sh"
source "$here/cases/refusal.sh"

"case_$name"
