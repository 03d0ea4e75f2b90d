import Support

/// What to do next, in one sentence, by the component that a verdict names.
extension Incident {
    var advice: String {
        switch kind {
        case .restart: return Self.restarted(side)
        case .silence: return Self.silent(evidence?.culprit.instance)
        case .fault: break
        }
        guard let culprit = evidence?.culprit, let side = culprit.side else { return Self.unclear }
        return culprit.component.flatMap { Self.byComponent[$0] } ?? Self.bySide[side] ?? Self.unclear
    }

    private static func restarted(_ side: String?) -> String {
        let name = side == "etcd" ? "etcd" : "kube-apiserver"
        return "Nothing, if it was intended. Otherwise find out why \(name) ended: its previous log (crictl logs, "
            + "kubectl logs --previous or journalctl), OOM kills (dmesg), failed liveness probes (the kubelet's log)."
    }

    private static func silent(_ instance: String?) -> String {
        let which = instance.map { "\(PrintableText.escape($0))" } ?? "the API server"
        return
            "Ask \(which) itself (kubectl get --raw /readyz, or curl -k https://HOST:6443/readyz). If it answers, check the "
            + "way to Faultline: its tracing configuration, a collector in between, and the network. If not, check its host, "
            + "its container (crictl ps -a) and its log; it exits if etcd is unreachable or its disk is full."
    }

    private static let unclear =
        "Open the worst traces (GET /api/v1/traces/ID): the lowest span that is slow or failed shows where to look; if it is a "
        + "call to etcd, check etcd and the network to it first."

    private static let bySide = [
        "etcd":
            "Check that every etcd member is up and agrees on a leader (etcdctl endpoint status --cluster), then etcd's disk "
            + "(etcd_disk_wal_fsync_duration_seconds, etcd_disk_backend_commit_duration_seconds), its database size and alarms, "
            + "and its CPU.",
        "connection":
            "Check the network between API server and etcd: latency, loss and retransmissions on both hosts, and any proxy or "
            + "load balancer in between.",
        "webhook":
            "Find the webhook by the attributes of the slow or failed spans, then check its pods and what they wait for.",
        "apiserver":
            "Check whether the API server gets the CPU and memory that it needs (throttling, the host's load, restarts), then "
            + "which client sends more or larger requests than before.",
    ]

    private static let byComponent = [
        "mutating-webhook": webhook("mutating"),
        "validating-webhook": webhook("validating"),
        "authentication":
            "Check what authenticates the requests: the token webhook or the OIDC provider, and the network to it "
            + "(authentication_duration_seconds).",
        "authorization":
            "Check the authorization webhook, its pods and the network to it (apiserver_authorization_webhook_duration_seconds).",
        "audit":
            "Check where audit events go: the audit webhook, or the disk that holds the log (apiserver_audit_level_total, "
            + "apiserver_audit_error_total).",
        "priority-and-fairness":
            "Find the priority level that queues (apiserver_flowcontrol_current_inqueue_requests) and the client that fills it; "
            + "slow that client down, or give it a level of its own.",
        "serialize":
            "Find who asks for large answers, usually lists without a limit (the worst traces, or the audit log), and have "
            + "them page or watch instead.",
        "transform":
            "Check the KMS plugin that encrypts at rest, and the key service behind it "
            + "(apiserver_storage_transformation_duration_seconds).",
        "proxy":
            "Check the aggregated API server that these requests are passed on to (kubectl get apiservices), its pods and what "
            + "they wait for.",
        "watch-cache":
            "Check the API server's memory and CPU, and whether it has just started or relists large resources "
            + "(apiserver_watch_cache_initializations_total).",
    ]

    private static func webhook(_ kind: String) -> String {
        "The attributes webhook and configuration of the slow or failed \"Call \(kind) webhook\" spans name the webhook: check "
            + "its pods and what they wait for; if requests can do without it, set its failurePolicy to Ignore meanwhile."
    }
}
