#!/bin/sh
# Who may do what: can-i, roles, impersonation, tokens, and what those are told who may not.
. "$(dirname "$0")/lib.sh"
serve
server_url=$(k config view --raw -o 'jsonpath={.clusters[0].cluster.server}')
k config view --raw -o 'jsonpath={.clusters[0].cluster.certificate-authority-data}' | base64 -d >ca.pem
bare() { # kubectl without the admin's certificate
    timeout -k 1 20 "$KUBECTL" --kubeconfig /dev/null --server "$server_url" --certificate-authority ca.pem "$@"
}

row "can-i, the administrator" 0 'k auth can-i delete nodes' '=yes'
row "can-i, everything" 0 'k auth can-i "*" "*"' '=yes'
row "can-i, by list" 0 'k auth can-i --list' '^Resources +Non-Resource URLs +Resource Names +Verbs$' '^\*\.\* +\[\] +\[\] +\[\*\]'
newer 28 && row "whoami" 0 'k auth whoami' '^Username +admin$' '^Groups +\[.*system:masters.*\]$'
newer 28 && row "whoami, somebody else" 0 'k auth whoami -o jsonpath={.status.userInfo.username} --as ann' '=ann'
row "can-i, somebody else" 1 'k auth can-i get pods --as ann' 'out:^no'
row "somebody else is refused" 1 'k get pods --as ann' \
    'err:^Error from server \(Forbidden\): pods is forbidden: User "ann" cannot list pods in the namespace "default"$'
row "one object is refused" 1 'k get pod x --as ann' 'err:\(Forbidden\): pods "x" is forbidden: User "ann" cannot get pods in the namespace "default"$'
row "at the cluster's scope" 1 'k get nodes --as ann' 'err:\(Forbidden\): nodes is forbidden: User "ann" cannot list nodes at the cluster scope$'
row "a write is refused" 1 'k create cm x --from-literal=a=b --as ann' 'err:cannot create configmaps in the namespace "default"'
row "a path is refused" 1 'k get --raw /metrics --as ann' 'err:\(Forbidden\): forbidden: User "ann" cannot get path "/metrics"'
row "discovery is for everybody" 0 'k api-versions --as ann' '^v1$'

k create clusterrole part --verb=list --resource=secrets >/dev/null
k label clusterrole part to=whole >/dev/null
k create clusterrole whole --aggregation-rule=to=whole >/dev/null
k create clusterrolebinding whole --clusterrole=whole --user=cho >/dev/null
comes "a role made of others" 'k auth can-i list secrets --as cho' '=yes'
row "and no more than they are" 1 'k auth can-i get secrets --as cho' 'out:^no'
k create role reader --verb=get,list --resource=pods >/dev/null
k create rolebinding ann --role=reader --user=ann >/dev/null
row "a role grants" 0 'k get pods --as ann' 'No resources found'
row "can-i agrees" 0 'k auth can-i list pods --as ann' '=yes'
row "but nothing else" 1 'k delete pod x --as ann' 'err:User "ann" cannot delete pods in the namespace "default"'
row "and not elsewhere" 1 'k get pods -n kube-system --as ann' 'err:cannot list pods in the namespace "kube-system"'
row "and no subresources" 1 'k auth can-i get pods --subresource=log --as ann' 'out:^no'
row "can-i by list" 0 'k auth can-i --list --as ann' '^pods +\[\] +\[\] +\[get list\]'
k create clusterrolebinding staff --clusterrole=view --group=staff >/dev/null
row "a group" 0 'k get svc -n kube-system --as eve --as-group staff' '(^NAME|No resources found)'
row "without the group" 1 'k get svc -n kube-system --as eve' 'err:User "eve" cannot list services'
row "view does not show secrets" 1 'k get secrets --as eve --as-group staff' 'err:User "eve" cannot list secrets'
row "a group that may do all" 0 'k get secrets --as eve --as-group system:masters' 'default-token'
row "can-i, with a name" 0 'k create role one --verb=get --resource=configmaps --resource-name=this >/dev/null; k create rolebinding one --role=one --user=bob >/dev/null; k auth can-i get configmap/this --as bob' '=yes'
row "can-i, with another name" 1 'k auth can-i get configmap/that --as bob' 'out:^no'
row "can-i, of a path" 0 'k auth can-i get /healthz --as ann' '=yes'

k create serviceaccount robot >/dev/null
k create rolebinding robot --clusterrole=edit --serviceaccount=default:robot >/dev/null
row "a service account, impersonated" 0 'k create cm made --from-literal=a=b --as system:serviceaccount:default:robot' '=configmap/made created'
comes "its token" 'k get secrets -o "jsonpath={range .items[*]}{.metadata.name} {end}"' 'robot-token'
token=$(k get secrets -o json | jq -r '.items[] | select(.metadata.annotations["kubernetes.io/service-account.name"] == "robot") | .data.token' | base64 -d)
row "by token" 0 'bare get cm made -o name --token "$token"' '=configmap/made'
row "by token, what it may not" 1 'bare get nodes --token "$token"' 'err:User "system:serviceaccount:default:robot" cannot list nodes at the cluster scope'
row "by token, who may not impersonate" 1 'bare get cm --token "$token" --as ann' 'err:users "ann" is forbidden: User "system:serviceaccount:default:robot" cannot impersonate users at the cluster scope'
k create clusterrole as-ann --verb=impersonate --resource=users --resource-name=ann >/dev/null
k create clusterrolebinding as-ann --clusterrole=as-ann --serviceaccount=default:robot >/dev/null
row "by token, who may impersonate her" 0 'bare get pods --token "$token" --as ann' 'No resources found'
row "by token, but nobody else" 1 'bare get pods --token "$token" --as bob' 'err:cannot impersonate users'
row "by token, and no group" 1 'bare get pods --token "$token" --as ann --as-group system:masters' 'err:groups "system:masters" is forbidden: .*cannot impersonate groups'
row "a wrong token" 1 'bare get pods --token nonsense' 'err:You must be logged in to the server'
row "nobody" 1 'k get pods --as system:anonymous' 'err:User "system:anonymous" cannot list pods in the namespace "default"'
row "nobody may ask for health" 0 'wget -qO- --no-check-certificate "$server_url/healthz"' '=ok'
row "a certificate that is not trusted" 1 'timeout 20 "$KUBECTL" --kubeconfig /dev/null --server "$server_url" --token "$token" get pods' 'err:x509: certificate signed by unknown authority|failed to verify certificate'
row "without verifying" 0 'timeout 20 "$KUBECTL" --kubeconfig /dev/null --server "$server_url" --token "$token" --insecure-skip-tls-verify get cm made -o name' '=configmap/made'
if newer 24; then
    row "a token that is asked for" 0 'bare get cm made -o name --token "$(k create token robot)"' '=configmap/made'
    row "a token, and who it is" 0 'k create token robot --duration 2h | cut -d. -f2 | tr _- /+ | { cat; printf ==; } | base64 -d 2>/dev/null | jq -r ".sub, .exp - .iat"' '=system:serviceaccount:default:robot
7200'
    row "a token for others" 1 'bare get cm --token "$(k create token robot --audience others)"' 'err:You must be logged in to the server'
    row "a token for a minute" 1 'k create token robot --duration 1m' 'err:may not specify a duration less than 10 minutes'
    row "a token of nobody" 1 'k create token nobody' 'err:serviceaccounts "nobody" not found'
fi
asked=$(k create token robot 2>/dev/null || true)
k delete serviceaccount robot >/dev/null
! newer 24 || comes "what was asked for dies with its account" 'bare get cm --token "$asked" 2>&1 || true' 'You must be logged in to the server'
comes "the token dies with its account" 'bare get cm --token "$token" 2>&1 || true' 'You must be logged in to the server'

openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ann.pem -subj /CN=ann -out ann.csr 2>/dev/null
for name in ann bob; do
    cat <<END
---
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: {name: $name}
spec: {request: "$(base64 -w 0 ann.csr)", signerName: kubernetes.io/kube-apiserver-client, expirationSeconds: 7200, usages: [client auth]}
END
done >csr.yaml
row "a certificate is asked for" 0 'k create -f csr.yaml && k get csr ann -o "jsonpath={.spec.username}"' 'admin'
row "requests that wait" 0 'k get csr' '^NAME +AGE +.*REQUESTOR .*CONDITION$' '^ann .* admin .*Pending$'
row "approve" 0 'k certificate approve ann' '=certificatesigningrequest.certificates.k8s.io/ann approved'
comes "approved and signed" 'k get csr ann' '^ann .*Approved,Issued$'
row "approved, described" 0 'k describe csr ann' '^Requesting User: +admin$' '^Status: +Approved,Issued$' 'Common Name: +ann$'
row "the certificate" 0 'k get csr ann -o "jsonpath={.status.certificate}" | base64 -d >ann.crt; openssl x509 -in ann.crt -noout -subject -ext keyUsage,extendedKeyUsage,basicConstraints' \
    '^subject=CN = ann$' '^ *TLS Web Client Authentication$' '^ *CA:FALSE$' '!Digital Signature'
row "it ends after the two hours that were asked for" 1 'openssl x509 -in ann.crt -noout -checkend 6900 && openssl x509 -in ann.crt -noout -checkend 7201' '^Certificate will not expire$' '^Certificate will expire$'
row "and is who it says" 0 'bare get pods --client-certificate ann.crt --client-key ann.pem' 'No resources found'
row "with ann's rights" 1 'bare get nodes --client-certificate ann.crt --client-key ann.pem' 'err:User "ann" cannot list (resource "nodes"|nodes)'
row "deny" 0 'k certificate deny bob && k get csr bob -o "jsonpath={.status.conditions[*].reason}"' 'bob denied$' '^KubectlDeny$'
row "deny what is approved" 1 'k certificate deny ann' 'err:"ann" is already Approved'
row "approve nobody" 1 'k certificate approve eve' 'err:\(NotFound\): certificatesigningrequests.certificates.k8s.io "eve" not found'

row "reconcile" 0 'k get roles.v1.rbac.authorization.k8s.io reader -o yaml | sed "s/- list/- watch/" >r.yaml; k auth reconcile -f r.yaml && k get role reader -o "jsonpath={.rules[*].verbs}"' 'role\.rbac\.authorization\.k8s\.io/reader reconciled' 'watch'
! newer 24 || { # eleven minutes of this world are over in a hundredth of a second
    serve --bare --speed 100000
    by_curl
    server_url=$URL
    k create serviceaccount robot >/dev/null
    row "a token that has ended" 1 'bare get cm --token "$(k create token robot --duration 10m)"' 'err:You must be logged in to the server'
}
done_testing
