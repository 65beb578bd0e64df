#!/usr/bin/env bash
# Tests of the counting in hack/test.sh: what a run of a Catch2 program adds to the ledger, whatever became of it.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/dst-load-hack.XXXXXX")
trap 'rm -rf -- "$scratch"' EXIT
ledger=$scratch/ledger details=$scratch/details
# shellcheck source-path=SCRIPTDIR
source "$here/../../../hack/lib.sh"
# shellcheck source-path=SCRIPTDIR
source "$here/../../../hack/testlib/results.sh"
# shellcheck source-path=SCRIPTDIR
source "$here/../../../hack/testlib/process.sh"
# shellcheck source-path=SCRIPTDIR
source "$here/../../../hack/testlib/catch.sh"
log() { :; }

wrong=0
# expect NAME WANT GOT
expect() {
  if [[ $2 == "$3" ]]; then return; fi
  printf '%s\n  wanted: %s\n  got:    %s\n' "$1" "$2" "$3"
  wrong=1
}

counts() { printf '%s/%s/%s' "$(sum_of passed)" "$(sum_of failed)" "$(sum_of skipped)"; }

# after EXIT-CODE REPORT: the ledger's counts after one program.
after() {
  : >"$ledger"
  : >"$details"
  echo "said something" >"$scratch/output"
  record_catch program "$1" "$2" "$scratch/output"
  counts
}

expect "A whole report counts test cases, not assertions" 3/0/0 "$(after 0 "$here/passed.xml")"
expect "Failed test cases count one each" 1/2/0 "$(after 3 "$here/failed.xml")"
expect "77 failed assertions are no skipped program" 1/2/0 "$(after 77 "$here/failed.xml")"
expect "A report cut short counts one failure" 0/1/0 "$(after 139 "$here/crashed.xml")"
expect "No report counts one failure" 0/1/0 "$(after 127 "$scratch/absent.xml")"
expect "An empty report counts one failure" 0/1/0 "$(after 0 /dev/null)"
expect "A timeout counts one failure" 0/1/0 "$(after 124 "$here/crashed.xml")"
expect "A leak found after every test passed is a failure" 3/1/0 "$(after 23 "$here/passed.xml")"
expect "Exit code 77 skips" 0/0/1 "$(after 77 "$scratch/absent.xml")"
expect "A program with no test case is a failure" 0/1/0 "$(after 0 "$here/empty.xml")"

after 139 "$here/crashed.xml" >/dev/null
expect "A crash names its test case" 'wrote no whole report, exit code 139, in "A watch & its <end>"' "$(cut -f 4 "$ledger")"
after 124 "$here/crashed.xml" >/dev/null
expect "A timeout names its test case" 'ran out of time, in "A watch & its <end>"' "$(cut -f 4 "$ledger")"

failures=$(catch_failures "$here/failed.xml")
expect "The text of a failure names the test case" "A queue keeps \"order\"" "$(sed -n 1p <<<"$failures")"
expect "The text of a failure names the place" "    seed 42" "$(sed -n 2p <<<"$failures")"
expect "The text of a failure holds the values" 1 "$(grep -c '1 == 2 && "a" < "b"' <<<"$failures")"
expect "An exception's text is told" 1 "$(grep -c 'unexpected: boom' <<<"$failures")"
expect "What passed is not told" 0 "$(grep -c 'passes' <<<"$failures")"

# summary LEDGER-LINES: exit code and last line of a run that ended with them.
summary() {
  local code=0 text
  printf '%b' "$1" >"$ledger"
  : >"$details"
  text=$(summarize) || code=$?
  printf '%s:%s' "$code" "${text##*$'\n'}"
}
expect "A good run ends well" "0:5 passed, 0 failed, 1 skipped" "$(summary 'passed\t2\ta\t\npassed\t3\tb\t\nskipped\t1\tc\twhy\n')"
expect "A failure ends badly" "1:2 passed, 1 failed, 0 skipped" "$(summary 'passed\t2\ta\t\nfailed\t1\tb\twhy\n')"
expect "A run of nothing ends badly" "1:0 passed, 0 failed, 0 skipped" "$(summary '')"
expect "A run of skipped tests only ends badly" "1:0 passed, 0 failed, 2 skipped" "$(summary 'skipped\t2\ta\twhy\n')"

printf 'passed\t1\te2e: a\t\nskipped\t1\te2e: b\twhy\n' >"$ledger"
account_for "e2e: a" "e2e: b"
expect "What has a result is accounted for" 1/0/1 "$(counts)"
account_for "e2e: a" "e2e: ab" "e2e: ."
expect "What left no result has failed, and names are no patterns" 1/2/1 "$(counts)"
account_for "e2e: a" "e2e: ab" "e2e: ."
expect "It has failed once" 1/2/1 "$(counts)"

# code_of COMMAND...: its exit code under run_bounded.
code_of() {
  local code=0
  run_bounded "$@" || code=$?
  printf '%s' "$code"
}
expect "An exit code goes through" 3 "$(code_of 10 "$scratch/output" bash -c 'exit 3')"
expect "A program that takes too long ends with 124" 124 "$(code_of 1 "$scratch/output" sleep 60)"
run_bounded 10 "$scratch/output" bash -c 'sleep 300 & echo $!'
expect "What a program left behind is ended" no "$(if kill -0 "$(<"$scratch/output")" 2>/dev/null; then echo yes; else echo no; fi)"

exit "$wrong"
