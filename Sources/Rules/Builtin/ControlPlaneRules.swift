extension BuiltinRules {
    /// What makes objectives break, and what no objective tells. Thresholds: the etcd project's alerts (unary calls
    /// 150 ms; 1 % of calls failing for 10 minutes, 5 % for 5).
    ///
    /// Rules over requests select a scope: health checks, scrapes, profiles and the like have none, fail while an API
    /// server starts, and take as long as they take. Reads of pod logs are left out where errors count, since they fail
    /// whenever a kubelet can't be reached, and are as slow as it. Lists are left out where a time is compared with an
    /// earlier one, since theirs is a matter of who asks for how much.
    ///
    /// A percentile of few spans is that of one of them: beside each p99 stands a p90.
    static let causesText = """
          # Causes, and what no objective tells, that last for minutes.
          - name: control-plane
            interval: 15s
            rules:
              - alert: APIServerErrors
                select: {scope: "=~ .+", subresource: "!= log"}
                when: error_ratio > 5% and errors >= 10 and count >= 100
                over: 5m
                by: [verb, group, resource]
                for: 5m
                keep_firing_for: 2m
                labels: {severity: critical}
                annotations:
                  summary: "{{ $value | humanizePercentage }} of {{ $labels.verb }} {{ $labels.resource }} requests fail"
                  next: "Open the worst traces in the alert's evidence (GET /api/v1/traces/ID). If calls to etcd fail too, start with etcd."
              - alert: APIServerSlowerThanAnHourAgo
                select: {verb: "=~ get|create|update|patch|delete", scope: resource, subresource: "!= log"}
                when: >-
                  p99 > 3 * p99 offset 1h and p99 > 200ms and p90 > 2 * p90 offset 1h
                  and count >= 200 and count offset 1h >= 200
                over: 10m
                by: [verb]
                for: 5m
                keep_firing_for: 2m
                labels: {severity: warning}
                annotations:
                  summary: "{{ $labels.verb }} requests take {{ $value | humanizeDuration }} (p99), more than three times as long as an hour ago"
                  next: "Find out what changed in the last hour: a rollout, a new client, a webhook. Culprit: {{ $culprit }}"
              - alert: WebhookSlow
                select: {service: "=~ (kube-)?apiserver", operation: "=~ Call (mutating|validating) webhook"}
                when: p99 > 1s and p90 > 500ms and count >= 20
                over: 5m
                by: [operation]
                for: 2m
                keep_firing_for: 2m
                labels: {severity: warning}
                annotations:
                  summary: "{{ $labels.operation }} takes {{ $value | humanizeDuration }} (p99; threshold 1s)"
                  next: "The attribute webhook of the slow spans names it. Check its pods, then whatever it waits for."
              - alert: EtcdSlow
                select: {service: etcd, kind: SERVER, operation: "=~ etcdserverpb[.]KV/.+"}
                when: p99 > 150ms and p90 > 50ms and count >= 100
                over: 10m
                by: [operation]
                for: 10m
                keep_firing_for: 2m
                labels: {severity: critical}
                annotations:
                  summary: "etcd takes {{ $value | humanizeDuration }} for {{ $labels.operation }} (p99; threshold 150ms)"
                  next: "Check etcd's disk first (WAL fsync latency), then its database size and fragmentation, then its CPU."
              - alert: EtcdCallsFailing
                select: {service: "=~ (kube-)?apiserver", kind: CLIENT, operation: "=~ etcdserverpb[.](KV|Lease)/.+"}
                when: error_ratio > 1% and errors >= 10 and count >= 100
                over: 5m
                by: [operation]
                for: 10m
                keep_firing_for: 2m
                labels: {severity: warning}
                annotations:
                  summary: "{{ $value | humanizePercentage }} of the API server's {{ $labels.operation }} calls fail"
                  next: "Check that every etcd member is up and that there is a leader, then the network in between."
              - alert: EtcdCallsFailing
                select: {service: "=~ (kube-)?apiserver", kind: CLIENT, operation: "=~ etcdserverpb[.](KV|Lease)/.+"}
                when: error_ratio > 5% and errors >= 10 and count >= 100
                over: 5m
                by: [operation]
                for: 5m
                keep_firing_for: 2m
                labels: {severity: critical}
                annotations:
                  summary: "{{ $value | humanizePercentage }} of the API server's {{ $labels.operation }} calls fail"
                  next: "Check that every etcd member is up and that there is a leader, then the network in between."
              - alert: ComponentSilent
                # Not while Faultline hears nothing at all: then it is what is cut off.
                select: {service: "=~ (kube-)?apiserver|etcd"}
                when: seen == 0 and count offset 2m >= 60
                over: 1m
                by: [service]
                labels: {severity: critical}
                annotations:
                  summary: "no spans from {{ $labels.service }} for a minute, while others send"
                  next: "Check that it is running. If it is, check its tracing configuration and its network path to Faultline."

          # The same faults while they are half a minute old. Quick to say that something broke, with thresholds
          # that healthy clusters stay far below. What came to pass in one moment, as when a member of etcd restarts, is
          # over by the time that "for" is: the short window of each has passed it then.
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
                  next: "Check etcd's disk first (WAL fsync latency), then its CPU."
              - alert: EtcdCallsFailingNow
                # No call takes an hour: the burn rate is that of calls that fail, and still do.
                select: {service: "=~ (kube-)?apiserver", kind: CLIENT, operation: "=~ etcdserverpb[.](KV|Lease)/.+"}
                when: error_ratio > 1% and burn_rate(99%, 1h, 15s) > 1 and errors >= 5 and count >= 20
                over: 1m
                by: [service]
                for: 15s
                keep_firing_for: 30s
                labels: {severity: critical}
                annotations:
                  summary: "{{ $value | humanizePercentage }} of the API server's calls to etcd fail"
                  next: "Check that every etcd member is up and that there is a leader, then the network in between."
              - alert: EtcdConnectionBroke
                # Watches end together when etcd dies or the connection to it breaks, but also when an API server stops:
                # then no more of its calls fail or hang.
                select: {service: "=~ (kube-)?apiserver", kind: CLIENT, operation: "=~ etcdserverpb[.].+"}
                when: errors >= 10 and burn_rate(99%, 1s, 10s) > 50
                over: 1m
                by: [service]
                for: 10s
                keep_firing_for: 30s
                labels: {severity: critical}
                annotations:
                  summary: "{{ $value }} of the API server's watches and calls on etcd broke within a minute, and most calls still fail or hang"
                  next: "Check that etcd is up and reachable from the API server (etcdctl endpoint health)."
              - alert: APIServerErrorsNow
                # No such request takes an hour: the burn rate is that of requests that fail, and still do.
                select: {scope: "=~ .+", subresource: "!= log"}
                when: error_ratio > 5% and burn_rate(99%, 1h, 15s) > 5 and errors >= 5 and count >= 20
                over: 1m
                by: [verb]
                for: 15s
                keep_firing_for: 30s
                labels: {severity: warning}
                annotations:
                  summary: "{{ $value | humanizePercentage }} of {{ $labels.verb }} requests fail"
                  next: "Open the worst traces in the alert's evidence (GET /api/v1/traces/ID). If calls to etcd fail too, start with etcd."
              - alert: APIServerMutatingSlowNow
                select: {verb: "=~ create|update|patch|delete", scope: resource}
                when: p99 > 2s and p90 > 1s and count >= 30
                over: 1m
                by: [verb]
                for: 10s
                keep_firing_for: 30s
                labels: {severity: warning}
                annotations:
                  summary: "{{ $labels.verb }} requests take {{ $value | humanizeDuration }} (p99 over a minute)"
                  next: "See whether etcd or a webhook is slow as well. Culprit: {{ $culprit }}"
              - alert: APIServerSlowerNow
                # In good health the median of half a minute stays below twice that of a minute before, unless other
                # things are asked for: a rollout creates pods where there were events before, which takes longer.
                select: {verb: "=~ get|create|update|patch|delete", scope: resource, subresource: "!= log"}
                when: p50 > 3 * p50 offset 1m and p50 > 50ms and count >= 20 and count offset 1m >= 20
                over: 30s
                by: [verb]
                for: 5s
                keep_firing_for: 30s
                labels: {severity: warning}
                annotations:
                  summary: "{{ $labels.verb }} requests take {{ $value | humanizeDuration }} (median), more than three times as long as a minute before"
                  next: "Start with the culprit: {{ $culprit }}"
              - alert: WebhookSlowNow
                select: {service: "=~ (kube-)?apiserver", operation: "=~ Call (mutating|validating) webhook"}
                when: p50 > 3 * p50 offset 1m and p50 > 200ms and count >= 20 and count offset 1m >= 20
                over: 30s
                by: [operation]
                for: 5s
                keep_firing_for: 30s
                labels: {severity: warning}
                annotations:
                  summary: "{{ $labels.operation }} takes {{ $value | humanizeDuration }} (median), more than three times as long as a minute before"
                  next: "The attribute webhook of the slow spans names it. Check its pods, then whatever it waits for."
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
                  next: "Check that it is running. If it is, check its tracing configuration and its network path to Faultline."
              - alert: APIServerStallsNow
                # A component stands still, for a while or again and again: a few requests take very long, most of them
                # nothing still. What stood still once is over.
                select: {verb: "=~ get|create|update|patch|delete", scope: resource, subresource: "!= log"}
                when: burn_rate(99%, 1s, 20s) > 5 and count >= 50
                over: 30s
                by: []
                for: 20s
                keep_firing_for: 30s
                labels: {severity: warning}
                annotations:
                  summary: "more than 5% of the requests for single objects fail or take longer than a second"
                  next: "Start with the culprit: {{ $culprit }}"
        """
}
