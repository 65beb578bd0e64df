# shellcheck shell=bash disable=SC2016,SC2154 # backticks of Markdown; what the sourcing script sets: $repository
# Holds the reasons of the code against the list in docs/conditions.md.

readonly reason_headers=(operator/reasons.h measure/reasons.h workers/churn/reasons.h)

# Every word that the headers define.
reasons_of_code() {
  (cd "$repository" && grep -hoE '"[A-Z][A-Za-z0-9]*"' "${reason_headers[@]}") | tr -d '"' | sort -u
}

# The first column of those tables of the document that are headed "reason" or "event".
reasons_of_docs() {
  awk -F '|' '
    /^\|/ && !inside { inside = 1; list = $2 ~ /^ *(reason|event) *$/ }
    !/^\|/ { inside = 0 }
    inside && list { print $2 }' "$repository/docs/conditions.md" | grep -oE '`[A-Za-z0-9]+`' | tr -d '`' | sort -u
}

# Where reasons are given.
readonly reason_sources=(measure/verdict.cc
  operator/{conditions,events,losses,phases,pod_trouble,progress_text,reconcile,rerun,schedule_controller,schedule_reconcile}.cc
  workers/churn/{churn_ending,churn_pace,churn_worker,resume,run_state,workload}.cc)

# Headers and sources of these lists that are gone.
gone_reason_files() {
  local file
  for file in "${reason_headers[@]}" "${reason_sources[@]}"; do
    [[ -f $repository/$file ]] || printf '%s\n' "$file"
  done
}

# Reasons that stand in the code itself, where the headers would not have them. Others' words may: what is compared with
# them, and types of Kubernetes' conditions.
stray_reasons() {
  (cd "$repository" && grep -nE '"[A-Z][a-z0-9]+([A-Z][A-Za-z0-9]*)+"' "${reason_sources[@]}") | grep -vE ' == "|ConditionOf\(|StringAt\(|"[KMGT]iB"' || true
}

# Names of the headers that nothing uses.
idle_reasons() {
  (cd "$repository" && comm -23 \
    <(grep -hoE '\bk[A-Z][A-Za-z0-9]*(\{| =)' "${reason_headers[@]}" | grep -oE 'k[A-Za-z0-9]+' | sort -u) \
    <(grep -rhoE 'reason::k[A-Za-z0-9]+' --include='*.cc' operator measure workers | cut -d : -f 3 | sort -u))
}

lint_reasons() {
  local missing extra stray idle gone
  gone=$(gone_reason_files)
  [[ -z $gone ]] || { printf 'hack/testlib/reasons.sh lists files that are gone: %s\n' "${gone//$'\n'/, }"; return 1; }
  missing=$(comm -23 <(reasons_of_code) <(reasons_of_docs))
  extra=$(comm -13 <(reasons_of_code) <(reasons_of_docs))
  stray=$(stray_reasons)
  idle=$(idle_reasons)
  [[ -z $missing ]] || printf 'docs/conditions.md does not list: %s\n' "${missing//$'\n'/, }"
  [[ -z $extra ]] || printf 'docs/conditions.md lists what nothing says: %s\n' "${extra//$'\n'/, }"
  [[ -z $stray ]] || printf 'not in a reasons.h:\n%s\n' "$stray"
  [[ -z $idle ]] || printf 'in a reasons.h, and never given: %s\n' "${idle//$'\n'/, }"
  [[ -n $(reasons_of_code) && -z $missing$extra$stray$idle ]]
}
