# shellcheck shell=bash disable=SC2154 # what the sourcing script sets: $repository, $scratch, $ledger, $details, $jobs, $helm
# Checks that need no program of ours. Each counts as one test.

# project_files PATTERN...: what git knows or would take, so that a dirty tree is checked as it is.
project_files() {
  local file
  while read -r file; do
    if [[ -f $repository/$file ]]; then printf '%s\n' "$file"; fi
  done < <(git -C "$repository" ls-files --cached --others --exclude-standard --deduplicate -- "$@")
}

# The others look at what git lists, and where it lists nothing they would find nothing.
lint_files() {
  local files
  files=$(git -C "$repository" ls-files -- '*.cc' '*.sh' '*.md') || return 1
  [[ -n $files ]] || { echo "git lists no files of $repository"; return 1; }
}

# What is run; what is only sourced is checked where it is sourced.
shell_programs() {
  local file
  while read -r file; do
    [[ ${file##*/} == *.* && $file != *.sh ]] && continue
    if [[ $(head -c 40 "$file" | tr -d '\0') =~ ^'#!'[^[:cntrl:]]*(bash|/sh) ]]; then printf '%s\n' "$file"; fi
  done < <(project_files)
}

lint_shell() {
  local scripts
  # The cases of e2e are sourced by name, where shellcheck does not follow.
  mapfile -t scripts < <(shell_programs && project_files 'test/e2e/cases/*.sh')
  shellcheck --external-sources --check-sourced --source-path=SCRIPTDIR "${scripts[@]}"
}

lint_format() {
  local sources
  mapfile -t sources < <(project_files '*.cc' '*.h')
  clang-format-14 --dry-run -Werror "${sources[@]}"
}

# Nothing of one machine may be written down.
lint_paths() {
  local found
  found=$(project_files | xargs grep -nIE '(^|[^A-Za-z0-9_.])/(work|root)/[a-z]' -- /dev/null | grep -vE '^[^:]*go\.sum:' || true)
  [[ -z $found ]] || { printf '%s\n' "$found"; return 1; }
}

# Every relative link of the documents leads somewhere.
lint_links() {
  local document target broken=0
  while read -r document; do
    while read -r target; do
      target=${target%%#*}
      [[ -z $target || $target == *://* || $target == mailto:* ]] && continue
      [[ -e $(dirname "$document")/$target ]] || { printf '%s: %s does not exist\n' "$document" "$target"; broken=1; }
    done < <(awk '/^```/ { code = !code } !code' "$document" | grep -oE '\]\([^)[:space:]]+\)' | sed -e 's/^](//' -e 's/)$//')
  done < <(project_files '*.md')
  return "$broken"
}

# faults_of_docs: the cases that docs/faults.md names: `| ... | `case`, `case` |`.
# shellcheck disable=SC2016 # backticks of Markdown
faults_of_docs() {
  awk -F '|' '/^\|/ { print $(NF - 1) }' "$repository/docs/faults.md" | grep -oE '`[a-z0-9_]+`' | tr -d '`' | sort -u
}

# cases_in FILE...
cases_in() { sed -nE 's/^case_([a-z0-9_]+)\(\).*/\1/p' "$@" | sort -u; }

# docs/faults.md names cases that exist, and every case that plays a fault.
lint_faults() {
  local cases=$repository/test/e2e/cases named absent untold
  named=$(faults_of_docs)
  absent=$(comm -23 <(printf '%s\n' "$named") <(cases_in "$cases"/*/*.sh))
  untold=$(comm -13 <(printf '%s\n' "$named") <(cases_in "$cases"/own-operator/*.sh "$cases/together/disturbance.sh"))
  [[ -n $named ]] || printf 'docs/faults.md names no case\n'
  [[ -z $absent ]] || printf 'docs/faults.md names what is no case: %s\n' "${absent//$'\n'/, }"
  [[ -z $untold ]] || printf 'docs/faults.md does not name: %s\n' "${untold//$'\n'/, }"
  [[ -n $named && -z $absent$untold ]]
}

# Everything that can be said about the chart without a cluster.
lint_chart() {
  local chart=$repository/charts/dst-load-operator values
  "$helm" lint --strict "$chart" || return 1
  for values in "" "reference.enabled=true" "watchNamespace=load" "replicas=1,podDisruptionBudget.enabled=true" "metrics.serviceMonitor.enabled=true" \
    "calibration=figures" "env[0].name=PLACE,env[0].value=here" \
    "volumes[0].name=place,volumes[0].emptyDir.medium=Memory,volumeMounts[0].name=place,volumeMounts[0].mountPath=/place" \
    "calibration=figures,volumes[0].name=place,volumes[0].emptyDir.medium=Memory,volumeMounts[0].name=place,volumeMounts[0].mountPath=/place"; do
    "$helm" template dst-load "$chart" --namespace dst-load --set "$values" >"$scratch/chart.yaml" || return 1
    [[ $(grep -c '^kind: ' "$scratch/chart.yaml") -ge 8 ]] || return 1
    [[ $values != *PLACE* ]] || grep -qE '^ +- name: PLACE$' "$scratch/chart.yaml" || return 1
    [[ $values != *place* ]] || (($(grep -cE '^ +name: place$' "$scratch/chart.yaml") == 2)) || return 1
    [[ $values != *calibration* ]] || grep -q 'calibration.json: "figures"' "$scratch/chart.yaml" || return 1
  done
}

# A packaged chart holds the CRD and the rules of this repository, not copies that went their own way.
lint_chart_package() {
  local folder=$scratch/package
  mkdir -p "$folder"
  "$helm" package "$repository/charts/dst-load-operator" --destination "$folder" >/dev/null || return 1
  tar -xzf "$folder"/dst-load-operator-*.tgz -C "$folder" || return 1
  cmp "$folder/dst-load-operator/files/loadtest.yaml" "$repository/crds/loadtest.yaml" &&
    cmp "$folder/dst-load-operator/files/loadtestschedule.yaml" "$repository/crds/loadtestschedule.yaml" &&
    cmp "$folder/dst-load-operator/files/rbac.yaml" "$repository/operator/rbac.yaml"
}

# The schema of values refuses what it does not know.
lint_chart_refusals() {
  local bad
  for bad in "replica=2" "replicas=-1" "image.tga=x" "reference.enabled=perhaps" "resources.limits.cpus=1" "logLevel=loud" "env=x" "volumes=x" "volumeMounts.name=x"; do
    if "$helm" template dst-load "$repository/charts/dst-load-operator" --set "$bad" >"$scratch/refused.txt" 2>&1; then
      echo "accepted --set $bad"
      return 1
    fi
  done
}

stage_lint() {
  check "lint: git lists the files" lint_files
  check "lint: shellcheck" lint_shell
  check "lint: clang-format" lint_format
  check "lint: no paths of one machine" lint_paths
  check "lint: links of the documents" lint_links
  check "lint: reasons and their list are the same" lint_reasons
  check "lint: faults name their cases" lint_faults
  check "lint: the Dockerfile installs what the programs need" lint_dockerfile
  check "the counting of test.sh" "$repository/test/unit/hack/run.sh"
  if helm=$("$repository/hack/tools/build.sh" --path helm 2>"$scratch/helm.log"); then
    check "chart: lint and render" lint_chart
    check "chart: package holds this CRD and these rules" lint_chart_package
    check "chart: values schema refuses nonsense" lint_chart_refusals
  else
    record failed 3 "chart" "helm does not build"
    detail "chart" <"$scratch/helm.log"
  fi
}
