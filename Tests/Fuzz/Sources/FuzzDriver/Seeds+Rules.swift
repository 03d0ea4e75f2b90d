import Rules

extension Seeds {
    /// The built-in rules one by one, and a file with every field.
    static var ruleFiles: [String] {
        let rules = BuiltinRules.controlPlaneText.split(separator: "- alert:").dropFirst()
        return rules.map {
            "groups:\n- name: g\n  rules:\n      - alert:\($0.split(separator: "\n  - name").first ?? "")"
        }
            + handMade
    }

    private static let handMade = [
        """
        groups:
          - name: control-plane
            interval: 30s
            rules:
              - alert: EtcdRangeSlow
                select: {service: etcd, operation: "=~ (?:a|[^b-d]{2,3})*\\\\.KV/.+$", kind: "!= CLIENT"}
                when: not (p99.9 > 150ms * 2 or mean >= p50 offset 1h + 1s) and count >= 50
                over: 5m
                by: [operation]
                for: 2m
                keep_firing_for: 1m
                labels: {severity: page, team: 7}
                annotations:
                  summary: >-
                    {{ $labels.operation }} {{ $value | humanizeDuration }}
                    {{ $culprit }}
        sinks:
          - stdout: {format: json}
          - stdout:
          - webhook: {url: "http://127.0.0.1:9093/hook", headers_file: secret/headers}
        """,
        """
        groups:
        - name: g
          rules:
          - {alert: A, select: {verb: '!~ get|list', scope: cluster}, when: "rate / 2 < -1 or error_ratio != 5%", over: 1m}
          - alert: B
            select: {resource: "=~ [\\\\w-]{1,10}"}
            when: (max - mean) / max > 0.5 and errors == 3
            over: 1h30m
        """,
        """
        groups:
        - name: g
          limit: 5
          rules:
          - alert: A
            select: {verb: list}
            when: burn_rate(99.9%, 1500ms, 1h) offset 5m > 14.4 and burn_rate(99%, 1s, 5m) > 6
            annotations: {summary: "{{ $value | humanize }}"}
          - {alert: B, select: {service: etcd}, when: seen == 0 and count offset 2m >= 60, over: 1m}
          - {alert: C, match: {verb: create}, when: duration > 10s or not (3ms <= duration and duration != 2 * 2s), over: 1m}
        """,
        "groups: &a [*a, !!str x, ? y : z]\n--- |\n  t\n...\n",
        "sinks: [{webhook: {url: 'https://u:p@h:1/x?y#z'}}, {alertmanager: {}}]\n",
    ]
}
