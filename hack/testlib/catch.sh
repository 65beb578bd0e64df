# shellcheck shell=bash
# Counting the test cases of Catch2 programs from the report of their xml reporter, whatever became of the program.

# catch_counts XML: "SUCCESSES FAILURES" of a whole report; fails when the report is absent or was cut short.
catch_counts() {
  [[ -s $1 ]] || return 1
  awk '
    /<OverallResultsCases / {
      seen = 1
      successes = failures = expected = 0
      if (match($0, /successes="[0-9]+"/)) successes = substr($0, RSTART + 11, RLENGTH - 12)
      if (match($0, / failures="[0-9]+"/)) failures = substr($0, RSTART + 11, RLENGTH - 12)
      if (match($0, /expectedFailures="[0-9]+"/)) expected = substr($0, RSTART + 18, RLENGTH - 19)
    }
    /<\/Catch>/ { whole = 1 }
    END { if (!seen || !whole) exit 1; print successes + expected, failures + 0 }' "$1"
}

# catch_unfinished XML: the name of the test case that a report which was cut short ends in.
catch_unfinished() {
  [[ -s $1 ]] || return 0
  awk '
    /<TestCase / { name = match($0, / name="[^"]*"/) ? substr($0, RSTART + 7, RLENGTH - 8) : "?" }
    /<\/TestCase>/ { name = "" }
    END { print name }' "$1" | xml_unescape
}

xml_unescape() { sed -e 's/&lt;/</g' -e 's/&gt;/>/g' -e 's/&quot;/"/g' -e "s/&apos;/'/g" -e 's/&amp;/\&/g'; }

# catch_failures XML: what failed, for people.
catch_failures() {
  [[ -s $1 ]] || return 0
  awk '
    function heading() { if (!named) print test; named = 1 }
    function attribute(name) { return match($0, " " name "=\"[^\"]*\"") ? substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4) : "" }
    /<TestCase / { test = attribute("name"); named = 0; sections = "" }
    /<Section / { depth++; section[depth] = attribute("name") }
    /<\/Section>/ { depth-- }
    /<Expression success="false"/ || /<Failure / || /<Exception / || /<FatalErrorCondition / {
      heading()
      for (i = 1; i <= depth; i++) printf "  %s\n", section[i]
      printf "  %s:%s %s\n", attribute("filename"), attribute("line"), attribute("type")
      inside = 1
      next
    }
    /<\/Expression>/ || /<\/Failure>/ || /<\/Exception>/ || /<\/FatalErrorCondition>/ { inside = 0 }
    /<Info>/ { info = 1; heading() }
    inside || info { line = $0; gsub(/<[^>]*>/, "", line); sub(/^ +/, "", line); if (line != "") print "    " line }
    /<\/Info>/ { info = 0 }' "$1" | xml_unescape
}

# record_catch NAME EXIT-CODE XML OUTPUT: counts the test cases of one run. A program that crashed, ran out of time or
# wrote no whole report is one failure under its name; exit code 77 says that all of it was skipped.
record_catch() {
  local name=$1 code=$2 xml=$3 output=$4 counts successes failures note=""
  if counts=$(catch_counts "$xml"); then
    read -r successes failures <<<"$counts"
  else
    successes=0 failures=0
    note="wrote no whole report, exit code $code"
    ((code != 124 && code != 137)) || note="ran out of time"
  fi
  if ((code == 77 && failures == 0)); then
    record skipped 1 "$name" "$(tail -n 1 "$output" | cut -c 1-160)"
    return
  fi
  if [[ -n $note ]]; then
    local unfinished
    unfinished=$(catch_unfinished "$xml")
    note+=${unfinished:+, in \"$unfinished\"}
  elif ((successes + failures == 0)); then
    note="ran no test case"
  elif ((failures == 0 && code != 0)); then
    note="exit code $code although every test case passed"
  fi
  ((successes == 0)) || record passed "$successes" "$name"
  ((failures == 0)) || record failed "$failures" "$name" "$failures of $((successes + failures)) test cases"
  [[ -z $note ]] || record failed 1 "$name" "$note"
  if ((failures)) || [[ -n $note ]]; then
    { catch_failures "$xml" && tail -n 60 "$output"; } | detail "$name"
  fi
}
