#!/bin/sh
# The world of real Juju models, with the simulated juju first in PATH: a whole night in each dialect, with a prefix, also
# with a controller that goes away under every kind of command, and a model of our name that is somebody else's.
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"
lived=0
# up [OPTION...]: a world to use by hand; sets its environment for what follows
up() {
    world=$scratch/world$((lived += 1))
    "$BIN/confed" up "$@" "$world" >"$scratch/env" 2>"$scratch/out" || { fail "up $*: $(cat "$scratch/out")"; return 1; }
    # shellcheck source=/dev/null
    . "$scratch/env"
    # Whatever is asked of juju is written down.
    mkdir -p "$world/log"
    printf '#!/bin/sh\necho "$*" >>"%s/log/asked"\nexec "%s" "$@"\n' "$world" "$(command -v juju)" >"$world/log/juju"
    chmod +x "$world/log/juju"
    PATH=$world/log:$PATH
}
down() { PATH=${PATH#"$world/log:"}; "$BIN/confed" down "$world" >/dev/null 2>&1 || fail "the world of $world is gone"; }
trap 'down; rm -rf "$scratch"' EXIT
# cycle RUN [OPTION...]: the life cycle against it; its clock is a thousand times as fast as ours
cycle() {
    run=$1
    shift
    "$BIN/confed" run --world juju --env CONFED_WORLD --speed 1000 --out "$run" --quiet "$@" >"$scratch/out" 2>&1
}
red() { jq -r '[.results[] | select(.verdict | IN("passed", "known-gap", "unsupported") | not) | "\(.case):\(.verdict)"] | join(" ")' "$1/results.json"; }

# A whole night in each dialect: reports, history, a summary, and nothing left behind. In the second the controller is gone
# for a minute when each of these is said first; in the third it does what is asked, and the connection ends.
for version in 2.1.3 2.9.44 3.1.6; do
    set --
    for verb in add-model deploy scp run exec config unexpose destroy-model; do
        case $version in
        2.9.*) set -- "$@" --fault "juju $verb refuse for=60000" ;;
        3.*) set -- "$@" --fault "juju $verb reset count=1" ;;
        esac
    done
    up --juju-version "$version" "$@"
    state=$scratch/night-$version
    exits 0 "$here/../../ci/nightly" --state "$state" --confed "$BIN/confed" --env CONFED_WORLD --speed 1000 --quiet \
        --prefix night- lifecycle
    run=$state/latest
    is "juju $version: red rows" "$(red "$run")" ""
    retried=$(jq '[.results[].steps[]? | select(.retried)] | length' "$run/results.json")
    [ $# = 0 ] || [ "$retried" -ge 7 ] || fail "juju $version: commands that were given again or looked for: $retried"
    is "juju $version: models left" "$(models)" ""
    is "juju $version: the release that kubefed says" "$(jq -r .profile "$run/run.json")" 1.6.2
    case $version in
    2.1.*) if grep -q wait-for "$world/log/asked"; then fail "juju $version was told to wait-for"; fi ;;
    *) has "juju $version, asked" "$world/log/asked" "wait-for model night-f1 --query=" ;;
    esac
    grep -q "juju add-model .* night-f1" "$run/observations.jsonl" || fail "juju $version: the models have no prefix"
    for file in "$run/report.html" "$run/junit.xml" "$run/results.tap" "$state/summary.txt" "$state/metrics.prom"; do
        [ -s "$file" ] || fail "juju $version: there is no ${file##*/}"
    done
    is "juju $version: runs in the history" "$("$BIN/confed" history --file "$state/history.db" --json | jq '.runs | length')" 1
    down
done

# f1 is there already, with somebody's own mark: it is not deployed to, and not destroyed.
up
juju add-model --config resource-tags=owner=ann f1 2>/dev/null
cycle "$scratch/foreign" lifecycle.deploy-f1 lifecycle.deploy-c1 && fail "a foreign model f1 went unnoticed"
is "a foreign f1: red rows" "$(red "$scratch/foreign" | tr ' ' '\n' | grep -v blocked | sort | tr '\n' ' ')" "lifecycle.deploy-f1:failed lifecycle.teardown-f1:failed "
case $(models) in
admin/f1 | f1) ;;
*) fail "a foreign f1: the models are now '$(models)'" ;;
esac
done_testing
