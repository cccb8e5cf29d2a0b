#!/bin/sh
# The world of clusters that are there already: a federation is made over them, or one that is there is used; what
# was there before is there afterwards, and nothing else.
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"
world=$scratch/world
world_up --speed 1000
# Somebody else starts three clusters with a federation over them, opens their NodePorts, and leaves.
exits 0 "$BIN/confed" run --quiet --world juju --speed 1000 --env CONFED_WORLD --keep --out "$scratch/theirs" lifecycle.namespace
juju "run" -m f1 --application kubernetes-worker "open-port 30000-32767"
control "$world" '{"command": "status"}'
is "addresses at which every NodePort is open" \
    "$(jq '[.ports[] | select(.port >= 30000 and .protocol == "tcp")] | group_by(.address) | map(length)' -c "$scratch/out")" '[2768,2768]'
KUBECONFIG=$scratch/theirs/kubeconfig
export KUBECONFIG
cp "$KUBECONFIG" "$scratch/kubeconfig.before"

# things: all that there is in the clusters, with what the ConfigMaps hold
things() {
    for context in f1 c1 c2; do
        kubectl --context $context get all,ns,cm,secrets,sa,pvc,clusterroles,clusterrolebindings,roles,rolebindings \
            -A -o name | sed "s/^/$context /"
        kubectl --context $context get cm -A -o json |
            jq -c --arg c $context '.items[] | [$c, .metadata.namespace, .metadata.name, .data // {}]'
    done | sort
    for kind in ns rs svc clusters; do
        kubectl --context federation get $kind --all-namespaces -o json | jq -r '.items[] | "federation \(.kind) \(.metadata.name)"'
    done | sort
}
existing() { "$BIN/confed" run --quiet --world existing --speed 1000 --env CONFED_WORLD "$@" >"$scratch/out" 2>&1; }
passed() { jq -r '[.results[] | select(.verdict == "passed") | .case] | length' "$1/results.json"; }
things >"$scratch/before"

existing --context host=f1 --context member=c1,c2 --out "$scratch/made" || fail "a federation of its own: $(cat "$scratch/out")"
is "cases that passed with a federation of its own" "$(passed "$scratch/made")" 10
things >"$scratch/after"
diff "$scratch/before" "$scratch/after" >&2 || fail "a federation of its own left something or took something away"

existing --context federation=federation --context member=c1,c2 --out "$scratch/used" || fail "their federation: $(cat "$scratch/out")"
is "cases that passed with their federation" "$(passed "$scratch/used")" 6
is "cases that have nothing to do then" "$(jq -r '[.results[] | select(.verdict == "unsupported") | .case] | join(" ")' "$scratch/used/results.json")" \
    "existing.init existing.join-1 existing.join-2"
things >"$scratch/after"
diff "$scratch/before" "$scratch/after" >&2 || fail "the use of their federation left something or took something away"

# A run that fails half-way is red, and still all is taken down.
cat >"$scratch/kubectl" <<EOT
#!/bin/sh
case " \$* " in *" scale "*) echo "no scaling today" >&2; exit 1 ;; esac
exec "$(command -v kubectl)" "\$@"
EOT
chmod +x "$scratch/kubectl"
existing --context federation=federation --context member=c1,c2 --tool kubectl="$scratch/kubectl" --out "$scratch/wrong" &&
    fail "a kubectl that does not scale went unnoticed"
things >"$scratch/after"
diff "$scratch/before" "$scratch/after" >&2 || fail "a run that failed left something or took something away"
cmp "$KUBECONFIG" "$scratch/kubeconfig.before" || fail "the person's kubeconfig was changed"
exits 3 "$BIN/confed" run --quiet --world existing --context host=nosuch --out "$scratch/nosuch"
has "a context that is not there" "$scratch/out" 'context "nosuch" does not exist'
done_testing
