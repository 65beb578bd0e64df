#!/usr/bin/env bash
# What Argo CD and Flux make of recorded LoadTests and schedules, by the files in examples/gitops. Needs neither.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../../../hack/lib.sh
source "$here/../../../hack/lib.sh"
# shellcheck source=../../../hack/testlib/results.sh
source "$repository/hack/testlib/results.sh"

ledger="" details=""

usage() {
  cat <<END
Usage: test/integration/gitops/run.sh [--results FILE] [--details FILE]

Judges every object in test/integration/gitops/recorded as Argo CD does (its health scripts, in its Lua), as kstatus does,
and as Flux does (its CEL expressions, by its own evaluator), and compares with expected.txt.

The objects are made by the operator's integration tests, which hold them against what the operator does now. To record
them anew: DST_LOAD_RECORD=1 build/asan/test/integration/operator/operator_integration '[recorded]'
END
}

clean_up() {
  local code=$?
  trap - EXIT
  rm -rf -- "$scratch"
  exit "$code"
}

# is_as_expected OBJECT: what was said of it, here and in expected.txt.
is_as_expected() {
  local said expected
  said=$(awk -v name="$1" '$1 == name { print $2, $3, $4 }' "$scratch/said.txt")
  expected=$(awk -v name="$1" '$1 == name { print $2, $3, $4 }' "$here/expected.txt")
  echo "Argo CD, kstatus, Flux: \"$said\", and expected is \"$expected\""
  grep -F "gitops: $1:" "$scratch/judge.log" || true
  [[ -n $said && $said == "$expected" ]]
}

judge() {
  "$judge" -argocd-cm "$repository/examples/gitops/argocd/argocd-cm.yaml" \
    -kustomization "$repository/examples/gitops/flux/kustomization.yaml" "$here"/recorded/*.json >"$scratch/said.txt" 2>"$scratch/judge.log"
}

main() {
  local results="" explanations="" object
  while (($#)); do
    case $1 in
      -h | --help) usage && exit ;;
      --results) need_value "$@" && results=$2 && shift ;;
      --details) need_value "$@" && explanations=$2 && shift ;;
      *) bad_usage "unknown argument $1" ;;
    esac
    shift
  done
  scratch=$(mktemp -d "${TMPDIR:-/tmp}/dst-load-gitops.XXXXXX")
  trap clean_up EXIT
  trap 'exit 143' INT TERM HUP
  ledger=${results:-$scratch/ledger}
  details=${explanations:-$scratch/details}
  touch "$ledger" "$details"
  judge=$("$repository/hack/tools/build.sh" --path gitops)
  if ! judge; then
    record failed 1 "gitops: the examples cannot be read"
    detail "gitops" <"$scratch/judge.log"
  else
    while read -r object; do
      check "gitops: $object" is_as_expected "$object"
    done < <({ awk '!/^#/ { print $1 }' "$here/expected.txt" && cut -d ' ' -f 1 "$scratch/said.txt"; } | sort -u)
  fi
  [[ -z $results ]] || return 0
  summarize
}

main "$@"
