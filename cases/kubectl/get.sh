#!/bin/sh
# Getting objects, in every form of output.
. "$(dirname "$0")/lib.sh"

cat >objects.yaml <<'END'
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Namespace, metadata: {name: other}}
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: alpha, namespace: default, labels: {tier: front, rank: "2"}, annotations: {note: hello}}
  data: {one: "1", two: "2"}
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: beta, namespace: default, labels: {tier: back, rank: "1"}}
  data: {one: "1"}
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: gamma, namespace: other, labels: {tier: front, rank: "3"}}
- apiVersion: v1
  kind: Pod
  metadata: {name: web, namespace: default, labels: {app: web}}
  spec: {containers: [{name: web, image: nginx, ports: [{containerPort: 80}]}]}
- apiVersion: v1
  kind: Service
  metadata: {name: web, namespace: default}
  spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, nodePort: 31234}]}
END
serve --load objects.yaml
k wait --for=condition=Ready pod/web --timeout=15s >/dev/null || [ -n "$SABOTAGE" ] || fail "the pod never became ready"

row "nodes" 0 'k get nodes' '^NAME +STATUS +ROLES +AGE +VERSION$' '^node-1 +Ready +<none> +[0-9]+m?s +v1\.6\.2$'
row "nodes, wide" 0 'k get no -o wide' 'INTERNAL-IP +EXTERNAL-IP +OS-IMAGE +KERNEL-VERSION +CONTAINER-RUNTIME' \
    'Ubuntu 16\.04.* docker://'
row "namespaces" 0 'k get ns' '^NAME +STATUS +AGE$' '^default +Active' '^kube-system +Active' '^other +Active'
row "pods" 0 'k get pods' '^NAME +READY +STATUS +RESTARTS +AGE$' '^web +1/1 +Running +0 '
row "pods, wide" 0 'k get pods -o wide' 'AGE +IP +NODE' '^web .*Running.* 10\.1\.[0-9.]+ +node-1'
row "labels as a column" 0 'k get pods --show-labels' 'LABELS$' 'app=web$'
row "one label as a column" 0 'k get pods -L app' 'AGE +APP$' '[0-9]s +web$'
row "without headers" 0 'k get pods --no-headers' '^web ' '!^NAME'
row "services" 0 'k get svc web' '^NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE$' \
    '^web +NodePort +10\.[0-9.]+ +<none> +80:31234/TCP '
row "services, wide" 0 'k get svc web -o wide' 'AGE +SELECTOR$' 'app=web$'
row "endpoints" 0 'k get endpoints web' 'out:^NAME +ENDPOINTS +AGE$' '^web +[0-9.]+:80 '
comes "endpoints of the API itself" 'k get endpoints kubernetes' '^kubernetes +127\.0\.0\.1:[0-9]+ '
row "names" 0 'k get cm -o name' '=configmap/alpha
configmap/beta'
row "JSON" 0 'k get cm alpha -o json | jq -c "[.kind, .apiVersion, .metadata.name, .data]"' \
    '=["ConfigMap","v1","alpha",{"one":"1","two":"2"}]'
row "a list as JSON" 0 'k get cm -o json | jq -c "[.kind, (.items | length)]"' '=["List",2]'
row "YAML" 0 'k get cm alpha -o yaml' '^apiVersion: v1$' '^  one: "1"$' '^kind: ConfigMap$' '^    note: hello$' \
    '^  uid: [0-9a-f-]{36}$'
row "a path" 0 'k get cm alpha -o jsonpath={.data.two}' '=2'
row "a path over a list" 0 'k get cm -o "jsonpath={range .items[*]}{.metadata.name}:{.data.one};{end}"' '=alpha:1;beta:1;'
row "a path that filters" 0 'k get cm -o "jsonpath={.items[?(@.metadata.labels.tier==\"back\")].metadata.name}"' '=beta'
row "a template" 0 'k get cm -o "go-template={{range .items}}{{.metadata.name}} {{end}}"' '=alpha beta '
row "own columns" 0 'k get cm -o custom-columns=N:.metadata.name,T:.metadata.labels.tier' '^N +T$' '^alpha +front$' '^beta +back$'
row "selected by label" 0 'k get cm -l tier=front -o name' '=configmap/alpha'
row "selected by a set" 0 'k get cm -l "rank in (1,3),tier!=front" -o name' '=configmap/beta'
row "selected by the absence of a label" 0 'k get cm -l "!tier"' 'err:^No resources found in default namespace\.$'
row "selected by field" 0 'k get pods --field-selector status.phase=Running -o name' '=pod/web'
row "selected by field, none" 0 'k get pods --field-selector spec.nodeName=elsewhere' 'err:^No resources found'
row "selected by a field that cannot" 1 'k get pods --field-selector spec.hostname=x' \
    'err:Error from server \(BadRequest\).*field label not supported: spec\.hostname'
row "all namespaces" 0 'k get cm -A' '^NAMESPACE +NAME +DATA +AGE$' '^default +alpha +2 ' '^other +gamma +0 '
row "all namespaces, by label" 0 'k get cm -A -l tier=front --no-headers -o custom-columns=N:.metadata.name' '=alpha
gamma'
row "another namespace" 0 'k get cm -n other -o name' '=configmap/gamma'
row "a namespace that is not there" 0 'k get cm -n nowhere' 'err:^No resources found in nowhere namespace'
row "sorted" 0 'k get cm --sort-by=.metadata.labels.rank --no-headers -o custom-columns=N:.metadata.name' '=beta
alpha'
row "sorted by age" 0 'k get cm --sort-by=.metadata.creationTimestamp' '^NAME +DATA +AGE$' '^alpha' '^beta'
row "several kinds" 0 'k get cm,svc' '^configmap/alpha ' '^service/web '
row "several kinds and names" 0 'k get cm/alpha svc/web -o name' '=configmap/alpha
service/web'
row "the category all" 0 'k get all' '^pod/web ' '^service/kubernetes '
row "with the group" 0 'k get clusterroles.rbac.authorization.k8s.io cluster-admin -o name' \
    '=clusterrole.rbac.authorization.k8s.io/cluster-admin'
row "with group and version" 0 'k get deployments.v1beta1.extensions' 'err:^No resources found'
row "in chunks" 0 'k get cm -A --chunk-size=1 --no-headers -o custom-columns=N:.metadata.name' '^alpha$' '^beta$' '^gamma$'
row "what a file names" 0 'k get -f objects.yaml -o name' '^namespace/other$' '^configmap/gamma$' '^pod/web$'
row "component statuses" 0 'k get cs' '^etcd-0 +Healthy' '^scheduler +Healthy'
row "describe a pod" 0 'k describe pod web' '^Name: +web$' '^Status: +Running$' '^ +Image: +nginx$' '^Events:' 'Scheduled .*default/web|Scheduled .*web'
comes "describe a service" 'k describe svc web' '^Type: +NodePort$' '^NodePort: .* 31234/TCP$' '^Selector: +app=web$' '^Endpoints: +10\.1\.[0-9.]+:80$'
comes "endpoint slices" 'k get endpointslices' '^NAME +ADDRESSTYPE +PORTS +ENDPOINTS +AGE$' '^kubernetes +IPv4 ' '^web-[a-z0-9]{5} +IPv4 +80 +10\.1\.[0-9.]+ '
row "the slices of a service" 0 'k get endpointslices -l kubernetes.io/service-name=web -o "jsonpath={.items[*].endpoints[*].targetRef.name} {.items[*].metadata.ownerReferences[*].kind}"' '=web Service'
k create service clusterip gone --tcp=80 >/dev/null
k delete service gone >/dev/null
comes "the slices of a deleted service go" "k get endpointslices -o name" "endpointslice\.discovery\.k8s\.io/kubernetes$" "!/gone-"
row "describe a node" 0 'k describe node node-1' '^Capacity:' '^ +Ready +True' '^Non-terminated Pods: ' 'default +web '
row "describe a namespace" 0 'k describe ns other' '^Status: +Active$'
comes "events" 'k get events' 'LAST SEEN +TYPE +REASON +OBJECT +MESSAGE$' 'Normal +Scheduled +pod/web '
row "events of one kind" 0 'k get events --field-selector involvedObject.kind=Pod -A --no-headers -o custom-columns=K:.involvedObject.kind | sort -u' '=Pod'
row "a raw path" 0 'k get --raw /api/v1/namespaces/default/configmaps/beta | jq -r .metadata.name' '=beta'
row "raw health" 0 'k get --raw "/readyz?verbose"' 'check passed'
row "raw, missing" 1 'k get --raw /nothing' 'err:^Error from server \(NotFound\): the server could not find the requested resource'
done_testing
