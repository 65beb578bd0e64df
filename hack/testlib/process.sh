# shellcheck shell=bash
# Programs that run for a bounded time in a process group of their own, so that nothing they start outlives them.

running_group=""

# Ends what run_bounded is running now, if anything. For a trap.
stop_running() {
  [[ -n $running_group ]] || return 0
  end_group "$running_group"
  running_group=""
}

# end_group PGID: TERM, twenty seconds for its own cleaning up, KILL.
end_group() {
  kill -TERM -- "-$1" 2>/dev/null || return 0
  local turn
  for ((turn = 0; turn < 200; turn++)); do
    kill -0 -- "-$1" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL -- "-$1" 2>/dev/null || true
}

# run_bounded SECONDS OUTPUT COMMAND...: the exit code is that of COMMAND, or 124 when its time was up. OUTPUT is a file,
# or "-" for our own. Says every half minute that it still runs, and the last line of OUTPUT.
run_bounded() {
  local limit=$1 output=$2 code=0 began=$SECONDS next=$((SECONDS + 30)) nap=0.02
  shift 2
  if [[ $output == - ]]; then
    setsid timeout --kill-after=10 "$limit" "$@" </dev/null &
  else
    setsid timeout --kill-after=10 "$limit" "$@" >"$output" 2>&1 </dev/null &
  fi
  running_group=$!
  while kill -0 "$running_group" 2>/dev/null; do
    sleep "$nap"
    ((SECONDS == began)) || nap=0.5
    if ((SECONDS >= next)) && [[ $output != - ]]; then
      next=$((SECONDS + 30))
      log "  … $((SECONDS - began)) s: $(tail -c 400 "$output" | tr '\r' '\n' | tail -n 1 | cut -c 1-110)"
    fi
  done
  wait "$running_group" || code=$?
  # What is just ending may end by itself.
  ! kill -0 -- "-$running_group" 2>/dev/null || sleep 0.3
  if kill -0 -- "-$running_group" 2>/dev/null; then
    log "${1##*/} left processes behind; ending them"
    end_group "$running_group"
  fi
  running_group=""
  return "$code"
}

# eventually SECONDS COMMAND...: runs COMMAND until it succeeds; fails when it has not by then.
eventually() {
  local limit=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < limit)) || return 1
    sleep 0.2
  done
}
