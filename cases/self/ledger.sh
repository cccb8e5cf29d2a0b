#!/bin/sh
# The ledger's schema and confed lint are of one mind about a table of good and bad ledgers, and each mistake is named
# with its file and line. What only lint can tell (kind "lint") passes the schema.
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"
fixtures=$here/../../fixtures
python3 -c 'import jsonschema' 2>/dev/null || {
    echo "python3-jsonschema is not installed (ci/install-deps)" >&2
    exit 77
}

# One line for each row: its number, and whether the schema takes it.
python3 - "$fixtures/gaps.schema.json" "$fixtures/gaps.json" "$here/ledgers.json" >"$scratch/schema" <<'END'
import json, sys, jsonschema
schema, ours, rows = [json.load(open(name)) for name in sys.argv[1:]]
jsonschema.Draft202012Validator.check_schema(schema)
checker = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
for error in checker.iter_errors(ours):
    print("ours", "no", error.message)
for i, row in enumerate(rows):
    print(i, "yes" if checker.is_valid(row["ledger"]) else "no")
END
if grep ours "$scratch/schema"; then fail "gaps.json does not follow its schema"; fi
exits 0 "$BIN/confed" lint
is "rows" "$(wc -l <"$scratch/schema")" "$(jq length "$here/ledgers.json")"

mkdir -p "$scratch/cases/a"
printf 'id: a.b\ntitle: t\nwhy: w\nsteps:\n  - run: ["true"]\n' >"$scratch/cases/a/b.yaml"
while read -r row taken; do
    name=$(jq -r ".[$row].name" "$here/ledgers.json")
    kind=$(jq -r ".[$row].kind" "$here/ledgers.json")
    says=$(jq -r ".[$row].says // empty" "$here/ledgers.json")
    ledger=$scratch/$row.json
    # The entry begins on the second line.
    jq -c ".[$row].ledger" "$here/ledgers.json" | sed 's/^\[{/[\n{/' >"$ledger"
    [ "$kind" = bad ] && wanted=no || wanted=yes
    is "the schema about '$name'" "$taken" "$wanted"
    if [ "$kind" = good ]; then
        exits 0 "$BIN/confed" lint --cases "$scratch/cases" --ledger "$ledger"
    else
        exits 1 "$BIN/confed" lint --cases "$scratch/cases" --ledger "$ledger"
        has "lint about '$name'" "$scratch/out" "$says"
        grep -q "^$ledger:[12]: " "$scratch/out" || fail "lint about '$name' names no line: $(cat "$scratch/out")"
        exits 3 "$BIN/confed" run --cases "$scratch/cases" --ledger "$ledger" --out "$scratch/run$row" a.b
    fi
done <"$scratch/schema"

# A ledger of one's own beside ours: its entry excuses, ours still do, and its id must be its own.
jq '[.[] | select(.id == "SELF-1") | .id = "OWN-1" | .cases = ["self.fail"] |
    .signature = {not: {rcode: {exists: true}}}]' "$here/gaps.json" >"$scratch/own.json"
run="--cases $here/cases --ledger $here/gaps.json --floor 1s"
# shellcheck disable=SC2086 # words are meant
{
    exits 0 "$BIN/confed" run $run --gaps "$scratch/own.json" --out "$scratch/own" self.fail self.gap-known
    is "an entry of one's own" "$(result "$scratch/own" self.fail .gap.id)" OWN-1
    is "an entry of ours" "$(result "$scratch/own" self.gap-known .gap.id)" SELF-1
    exits 3 "$BIN/confed" run $run --gaps "$here/gaps.json" --out "$scratch/twice" self.pass
    has "an id that is ours" "$scratch/out" "is there already"
    [ ! -e "$scratch/twice" ] || fail "a run was begun with a ledger that cannot judge it"
}
done_testing
