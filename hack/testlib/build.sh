# shellcheck shell=bash disable=SC2154 # what the sourcing script sets: $repository, $scratch, $ledger, $details, $jobs, $helm
# Building test programs and running them, by the labels that CMake gives them.

# list_programs FOLDER LABELS [NAMES]: one JSON object a line, of the programs whose label and name match the patterns.
list_programs() {
  ctest --test-dir "$1" --show-only=json-v1 2>/dev/null | jq -c --arg labels "^($2)\$" --arg names "${3:-.}" '
    def property($key): first(.properties[]? | select(.name == $key) | .value) // null;
    .tests[]
    | {name, command: (.command // []), labels: (property("LABELS") // []), limit: (property("TIMEOUT") // 600 | floor),
       folder: (property("WORKING_DIRECTORY") // "."), environment: (property("ENVIRONMENT") // [])}
    | select(any(.labels[]; test($labels))) | select(.name | test($names))'
}

# build_programs PRESET FOLDER LABELS NAMES [CMAKE-FLAG...]: builds what it can; a program that does not build is found
# missing when it is to run. Fails when CMake does.
build_programs() {
  local preset=$1 folder=$2 labels=$3 names=$4 output=$scratch/build-$1.log targets
  shift 4
  if ! run_bounded 300 "$output" cmake --preset "$preset" -B "$folder" "$@"; then
    record failed 1 "configure $preset"
    detail "configure $preset" <"$output"
    return 1
  fi
  mapfile -t targets < <(list_programs "$folder" "$labels" "$names" | jq -r .name)
  if ((${#targets[@]} == 0)); then
    log "no programs with label $labels and a name like ${names:-.}"
    return
  fi
  log "building ${#targets[@]} programs ($preset)"
  if ! run_bounded 3000 "$output" ninja -C "$folder" -j "$jobs" -k 0 "${targets[@]}"; then
    awk '/^FAILED: /{ p = 60 } p-- > 0' "$output" | detail "build $preset"
  fi
}

# run_programs FOLDER LABELS NAMES [PREFIX]: one after the other, each counted.
run_programs() {
  local folder=$1 labels=$2 names=$3 prefix=${4-} program
  while read -r program <&3; do
    run_program "$program" "$prefix"
  done 3< <(list_programs "$folder" "$labels" "$names")
}

# run_program JSON PREFIX
run_program() {
  local name command environment limit folder code=0 began=$SECONDS
  name=$(jq -r .name <<<"$1")
  limit=$(jq -r .limit <<<"$1")
  folder=$(jq -r .folder <<<"$1")
  mapfile -t command < <(jq -r '.command[]' <<<"$1")
  mapfile -t environment < <(jq -r '.environment[]' <<<"$1")
  if [[ ${#command[@]} -eq 0 || ! -x ${command[0]} ]]; then
    record failed 1 "$2$name" "did not build"
    return
  fi
  local xml=$scratch/$name.xml output=$scratch/$name.log
  rm -f "$xml"
  run_bounded "$limit" "$output" env -C "$folder" "${environment[@]}" "${command[@]}" --reporter xml --out "$xml" || code=$?
  record_catch "$2$name" "$code" "$xml" "$output"
  log "$2$name: $((SECONDS - began)) s"
}
