# shellcheck shell=bash disable=SC2154 # what the sourcing script sets: $repository, $scratch, $ledger, $details, $jobs, $helm
# The ledger of a test run: one line a result, STATUS<tab>COUNT<tab>NAME<tab>NOTE, and the text of what failed.
# Needs $ledger and $details, two files, and log() of hack/lib.sh.

# record passed|failed|skipped COUNT NAME [NOTE]
record() {
  printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "${4-}" >>"$ledger"
  if [[ $1 != passed ]]; then
    log "$1: $3${4:+: $4}"
  fi
}

# detail NAME: what stdin says about the failure of NAME, for the end of the run. Not between the lines of another's.
detail() {
  {
    flock 6
    printf '\n--- %s\n' "$1"
    cat
  } 6>>"$details" >&6
}

# sum_of STATUS
sum_of() {
  awk -F '\t' -v status="$1" '$1 == status { sum += $2 } END { print sum + 0 }' "$ledger"
}

# check NAME COMMAND...: counts one test, that COMMAND succeeds.
check() {
  local name=$1 output
  shift
  output=$(mktemp "$scratch/check-XXXXXX")
  if "$@" >"$output" 2>&1 </dev/null; then
    record passed 1 "$name"
  else
    record failed 1 "$name"
    detail "$name" <"$output"
  fi
}

# account_for NAME...: what of these left no result has failed. Once; a second call adds nothing.
account_for() {
  local name
  for name in "$@"; do
    awk -F '\t' -v name="$name" '$3 == name { found = 1 } END { exit !found }' "$ledger" ||
      record failed 1 "$name" "did not run to its end"
  done
}

list_of() {
  awk -F '\t' -v status="$1" '$1 == status { print "  " $3 ($4 == "" ? "" : ": " $4) }' "$ledger"
}

# Ends the run: what failed and why, what was skipped and why, and the counts alone on the last line. Fails when
# something failed or nothing ran.
summarize() {
  local passed failed skipped
  passed=$(sum_of passed)
  failed=$(sum_of failed)
  skipped=$(sum_of skipped)
  if ((failed)); then
    cat "$details"
    printf '\nFailed:\n%s\n' "$(list_of failed)"
  fi
  if ((skipped)); then
    printf '\nSkipped:\n%s\n' "$(list_of skipped)"
  fi
  printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
  ((failed == 0 && passed > 0))
}
