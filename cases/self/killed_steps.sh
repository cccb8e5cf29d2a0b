#!/bin/sh
# One night that is killed at every step and each time gone on with: it ends as an undisturbed one does, and nothing is
# left behind. kill_at.c kills, and keeps the list of what it has killed at.
# usage: killed_steps.sh WAY [HOW [ARGUMENT of confed run...]]
#   WAY  sim: by confed run in the simulated world, with a case that fails and its evidence; juju: by ci/nightly with the
#        simulated juju first in PATH; kept: there too, by confed run --keep-on-failure, and then confed down
#   HOW  of kill_at.c (mixed)
# Without arguments one model is deployed, or, of juju, the life cycle runs; killed_steps.sh juju mixed --world juju is a
# whole night.
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"
way=$1 how=${2:-mixed}
shift "$(($# > 1 ? 2 : 1))"
preload=$BIN/../tests/libkill_at.so
list=$scratch/killed

if [ $# = 0 ] && [ "$way" = juju ]; then
    set -- lifecycle
elif [ $# = 0 ]; then
    mkdir -p "$scratch/cases/lifecycle" "$scratch/cases/night"
    cp "$here/../lifecycle/deploy-c1.yaml" "$scratch/cases/lifecycle"
    sed 's/^after: .*/after: [lifecycle.deploy-c1]/' "$here/../lifecycle/teardown-c1.yaml" >"$scratch/cases/lifecycle/teardown-c1.yaml"
    cat >"$scratch/cases/night/wrong.yaml" <<END
id: night.wrong
title: a case that fails
why: the run is killed while its evidence is collected, too
after: [lifecycle.deploy-c1]
steps:
  - run: [juju, config, -m, c1, etcd, no-such-option]
END
    set -- --cases "$scratch/cases"
fi
[ "$way" = sim ] || world_up --speed 1000

# night PLACE ARGUMENT...: begins it or goes on with it; in the phase down it takes down what was kept. folder PLACE: its run
phase=run killed=137
night() {
    place=$1
    shift
    case $phase.$way in
    *.juju)
        # The commands of a run that was killed a moment ago may still hold the lock.
        tries=0 ended=4
        while [ "$ended" = 4 ] && [ "$tries" -lt 100 ]; do
            [ "$tries" = 0 ] || sleep 0.1
            tries=$((tries + 1)) ended=0
            "$here/../../ci/nightly" --state "$place" --confed "$BIN/confed" --env CONFED_WORLD --speed 1000 --no-doctor --quiet "$@" || ended=$?
        done
        return "$ended"
        ;;
    down.*) "$BIN/confed" down "$place" ;;
    *)
        [ "$way" = sim ] || set -- --world juju --env CONFED_WORLD --speed 1000 "$@"
        if [ -e "$place" ]; then set -- --resume "$place"; else set -- --out "$place" "$@"; fi
        [ "$way" = sim ] || set -- --keep-on-failure "$@"
        "$BIN/confed" run --quiet "$@"
        ;;
    esac
}
folder() { echo "$1"; }
if [ "$way" = juju ]; then
    folder() { readlink -f "$1/latest"; }
    killed=3
fi
is_kept() { grep '"event": *"run-' "$(folder "$1")/observations.jsonl" | tail -n 1 | grep -q '"outcome": *"kept"'; }
verdicts() {
    jq -r '.results[] | "\(.verdict) \(.case) \(.gap.id // "") \(.collected.files // [] | length > 0)"' "$(folder "$1")/results.json" | sort
}

usual=0
night "$scratch/usual" "$@" >"$scratch/out" 2>&1 || usual=$?
[ "$usual" -le 1 ] || fail "the undisturbed night ended with $usual: $(tail -n 3 "$scratch/out")"
if [ "$way" = kept ]; then
    is_kept "$scratch/usual" || fail "the undisturbed night was not kept: $(tail -n 3 "$scratch/out")"
    exits 0 "$BIN/confed" down "$scratch/usual"
fi
verdicts "$scratch/usual" >"$scratch/wanted"

# What is to be killed comes from the cases: each step (of one that does not pass, those that it comes to), those of `again`,
# each look at what a case has left, and the collecting of evidence of a case that fails. Of cases that the world is no place
# for, nothing.
jq --slurpfile results "$(folder "$scratch/usual")/results.json" \
    '([$results[0].results[] | select(.verdict != "unsupported") | {key: .case, value: .}] | from_entries) as $of |
     [.cases[] | select($of[.id]) | .count = (.steps | length) | .begun = if $of[.id].verdict == "passed" then .count else ($of[.id].steps | length) end]' \
    "$(folder "$scratch/usual")/run.json" >"$scratch/cases.json"
jq -r '.[] | .id as $id | range(0; .begun), range(.count; .count + (.again // [] | length)) | "step-begin \($id) \(.)"' "$scratch/cases.json" |
    sort >"$scratch/steps"
jq -r '.[].still // [] | .[] | "^look " + (.run | map(gsub("[$][{][^}]*[}]"; ".*")) | join(" ")) + "$"' "$scratch/cases.json" \
    >"$scratch/looks"
sed -n 's/^failed \([^ ]*\) .*/^wrong \1 /p' "$scratch/wanted" >>"$scratch/looks"

: >"$list"
while [ "$failures" = 0 ]; do
    before=$(wc -l <"$list") code=0
    (
        export LD_PRELOAD="$preload" KILLED="$list" KILL_HOW="$how"
        night "$scratch/night" "$@"
    ) >"$scratch/out" 2>&1 || code=$?
    if [ "$(wc -l <"$list")" != "$before" ]; then
        last=$(tail -n 1 "$list")
        [ "$code" = "$killed" ] || fail "killed at '$last': it ended with $code: $(tail -n 3 "$scratch/out")"
    elif [ "$way.$phase" = kept.run ] && is_kept "$scratch/night"; then
        is "what a red night that is kept ends with" "$code" "$usual"
        phase=down usual=0
    else
        break
    fi
done
is "how it ended behind '${last:-}'" "$code" "$usual"
run=$(folder "$scratch/night")
grep '^step-begin' "$list" | sort >"$scratch/killed_steps"
diff "$scratch/steps" "$scratch/killed_steps" >"$scratch/diff" || fail "steps that were not killed, or are none: $(head -c 2000 "$scratch/diff")"
while read -r look; do
    grep -q -- "$look" "$list" || fail "not killed at $look"
done <"$scratch/looks"
verdicts "$scratch/night" >"$scratch/got"
diff "$scratch/wanted" "$scratch/got" >"$scratch/diff" || fail "verdicts: $(cat "$scratch/diff")"
is state "$(jq -r .state "$run/results.json")" finished
for report in results.json junit.xml report.html mail.txt metrics.prom; do
    [ -s "$run/$report" ] || fail "there is no $report"
done
for one in /proc/[0-9]*; do
    case $(readlink "$one/cwd" || :) in "$scratch"/night*) fail "left behind: $(tr '\0' ' ' <"$one/cmdline")" ;; esac
done
[ "$way" = sim ] || is "models left" "$(models)" ""
if [ "$way" = juju ]; then
    is nights "$(find "$scratch/night/runs" -mindepth 1 -maxdepth 1 | wc -l)" 1
    is "runs in the history" "$("$BIN/confed" history --file "$scratch/night/history.db" --json | jq '.runs | length')" 1
fi
[ -z "${KEEP_RUN:-}" ] || cp -r "$run" "$list" "$KEEP_RUN"
echo "killed $(wc -l <"$list") times, $(wc -l <"$scratch/steps") steps"
done_testing
