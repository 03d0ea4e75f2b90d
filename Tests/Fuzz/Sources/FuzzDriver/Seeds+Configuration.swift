extension Seeds {
    /// A file with every field, and files with extreme values.
    static let configurations = [
        """
        otlp: {grpc: "127.0.0.1:4317", http: "[::1]:4318"}
        listen: ":0"
        window: {duration: 1h, max_bytes: 1GiB, max_operations: 10000, max_requests: 65000, history: 4d, history_bytes: 64MiB}
        limits: {max_request_bytes: 64MiB, max_bytes_in_flight: 256MiB, max_connections: 400, max_streams: 100}
        archive: {directory: /var/lib/faultline, mode: durable, rotate_bytes: 256MiB, rotate_after: 1h, retain_bytes: 10GiB, retain_age: 7d}
        state: {directory: state}
        enable_lifecycle: true
        evaluation_delay: 10s
        attribution:
          settle: 30s
          components:
            - {component: kubelet, select: {service: kubelet, operation: "=~ Sync.*"}}
        external_labels: {cluster: a}
        rules: [rules.yaml, builtin]
        """,
        "window: {duration: 15249w, history: 3650d}\nevaluation_delay: 15249w\n",
        "window:\n  duration: 0\n  max_bytes: 9223372036854775807B\nevaluation_delay: 3650d\nattribution: {settle: 3650d}\n",
        "window: {max_bytes: 1B, history_bytes: 1B, history: 0, duration: 1ns, max_operations: 1, max_requests: 1}\n",
        "a: &a [*a]\nlisten: {}\nwindow: []\n\tx\n",
    ]
}
