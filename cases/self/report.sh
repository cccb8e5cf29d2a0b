#!/bin/sh
# confed report: each format, where it goes, what cannot be read, and a disk that is full.
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"

sample=$here/../unit/reports/every_verdict.json
run=$scratch/run
mkdir "$run"
cp "$sample" "$run/results.json"

# All of them into the run's folder, into another, one to standard output, one to a file.
files="conformance.yaml ctrf.json junit-strict.xml junit.xml mail.txt metrics.prom report.html results.tap summary.md table.txt"
exits 0 "$BIN/confed" report "$run"
is "the files" "$(cd "$run" && echo *)" "conformance.yaml ctrf.json junit-strict.xml junit.xml mail.txt metrics.prom report.html results.json results.tap summary.md table.txt"
exits 0 "$BIN/confed" report --output "$scratch/else/where" "$run/results.json"
for file in $files; do
    cmp -s "$run/$file" "$scratch/else/where/$file" || fail "$file differs where it is written elsewhere"
done
"$BIN/confed" report --format junit "$run" | cmp -s - "$run/junit.xml" || fail "standard output has another junit.xml"
"$BIN/confed" report --format junit --strict "$run" | cmp -s - "$run/junit-strict.xml" || fail "--strict is not junit-strict"
"$BIN/confed" report --format text --output - "$run" | cmp -s - "$run/table.txt" || fail "--output - is not standard output"
exits 0 "$BIN/confed" report --format tap --output "$scratch/x.tap" "$run"
cmp -s "$scratch/x.tap" "$run/results.tap" || fail "--output wrote another results.tap"

# Both dialects are well-formed, the strict one is valid.
xmllint --noout "$run/junit.xml" || fail "junit.xml is not well-formed"
xmllint --noout --schema "$here/../../fixtures/junit/jenkins.xsd" "$run/junit-strict.xml" 2>"$scratch/out" ||
    fail "junit-strict.xml: $(head -n 3 "$scratch/out")"
is "tests of CTRF" "$(jq '(.results.tests | length) == .results.summary.tests' "$run/ctrf.json")" true
if python3 -c 'import jsonschema' 2>/dev/null; then
    python3 -m jsonschema -i "$run/ctrf.json" "$here/../../fixtures/ctrf.schema.json" 2>"$scratch/out" ||
        fail "ctrf.json: $(head -n 3 "$scratch/out")"
fi

# What cannot be used is refused with its name.
refused() { # WHAT FILTER TEXT
    mkdir "$scratch/$1"
    jq "$2" "$sample" >"$scratch/$1/results.json"
    exits 3 "$BIN/confed" report "$scratch/$1"
    has "$1" "$scratch/out" "$3"
    has "$1: the name of the file" "$scratch/out" "$1/results.json"
    is "$1: nothing was written" "$(cd "$scratch/$1" && echo *)" results.json
}
refused newer '.version = 2' 'version 2'
refused twice '.results += [.results[0]]' 'there twice'
refused other 'del(.results)' 'has no list'
exits 2 "$BIN/confed" report --format pdf "$run"
has "no such format" "$scratch/out" 'there is no format "pdf"'
exits 2 "$BIN/confed" report
echo '{"version": 2}' >"$scratch/history.json"
exits 3 "$BIN/confed" report --history "$scratch/history.json" "$run"
has "a newer history" "$scratch/out" history.json
echo '{"version": 1}' >"$scratch/history.json"
exits 3 "$BIN/confed" report --history "$scratch/history.json" "$run"
has "no history" "$scratch/out" 'has no list "runs"'

# Observations that end in the middle of a line: what there is, is reported, and said to be all.
self_run "$scratch/cut" self.pass self.fail || true
head -c "$(($(wc -c <"$scratch/cut/observations.jsonl") * 2 / 3))" "$scratch/cut/observations.jsonl" >"$scratch/head"
mv "$scratch/head" "$scratch/cut/observations.jsonl"
rm "$scratch/cut/results.json"
exits 0 "$BIN/confed" report "$scratch/cut"
has "a run that is cut short" "$scratch/cut/report.html" 'the run was finished'
has "a run that is cut short" "$scratch/cut/table.txt" RED

# A full disk: the message names the file, and the old one is still there.
if [ -w /dev/full ]; then
    for format in junit junit-strict tap ctrf conformance markdown html table prometheus mail; do
        exits 3 "$BIN/confed" report --format "$format" --output /dev/full "$run"
        has "$format to a full device" "$scratch/out" '/dev/full: No space left on device'
    done
    code=0
    "$BIN/confed" report --format html "$run" >/dev/full 2>"$scratch/out" || code=$?
    is "a full standard output" "$code" 3
fi
mkdir "$scratch/small"
# shellcheck disable=SC2016
if unshare -rm true 2>/dev/null; then
    unshare -rm sh -c '
        mount -t tmpfs -o size=48k confed "$1/small" || exit 77
        cp "$2" "$1/small/results.json"
        echo old >"$1/small/report.html"
        "$3/confed" report --format html --output "$1/small/report.html" "$1/small" 2>"$1/out"
        echo "$? $(cat "$1/small/report.html") $(cd "$1/small" && echo *)" >"$1/after"
    ' sh "$scratch" "$sample" "$BIN" && {
        is "a full disk" "$(cat "$scratch/after")" "3 old report.html results.json"
        has "a full disk" "$scratch/out" "small/report.html: No space left on device"
    }
else
    echo "no mount namespaces here: the full disk was tried with /dev/full only"
fi
done_testing
