{{/* Start of every name: the release's, unless it says otpost itself. */}}
{{- define "otpost.fullname" -}}
{{- if contains "otpost" .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-otpost" .Release.Name | trunc 40 | trimSuffix "-" }}{{ end -}}
{{- end }}

{{- define "otpost.services" -}}gateway vault ingestor dispatcher{{- end }}

{{- define "otpost.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* What selects the pods of one service. Given: root, service. */}}
{{- define "otpost.selector" -}}
app.kubernetes.io/name: otpost
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .service }}
{{- end }}

{{- define "otpost.labels" -}}
{{ include "otpost.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{/* What the chart knows of one service's variables; its own environment wins. Given: root, service. */}}
{{- define "otpost.environment" -}}
{{- $values := .root.Values }}
{{- $known := dict "OTPOST_BIND" "0.0.0.0" "OTPOST_SERVICE_PORT" "3000" "OTPOST_SHUTDOWN_SECONDS" ($values.shutdownSeconds | toString) }}
{{- $publicUrl := dict "OTPOST_PUBLIC_URL" $values.publicUrl }}
{{- $hooks := dict "OTPOST_PUBLIC_INGEST_URL" ($values.publicIngestUrl | default $values.publicUrl) }}
{{- $inboxes := dict "OTPOST_INBOX_DOMAIN" $values.inboxDomain }}
{{- if eq .service "gateway" }}
{{- $known = merge $known $publicUrl $hooks }}
{{- if $values.trustedProxies }}{{ $_ := set $known "OTPOST_TRUSTED_PROXIES" $values.trustedProxies }}{{ end }}
{{- else if eq .service "vault" }}
{{- $known = merge $known $inboxes }}
{{- else if eq .service "ingestor" }}
{{- $known = merge $known $hooks $inboxes (dict "OTPOST_SMTP_PORT" "2525") }}
{{- else }}
{{- $known = merge $known $publicUrl $inboxes }}
{{- end }}
{{- $own := get $values .service }}
{{- range $name, $value := merge (dict) $own.environment $values.environment $known }}
- name: {{ $name }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- include "otpost.secretEnvironment" $own.secret }}
{{- end }}

{{/* Where the files of a Secret are. Given: a `secret` of the values. */}}
{{- define "otpost.secretEnvironment" -}}
{{- range $name, $key := .keys }}
{{- if $key }}
- name: {{ $name }}_FILE
  value: /run/otpost/{{ $key }}
{{- end }}
{{- end }}
{{- end }}

{{- define "otpost.secretVolume" -}}
- name: secret
  secret:
    secretName: {{ .name }}
    # Root's, and readable by the group of the pod.
    defaultMode: 288 # 0440
    items:
      {{- range $name, $key := .keys }}
      {{- if $key }}
      - { key: {{ $key }}, path: {{ $key }} }
      {{- end }}
      {{- end }}
{{- end }}

{{/* Of every pod. */}}
{{- define "otpost.pod" -}}
automountServiceAccountToken: false
# Kubernetes would tell each pod of the Service otpost-smtp as OTPOST_SMTP_PORT=tcp://….
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  seccompProfile: { type: RuntimeDefault }
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{- define "otpost.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}
