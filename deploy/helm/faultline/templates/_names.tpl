{{- define "faultline.selector" -}}
app.kubernetes.io/name: faultline
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "faultline.labels" -}}
{{ include "faultline.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "faultline.configuration" -}}
{{- $config := dict "listen" (dict "address" "0.0.0.0:9464" "token_file" "/etc/faultline/tokens/token") "state" (dict "directory" "/var/lib/faultline") }}
{{- if eq .Values.mode "central" }}
{{- $tls := dict "cert_file" "/etc/faultline/tls/tls.crt" "key_file" "/etc/faultline/tls/tls.key" "client_ca_file" "/etc/faultline/tls/ca.crt" }}
{{- $name := .Release.Name }}
{{- $namespace := .Release.Namespace }}
{{- $_ := set $config "otlp" (dict "grpc" (dict "address" "0.0.0.0:4317" "tls" $tls)) }}
{{- $_ := set $config "allowed_hosts" (list $name (printf "%s.%s" $name $namespace) (printf "%s.%s.svc" $name $namespace) (printf "%s.%s.svc.cluster.local" $name $namespace)) }}
{{- end }}
{{- if .Values.rules }}
{{- $_ := set $config "rules" (list "/etc/faultline/config/rules-*.yaml") }}
{{- end }}
{{- toYaml (mergeOverwrite $config (deepCopy .Values.config)) }}
{{- end }}

{{- /* The port of a listener of the configuration: HOST:PORT, or a mapping with address. */ -}}
{{- define "faultline.port" -}}
{{- $address := . }}
{{- if kindIs "map" . }}{{ $address = .address }}{{ end }}
{{- $port := regexFind ":[0-9]+$" (toString $address) | trimPrefix ":" }}
{{- if not $port }}{{ fail (printf "config: the address %q has no port; it must be HOST:PORT, such as 0.0.0.0:4317" (toString $address)) }}{{ end }}
{{- $port }}
{{- end }}

{{- /* "yes" if a listener of the configuration is there and open to other pods. */ -}}
{{- define "faultline.isOpen" -}}
{{- $address := . }}
{{- if kindIs "map" . }}{{ $address = .address }}{{ end }}
{{- if and $address (not (regexMatch "^(127[.]|localhost:|\\[::1\\]:)" (toString $address))) }}yes{{ end }}
{{- end }}

{{- /* A folder of the node that is no other program's, whatever the release is called. */ -}}
{{- define "faultline.folder" -}}
{{- ternary .Release.Name (printf "faultline-%s" .Release.Name) (hasPrefix "faultline" .Release.Name) }}
{{- end }}

{{- /* The loopback address of a listener, or nothing. */ -}}
{{- define "faultline.loopback" -}}
{{- if not (include "faultline.isOpen" .) }}
{{- $address := . }}
{{- if kindIs "map" . }}{{ $address = .address }}{{ end }}
{{- regexReplaceAll ":[0-9]+$" (toString $address) "" | replace "[" "" | replace "]" "" }}
{{- end }}
{{- end }}

{{- /* Fails if neither the kubelet nor Prometheus could reach the listener of scrape, API and page. */ -}}
{{- define "faultline.checkReach" -}}
{{- $loopback := include "faultline.loopback" .listen }}
{{- if and $loopback .isCentral }}
{{- fail (printf "config.listen: the kubelet's probes can't reach %s in the pod; it must be an address such as 0.0.0.0:9464" $loopback) }}
{{- end }}
{{- if and $loopback .isScraped }}
{{- fail (printf "config.listen: Prometheus can't reach %s on the node; without podMonitor.enabled, the node alone needs it" $loopback) }}
{{- end }}
{{- end }}

{{- /* How the kubelet looks at a listener. It has no certificate to show. */ -}}
{{- define "faultline.probe" -}}
{{- $tls := dict }}
{{- if kindIs "map" .listen }}{{ $tls = .listen.tls | default dict }}{{ end }}
{{- if $tls.client_ca_file -}}
tcpSocket:
  port: http
{{- else -}}
httpGet:
  path: {{ .path }}
  port: http
  {{- if $tls }}
  scheme: HTTPS
  {{- end }}
{{- end }}
{{- with include "faultline.loopback" .listen }}
  host: {{ . | quote }}
{{- end }}
{{- end }}

{{- /* Fails if a listener's certificates aren't where tlsSecret is mounted. */ -}}
{{- define "faultline.checkTLS" -}}
{{- range $key, $file := .tls }}
{{- if and (hasSuffix "_file" $key) (not (hasPrefix "/etc/faultline/tls/" (toString $file))) }}
{{- fail (printf "config: %s is %q, which isn't in the container: tlsSecret is mounted at /etc/faultline/tls" $key (toString $file)) }}
{{- end }}
{{- end }}
{{- end }}

{{- /* "yes" if any listener has certificates. */ -}}
{{- define "faultline.hasCertificate" -}}
{{- $otlp := .otlp | default dict }}
{{- range list .listen .jaeger $otlp.grpc $otlp.http }}
{{- if kindIs "map" . }}{{ if .tls }}{{ include "faultline.checkTLS" . }}yes{{ end }}{{ end }}
{{- end }}
{{- end }}

{{- /* https if a listener of the configuration has certificates, else http. */ -}}
{{- define "faultline.scheme" -}}
{{- $hasTLS := false }}
{{- if kindIs "map" . }}{{ $hasTLS = not (empty .tls) }}{{ end }}
{{- ternary "https" "http" $hasTLS }}
{{- end }}

{{- define "faultline.resources" -}}
{{- $memory := eq .Values.mode "central" | ternary "2Gi" "512Mi" }}
{{- $resources := dict "requests" (dict "cpu" "100m" "memory" $memory) "limits" (dict "memory" $memory) }}
{{- $own := .Values.resources }}
{{- $limits := $own.limits | default dict }}
{{- $requests := $own.requests | default dict }}
{{- /* A request above the limit is refused, so of memory one decides both, and without a request the limit is one. */ -}}
{{- if and $limits.memory (not (hasKey $requests "memory")) }}{{ $_ := set $resources.requests "memory" $limits.memory }}{{ end }}
{{- if and $requests.memory (not (hasKey $limits "memory")) }}{{ $_ := set $resources.limits "memory" $requests.memory }}{{ end }}
{{- if and $limits.cpu (not (hasKey $requests "cpu")) }}{{ $_ := unset $resources.requests "cpu" }}{{ end }}
{{- toYaml (mergeOverwrite $resources (deepCopy $own)) }}
{{- end }}
