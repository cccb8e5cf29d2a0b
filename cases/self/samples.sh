#!/bin/sh
# ci/samples: what can be checked without Jenkins, GitLab and GitHub.
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"
samples=$here/../../ci/samples

if python3 -c 'import yaml' 2>/dev/null; then
    for file in "$samples"/*.yml; do
        python3 -c 'import sys, yaml; yaml.safe_load(open(sys.argv[1]))' "$file" 2>"$scratch/out" || fail "$file: $(tail -n 3 "$scratch/out")"
    done
fi

# The services, with this tree's nightly in the place of the installed one.
if command -v systemd-analyze >/dev/null; then
    for file in "$samples"/confed-nightly.*; do
        sed -e "s|/opt/confed/|$(cd "$here/../.." && pwd)/|" -e 's/^User=.*//' "$file" >"$scratch/$(basename "$file")"
    done
    systemd-analyze verify "$scratch/confed-nightly.service" "$scratch/confed-nightly.timer" >"$scratch/out" 2>&1 ||
        fail "systemd: $(cat "$scratch/out")"
    is "what systemd says of ours" "$(grep confed-nightly "$scratch/out")" ""
    systemd-analyze calendar "$(sed -n 's/^OnCalendar=//p' "$samples/confed-nightly.timer")" >/dev/null || fail "OnCalendar"
fi

# Every option that they give to ci/nightly is one of it or of confed run.
{
    "$here/../../ci/nightly" --help
    "$BIN/confed" run --help
} >"$scratch/help"
options=$(grep -h 'ci/nightly ' "$samples"/crontab "$samples"/*.service "$samples"/*.yml "$samples"/Jenkinsfile | grep -oE ' --[a-z-]+' | sort -u)
[ -n "$options" ] || fail "the samples call no ci/nightly"
for option in $options; do
    grep -qE "^ +$option( |\$)" "$scratch/help" || fail "$option: neither ci/nightly nor confed run has it"
done
# And each is in the page.
for file in "$samples"/*; do
    case $(basename "$file") in README.md | *.timer) continue ;; esac
    has "the page" "$here/../../ci/NIGHTLY.md" "ci/samples/$(basename "$file")"
done
done_testing
