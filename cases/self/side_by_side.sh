#!/bin/sh
# Four runs side by side, of four releases, do not disturb each other.
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"
pids=""
for profile in 1.6.2 1.7.0 1.8.0 1.9.0; do
    "$BIN/confed" run --quiet --profile "$profile" --out "$scratch/$profile" >"$scratch/out.$profile" 2>&1 &
    pids="$pids $!"
done
for pid in $pids; do
    wait "$pid" || fail "a run ended with $?"
done
for profile in 1.6.2 1.7.0 1.8.0 1.9.0; do
    red=$(jq -r '[.results[] | select(.verdict | IN("passed", "known-gap", "unsupported") | not) | "\(.case): \(.verdict): \(.message)"] | join("; ")' "$scratch/$profile/results.json")
    [ -z "$red" ] || fail "$profile: $red"
done
done_testing
