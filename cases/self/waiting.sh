#!/bin/sh
# While it waits at the speed of life the harness uses next to nothing: the benchmark of that, for a shorter while.
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"
SECONDS_WAITED=5 "$here/../../ci/benchmarks/waiting" >"$scratch/lines" || fail "there is no number: $(cat "$scratch/lines")"
is "numbers" "$(jq -r .name "$scratch/lines" | tr '\n' ' ')" "waiting/CPU of the harness waiting/memory of the harness, at most "
is "beyond its goal" "$(jq -c 'select(.ok | not) | [.name, .value, .goal]' "$scratch/lines")" ""
done_testing
