extension BuiltinRules {
    /// Rules for a Kubernetes control plane. Thresholds: SIG-scalability's latency objectives (mutating calls and
    /// reads of one object 1 s, lists within a namespace 5 s, of a cluster 30 s), the etcd project's alerts
    /// (unary calls 150 ms; 1 % of calls failing for 10 minutes, 5 % for 5).
    ///
    /// Reads of pod logs fail whenever a kubelet can't be reached, which is no fault of the control plane: every
    /// rule about errors leaves them out.
    package static let controlPlaneText = """
        groups:
          # Objectives: a breach that lasts for minutes.
          - name: control-plane
            interval: 15s
            rules:
              - alert: APIServerMutatingSlow
                select: {verb: "=~ create|update|patch|delete|deletecollection"}
                when: p99 > 1s and count >= 100
                over: 5m
                by: [verb, group, resource, subresource]
                for: 5m
                keep_firing_for: 2m
                labels: {severity: warning}
                annotations: {summary: "{{ $labels.verb }} of {{ $labels.resource }} takes {{ $value | humanizeDuration }} (p99; objective 1s)"}
              - alert: APIServerReadSlow
                select: {verb: "=~ get|list", scope: resource, subresource: "!= log"}
                when: p99 > 1s and count >= 100
                over: 5m
                by: [verb, group, resource, subresource]
                for: 5m
                keep_firing_for: 2m
                labels: {severity: warning}
                annotations: {summary: "{{ $labels.verb }} of one {{ $labels.resource }} takes {{ $value | humanizeDuration }} (p99; objective 1s)"}
              - alert: APIServerNamespaceListSlow
                select: {verb: list, scope: namespace}
                when: p99 > 5s and count >= 50
                over: 5m
                by: [group, resource]
                for: 5m
                keep_firing_for: 2m
                labels: {severity: warning}
                annotations: {summary: "list of {{ $labels.resource }} in a namespace takes {{ $value | humanizeDuration }} (p99; threshold 5s)"}
              - alert: APIServerClusterListSlow
                select: {verb: list, scope: cluster}
                when: p99 > 30s and count >= 20
                over: 10m
                by: [group, resource]
                for: 5m
                keep_firing_for: 2m
                labels: {severity: warning}
                annotations: {summary: "list of all {{ $labels.resource }} takes {{ $value | humanizeDuration }} (p99; objective 30s)"}
              - alert: APIServerErrors
                select: {verb: "=~ .+", subresource: "!= log"}
                when: error_ratio > 5% and errors >= 10 and count >= 100
                over: 5m
                by: [verb, group, resource]
                for: 3m
                keep_firing_for: 2m
                labels: {severity: critical}
                annotations: {summary: "{{ $value | humanizePercentage }} of {{ $labels.verb }} {{ $labels.resource }} fail"}
              - alert: EtcdSlow
                select: {service: etcd, kind: SERVER, operation: "=~ etcdserverpb[.]KV/.+"}
                when: p99 > 150ms and count >= 100
                over: 10m
                by: [operation]
                for: 10m
                keep_firing_for: 2m
                labels: {severity: critical}
                annotations: {summary: "etcd takes {{ $value | humanizeDuration }} for {{ $labels.operation }} (p99; threshold 150ms)"}
              - alert: EtcdCallsFailing
                select: {service: apiserver, kind: CLIENT, operation: "=~ etcdserverpb[.](KV|Lease)/.+"}
                when: error_ratio > 1% and errors >= 10 and count >= 100
                over: 10m
                by: [operation]
                for: 10m
                keep_firing_for: 2m
                labels: {severity: warning}
                annotations: {summary: "{{ $value | humanizePercentage }} of the API server's calls {{ $labels.operation }} fail"}
              - alert: EtcdCallsFailing
                select: {service: apiserver, kind: CLIENT, operation: "=~ etcdserverpb[.](KV|Lease)/.+"}
                when: error_ratio > 5% and errors >= 10 and count >= 100
                over: 5m
                by: [operation]
                for: 5m
                keep_firing_for: 2m
                labels: {severity: critical}
                annotations: {summary: "{{ $value | humanizePercentage }} of the API server's calls {{ $labels.operation }} fail"}

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
                annotations: {summary: "etcd takes {{ $value | humanizeDuration }} for {{ $labels.operation }} (p99 over a minute)"}
              - alert: EtcdCallsFailingNow
                select: {service: apiserver, kind: CLIENT, operation: "=~ etcdserverpb[.](KV|Lease)/.+"}
                when: error_ratio > 1% and errors >= 5 and count >= 20
                over: 1m
                by: [service]
                for: 5s
                keep_firing_for: 30s
                labels: {severity: critical}
                annotations: {summary: "{{ $value | humanizePercentage }} of the API server's calls to etcd fail"}
              - alert: EtcdConnectionBroke
                # Watches end together when etcd dies or the connection to it breaks. Calls are selected too: they
                # go on afterwards, so that the alert can resolve.
                select: {service: apiserver, kind: CLIENT, operation: "=~ etcdserverpb[.].+"}
                when: errors >= 10
                over: 1m
                by: [service]
                keep_firing_for: 30s
                labels: {severity: critical}
                annotations: {summary: "{{ $value }} watches and calls of the API server on etcd broke within a minute"}
              - alert: APIServerErrorsNow
                select: {verb: "=~ .+", subresource: "!= log"}
                when: error_ratio > 5% and errors >= 5 and count >= 20
                over: 1m
                by: [verb]
                for: 5s
                keep_firing_for: 30s
                labels: {severity: warning}
                annotations: {summary: "{{ $value | humanizePercentage }} of {{ $labels.verb }} requests fail"}
              - alert: APIServerMutatingSlowNow
                select: {verb: "=~ create|update|patch|delete"}
                when: p99 > 2s and p90 > 1s and count >= 30
                over: 1m
                by: [verb]
                for: 10s
                keep_firing_for: 30s
                labels: {severity: warning}
                annotations: {summary: "{{ $labels.verb }} requests take {{ $value | humanizeDuration }} (p99 over a minute)"}
        """
}
