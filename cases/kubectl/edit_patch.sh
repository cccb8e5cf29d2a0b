#!/bin/sh
# Changing what is there: edit with a scripted editor, patches of all three types, labels, annotations, set, replace.
. "$(dirname "$0")/lib.sh"
serve
k create deployment web --image=nginx:1.12 >/dev/null
k create cm settings --from-literal=a=1 --from-literal=b=2 >/dev/null
k create service clusterip inner --tcp=80 >/dev/null

editor() { # COMMAND: an editor that runs it on the file
    printf '#!/bin/sh\n%s\n' "$1" >editor
    chmod +x editor
    export KUBE_EDITOR="$scratch/editor"
}
editor 'sed -i "s/a: \"1\"/a: \"one\"/" "$1"'
row "edit" 0 'k edit cm settings' 'configmap/settings edited'
row "edit, seen" 0 'k get cm settings -o jsonpath={.data.a}' '=one'
editor 'true'
row "edit without a change" 0 'k edit cm settings' 'Edit cancelled, no changes made\.'
editor 'jq ".data.c = \"3\"" "$1" >"$1.new" && mv "$1.new" "$1"'
row "edit as JSON" 0 'k edit cm settings -o json && k get cm settings -o jsonpath={.data.c}' '"c": "3"' '^3$'
editor 'sed -i "s/^  name: settings/  name: other/" "$1"; sed -n 1,9p "$1" >>seen'
row "edit what cannot change" 1 'k edit cm settings' 'At least one of apiVersion, kind and name was changed'
editor 'grep -q "^# \* \|^# configmaps" "$1" && exit 0; sed -i "s/ *a: one/  a: [1]/" "$1"'
row "edit into something invalid" 1 'k edit cm settings' 'err:configmaps "settings" is invalid$'
unset KUBE_EDITOR

row "strategic merge patch, the default" 0 'k patch deploy web -p "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"nginx\",\"env\":[{\"name\":\"A\",\"value\":\"1\"}]}]}}}}"' \
    '^deployment\.(apps|extensions)/web patched$'
row "it merged by the container's name" 0 'k get deploy web -o "jsonpath={.spec.template.spec.containers[*].image} {.spec.template.spec.containers[*].env[*].name}"' '=nginx:1.12 A'
# The controller may write the status in between: then it has changed.
comes "the same patch again" 'k patch deploy web -p "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"nginx\",\"env\":[{\"name\":\"A\",\"value\":\"1\"}]}]}}}}"' \
    '^deployment\.(apps|extensions)/web patched \(no change\)$'
row "strategic delete" 0 'k patch deploy web --type strategic -p "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"nginx\",\"env\":[{\"name\":\"A\",\"\$patch\":\"delete\"}]}]}}}}" && k get deploy web -o "jsonpath=<{.spec.template.spec.containers[*].env[*].name}>"' '<>$'
row "merge patch" 0 'k patch cm settings --type merge -p "{\"data\":{\"b\":null,\"d\":\"4\"}}"' '=configmap/settings patched'
row "merge patch, seen" 0 'k get cm settings -o json | jq -c "[.data.b, .data.d]"' '=[null,"4"]'
row "JSON patch" 0 'k patch cm settings --type json -p "[{\"op\":\"test\",\"path\":\"/data/d\",\"value\":\"4\"},{\"op\":\"replace\",\"path\":\"/data/d\",\"value\":\"5\"}]" && k get cm settings -o jsonpath={.data.d}' '5$'
row "JSON patch whose test fails" 1 'k patch cm settings --type json -p "[{\"op\":\"test\",\"path\":\"/data/d\",\"value\":\"9\"}]"' \
    'err:^The request is invalid(: the server rejected our request due to an error in our request)?$'
row "JSON patch of nothing" 1 'k patch cm settings --type json -p "[{\"op\":\"remove\",\"path\":\"/data/nothing\"}]"' 'err:^The request is invalid'
row "a list element without its key" 1 'k patch deploy web -p "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"image\":\"other\"}]}}}}"' \
    'err:^Error from server: map: map\[image:other\] does not contain declared merge key: name$'
row "a patch that is no JSON" 1 'k patch cm settings --type merge -p "{\"data\""' 'err:\(BadRequest\): unexpected end of JSON input$'
row "a patch from a YAML file" 0 'printf "data:\n  e: six\n" >p.yaml; k patch cm settings --patch-file p.yaml 2>/dev/null || k patch cm settings -p "$(cat p.yaml)"' 'configmap/settings patched'
row "a patch of what is not there" 1 'k patch cm nothing -p "{\"data\":{}}"' 'err:^Error from server \(NotFound\): configmaps "nothing" not found$'
row "a patch that makes it invalid" 1 'k patch svc inner -p "{\"spec\":{\"ports\":[{\"port\":80,\"\$patch\":\"delete\"},{\"port\":99999}]}}"' \
    'err:The Service "inner" is invalid:' 'must be between 1 and 65535'
row "a patch of an immutable field" 1 'k patch svc inner -p "{\"spec\":{\"clusterIP\":\"10.152.183.77\"}}"' \
    'err:spec\.clusterIP: Invalid value: "10\.152\.183\.77": field is immutable'

row "label" 0 'k label cm settings tier=front' '=configmap/settings labeled'
row "label again" 0 'k label cm settings tier=front || true' 'configmap/settings (labeled|not labeled)|already has a value \(front\)'
row "label with another value" 1 'k label cm settings tier=back' "err:'tier' already has a value \(front\), and --overwrite is false"
row "label, overwritten" 0 'k label --overwrite cm settings tier=back && k get cm -l tier=back -o name' '^configmap/settings$'
row "label, taken away" 0 'k label cm settings tier- && k get cm settings -o jsonpath={.metadata.labels}' 'configmap/settings (labeled|unlabeled)' '!back'
row "label of all" 0 'k label cm --all colour=blue' '^configmap/settings labeled$'
row "label of a node" 0 'k label node node-1 disk=ssd && k get nodes -l disk=ssd -o name' '^node/node-1$'
row "a wrong label" 1 'k patch cm settings --type merge -p "{\"metadata\":{\"labels\":{\"tier\":\"no good\"}}}"' 'err:The ConfigMap "settings" is invalid: metadata\.labels: Invalid value: "no good": '
row "annotate" 0 'k annotate cm settings note="a b c"' 'configmap/settings annotated'
row "annotation, seen" 0 'k get cm settings -o jsonpath={.metadata.annotations.note}' '=a b c'
row "annotation, taken away" 0 'k annotate cm settings note- && k get cm settings -o jsonpath={.metadata.annotations.note}' 'annotated'
row "set image" 0 'k set image deploy/web nginx=nginx:1.13 && k get deploy web -o "jsonpath={.spec.template.spec.containers[0].image}"' 'deployment\.(apps|extensions)/web image updated' 'nginx:1\.13$'
row "set env" 0 'k set env deploy/web MODE=quick && k set env deploy/web --list' 'env updated' '^MODE=quick$'
row "set resources" 0 'k set resources deploy/web --limits=cpu=200m && k get deploy web -o "jsonpath={.spec.template.spec.containers[0].resources.limits.cpu}"' '200m$'
row "set selector" 0 'k set selector svc/inner app=web && k get svc inner -o jsonpath={.spec.selector.app}' 'web$'
row "set service account" 0 'k set serviceaccount deploy/web default' 'serviceaccount updated'

k get cm settings -o yaml >cm.yaml
row "replace" 0 'sed "s/a: one/a: uno/" cm.yaml | k replace -f - && k get cm settings -o jsonpath={.data.a}' 'configmap/settings replaced' 'uno$'
row "replace what has changed since" 1 'k replace -f cm.yaml' 'err:Error from server \(Conflict\): .*Operation cannot be fulfilled on configmaps "settings": the object has been modified; please apply your changes to the latest version and try again'
row "replace by force" 0 'k replace --force -f cm.yaml' 'configmap "settings" deleted' 'configmap/settings replaced'
row "replace what is not there" 1 'sed "s/settings/nothing/; /resourceVersion/d; /uid/d" cm.yaml | k replace -f -' 'err:\(NotFound\).*configmaps "nothing" not found'
done_testing
