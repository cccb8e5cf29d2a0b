#!/bin/sh
# ci/nightly, with the simulated juju first in PATH: nights in a row, two at once, one that is killed and gone on with,
# one that is stopped, a red one, what is kept of them, and what is written for people and for Prometheus.
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"
nightly=$here/../../ci/nightly
state=$scratch/state

# The program under test, which says who it is, so that this test can kill it.
cat >"$scratch/confed" <<END
#!/bin/sh
echo \$\$ >"$scratch/pid.\$1"
exec "$BIN/confed" "\$@"
END
chmod +x "$scratch/confed"

# A life cycle of one model.
mkdir -p "$scratch/cases/lifecycle"
cp "$here/../lifecycle/deploy-c1.yaml" "$scratch/cases/lifecycle"
sed 's/^after: .*/after: [lifecycle.deploy-c1]/' "$here/../lifecycle/teardown-c1.yaml" >"$scratch/cases/lifecycle/teardown-c1.yaml"

world_up --speed 200

night() { "$nightly" --state "$state" --confed "$scratch/confed" "$@"; }
real() { night --env CONFED_WORLD --speed 200 --cases "$scratch/cases" --quiet "$@"; }
runs() { find "$state/runs" -mindepth 1 -maxdepth 1 | wc -l; }
metric() { sed -n "s/^$1\({[^}]*}\)\{0,1\} //p" "$state/metrics.prom"; }

# parses: the metrics are lines of the text format, each family with its HELP and TYPE
parses() {
    grep -nvE '^# (HELP [a-z_]+ .+|TYPE [a-z_]+ gauge)$|^[a-z_]+(\{([a-z]+="([^"\\]|\\[\\"n])*",?)+\})? [0-9.]+$' \
        "$state/metrics.prom" >"$scratch/wrong" && fail "metrics: $(head -n 3 "$scratch/wrong")"
    if command -v promtool >/dev/null; then
        promtool check metrics <"$state/metrics.prom" >"$scratch/wrong" 2>&1 || fail "promtool: $(cat "$scratch/wrong")"
    fi
}
is_settling() { grep -s '"verb": *"settle"' "$state"/runs/*/observations.jsonl; }
has_c1() { juju models --format=json | grep '"c1"'; }

# A night that is killed in the middle of its deploy; while it runs nobody else does.
"$nightly" --state "$state" --confed "$scratch/confed" --env CONFED_WORLD --speed 200 --cases "$scratch/cases" --quiet >"$scratch/first" 2>&1 &
pid=$!
soon "a run that waits for its model" is_settling
exits 4 real
has "who holds the lock" "$scratch/out" "another one is running: process "
is "lines about the lock" "$(wc -l <"$scratch/out")" 1
kill -KILL "$pid" "$(cat "$scratch/pid.run")"
wait "$pid" 2>/dev/null || true
is "the model of the killed night" "$(models)" c1

# The next call goes on with it, takes everything down, and says so.
exits 0 real
has "it is said" "$scratch/out" "was killed: going on with it"
has "it is said in the mail" "$state/summary.txt" "The night was killed and gone on with."
is "runs" "$(runs)" 1
is "models left" "$(models)" ""
is "state" "$(jq -r .state "$state/latest/results.json")" finished

# The next night is a new one, and is compared with the one before.
exits 0 real --metrics "$scratch/copied.prom"
is "runs" "$(runs)" 2
is "models left" "$(models)" ""
has "subject" "$state/summary.txt" "Subject: [confed] green juju 1.6.2: "
is "the subject is first" "$(head -c 9 "$state/summary.txt")" "Subject: "
has "the night before" "$state/summary.txt" "Since $(cd "$state/runs" && echo * | cut -d' ' -f1):"
is "green" "$(metric confed_run_green)" 1
parses
cmp -s "$scratch/copied.prom" "$state/metrics.prom" || fail "--metrics has other metrics"
is "history" "$("$BIN/confed" history --file "$state/history.db" --json | jq '.runs | length')" 2

# A signal to the nightly alone reaches the run, which tears down.
"$nightly" --state "$state" --confed "$scratch/confed" --env CONFED_WORLD --speed 200 --cases "$scratch/cases" --quiet >"$scratch/first" 2>&1 &
pid=$!
soon "c1" has_c1
kill -TERM "$pid"
code=0
wait "$pid" || code=$?
is "exit code of a night that was stopped" "$code" 1
is "models left" "$(models)" ""

# Red nights, and what is kept: the newest two, and of the red ones the newest three.
cat >"$scratch/sendmail" <<END
#!/bin/sh
cat >"$scratch/mail"
END
chmod +x "$scratch/sendmail"
own() { night --world sim --cases "$here/cases" --ledger "$here/gaps.json" --floor 1s --quiet "$@"; }
exits 0 own self.pass
green=$(readlink "$state/latest")
SENDMAIL=$scratch/sendmail
export SENDMAIL
exits 1 own --mail ann@example.com --mail-on red --keep-runs 2 --keep-red-runs 2 self.fail self.pass
is "to whom" "$(head -n 1 "$scratch/mail")" "To: ann@example.com"
has "the mail" "$scratch/mail" "Subject: [confed] RED sim"
has "what is red" "$scratch/mail" "self.fail failed: expected "
has "since the night before" "$scratch/mail" "self.fail"
[ "$(wc -c <"$scratch/mail")" -lt 4096 ] || fail "the mail has $(wc -c <"$scratch/mail") bytes"
is "green" "$(metric confed_run_green)" 0
is "exit code as a metric" "$(metric confed_nightly_exit_code)" 1
parses
rm "$scratch/mail"
exits 0 own --mail ann@example.com --mail-on red --keep-runs 1 --keep-red-runs 2 self.pass
[ ! -e "$scratch/mail" ] || fail "a mail of a green night"
[ ! -e "$state/$green" ] || fail "the old green run is still there"
is "the runs that are left" "$(cat "$state"/runs/*/nightly.exit | tr '\n' ' ')" "1 1 0 "

# What cannot be: options that are the nightly's own, and a folder that cannot be.
exits 2 night --out "$scratch/elsewhere"
exits 2 night --keep-runs none
echo text >"$scratch/file"
exits 3 "$nightly" --state "$scratch/file" --confed "$scratch/confed"
exits 2 own --no-such-option
done_testing
