extension BuiltinRules {
    /// What makes objectives break, and what no objective tells. Thresholds: the etcd project's alerts (unary calls
    /// 150 ms; 1 % of calls failing for 10 minutes, 5 % for 5).
    ///
    /// Reads of pod logs fail whenever a kubelet can't be reached, which is no fault of the control plane: every
    /// rule about errors leaves them out.
    static let causesText = """
          # Causes, and what no objective tells, that last for minutes.
          - name: control-plane
            interval: 15s
            rules:
              - alert: APIServerErrors
                select: {verb: "=~ .+", subresource: "!= log"}
                when: error_ratio > 5% and errors >= 10 and count >= 100
                over: 5m
                by: [verb, group, resource]
                for: 3m
                keep_firing_for: 2m
                labels: {severity: critical}
                annotations:
                  summary: "{{ $value | humanizePercentage }} of {{ $labels.verb }} {{ $labels.resource }} fail"
                  next: "Look at the worst traces of the alert (/api/v1/traces/ID); if calls to etcd fail too, start there"
              - alert: APIServerSlowerThanAnHourAgo
                select: {verb: "=~ .+", resource: "=~ .+", subresource: "!= log"}
                when: p99 > 3 * p99 offset 1h and p99 > 200ms and count >= 200 and count offset 1h >= 200
                over: 10m
                by: [verb, scope]
                for: 5m
                keep_firing_for: 2m
                labels: {severity: warning}
                annotations:
                  summary: "{{ $labels.verb }} ({{ $labels.scope }}) takes {{ $value | humanizeDuration }}, 3 times its p99 an hour ago"
                  next: "Ask what changed within the hour: a rollout, a new client, a webhook; culprit: {{ $culprit }}"
              - alert: WebhookSlow
                select: {service: "=~ (kube-)?apiserver", operation: "=~ Call (mutating|validating) webhook"}
                when: p99 > 1s and count >= 20
                over: 5m
                by: [operation]
                for: 2m
                keep_firing_for: 2m
                labels: {severity: warning}
                annotations:
                  summary: "{{ $labels.operation }} takes {{ $value | humanizeDuration }} (p99; threshold 1s)"
                  next: "Find the webhook by its span's attributes; check its pods, or what it is asked about"
              - alert: EtcdSlow
                select: {service: etcd, kind: SERVER, operation: "=~ etcdserverpb[.]KV/.+"}
                when: p99 > 150ms and count >= 100
                over: 10m
                by: [operation]
                for: 10m
                keep_firing_for: 2m
                labels: {severity: critical}
                annotations:
                  summary: "etcd takes {{ $value | humanizeDuration }} for {{ $labels.operation }} (p99; limit 150ms)"
                  next: "Check etcd's disk first (fsync latency), then its size and defragmentation, then its CPU"
              - alert: EtcdCallsFailing
                select: {service: "=~ (kube-)?apiserver", kind: CLIENT, operation: "=~ etcdserverpb[.](KV|Lease)/.+"}
                when: error_ratio > 1% and errors >= 10 and count >= 100
                over: 10m
                by: [operation]
                for: 10m
                keep_firing_for: 2m
                labels: {severity: warning}
                annotations:
                  summary: "{{ $value | humanizePercentage }} of the API server's calls {{ $labels.operation }} fail"
                  next: "Check that all members of etcd run and have a leader, then the network between"
              - alert: EtcdCallsFailing
                select: {service: "=~ (kube-)?apiserver", kind: CLIENT, operation: "=~ etcdserverpb[.](KV|Lease)/.+"}
                when: error_ratio > 5% and errors >= 10 and count >= 100
                over: 5m
                by: [operation]
                for: 5m
                keep_firing_for: 2m
                labels: {severity: critical}
                annotations:
                  summary: "{{ $value | humanizePercentage }} of the API server's calls {{ $labels.operation }} fail"
                  next: "Check that all members of etcd run and have a leader, then the network between"
              - alert: ComponentSilent
                # Not while Faultline hears nothing at all: then it is what is cut off.
                select: {service: "=~ (kube-)?apiserver|etcd"}
                when: seen == 0 and count offset 2m >= 60
                over: 1m
                by: [service]
                labels: {severity: critical}
                annotations:
                  summary: "no spans from {{ $labels.service }} for a minute, while others send"
                  next: "Check that it runs; if it does, its tracing configuration and the way to Faultline"

          # The same faults while they are half a minute old. Quick to say that something broke, with thresholds
          # that healthy clusters stay far below.
          - name: control-plane-quick
            interval: 5s
            rules:
              - alert: EtcdSlowNow
                select: {service: etcd, kind: SERVER, operation: "=~ etcdserverpb[.]KV/.+"}
                when: p99 > 150ms and p90 > 75ms and count >= 30
                over: 1m
                by: [operation]
                for: 10s
                keep_firing_for: 30s
                labels: {severity: warning}
                annotations:
                  summary: "etcd takes {{ $value | humanizeDuration }} for {{ $labels.operation }} (p99 over a minute)"
                  next: "Check etcd's disk first (fsync latency), then its CPU"
              - alert: EtcdCallsFailingNow
                select: {service: "=~ (kube-)?apiserver", kind: CLIENT, operation: "=~ etcdserverpb[.](KV|Lease)/.+"}
                when: error_ratio > 1% and errors >= 5 and count >= 20
                over: 1m
                by: [service]
                for: 5s
                keep_firing_for: 30s
                labels: {severity: critical}
                annotations:
                  summary: "{{ $value | humanizePercentage }} of the API server's calls to etcd fail"
                  next: "Check that all members of etcd run and have a leader, then the network between"
              - alert: EtcdConnectionBroke
                # Watches end together when etcd dies or the connection to it breaks. Calls are selected too: they
                # go on afterwards, so that the alert can resolve.
                select: {service: "=~ (kube-)?apiserver", kind: CLIENT, operation: "=~ etcdserverpb[.].+"}
                when: errors >= 10
                over: 1m
                by: [service]
                keep_firing_for: 30s
                labels: {severity: critical}
                annotations:
                  summary: "{{ $value }} watches and calls of the API server on etcd broke within a minute"
                  next: "See whether etcd was restarted, and whether calls fail still (EtcdCallsFailingNow)"
              - alert: APIServerErrorsNow
                select: {verb: "=~ .+", subresource: "!= log"}
                when: error_ratio > 5% and errors >= 5 and count >= 20
                over: 1m
                by: [verb]
                for: 5s
                keep_firing_for: 30s
                labels: {severity: warning}
                annotations:
                  summary: "{{ $value | humanizePercentage }} of {{ $labels.verb }} requests fail"
                  next: "Look at the failed spans' status in /api/traces; if calls to etcd fail too, start there"
              - alert: APIServerMutatingSlowNow
                select: {verb: "=~ create|update|patch|delete"}
                when: p99 > 2s and p90 > 1s and count >= 30
                over: 1m
                by: [verb]
                for: 10s
                keep_firing_for: 30s
                labels: {severity: warning}
                annotations:
                  summary: "{{ $labels.verb }} requests take {{ $value | humanizeDuration }} (p99 over a minute)"
                  next: "See whether etcd or a webhook is slow too; culprit: {{ $culprit }}"
              - alert: APIServerSlowerNow
                # In good health the median of half a minute stays below twice that of a minute before.
                select: {verb: "=~ .+", subresource: "!= log"}
                when: p50 > 3 * p50 offset 1m and p50 > 10ms and count >= 20 and count offset 1m >= 20
                over: 30s
                by: [verb]
                for: 5s
                keep_firing_for: 30s
                labels: {severity: warning}
                annotations:
                  summary: "{{ $labels.verb }} requests take {{ $value | humanizeDuration }} (median), more than three times what they took a minute before"
                  next: "Look at the culprit: {{ $culprit }}"
              - alert: WebhookSlowNow
                select: {service: "=~ (kube-)?apiserver", operation: "=~ Call (mutating|validating) webhook"}
                when: p50 > 3 * p50 offset 1m and p50 > 100ms and count >= 20 and count offset 1m >= 20
                over: 30s
                by: [operation]
                for: 5s
                keep_firing_for: 30s
                labels: {severity: warning}
                annotations:
                  summary: "{{ $labels.operation }} takes {{ $value | humanizeDuration }} (median), more than three times what it took a minute before"
                  next: "Find the webhook by its span's attributes; check its pods, or what it is asked about"
              - alert: ComponentSilentNow
                select: {service: "=~ (kube-)?apiserver|etcd"}
                when: seen == 0 and count offset 30s >= 150
                over: 15s
                by: [service]
                for: 5s
                keep_firing_for: 30s
                labels: {severity: critical}
                annotations:
                  summary: "no spans from {{ $labels.service }} for 15 seconds, while others send"
                  next: "Check that it runs; if it does, its tracing configuration and the way to Faultline"
              - alert: APIServerStallsNow
                # A component stood still: a few requests take very long, most of them still nothing.
                select: {verb: "=~ get|create|update|patch|delete", subresource: "!= log"}
                when: burn_rate(99%, 1s, 30s) > 5 and count >= 50
                over: 30s
                by: []
                for: 5s
                keep_firing_for: 30s
                labels: {severity: warning}
                annotations:
                  summary: "more than 5% of the requests on single objects fail or take longer than a second"
                  next: "Look at the culprit: {{ $culprit }}"
        """
}
