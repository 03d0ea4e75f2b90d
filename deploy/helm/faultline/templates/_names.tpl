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
