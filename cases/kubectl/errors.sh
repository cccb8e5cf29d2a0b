#!/bin/sh
# What goes wrong, and what the user is told: wrong files, wrong objects, wrong names, a server in trouble.
. "$(dirname "$0")/lib.sh"
serve --fault 'get /api/v1/namespaces/default/configmaps/broken status=503' --fault 'get /api/v1/namespaces/default/configmaps/slow delay=600000' \
    --fault 'get /api/v1/namespaces/default/configmaps/busy status=503'

pod() { # NAME SPEC: a pod as JSON
    printf '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s"},"spec":%s}' "$1" "$2"
}
row "YAML and JSON" 0 'printf "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"b\"}}\n" | k create -f -' '=configmap/a created
configmap/b created'
row "again" 1 'printf "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n" | k create -f -' \
    'err:^Error from server \(AlreadyExists\): error when creating "STDIN": configmaps "a" already exists$'
row "a generated name" 0 'printf "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: gen-}\n" | k create -f -' '^configmap/gen-[a-z0-9]{5} created$'
row "an unknown field" 1 'pod x "{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}],\"nodeNam\":\"n\"}" | k create -f -' 'err:nodeNam' 'err:validat|unknown field'
row "an unknown field, not validated" 0 'pod lax "{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}],\"nodeNam\":\"n\"}" | k create --validate=false -f -' '=pod/lax created'
row "it is not kept" 0 'k get pod lax -o json | jq .spec.nodeNam' '=null'
row "a wrong type" 1 'pod x "{\"containers\":[{\"name\":\"c\",\"image\":5}]}" | k create -f -' 'err:invalid type for io\.k8s\.api\.core\.v1\.Container\.image: got "(integer|number)"|cannot unmarshal|ReadString|expected "string"'
row "no containers" 1 'pod x "{}" | k create -f -' 'err:missing required field "containers"|spec\.containers: Required value'
row "no containers, told by the server" 1 'pod x "{}" | k create --validate=false -f -' 'err:^The Pod "x" is invalid: spec\.containers: Required value$'
row "no image" 1 'pod x "{\"containers\":[{\"name\":\"c\"}]}" | k create -f -' 'err:image'
row "a wrong name" 1 'k create cm Upper_Case --from-literal=a=b' 'err:The ConfigMap "Upper_Case" is invalid: metadata\.name: Invalid value: "Upper_Case": a DNS-1123 subdomain must consist of|error: failed to create configmap: ConfigMap "Upper_Case" is invalid: metadata\.name: Invalid value'
row "two errors at once" 1 'pod x "{\"containers\":[{\"name\":\"A B\",\"image\":\"i\",\"ports\":[{\"containerPort\":70000}]}]}" | k create -f -' 'err:The Pod "x" is invalid' 'spec\.containers\[0\]\.name: Invalid value: "A B"' 'containerPort: Invalid value: 70000: must be between 1 and 65535'
row "two containers of one name" 1 'pod x "{\"containers\":[{\"name\":\"c\",\"image\":\"i\"},{\"name\":\"c\",\"image\":\"i\"}]}" | k create -f -' 'err:spec\.containers\[1\]\.name: Duplicate value: "c"'
row "a wrong restart policy" 1 'pod x "{\"restartPolicy\":\"Sometimes\",\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}" | k create -f -' 'err:spec\.restartPolicy: Unsupported value: "Sometimes"'
row "a node port out of range" 1 'k create service nodeport low --tcp=80 --node-port=99' 'err:nodePort: Invalid value: 99: provided port is not in the valid range\. The range of valid ports is 30000-32767'
k create service nodeport taken --tcp=80 --node-port=30123 >/dev/null
row "a node port that is taken" 1 'k create service nodeport second --tcp=80 --node-port=30123' 'err:nodePort: Invalid value: 30123: provided port is already allocated'
row "a cluster IP out of range" 1 'k create service clusterip far --tcp=80 --clusterip=192.0.2.1' 'err:clusterIP.*192\.0\.2\.1.*(not in the valid range|valid IPs)'
row "a service without ports" 1 'printf "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {selector: {a: b}}\n" | k create --validate=false -f -' 'err:spec\.ports: Required value'
row "a selector that does not match" 1 'printf "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: c}}, spec: {containers: [{name: c, image: i}]}}}\n" | k create -f -' 'err:The Deployment "d" is invalid: spec\.template\.metadata\.labels: Invalid value: .*`selector` does not match template `labels`'
row "a mount of no volume" 1 'pod x "{\"containers\":[{\"name\":\"c\",\"image\":\"i\",\"volumeMounts\":[{\"name\":\"data\",\"mountPath\":\"/d\"}]}]}" | k create -f -' 'err:spec\.containers\[0\]\.volumeMounts\[0\]\.name: Not found: "data"'
row "an amount that is none" 1 'pod x "{\"containers\":[{\"name\":\"c\",\"image\":\"i\",\"resources\":{\"limits\":{\"memory\":\"512MB\"}}}]}" | k create -f -' 'err:\(BadRequest\): .*quantities must match the regular expression'
row "a job without an end" 1 'printf "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {template: {spec: {containers: [{name: c, image: i}]}}}\n" | k create -f -' 'err:The Job "j" is invalid: spec\.template\.spec\.restartPolicy: Unsupported value: "Always": supported values: "OnFailure", "Never"'
row "a secret that is not base64" 1 'printf "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: plain text}\n" | k create -f -' 'err:\(BadRequest\): .*illegal base64 data at input byte 5'
row "a finalizer without a domain" 1 'printf "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: f, finalizers: [mine]}\n" | k create -f -' 'err:metadata\.finalizers\[0\]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified'
row "an unknown kind" 1 'printf "apiVersion: v1\nkind: Nothing\nmetadata: {name: x}\n" | k create -f -' 'err:no matches for kind "Nothing" in version "v1"'
row "an unknown group" 1 'printf "apiVersion: nothing.org/v1\nkind: Pod\nmetadata: {name: x}\n" | k create -f -' 'err:no matches for kind "Pod" in version "nothing.org/v1"'
row "a namespace that is not there" 1 'k create cm x --from-literal=a=b -n nowhere' 'err:namespaces "nowhere" not found'
row "two namespaces" 1 'printf "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: other}\n" | k create -n default -f -' 'err:the namespace from the provided object "other" does not match the namespace "default"'
row "missing" 1 'k get pod nothing' 'err:^Error from server \(NotFound\): pods "nothing" not found$'
row "missing, of a group" 1 'k get deployments.v1.apps nothing' 'err:\(NotFound\): deployments\.apps "nothing" not found'
row "missing, one of two" 1 'k get cm a nothing' '^a +0 ' 'err:configmaps "nothing" not found'
row "missing, ignored" 0 'k get pod nothing --ignore-not-found' '='
row "an unknown resource" 1 'k get nothings' "err:the server doesn't have a resource type \"nothings\""
row "a wrong label selector" 1 'k get pods -l "a in"' 'err:\(BadRequest\): .*unable to parse requirement: found '
row "a wrong field selector" 1 'k get cm --field-selector data.a=1' 'err:field label not supported|is not a known field selector'
row "a path that is none" 1 'k get cm a -o "jsonpath={.metadata"' 'err:unclosed action|error parsing jsonpath'
row "an unknown output" 1 'k get cm a -o nonsense' 'err:unable to match a printer suitable for the output format "nonsense"'
row "a server in trouble" 1 'k get cm broken' 'err:\(ServiceUnavailable\): the server is currently unable to handle the request'
row "a deadline" 1 'k get cm slow --request-timeout 1s' 'err:Client.Timeout exceeded while awaiting headers|context deadline exceeded'
row "logs of a pod that has none yet" 1 'pod waits "{\"nodeSelector\":{\"a\":\"b\"},\"containers\":[{\"name\":\"c\",\"image\":\"nginx\"}]}" | k create -f - >/dev/null; k logs waits' 'err:\(BadRequest\): pod waits does not have a host assigned$'
comes "a pod that nowhere fits" 'k get events --field-selector reason=FailedScheduling' 'Warning +FailedScheduling +pod/waits +.*(MatchNodeSelector|node selector|No nodes|no nodes)'
comes "an image that is not there" 'pod img "{\"containers\":[{\"name\":\"c\",\"image\":\"example.org/nosuch:1\"}]}" | k create -f - 2>/dev/null; k get pod img' '^img +0/1 +(ErrImagePull|ImagePullBackOff) '
comes "a container that crashes" 'k run crash --image=busybox -- sh -c "exit 3" 2>/dev/null; k get pod crash' '^crash +0/1 +(Error|CrashLoopBackOff) '
done_testing
