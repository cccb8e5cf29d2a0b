#!/bin/sh
# Bad input: one clear line, exit code 2 for usage and 3 for a harness that cannot work.
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"
confed=$BIN/confed

exits 2 "$confed"
exits 2 "$confed" nonsense
has "unknown command" "$scratch/out" nonsense
exits 2 "$confed" run --nonsense
exits 2 "$confed" run --world moon
has "unknown world" "$scratch/out" "expected sim, juju or existing"
exits 2 "$confed" run no.such.case
has "no case selected" "$scratch/out" no.such.case
exits 2 "$confed" run --quirk nodeport-dns=maybe

cases=$scratch/cases
mkdir -p "$cases/a"
printf 'id: a.b\ntitle: t\nwhy: w\nsteps:\n  - rum: [true]\n' >"$cases/a/b.yaml"
exits 3 "$confed" run --cases "$cases" --out "$scratch/run1"
has "unknown verb" "$scratch/out" "b.yaml:5"
[ ! -e "$scratch/run1/observations.jsonl" ] || fail "a malformed case left half a run"
exits 1 "$confed" lint --cases "$cases"
has "lint" "$scratch/out" "b.yaml:5"

echo '[{"id": 1}]' >"$scratch/gaps.json"
exits 3 "$confed" run --cases "$here/cases" --ledger "$scratch/gaps.json" --out "$scratch/run2" self.pass
has "malformed ledger" "$scratch/out" "gaps.json:1"
exits 3 "$confed" judge "$scratch"
has "no run there" "$scratch/out" "not the folder of a run"
exits 3 "$confed" judge "$scratch/nowhere"

echo 'clusters: [' >"$scratch/bad.kubeconfig"
exits 3 "$confed" merge-kubeconfig --kubeconfig "$scratch/target" "$scratch/bad.kubeconfig" c1
has "malformed kubeconfig" "$scratch/out" "bad.kubeconfig:"
[ ! -e "$scratch/target" ] || fail "a failed merge left a file"

exits 2 "$confed" run --cases "$here/cases" --tool kubectl "$@" self.pass
exits 3 "$confed" run --cases "$here/cases" --profile 9.9.9 --out "$scratch/run3" self.pass
has "unknown profile" "$scratch/out" "9.9.9"

# Wrong usage is one line that says what to do, the same for every command.
wrong() {
    exits 2 "$confed" "$@"
    is "lines for 'confed $*'" "$(wc -l <"$scratch/out")" 1
    has "the way on for 'confed $*'" "$scratch/out" "confed $1 --help"
}
for command in run list explain judge report lint profiles doctor up down merge-kubeconfig; do
    wrong $command --nonsense
    has "the unknown option of $command" "$scratch/out" "there is no option --nonsense"
done
wrong run --job 0
has "the bounds of a number" "$scratch/out" "--jobs 0: expected a number from 1 to 1000"
wrong run --keep=yes
has "a switch with a value" "$scratch/out" "--keep takes no value"
wrong run --jobs
has "a value that is missing" "$scratch/out" "--jobs needs a value"
wrong run --legder x
has "a typing mistake" "$scratch/out" "did you mean --ledger?"
wrong run --k
has "half a name of two options" "$scratch/out" "several options begin so"
wrong judge
has "no RUN" "$scratch/out" "expected one RUN"
wrong run -q
has "a short option" "$scratch/out" "there is no option -q"
exits 0 "$confed" list --cases "$here/cases" self.pass --ids
has "an option behind an operand" "$scratch/out" self.pass

for command in run list explain judge report lint profiles doctor up down merge-kubeconfig; do
    exits 0 "$confed" $command --help
    has "help of $command" "$scratch/out" "$command"
done
exits 0 "$confed" --help
done_testing
